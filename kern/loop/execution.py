"""Run one tool on a thread of its own, which may be abandoned (rule L19)."""

from __future__ import annotations

import threading
from asyncio import CancelledError
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, cast

from kern.errors import LeaseLostError
from kern.loop.turn import Turn
from kern.loop.work import StopRequested
from kern.records.call_outcomes import FAILED
from kern.records.message import ToolCall
from kern.threads.detached import start_aside
from kern.threads.waiting import Box, DeadlineError, TookTooLongError, Waiting
from kern.tools import RunContext, Tool
from kern.validation.reasons import reason_of

#: A tool that is nearly done when its turn is stopped has so many seconds more: what is known need not be asked.
GRACE = 1.0
#: The kind (see `kern.threads.detached`) of a thread that runs a tool.
TOOL = "tool"


@dataclass(slots=True)
class Outcome:
    """The outcome of a tool: its text, its failure, or an exception that stops the program."""

    output: str = ""
    failed: bool = False
    raised: BaseException | None = None


HandIn = Callable[[Outcome], object]


class LateOutcome:
    """Delivers the outcome of a tool whose turn was taken away: once, by the later of the two threads."""

    def __init__(self, hand_in: HandIn) -> None:
        self._hand_in = hand_in
        self._taken_away = threading.Event()
        self._outcomes: SimpleQueue[Outcome] = SimpleQueue()

    def came(self, outcome: Outcome) -> bool:
        """Report the outcome. Returns whether the turn had been taken away by then."""
        self._outcomes.put(outcome)
        return self._taken_away.is_set() and self._give()

    def take_away(self) -> None:
        """Report that the turn was taken away."""
        self._taken_away.set()
        self._give()

    def _give(self) -> bool:
        try:
            outcome = self._outcomes.get_nowait()
        except Empty:
            return False
        self._hand_in(outcome)
        return True


def run_tool(turn: Turn, call: ToolCall, tool: Tool, arguments: dict[str, Any], hand_in: HandIn) -> Outcome | None:
    """Run the tool; `None` where it took longer than its `timeout`, so that its outcome is unknown.

    Raises `StopRequested`, `LeaseLostError` or `DeadlineError` where the turn ends first, and `KeyboardInterrupt` and the like
    as the tool raises them. Where the turn was taken away, `hand_in` gets the outcome when it comes, once, most often on the
    tool's thread; otherwise it is dropped.
    """
    context = _context_of(turn, call)
    box, late = Box(), LateOutcome(hand_in)
    turn.db.release()

    def work() -> None:
        outcome = _outcome(partial(tool.call, arguments, context))
        try:
            turn.work.let_go()
        finally:
            box.put(outcome)
        if late.came(outcome):
            turn.work.let_go()

    start_aside(work, context.cancellation, TOOL)
    try:
        outcome = _received(turn.work, box, tool.timeout)
    except TookTooLongError:
        context.cancellation.cancel()
        return None
    except LeaseLostError:
        late.take_away()
        context.cancellation.leave()
        raise
    except BaseException:
        context.cancellation.cancel()
        raise
    if outcome.raised is not None:
        raise outcome.raised
    return outcome


def _context_of(turn: Turn, call: ToolCall) -> RunContext:
    return RunContext(
        session_id=turn.run.session_id,
        run_id=turn.run.run_id,
        call_id=call.id,
        user_id=turn.run.user_id,
        agent_name=turn.who.name,
        idempotency_key=f"{turn.run.run_id}:{call.id}",
    )


def _received(work: Waiting, box: Box, timeout: float | None) -> Outcome:
    try:
        return cast("Outcome", work.receive(box, timeout))
    except (StopRequested, LeaseLostError, DeadlineError):
        try:
            return cast("Outcome", Waiting(None, "").receive(box, GRACE))
        except TookTooLongError:
            pass
        raise


def _outcome(run: Callable[[], str]) -> Outcome:
    try:
        return Outcome(run())
    except (Exception, SystemExit, CancelledError) as error:  # noqa: BLE001 - a tool's exceptions are for the model (rule L15)
        return Outcome(f"{FAILED}{reason_of(error)}", failed=True)
    except BaseException as error:  # noqa: BLE001 - it is raised again where the turn is worked
        return Outcome(raised=error)
