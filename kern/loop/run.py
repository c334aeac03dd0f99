"""Working a claimed run from its stored state to its end or its next pause. There is one loop; every door leads here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kern.errors import KernError, LeaseLostError, ModelError, StorageError
from kern.events import RunCancelled, RunCompleted, RunEvent, RunFailed, RunPaused, RunStarted
from kern.loop.turn import Turn
from kern.loop.work import StopRequested, Work
from kern.records.message import Message, storable
from kern.records.run import RunOutput, Status
from kern.validation.reasons import reason_of

if TYPE_CHECKING:
    from kern.participants.participant import Participant

INTERRUPTED = "interrupted: the program stopped while it was working on this run"


def work_run(
    who: Participant, run: RunOutput, work: Work, context: list[Message], broken: Exception | None = None
) -> Iterator[RunEvent]:
    """Work `run`, claimed by `work.claim`. The last event tells how it ended; the claim is given up by then.

    `broken` is what the agent's own code raised before the run was stored: the run fails with it.

    A model's failure is stored and told as `RunFailed`, not raised. Raises `LeaseLostError` when somebody else took the run
    (nothing more is written), `StorageError` when the database fails, and whatever else the agent's own code raises: that is
    stored as why the run failed. What stops the program (`KeyboardInterrupt`, `SystemExit`) is stored as an interruption.
    """
    turn = Turn(who, run, work, context)
    with work:
        try:
            yield turn.event(RunStarted)
            if broken is not None:
                raise broken
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
        except Exception as error:
            _break_off(turn, error, _reason(error))
            raise
        except BaseException as error:
            _break_off(turn, error, INTERRUPTED)
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
    run.error, run.permanent_error, run.refused = storable(str(error)), error.permanent, error.refused
    _end(turn, "error")
    return turn.event(RunFailed, error=run.error, permanent=error.permanent, run=run, cause=error)


def _break_off(turn: Turn, error: BaseException, reason: str) -> None:
    """Store why the run was broken off; what broke it off is told even where that fails."""
    turn.run.error = storable(reason)
    try:
        _end(turn, "error")
    except KernError as unsaved:
        error.add_note(f"The run could not be stored as failed, either: {unsaved}")


def _reason(error: Exception) -> str:
    """What the agent's own code raised, and where, as far as somebody noted it."""
    where = "; ".join(getattr(error, "__notes__", ()))
    return f"{reason_of(error)} ({where})" if where else reason_of(error)


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
    if turn.db.finish_run(turn.claim, run, answer) == "cancelled":
        run.end("cancelled")
    if run.status == "completed":
        return turn.event(RunCompleted, content=run.content, run=run)
    return turn.event(RunCancelled, run=run)
