"""Open runs, claim them and request their cancellation. Each locks the session first."""

from __future__ import annotations

from datetime import timedelta

from kern.db.base import Claim
from kern.errors import SessionBusyError
from kern.records.run import RunOutput
from kern.session import SessionKind
from kern.validation.text import storable
from sessions_app.changes import log
from sessions_app.changes.kinds import Kind
from sessions_app.changes.payloads import OfRun, RunStarted
from sessions_app.infrastructure import clock
from sessions_app.models import Person, Run, Session
from sessions_app.models.author import Author
from sessions_app.policy import endings, whose_turn
from sessions_app.store import sessions
from sessions_app.store.claims import locked
from sessions_app.store.ending import cancel_now
from sessions_app.store.leases import is_silenced
from sessions_app.store.message_rows import run_message
from sessions_app.store.reading import INTERRUPTED
from sessions_app.store.records import run_row


def open_run(run: RunOutput, claim: Claim, kind: SessionKind) -> tuple[Session, str | None]:
    """Store the run and its messages under the claim; return the session's row, and the run before this one."""
    session = sessions.lock_or_create(run, kind)
    previous = session.runs.roots().order_by("-pk").first()
    active = session.runs.roots().active().first()
    if active is not None and not active.is_abandoned:
        raise SessionBusyError(f"session {session.session_id} has an active run: {active.run_id}")
    if active is not None:
        active.error = INTERRUPTED
        active.save(update_fields=["error"])
        endings.end(session, active, Run.Status.ERROR)
    row = run_row(run, session)
    _give(row, session, claim)
    row.save(force_insert=True)
    for message in run.messages:
        run_message(message, row).save(force_insert=True)
    asked = storable(next((message.content for message in run.messages if message.role == "user"), ""))
    sessions.used(session, asked, Author.CUSTOMER)
    log.record(session, Kind.RUN_STARTED, RunStarted(run=row.run_id, attempt=row.attempts), actor=row.agent_name)
    whose_turn.settle(session)
    return session, previous.run_id if previous else None


def claim_run(claim: Claim) -> bool:
    """Change pending → running under the claim and the session's fence; returns whether it was won.

    A run that was asked to stop before its worker died, or whose queue was silenced since, is cancelled instead.
    """
    found = locked(claim.run_id)
    if found is None:
        return False
    session, row = found
    if row.status != Run.Status.PENDING or row.run_id != claim.run_id:
        return False
    if row.cancel_requested or is_silenced(row, session):
        cancel_now(session, row)
        return False
    _give(row, session, claim)
    row.attempts += 1
    row.agent_name = row.agent_name or storable(claim.agent_name)[:100]
    row.model = row.model or storable(claim.model)[:100]
    given = ["status", "lease_owner", "lease_until", "fence", "worker", "updated_at"]
    row.save(update_fields=[*given, "attempts", "agent_name", "model"])
    log.record(session, Kind.RUN_STARTED, RunStarted(run=row.run_id, attempt=row.attempts), actor=row.agent_name)
    return True


def _give(row: Run, session: Session, claim: Claim) -> None:
    now = clock.now()
    row.status, row.updated_at = Run.Status.RUNNING, now
    row.lease_owner, row.lease_until = claim.owner, now + timedelta(seconds=claim.lease)
    row.worker = claim.worker[:120]
    row.fence = claim.fence = session.fence


def cancel_run(run_id: str, person: Person | None) -> bool:
    """End the turn, or ask its living worker to; a member's run stands for the whole turn."""
    found = locked(run_id)
    if found is None or not found[1].is_active:
        return False
    session, row = found
    if row.status == Run.Status.RUNNING and not row.is_abandoned:
        Run.objects.filter(pk=row.pk).update(cancel_requested=True)
        log.record(session, Kind.RUN_CANCEL_REQUESTED, OfRun(row.run_id), person=person)
    else:
        cancel_now(session, row, person)
    return True
