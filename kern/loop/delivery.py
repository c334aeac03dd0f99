"""How the events of a turn reach the caller: one by one, or as the run they end with."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from contextlib import closing

from kern.errors import KernError, ModelError
from kern.events import RunCancelled, RunCompleted, RunEvent, RunFailed, RunPaused
from kern.records.run import RunOutput


def told(events: Generator[RunEvent, None, None]) -> Generator[RunEvent, None, None]:
    """The events; a failed run raises after it was told (rule L15). Whoever leaves early hears whether that was stored."""
    with closing(events):
        for event in events:
            yield event
            if isinstance(event, RunFailed) and event.parent_run_id is None:
                raise event.cause or ModelError(event.error, permanent=event.permanent)


def outcome(events: Generator[RunEvent, None, None]) -> RunOutput:
    """The run as the last event carries it. Raises what `told` raises."""
    last = deque(told(events), maxlen=1).pop()
    if isinstance(last, RunCompleted | RunPaused | RunCancelled) and last.run is not None:
        return last.run
    raise KernError("the run ended without a result")
