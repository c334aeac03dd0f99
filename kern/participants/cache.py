"""Sessions kept in memory between turns, for development and tests (rule L13)."""

from __future__ import annotations

import threading

from kern.db.base import Db
from kern.records.message import Message
from kern.records.run import RunOutput
from kern.validation.warning import warn_caller

WARNING = "cache_session=True keeps sessions in memory: use it for development and tests only, not in production"


class SessionCache:
    """The history window of each session in its last known state.

    An entry is made of completed runs alone, for they never change, and counts only while the newest run in the database is the
    one it ends with. So another process's run, an end of one that paused or overlapped, and a deletion are seen by the very
    next turn. Names are never cached.
    """

    def __init__(self) -> None:
        warn_caller(WARNING)
        #: By session: its newest run and the window that ends with it.
        self._entries: dict[str, tuple[str, list[Message]]] = {}
        #: By run at work: the window it saw, where that may be kept.
        self._windows: dict[str, list[Message]] = {}
        self._lock = threading.Lock()

    def history(self, db: Db, run: RunOutput, previous_run_id: str | None, last_n_runs: int) -> list[Message]:
        """Return the window before `run`, from memory or from the database."""
        with self._lock:
            newest, window = self._entries.pop(run.session_id, (None, []))
            if newest is not None and newest == previous_run_id:
                self._windows[run.run_id] = window
                return window
        # Looked at first: what is completed now is whole in what is read next.
        is_settled = _all_completed(db, run, last_n_runs)
        messages = db.history(run.session_id, before_run_id=run.run_id, last_n_runs=last_n_runs)
        if is_settled:
            self._windows[run.run_id] = messages
        return messages

    def keep(self, run: RunOutput, last_n_runs: int) -> None:
        """Store the session after `run`, if nothing in it can change any more."""
        before = self._windows.get(run.run_id)
        if before is None or run.status != "completed":
            return
        window = [*before, *(message for message in run.messages if message.role != "system")]
        newest = list(dict.fromkeys(message.run_id for message in window))[-last_n_runs:]
        with self._lock:
            self._entries[run.session_id] = (run.run_id, [message for message in window if message.run_id in newest])

    def leave(self, run: RunOutput) -> None:
        """End the work on `run`, successful or not."""
        self._windows.pop(run.run_id, None)


def _all_completed(db: Db, run: RunOutput, last_n_runs: int) -> bool:
    """Return whether no run of the window can change.

    Runs younger than this one may hide an older one here; then the next turn finds the entry outdated anyway.
    """
    newest = db.runs(run.session_id, last_n=last_n_runs + 1)
    return all(other.status == "completed" for other in newest if other.run_id != run.run_id)
