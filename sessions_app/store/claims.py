"""The right to write: a worker that holds a run's lease has it, under the session's fence, in the transaction that writes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

from django.db.models import Q

from kern.db.base import Claim
from kern.errors import LeaseLostError
from sessions_app.infrastructure.prepared import Prepared, Slot
from sessions_app.models import Run, Session, ToolCall

#: Every write of a turn begins with its session, locked, and its run; the run that is written to may be one below it.
_LOCKED = Prepared(lambda: Session.objects.select_for_update(of=("self",)).filter(runs__run_id=Slot("run_id", Run, "run_id")))
_WITH_ROOT = Prepared(lambda: Run.objects.select_related("root").filter(run_id=Slot("run_id", Run, "run_id")))
_TWO_RUNS = Prepared(
    lambda: Run.objects.filter(Q(run_id=Slot("claimed", Run, "run_id")) | Q(run_id=Slot("target", Run, "run_id")))
)


@dataclass(slots=True)
class Held:
    """The objects of a claimed write: the locked session, the claimed turn, and the run of its tree that is written to.

    Where it is not `ours` any more, the claim is valid only for the outcome of a call that it had started.
    """

    session: Session
    root: Run
    run: Run
    ours: bool = True

    @property
    def in_turn(self) -> bool:
        """True if the turn itself is written to, and not a member's run below it."""
        return self.run.pk == self.root.pk


def hold(claim: Claim, run_id: str | None = None) -> Held:
    """Lock the session and check the claim, for writing to `run_id` (without it: to the claimed run).

    Raises `LeaseLostError` when the run was ended, taken by another worker, fenced off or deleted.
    """
    held = _found(claim, run_id)
    if not held.ours:
        lost(claim)
    return held


def hold_for_outcome(claim: Claim, run_id: str | None, call_id: str) -> Held:
    """Lock and check as `hold`, but accept the outcome of a call by the worker that started it, also after the turn's end.

    A tool that has run can't be called back. Raises `LeaseLostError` when another worker started the call again, or it has its
    outcome.
    """
    held = _found(claim, run_id)
    if not held.ours and not _started_here(claim, held, call_id):
        lost(claim)
    return held


def locked(run_id: str) -> tuple[Session, Run] | None:
    """Lock the session; return it with the run's turn, or `None` when there is no such run."""
    session = _LOCKED.first(run_id=run_id)
    row = _WITH_ROOT.first(run_id=run_id)
    if session is None or row is None:
        return None
    turn = row.root or row
    turn.session = session
    return session, turn


def is_ours(root: Run, session: Session, claim: Claim) -> bool:
    """Return whether this claim works on the turn, and the session was not taken over since."""
    return root.status == Run.Status.RUNNING and root.lease_owner == claim.owner and root.fence == session.fence


def lost(claim: Claim) -> NoReturn:
    """Raise the `LeaseLostError` of an invalid claim."""
    raise LeaseLostError(f"run {claim.run_id} is no longer this worker's; nothing more is written")


def _found(claim: Claim, run_id: str | None) -> Held:
    if (session := _LOCKED.first(run_id=claim.run_id)) is None:
        lost(claim)
    target = run_id or claim.run_id
    runs = {run.run_id: run for run in _TWO_RUNS.all(claimed=claim.run_id, target=target)}
    root, run = runs.get(claim.run_id), runs.get(target)
    if root is None or run is None or root.pk not in (run.pk, run.root_id):
        lost(claim)
    # Set the loaded objects, so that rows that refer to them need no query.
    root.session = run.session = session
    return Held(session, root, run, is_ours(root, session, claim))


def _started_here(claim: Claim, held: Held, call_id: str) -> bool:
    started = ToolCall.objects.filter(run=held.run, call_id=call_id, status=ToolCall.Status.STARTED).first()
    # An idempotent call is repeated without being started anew, by the worker that held the lease when the run ended.
    return started is not None and claim.owner in (started.owner, held.root.lease_owner)
