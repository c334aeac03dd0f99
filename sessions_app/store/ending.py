"""Ends of turns in the store, by their worker or without it. The end also makes the next turn due."""

from __future__ import annotations

from kern.db.base import Claim
from kern.errors import LeaseLostError
from kern.records.run import RunOutput, Status
from kern.validation.text import storable
from sessions_app.changes import log
from sessions_app.changes.kinds import OF_RUN_END, Kind
from sessions_app.changes.payloads import OfRun
from sessions_app.models import Person, Run, Session
from sessions_app.policy import daily_limits, endings, needing_person, whose_turn
from sessions_app.store.claims import Held, hold, locked
from sessions_app.store.records import metrics_row

#: Changes of private turns are no news to people who answer the customer.
ENDS_FOR_PEOPLE = {**OF_RUN_END, "completed": Kind.RUN_ADVISED}


def cancel_now(session: Session, row: Run, person: Person | None = None) -> None:
    """End the turn as cancelled, with or without a worker."""
    endings.end(session, row, Run.Status.CANCELLED, person=person)
    log.record(session, Kind.RUN_CANCELLED, OfRun(row.run_id), person=person)
    open_next(session)


def break_off(claim: Claim, status: Status, why: str) -> bool:
    """End the claimed turn without its worker. Returns whether it was still the claim's."""
    try:
        held = hold(claim)
    except LeaseLostError:
        return False
    held.root.error = storable(why)
    held.root.save(update_fields=["error"])
    endings.end(held.session, held.root, status)
    log.record(held.session, OF_RUN_END[status], OfRun(held.root.run_id), actor=held.root.agent_name)
    open_next(held.session)
    if status == "error":
        needing_person.after_failure(held.session, held.root)
        whose_turn.settle(held.session)
    return True


def fail_unread(run_id: str, error: str, only_pending: bool) -> bool:
    """End the turn as failed, reading no more of it than its row. The customer's next message begins another one."""
    found = locked(run_id)
    if found is None or not found[1].is_active or (only_pending and found[1].status != Run.Status.PENDING):
        return False
    session, row = found
    row.error, row.permanent_error = storable(error), True
    row.save(update_fields=["error", "permanent_error"])
    endings.end(session, row, Run.Status.ERROR)
    log.record(session, Kind.RUN_FAILED, OfRun(row.run_id), actor=row.agent_name)
    needing_person.after_failure(session, row)
    whose_turn.settle(session)
    return True


def store_end(held: Held, run: RunOutput) -> None:
    """Store the result of the held run, and end it."""
    row = held.run
    row.content, row.error = storable(run.content), storable(run.error)
    row.permanent_error, row.refused = run.permanent_error, run.refused
    metrics, model = metrics_row(run.metrics), run.model[:100] or row.model
    daily_limits.count_cost(held.session, row, model, metrics)
    row.metrics, row.model = metrics, model
    row.agent_name = storable(run.agent_name)[:100] or row.agent_name
    row.save(update_fields=["content", "error", "permanent_error", "refused", "metrics", "model", "agent_name"])
    endings.end(held.session, row, run.status)


def open_next(session: Session) -> None:
    """Make the next turn due where the customer wrote meanwhile: one turn answers all of it. The sweep finds it.

    Every end of a turn leads here, so whose turn it is afterwards is settled here, too.
    """
    following = daily_limits.open_next(session)
    if following is not None:
        log.record(session, Kind.RUN_PENDING, OfRun(following.run_id))
    whose_turn.settle(session)
