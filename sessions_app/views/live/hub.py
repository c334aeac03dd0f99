"""Server-sent events: one reader of changes a process, fanned out to the open pages.

A hub of other pages overrides `tell`, `receive` and `look`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any
from weakref import WeakSet

from sessions_app.changes import log as change_log
from sessions_app.changes.kinds import Kind
from sessions_app.changes.publish import Told, digest
from sessions_app.models import Person, Session
from sessions_app.views.live.listening import listen
from sessions_app.views.live.page import HEARTBEAT, Page, fragment
from sessions_app.views.live.reading import CATCH_UP, in_thread, queues_called, queues_of, read_log, standing_of

#: Seconds for which it is believed who may see what.
TRUST = 30.0
KNOWN_SESSIONS = 5_000

#: Makes the HTML of a text while it is written; `done` texts are in rows and are not rendered.
Render = Callable[[str, str], str]


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
        await self.add(page)
        # A page that is told of something else than a change goes on from here.
        page.last = max(page.last, min(after, self.after))
        missed = await in_thread(read_log, after)
        await self._read(missed, {page})
        # More than is worth reading one by one: the whole page is outdated.
        page.session_due = page.session_due or (len(missed) == CATCH_UP and page.session_pk is not None)
        return page

    async def add(self, page: Page) -> None:
        """Take the page in, and listen from the first one on. It may end at once.

        Access that ended after the request was admitted and before the page was here ended unheard, so it is checked again.
        """
        if not self.pages:
            self.after = await in_thread(change_log.newest)
        self.pages.add(page)
        self._loop = asyncio.get_running_loop()
        _hubs.add(self)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(listen(self))
        await self.look({page})

    def end(self) -> None:
        """The server stops: every page's stream ends by itself. May be called from any thread, and while a signal is heard."""
        self._is_ending = True
        # The loop is gone with the server, and so are its waiters.
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
        """Yield the page's frames, until it is closed, its person loses access, or the server stops."""
        yield b": open\n\n"
        try:
            # A page that was ended while a slow reader took the frames is not woken again: `take` clears the event.
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
                    break
            if page.farewell:
                yield page.farewell
        finally:
            self.close(page)

    async def _still_allowed(self, page: Page) -> bool:
        now = time.monotonic()
        if not page.ended and now - page.checked_at >= TRUST:
            # Those whose turn it would be soon are asked with it, so that a thousand pages are no thousand questions.
            await self.look({other for other in self.pages if now - other.checked_at > TRUST / 2})
        return not page.ended

    async def look(self, pages: set[Page]) -> None:
        """Check the access of these pages' people, and end pages without it."""
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

    async def catch_up(self) -> None:
        """Read the change log on, and check which pages' people still have access."""
        await self._read_on()
        await self.look(set(self.pages))

    async def _read_on(self) -> None:
        read = CATCH_UP
        while read == CATCH_UP:
            missed = await in_thread(read_log, self.after)
            read = len(missed)
            await self._read(missed, self.pages)

    async def receive(self, payload: dict[str, Any]) -> None:
        """Handle a message from Redis: lost access, a change, a job that began or ended, or a run's text so far."""
        if payload["t"] == "look":
            await self.look({page for page in self.pages if is_meant(page, payload)})
        elif payload["t"] == "change":
            if payload["k"] == Kind.SESSION_MOVED:
                await self._look_where_moved(payload["s"])
                await self._tell_of_leaving({payload.get("l", "")}, payload["c"], self.pages)
            await self.tell(payload["s"], payload["c"], payload["k"], self.pages)
        elif payload["t"] == "changes":
            await self.tell_many([Told(*one) for one in payload["x"]])
        elif payload["t"] == "job":
            for page in self.pages:
                if page.queues is None or page.person_pk == payload["p"]:
                    page.tell(0, page.last)
        elif not payload.get("d"):
            self._text(payload["s"], payload["r"], payload["x"])

    async def _look_where_moved(self, session_pk: int) -> None:
        self.queue_of.pop(session_pk, None)
        await self.look({page for page in self.pages if page.session_pk == session_pk})

    async def _tell_of_leaving(self, slugs: set[str], change_pk: int, pages: set[Page]) -> None:
        """Tell pages with one of these queues that their list has changed: a session left it."""
        queues = await in_thread(queues_called, slugs)
        for page in list(pages):
            if page.queues is None or not page.queues.isdisjoint(queues):
                page.tell(0, change_pk)

    async def _read(self, logged: list[Told], pages: set[Page]) -> None:
        if moved := [one for one in logged if one.kind == Kind.SESSION_MOVED]:
            await self._tell_of_leaving({one.left for one in moved}, moved[-1].change, pages)
        for one in logged:
            self._know(one.session, one.queue)
            await self.tell(one.session, one.change, one.kind, pages)

    async def tell(self, session_pk: int, change_pk: int, kind: str, pages: set[Page]) -> None:
        """Tell the pages whose person may see the session."""
        queue_pk = await self._queue(session_pk)
        for page in list(pages):
            if page.sees(queue_pk):
                page.tell(session_pk, change_pk)
        # Only now: a change that could not be delivered is read from the log again.
        self.after = max(self.after, change_pk)

    async def tell_many(self, told: list[Told]) -> None:
        """Tell pages of the changes of a bulk job, each page once."""
        if moved := {one.session for one in told if one.kind == Kind.SESSION_MOVED}:
            for session_pk in moved:
                self.queue_of.pop(session_pk, None)
            await self.look({page for page in self.pages if page.session_pk in moved})
            left = {one.left for one in told if one.kind == Kind.SESSION_MOVED}
            await self._tell_of_leaving(left, max(one.change for one in told), self.pages)
        newest, queues = max(one.change for one in told), {one.queue for one in told}
        sessions = {one.session: one.change for one in told}
        for page in list(self.pages):
            if page.queues is None or not page.queues.isdisjoint(queues):
                own = page.session_pk if page.session_pk in sessions else 0
                page.tell(own or 0, newest)
        self.after = max(self.after, newest)

    def _text(self, session_pk: int, run_id: str, text: str) -> None:
        """Render a run's text once for all its pages; not at all without one."""
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
    """Return whether a person who may have lost access has this page open."""
    by_person = payload["a"] or page.person_pk in payload["p"] or page.session_pk in payload["s"]
    return by_person or bool(payload["k"] and digest(page.sign_in) in payload["k"])
