"""Server-sent events: one reader a process of what happens, fanned out to the open pages.

A page has a mailbox and no queue: the newest text of each run, and one flag each for its session and its list. So a slow page
costs no memory, and a burst of changes is one event. What a page misses it reads from the change log when it comes back.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakSet

import redis.asyncio
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connections
from redis.exceptions import RedisError

from sessions_app.accounts import second_factor, sign_ins
from sessions_app.changes import log as change_log
from sessions_app.changes.kinds import Kind
from sessions_app.changes.publish import CHANNEL, digest
from sessions_app.models import Person, Queue, Session

log = logging.getLogger(__name__)

HEARTBEAT = 15.0
#: Seconds between two reads of the change log while there is no Redis.
POLL = 2.0
#: Seconds of silence after which the change log is read and Redis is asked whether it is there, and in which it must answer.
QUIET, ANSWERS = 5.0, 2.0
#: Seconds after which Redis is tried again.
TRY_AGAIN = 5.0
#: A page is told at most so often (seconds) that its session or its list changed.
SESSION_EVERY, LIST_EVERY = 0.2, 1.0
#: Seconds for which it is believed who may see what.
TRUST = 30.0
CATCH_UP = 200
KNOWN_SESSIONS = 5_000

#: Makes the HTML of a text while it is written; `done` texts are in rows and are not rendered.
Render = Callable[[str, str], str]

#: A change: its session, its number, the session's queue.
Logged = tuple[int, int, int | None]


@dataclass(eq=False)
class Page:
    """One open page and its mailbox. `queues` is `None` for an admin, who sees all."""

    person_pk: int
    session_pk: int | None
    queues: frozenset[int] | None
    checked_at: float
    sign_in: str = ""
    ended: bool = False
    farewell: bytes = b""
    texts: dict[str, bytes] = field(default_factory=dict)
    last: int = 0
    session_due: bool = False
    list_due: bool = False
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    session_told: float = 0.0
    list_told: float = 0.0

    def sees(self, queue_pk: int | None) -> bool:
        return self.queues is None or queue_pk in self.queues

    def tell(self, session_pk: int, change_pk: int) -> None:
        """Something changed in a session that this page's person may see."""
        self.last = max(self.last, change_pk)
        self.list_due = True
        self.session_due = self.session_due or session_pk == self.session_pk
        self.woken.set()

    def show(self, run_id: str, frame: bytes) -> None:
        """The words of a run so far."""
        self.texts[run_id] = frame
        self.woken.set()

    def end(self, why: str = "") -> None:
        """The person may no longer see it; where their sign-in is over, the page is told why before its stream ends."""
        self.ended = True
        self.farewell = f"event: signed-out\ndata: {why}\n\n".encode() if why else b""
        self.woken.set()

    def take(self, now: float) -> tuple[list[bytes], float]:
        """What may be sent now, and how many seconds until more of what is due may be."""
        self.woken.clear()
        frames, wait = list(self.texts.values()), HEARTBEAT
        self.texts.clear()
        if self.session_due and (rest := self.session_told + SESSION_EVERY - now) <= 0:
            self.session_due, self.session_told = False, now
            frames.append(event("session-changed", self.last))
        elif self.session_due:
            wait = min(wait, rest)
        if self.list_due and (rest := self.list_told + LIST_EVERY - now) <= 0:
            self.list_due, self.list_told = False, now
            frames.append(event("list-changed", self.last))
        elif self.list_due:
            wait = min(wait, rest)
        return frames, wait


def event(name: str, change_pk: int) -> bytes:
    """A named event; its id is the change number that a reconnect goes on from."""
    return f"id: {change_pk}\nevent: {name}\ndata: {change_pk}\n\n".encode()


def fragment(html: str) -> bytes:
    """An event without a name: HTML that htmx puts in its place."""
    return ("".join(f"data: {line}\n" for line in html.splitlines()) + "\n").encode()


class Hub:
    """All open pages of this process's event loop, and the one task that listens for them."""

    def __init__(self, render: Render) -> None:
        self.render = render
        self.pages: set[Page] = set()
        self.after = 0
        self.queue_of: dict[int, tuple[float, int | None]] = {}
        self._task: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_ending = False

    async def open(self, person: Person, session: Session | None, after: int, sign_in: str) -> Page:
        """A page's mailbox, with what happened since change `after` in it already; it lives as long as the `sign_in`."""
        queues = await in_thread(queues_of, person)
        page = Page(person.pk, session.pk if session else None, queues, time.monotonic(), sign_in)
        await self._add(page)
        missed = await in_thread(read_log, after)
        await self._read(missed, {page})
        # More than is worth reading one by one: whatever the page shows is old.
        page.session_due = page.session_due or (len(missed) == CATCH_UP and page.session_pk is not None)
        return page

    async def _add(self, page: Page) -> None:
        if not self.pages:
            self.after = await in_thread(change_log.newest)
        self.pages.add(page)
        self._loop = asyncio.get_running_loop()
        _hubs.add(self)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._listen())

    def end(self) -> None:
        """The server stops: every page's stream ends by itself. May be called from any thread, and while a signal is heard."""
        self._is_ending = True
        # The loop is gone with the server; then nobody waits any more.
        with suppress(RuntimeError):
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._wake_all)

    def _wake_all(self) -> None:
        for page in self.pages:
            page.woken.set()

    def close(self, page: Page) -> None:
        """The page is gone; with the last one the listening ends."""
        self.pages.discard(page)
        if not self.pages and self._task is not None:
            self._task.cancel()
            self._task = None

    async def frames(self, page: Page) -> AsyncIterator[bytes]:
        """What to send to the page, until it is closed, its person may no longer see it, or the server stops."""
        yield b": open\n\n"
        try:
            # Whoever ended the page while a slow reader took the frames before has woken it in vain: `take` forgets that.
            while not (self._is_ending or page.ended):
                frames, wait = page.take(time.monotonic())
                for frame in frames:
                    yield frame
                try:
                    await asyncio.wait_for(page.woken.wait(), wait)
                except TimeoutError:
                    if wait >= HEARTBEAT:
                        yield b": \n\n"
                if not await self._still_allowed(page):
                    if page.farewell:
                        yield page.farewell
                    return
        finally:
            self.close(page)

    async def _still_allowed(self, page: Page) -> bool:
        now = time.monotonic()
        if not page.ended and now - page.checked_at >= TRUST:
            # Those whose turn it would be soon are asked with it, so that a thousand pages are no thousand questions.
            await self._look({other for other in self.pages if now - other.checked_at > TRUST / 2})
        return not page.ended

    async def _look(self, pages: set[Page]) -> None:
        """Find out which of these pages' people may still see them, and end the others."""
        if not pages:
            return
        allowed, refused = await in_thread(standing_of, {page.sign_in for page in pages})
        for page in pages:
            if page.sign_in in refused:
                page.end(refused[page.sign_in])
                continue
            page.queues, page.checked_at = allowed[page.sign_in], time.monotonic()
            if page.session_pk is not None and not page.sees(await self._queue(page.session_pk)):
                page.end()

    async def _listen(self) -> None:
        """Read Redis where there is one, else the change log; for ever, whatever fails."""
        while True:
            try:
                if settings.REDIS_URL:
                    await self._subscribe()
                else:
                    await self._poll(seconds=None)
            except (RedisError, OSError) as error:
                log.warning("live pages read the change log: %s", error)
                await self._poll(seconds=TRY_AGAIN)
            except Exception:
                # A database that is away for a moment must not end live updates for all pages.
                log.exception("live pages rest for a moment")
                await asyncio.sleep(POLL)

    async def _subscribe(self) -> None:
        client = redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1.0, health_check_interval=10)
        try:
            pubsub = client.pubsub()
            await pubsub.subscribe(CHANNEL)
            await _heard(pubsub, "subscribe")
            # What happened before the subscription took hold.
            await self._read_on()
            await self._look(set(self.pages))
            while True:
                message = await pubsub.get_message(timeout=QUIET)
                if message is None:
                    # Redis keeps nothing for who was not listening, and a publisher may have failed: the log has it all.
                    await self._read_on()
                    await self._look(set(self.pages))
                    # A server that hangs says nothing either.
                    await asyncio.wait_for(pubsub.ping(), ANSWERS)
                    message = await _heard(pubsub, "pong", "message")
                if message["type"] == "message":
                    await self._receive(json.loads(message["data"]))
        finally:
            await client.aclose()

    async def _poll(self, seconds: float | None) -> None:
        """Read the change log, and who may still see it, every two seconds: for so long, or for ever."""
        end = None if seconds is None else time.monotonic() + seconds
        while end is None or time.monotonic() < end:
            await self._read_on()
            await self._look(set(self.pages))
            await asyncio.sleep(POLL)

    async def _read_on(self) -> None:
        read = CATCH_UP
        while read == CATCH_UP:
            missed = await in_thread(read_log, self.after)
            read = len(missed)
            await self._read(missed, self.pages)

    async def _receive(self, payload: dict[str, Any]) -> None:
        if payload["t"] == "look":
            await self._look({page for page in self.pages if is_meant(page, payload)})
        elif payload["t"] == "change":
            if payload["k"] == Kind.SESSION_MOVED:
                await self._look_where_moved(payload["s"])
            await self._change(payload["s"], payload["c"], self.pages)
        elif not payload.get("d"):
            self._text(payload["s"], payload["r"], payload["x"])

    async def _look_where_moved(self, session_pk: int) -> None:
        self.queue_of.pop(session_pk, None)
        await self._look({page for page in self.pages if page.session_pk == session_pk})

    async def _read(self, logged: list[Logged], pages: set[Page]) -> None:
        for session_pk, change_pk, queue_pk in logged:
            self._know(session_pk, queue_pk)
            await self._change(session_pk, change_pk, pages)

    async def _change(self, session_pk: int, change_pk: int, pages: set[Page]) -> None:
        """Tell the pages whose person may see the session."""
        queue_pk = await self._queue(session_pk)
        for page in list(pages):
            if page.sees(queue_pk):
                page.tell(session_pk, change_pk)
        # Only now: a change of which nobody could be told is read from the log again.
        self.after = max(self.after, change_pk)

    def _text(self, session_pk: int, run_id: str, text: str) -> None:
        """Render once, whoever looks; not at all where nobody does."""
        looking = [page for page in self.pages if page.session_pk == session_pk]
        if looking:
            frame = fragment(self.render(run_id, text))
            for page in looking:
                page.show(run_id, frame)

    async def _queue(self, session_pk: int) -> int | None:
        known = self.queue_of.get(session_pk)
        if known is not None and known[0] > time.monotonic():
            return known[1]
        found = Session.objects.filter(pk=session_pk).values_list("queue", flat=True)
        return self._know(session_pk, await in_thread(found.first))

    def _know(self, session_pk: int, queue_pk: int | None) -> int | None:
        if len(self.queue_of) >= KNOWN_SESSIONS:
            self.queue_of.clear()
        self.queue_of[session_pk] = (time.monotonic() + TRUST, queue_pk)
        return queue_pk


#: The hubs that ever had a page, so that all can be told that the server stops.
_hubs: WeakSet[Hub] = WeakSet()


def end_streams() -> None:
    """End the streams of all open pages, as they would keep the server from stopping; pages reconnect by themselves."""
    for hub in list(_hubs):
        hub.end()


def is_meant(page: Page, payload: dict[str, Any]) -> bool:
    """Whether somebody who may see less now has this page open."""
    by_person = payload["a"] or page.person_pk in payload["p"] or page.session_pk in payload["s"]
    return by_person or bool(payload["k"] and digest(page.sign_in) in payload["k"])


def queues_of(person: Person) -> frozenset[int] | None:
    """The queues a person sees changes of; `None` for an admin, who sees all, also sessions in no queue."""
    return _queues_of([person])[person.pk]


def standing_of(keys: set[str]) -> tuple[dict[str, frozenset[int] | None], dict[str, str]]:
    """The queues that the person of each sign-in sees changes of; and why the others no longer see any."""
    people = sign_ins.people_of(keys)
    refused = {key: "second-factor" for key, person in people.items() if second_factor.must_set_up(person)}
    refused |= {key: sign_ins.why_ended(key) for key in keys - people.keys()}
    queues = _queues_of(people.values())
    return {key: queues[person.pk] for key, person in people.items() if key not in refused}, refused


def _queues_of(people: Collection[Person]) -> dict[int, frozenset[int] | None]:
    members: dict[int, set[int]] = {person.pk: set() for person in people}
    works = Queue.members.through.objects.filter(person__in=[person.pk for person in people if not person.is_superuser])
    for person_pk, queue_pk in works.values_list("person", "queue"):
        members[person_pk].add(queue_pk)
    return {person.pk: None if person.is_superuser else frozenset(members[person.pk]) for person in people}


def read_log(after: int) -> list[Logged]:
    """The changes after that one, oldest first."""
    return list(change_log.follow(after, CATCH_UP).values_list("session_id", "pk", "session__queue"))


async def _heard(pubsub: Any, *kinds: str) -> dict[str, Any]:
    """The next thing of those kinds that Redis says. Raises `TimeoutError` where it says none in time."""
    end = time.monotonic() + ANSWERS
    while (left := end - time.monotonic()) > 0:
        said: dict[str, Any] | None = await pubsub.get_message(timeout=left)
        if said is not None and said["type"] in kinds:
            return said
    raise TimeoutError(f"Redis did not say {' or '.join(kinds)} within {ANSWERS:g} s")


async def in_thread(read: Callable[..., Any], *args: Any) -> Any:
    """Read from the database in a thread of the pool, and keep no connection: a thousand open pages must not hold one each."""

    def work() -> Any:
        try:
            return read(*args)
        finally:
            connections.close_all()

    return await sync_to_async(work, thread_sensitive=False)()
