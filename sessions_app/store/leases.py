"""The lease of a running run: extend it, check it, give it back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from kern.db.base import Claim, Signal
from kern.errors import LeaseLostError
from sessions_app.changes import log
from sessions_app.changes.kinds import Kind
from sessions_app.changes.payloads import RunRecovered
from sessions_app.infrastructure import clock
from sessions_app.infrastructure.prepared import Prepared, Slot
from sessions_app.models import Run, Session
from sessions_app.store.claims import hold, is_ours
from sessions_app.store.ending import cancel_now

#: Every heartbeat reads it.
_WITH_SESSION = Prepared(lambda: Run.objects.select_related("session__queue").filter(run_id=Slot("run_id", Run, "run_id")))


def is_silenced(row: Run, session: Session) -> bool:
    """Return whether the run answers the customer although the AI has been turned off. Private runs continue."""
    return row.purpose == Run.Purpose.ANSWER and session.led_by_person


def renew(claim: Claim) -> Signal:
    """Extend the lease, and return the run's signal. A heartbeat locks no session: it changes no state."""
    row = _WITH_SESSION.first(run_id=claim.run_id)
    signal = _signal(row, claim)
    if row is None or signal == "lost":
        return "lost"
    until = clock.now() + timedelta(seconds=claim.lease)
    ours = Run.objects.filter(pk=row.pk, status=Run.Status.RUNNING, lease_owner=claim.owner, fence=row.fence)
    return signal if ours.update(lease_until=until) else "lost"


def look(claims: Sequence[Claim]) -> list[Signal]:
    """Return the runs' signals, without extending their leases."""
    found = Run.objects.select_related("session__queue").filter(run_id__in=[claim.run_id for claim in claims])
    rows_by_id = {row.run_id: row for row in found}
    return [_signal(rows_by_id.get(claim.run_id), claim) for claim in claims]


def _signal(row: Run | None, claim: Claim) -> Signal:
    if row is None or not is_ours(row, row.session, claim):
        return "lost"
    return "cancelled" if row.cancel_requested or is_silenced(row, row.session) else "ok"


def hand_over(claim: Claim) -> bool:
    """Change running → pending, as this worker stops: another may take the turn at once. Returns whether it was the claim's.

    It is no death of a worker, so the attempt does not count. A turn with a cancellation request is cancelled.
    """
    try:
        held = hold(claim)
    except LeaseLostError:
        return False
    row = held.root
    if row.cancel_requested:
        cancel_now(held.session, row)
        return True
    row.status, row.lease_owner, row.lease_until, row.updated_at = Run.Status.PENDING, "", None, clock.now()
    row.attempts = max(0, row.attempts - 1)
    row.save(update_fields=["status", "lease_owner", "lease_until", "updated_at", "attempts"])
    log.record(held.session, Kind.RUN_RECOVERED, RunRecovered(run=row.run_id, attempts=row.attempts))
    return True
