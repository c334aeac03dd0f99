"""An open page's mailbox, and the frames of server-sent events.

A page has a mailbox and no queue: the newest text of each run, and one flag each for its session and its list. So a slow page
costs no memory, and a burst of changes is one event. What a page misses it reads from the change log when it comes back.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

HEARTBEAT = 15.0
#: A page is told at most so often (seconds) that its session or its list changed.
SESSION_EVERY, LIST_EVERY = 0.2, 1.0


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
        """Queue the notice of a change in a session that this page's person may see."""
        self.last = max(self.last, change_pk)
        self.list_due = True
        self.session_due = self.session_due or session_pk == self.session_pk
        self.woken.set()

    def show(self, run_id: str, frame: bytes) -> None:
        """Queue the text of a run so far."""
        self.texts[run_id] = frame
        self.woken.set()

    def end(self, why: str = "") -> None:
        """The person may no longer see it; where their sign-in is over, the page is told why before its stream ends."""
        self.ended = True
        self.farewell = f"event: signed-out\ndata: {why}\n\n".encode() if why else b""
        self.woken.set()

    def take(self, now: float) -> tuple[list[bytes], float]:
        """Return the frames that may be sent now, and the seconds until more of the queued ones may be."""
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
