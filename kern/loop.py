"""Working a claimed run from its stored state to its end or its next pause. There is one loop; every door leads here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kern.errors import KernError, LeaseLostError, ModelError, StorageError
from kern.events import RunCancelled, RunCompleted, RunEvent, RunFailed, RunPaused, RunStarted
from kern.message import Message, storable
from kern.run import RunOutput, Status
from kern.turn import Turn
from kern.work import StopRequested, Work

if TYPE_CHECKING:
    from kern.participant import Participant

INTERRUPTED = "interrupted: the program stopped while it was working on this run"


def work_run(who: Participant, run: RunOutput, work: Work, context: list[Message]) -> Iterator[RunEvent]:
    """Work `run`, claimed by `work.claim`. The last event tells how it ended; the claim is given up by then.

    A model's failure is stored and told as `RunFailed`, not raised. Raises `LeaseLostError` when somebody else took the run
    (nothing more is written), `StorageError` when the database fails.
    """
    turn = Turn(who, run, work, context)
    with work:
        try:
            yield turn.event(RunStarted)
            answer = yield from turn.go()
            if answer is None:
                # Nobody should be asked for a run that was cancelled meanwhile.
                work.check(now=True)
        except StopRequested:
            yield _end(turn, "cancelled")
        except ModelError as error:
            yield _fail(turn, error)
        except (LeaseLostError, StorageError):
            raise
        except GeneratorExit:
            _end(turn, "cancelled")
            raise
        except BaseException as error:
            _interrupt(turn, error)
            raise
        else:
            yield _pause(turn) if answer is None else _end(turn, "completed", answer)


def _pause(turn: Turn) -> RunEvent:
    run = turn.run
    turn.count_time()
    turn.db.pause_run(turn.claim, turn.waiting, run.metrics)
    run.status = "paused"
    return turn.event(RunPaused, requirements=run.active_requirements, run=run)


def _fail(turn: Turn, error: ModelError) -> RunEvent:
    run = turn.run
    run.error, run.permanent_error = storable(str(error)), error.permanent
    _end(turn, "error")
    return turn.event(RunFailed, error=run.error, permanent=error.permanent, run=run, cause=error)


def _interrupt(turn: Turn, error: BaseException) -> None:
    """Store that the run was broken off; what broke it off is told even where that fails."""
    turn.run.error = INTERRUPTED
    try:
        _end(turn, "error")
    except KernError as unsaved:
        error.add_note(f"The run could not be stored as interrupted, either: {unsaved}")


def _end(turn: Turn, status: Status, answer: Message | None = None) -> RunEvent:
    run = turn.run
    turn.count_time()
    run.end(status)
    run.content = answer.content if answer else turn.partial
    if status == "cancelled" and turn.partial:
        # Words said before somebody stopped it are kept. A failed run has them in its content alone: a retry begins afresh.
        answer = Message("assistant", turn.partial, run_id=run.run_id, author=turn.who.name or None)
    if answer is not None:
        run.messages.append(answer)
    turn.db.finish_run(turn.claim, run, answer)
    if status == "completed":
        return turn.event(RunCompleted, content=run.content, run=run)
    return turn.event(RunCancelled, run=run)
