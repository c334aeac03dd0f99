"""Work a claimed run from its stored state to its end or its next pause. Start, resume and recovery all run this loop."""

from __future__ import annotations

from collections.abc import Generator, Iterator

from kern.errors import KernError, LeaseLostError, ModelError, StorageError
from kern.events import RunCancelled, RunCompleted, RunEvent, RunFailed, RunPaused, RunStarted
from kern.loop import limit
from kern.loop.base import Actor
from kern.loop.calls import settle_call
from kern.loop.drafts import sent_answer
from kern.loop.model_calls import ask_model
from kern.loop.turn import Turn
from kern.loop.work import StopRequested, Work
from kern.records.message import Message
from kern.records.run import RunOutput, Status
from kern.validation.reasons import reason_of
from kern.validation.text import storable

INTERRUPTED = "interrupted: the program stopped while it was working on this run"


class WorkedTurn(Turn):
    """A turn that settles its open calls, asks the model, and so on until it answers or must wait."""

    def go(self) -> Generator[RunEvent, None, Message | None]:
        while True:
            self.work.check()
            settled = self.open_calls()
            for call in settled:
                yield from settle_call(self, call)
            if self.is_waiting:
                return None
            if (sent := sent_answer(self) or self.last_words()) is not None:
                return sent
            if settled:
                # Tools may take long, and asking a model costs more than asking whether its answer is still wanted.
                self.work.check(now=True)
            limit.raise_if_ignored(self)
            limit.raise_if_drafts_ignored(self)
            answer = yield from ask_model(self)
            if not answer.tool_calls:
                return answer


def work_run(
    who: Actor, run: RunOutput, work: Work, context: list[Message], broken: Exception | None = None
) -> Iterator[RunEvent]:
    """Work `run`, claimed by `work.claim`. The last event gives the outcome; the claim is given up by then.

    `broken` is what the agent's own code raised before the run was stored: the run fails with it.

    A model's failure is stored and yielded as `RunFailed`, not raised. Raises `LeaseLostError` when another worker took the run
    (nothing more is written), `StorageError` when the database fails, and what else the agent's own code raises: that is
    stored as why the run failed. What stops the program (`KeyboardInterrupt`, `SystemExit`) is stored as an interruption.
    """
    turn = WorkedTurn(who, run, work, context)
    with work:
        try:
            yield RunStarted(*turn.source)
            if broken is not None:
                raise broken
            answer = yield from turn.go()
            if answer is None:
                # People are not asked for a run that was cancelled meanwhile.
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
    return RunPaused(*turn.source, requirements=run.active_requirements, run=run)


def _fail(turn: Turn, error: ModelError) -> RunEvent:
    run = turn.run
    run.error, run.permanent_error, run.refused = storable(str(error)), error.permanent, error.refused
    _end(turn, "error")
    return RunFailed(*turn.source, error=run.error, permanent=error.permanent, run=run, cause=error)


def _break_off(turn: Turn, error: BaseException, reason: str) -> None:
    """Store why the run was aborted; the cause is raised even where that fails."""
    turn.run.error = storable(reason)
    try:
        _end(turn, "error")
    except KernError as unsaved:
        error.add_note(f"The run could not be stored as failed, either: {unsaved}")


def _reason(error: Exception) -> str:
    """Return the exception of the agent's own code, with its place if that was noted."""
    where = "; ".join(getattr(error, "__notes__", ()))
    return f"{reason_of(error)} ({where})" if where else reason_of(error)


def _end(turn: Turn, status: Status, answer: Message | None = None) -> RunEvent:
    run, spoken = turn.run, str(turn.spoken)
    turn.count_time()
    run.end(status)
    run.content = answer.content if answer else spoken
    if status == "cancelled" and spoken:
        # Words said before the run was stopped are kept. A failed run has them in its content alone: a retry begins afresh.
        answer = Message("assistant", spoken, run_id=run.run_id, author=turn.who.name or None)
    if answer is not None:
        run.messages.append(answer)
    if turn.db.finish_run(turn.claim, run, answer) == "cancelled":
        run.end("cancelled")
    if run.status == "completed":
        return RunCompleted(*turn.source, content=run.content, run=run)
    return RunCancelled(*turn.source, run=run)
