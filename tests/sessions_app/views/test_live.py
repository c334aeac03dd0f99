"""The stream of an open page: what it is told, by Redis or by the change log, and what it is never told."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient
from pytest_django.fixtures import Settings

from sessions_app.accounts import sign_ins
from sessions_app.actions import messages, moving, sessions
from sessions_app.changes import log, publish
from sessions_app.jobs import control, planning
from sessions_app.jobs.planning import Wanted
from sessions_app.models import Person, Queue, Session
from sessions_app.views.live import hub, people
from sessions_app.views.live.page import Page, event, fragment
from tests.programs import streamed
from tests.silent import SilentServer

PATIENCE = 20.0


@pytest.fixture(params=["redis", "change log"])
def source(request: pytest.FixtureRequest, settings: Settings) -> str:
    """Where the pages hear from: both ways tell the same."""
    settings.REDIS_URL = request.getfixturevalue("redis_url") if request.param == "redis" else ""
    return str(request.param)


class Stream:
    """One open page as its browser reads it."""

    def __init__(self, content: AsyncIterator[bytes]) -> None:
        self.content = content

    async def next(self) -> str:
        """The next event that is not a comment."""
        while True:
            text = (await asyncio.wait_for(anext(self.content), PATIENCE)).decode()
            if not text.startswith(":"):
                return text

    async def names(self, count: int) -> list[str]:
        """The names of the next events."""
        found = [re.search(r"^event: (.*)$", await self.next(), re.MULTILINE) for _ in range(count)]
        return [match[1] for match in found if match]

    async def close(self) -> None:
        await self.content.aclose()  # type: ignore[attr-defined]  # Django streams generators


async def opened(person: Person, query: str = "", **headers: Any) -> Stream:
    """Open a stream as somebody; it listens when this returns."""
    client = AsyncClient()
    await client.aforce_login(person)
    response = await client.get(f"/live/{query}", **headers)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/event-stream"
    assert response.headers["Cache-Control"] == "no-store"
    stream = Stream(streamed(response))
    assert await anext(stream.content) == b": open\n\n"
    return stream


def run(story: Callable[[], Awaitable[None]]) -> None:
    """A story told in an event loop of its own."""

    async def told() -> None:
        async with asyncio.timeout(60):
            await story()

    asyncio.run(told())


def test_an_open_page_hears_of_its_session_and_of_its_list(source: str, ben: Person, session: Session, orders: Queue) -> None:
    async def story() -> None:
        start = await sync_to_async(log.newest)()
        page = await opened(ben, f"?session={session.session_id}&after={start}")
        await sync_to_async(messages.receive)(session, "Hello?")
        assert sorted(await page.names(2)) == ["list-changed", "session-changed"]
        other = await sync_to_async(sessions.start_session)(orders, customer_name="Lee")
        await sync_to_async(messages.note)(other, ben, "Another one")
        assert await page.names(1) == ["list-changed"]
        await page.close()

    run(story)


def test_words_are_shown_while_they_are_written_and_only_where_they_belong(
    redis_url: str, settings: Settings, ana: Person, ben: Person, session: Session
) -> None:
    settings.REDIS_URL = redis_url

    async def story() -> None:
        reading, elsewhere = await opened(ben, f"?session={session.session_id}"), await opened(ana)
        reader = asyncio.create_task(reading.next())
        while not reader.done():
            # The subscription takes hold a moment after the page is open; words said before are not repeated.
            await sync_to_async(publish.publish_text)(session.pk, "run-1", "It is **on** <its> way")
            await asyncio.sleep(0.05)
        frame = await reader
        assert "hx-partial hx-target='[data-live=\"run-1\"]'" in frame
        assert "It is <strong>on</strong> &lt;its&gt; way" in frame
        assert frame.startswith("data: ")
        assert "id:" not in frame
        await sync_to_async(messages.note)(session, ben, "noted")
        assert await elsewhere.names(1) == ["list-changed"]
        await reading.close()
        await elsewhere.close()

    run(story)


def test_a_list_that_a_session_was_moved_out_of_is_told(
    source: str, ana: Person, ben: Person, session: Session, parcels: Queue
) -> None:
    async def story() -> None:
        start = await sync_to_async(log.newest)()
        page = await opened(ben, f"?after={start}")
        await sync_to_async(moving.move)(session, ana, parcels)
        assert await page.names(1) == ["list-changed"]
        # It was told of that and of nothing that came later in the other queue.
        last = await sync_to_async(lambda: session.changes.get(kind="session.moved").pk)()
        [mine] = [one for one in people.hub_of_this_loop().pages if one.person_pk == ben.pk]
        assert mine.last == last
        await page.close()

    run(story)


def test_pages_of_a_jobs_person_and_of_admins_hear_that_it_began(
    redis_url: str, settings: Settings, ana: Person, ben: Person, cy: Person, session: Session
) -> None:
    settings.REDIS_URL = redis_url
    job = planning.plan("resolve", [Wanted(session.pk)], {}, person=ben)

    async def story() -> None:
        start = await sync_to_async(log.newest)()
        pages = [await opened(person, f"?after={start}") for person in (ben, ana, cy)]
        here = people.hub_of_this_loop()
        readers = [asyncio.create_task(page.next()) for page in pages[:2]]
        while not all(reader.done() for reader in readers):
            # The subscription takes hold a moment after the page is open.
            await sync_to_async(publish.publish_job)(ben.pk)
            await asyncio.sleep(0.05)
        assert {reader.result() for reader in readers} == {event("list-changed", start).decode()}
        assert [one.list_due for one in here.pages if one.person_pk == cy.pk] == [False]
        await sync_to_async(control.start)(job)
        assert await pages[0].names(1) == ["list-changed"]
        for page in pages:
            await page.close()

    run(story)


def test_a_page_that_comes_back_is_told_what_it_missed(source: str, ben: Person, session: Session) -> None:
    async def story() -> None:
        start = await sync_to_async(log.newest)()
        for number in range(5):
            await sync_to_async(messages.note)(session, ben, f"note {number}")
        newest = await sync_to_async(log.newest)()
        page = await opened(ben, f"?session={session.session_id}", headers={"Last-Event-ID": str(start)})
        first, second = await page.next(), await page.next()
        assert f"id: {newest}\n" in first
        assert {"session-changed", "list-changed"} == set(re.findall(r"event: (.*)", first + second))
        await page.close()

    run(story)


def test_an_outsider_hears_nothing(source: str, ben: Person, cy: Person, session: Session, parcels: Queue) -> None:
    async def story() -> None:
        start = await sync_to_async(log.newest)()
        page = await opened(cy, f"?after={start}")
        await sync_to_async(messages.note)(session, ben, "secret")
        own = await sync_to_async(sessions.start_session)(parcels, customer_name="Lee")
        last = await sync_to_async(messages.note)(own, cy, "mine")
        assert last
        heard = await page.next()
        assert "list-changed" in heard
        numbers = await sync_to_async(lambda: set(own.changes.values_list("pk", flat=True)))()
        assert int(re.findall(r"id: (\d+)", heard)[0]) in numbers
        await page.close()

    run(story)


def test_when_the_server_stops_every_stream_ends_by_itself(source: str, ben: Person, session: Session) -> None:
    async def story() -> None:
        pages = [await opened(ben), await opened(ben, f"?session={session.session_id}")]
        waiting = [asyncio.create_task(page.next()) for page in pages]
        await asyncio.sleep(0)
        threading.Thread(target=hub.end_streams).start()
        for task in waiting:
            with pytest.raises(StopAsyncIteration):
                await task

    run(story)


def test_a_sign_in_that_ended_while_its_stream_was_opened_is_told_at_once(source: str, ana: Person, ben: Person) -> None:
    async def story() -> None:
        # Another page listens already: what ended before this one came was told to that one.
        other = await opened(ana)
        client = AsyncClient()
        await client.aforce_login(ben)
        key = client.cookies["sessionid"].value
        await sync_to_async(sign_ins.end_all)(ben)
        hub_of_here = people.hub_of_this_loop()
        page = await hub_of_here.open(ben, None, people.BEYOND, key)
        assert page.ended
        said = b"".join([frame async for frame in hub_of_here.frames(page)])
        assert b"event: signed-out" in said
        await other.close()

    run(story)


def test_a_stream_wants_a_person_and_a_session_they_may_see(cy: Person, session: Session) -> None:
    async def story() -> None:
        assert (await AsyncClient().get("/live/")).status_code == 401
        client = AsyncClient()
        await client.aforce_login(cy)
        assert (await client.get(f"/live/?session={session.session_id}")).status_code == 404

    run(story)


def test_a_burst_is_one_event_and_a_slow_page_keeps_only_the_newest_words() -> None:
    page = Page(person_pk=1, session_pk=7, queues=None, checked_at=0.0)
    for number in range(1_000):
        page.tell(7, number)
        page.show("run-1", fragment(f"word {number}"))
    frames, _wait = page.take(now=100.0)
    assert frames == [b"data: word 999\n\n", event("session-changed", 999), event("list-changed", 999)]
    page.tell(7, 1_000)
    frames, wait = page.take(now=100.1)
    assert (frames, round(wait, 3)) == ([], 0.1)
    assert page.take(now=100.2)[0] == [event("session-changed", 1_000)]
    assert page.take(now=101.0)[0] == [event("list-changed", 1_000)]


def test_an_event_of_many_lines_stays_one_event() -> None:
    assert fragment("<p>one</p>\n<pre>two\n\nthree</pre>") == b"data: <p>one</p>\ndata: <pre>two\ndata: \ndata: three</pre>\n\n"


@pytest.mark.parametrize("habit", [b"", b"*3\r\n$9\r\nsubscribe\r\n$9\r\nkern:live\r\n:1\r\n"], ids=["silent", "silent later"])
def test_a_page_reads_the_change_log_while_redis_hangs(session: Session, ana: Person, settings: Settings, habit: bytes) -> None:
    with SilentServer(habit) as server:
        settings.REDIS_URL = server.redis_url

        async def read() -> list[str]:
            stream = await opened(ana)
            await sync_to_async(messages.receive)(session, "Hello?")
            names = await stream.names(1)
            await stream.close()
            return names

        assert asyncio.run(read()) == ["list-changed"]


def test_a_bundle_of_a_bulk_job_wakes_each_page_once_and_only_where_its_person_may_see_it() -> None:
    orders, parcels = 1, 2

    async def told() -> list[tuple[bool, bool, int]]:
        pages = [
            Page(person_pk=1, session_pk=7, queues=frozenset({orders}), checked_at=0.0),
            Page(person_pk=1, session_pk=9, queues=frozenset({orders}), checked_at=0.0),
            Page(person_pk=2, session_pk=None, queues=None, checked_at=0.0),
            Page(person_pk=3, session_pk=None, queues=frozenset({parcels}), checked_at=0.0),
        ]
        here = hub.Hub(lambda _run, text: text)
        here.pages.update(pages)
        bundle = [[session, 100 + session, "session.closed", orders] for session in (6, 7, 8)]
        await here.receive({"t": "changes", "x": bundle})
        assert here.after == 108
        return [(page.session_due, page.list_due, page.last) for page in pages]

    assert asyncio.run(told()) == [(True, True, 108), (False, True, 108), (False, True, 108), (False, False, 0)]
