"""Deliver the events of a turn to the caller: one by one, or as the run they end with."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from contextlib import closing

from kern.errors import KernError, ModelError
from kern.events import RunCancelled, RunCompleted, RunEvent, RunFailed, RunPaused
from kern.records.run import RunOutput


def raising(events: Generator[RunEvent, None, None]) -> Generator[RunEvent, None, None]:
    """Yield the events; raise after `RunFailed` (rule L15). Closing early cancels the run, and raises where that fails."""
    with closing(events):
        for event in events:
            yield event
            if isinstance(event, RunFailed) and event.parent_run_id is None:
                raise event.cause or ModelError(event.error, permanent=event.permanent)


def outcome(events: Generator[RunEvent, None, None]) -> RunOutput:
    """Return the run of the last event. Raises as `raising` does."""
    last = deque(raising(events), maxlen=1).pop()
    if isinstance(last, RunCompleted | RunPaused | RunCancelled) and last.run is not None:
        return last.run
    raise KernError("the run ended without a result")
