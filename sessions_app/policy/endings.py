"""End runs and their open requirements: every end of a run is written here."""

from __future__ import annotations

from typing import Any

from sessions_app.changes.kinds import OF_REQUIREMENT_STATUS
from sessions_app.changes.log import record
from sessions_app.changes.payloads import Dropped
from sessions_app.infrastructure import clock
from sessions_app.models import Decision, Person, Requirement, Run, Session

#: The actor of drops without a person.
END_OF_TURN = "the end of the turn"


def end(
    session: Session,
    run: Run,
    status: str,
    *,
    questions: str = Requirement.Status.CANCELLED,
    keep_owner: bool = False,
    person: Person | None = None,
) -> None:
    """End the run as `status` (completed, error or cancelled), with no worker on it.

    Unless it completed, the active runs below it end the same way, and what was asked in them and leads to nothing becomes what
    `questions` says. With `keep_owner` the worker it was taken from may still hand in its last words (`DjangoDb.keep_words`).
    The session's row must be locked; the caller records the end itself and opens the next turn.
    """
    _release(run, status, keep_owner=keep_owner)
    if status == Run.Status.COMPLETED:
        return
    below = run.below()
    Run.objects.filter(pk__in=below).active().update(status=status, updated_at=run.updated_at)
    asked = Requirement.objects.filter(run__in=[run.pk, *below]).select_related("session__queue")
    # A failed turn keeps what people said yes to, because it may be tried again.
    open_ones = asked.pending().order_by("pk") if status == Run.Status.ERROR else asked.undone()
    for requirement in open_ones:
        drop(session, requirement, questions, person)


def drop(session: Session, asked: Requirement, status: str, person: Person | None = None) -> None:
    """Cancel or supersede the requirement: its call is not made. The decision log gets a line, the session a change.

    The change says which (`requirement`, `tool`) and what it was `before`: pending, or approved or answered by people. The
    session's row must be locked.
    """
    before = asked.status
    waited = before == Requirement.Status.PENDING
    settled: dict[str, Any] = {"status": status, "remind_at": None} | ({"decided_at": clock.now()} if waited else {})
    Requirement.objects.filter(pk=asked.pk).update(**settled)
    for name, value in settled.items():
        setattr(asked, name, value)
    actor = "" if person else END_OF_TURN
    note = "" if waited else f"not done, though {before} before"
    Decision.objects.append(asked, status, person=person, actor=actor, note=note, waited=waited)
    payload = Dropped(requirement=asked.pk, tool=asked.tool_name, before=before)
    record(session, OF_REQUIREMENT_STATUS[status], payload, person=person, actor=actor)


def _release(run: Run, status: str, *, keep_owner: bool) -> None:
    run.status, run.updated_at = status, clock.now()
    run.lease_until, run.cancel_requested = None, False
    saved = ["status", "updated_at", "lease_until", "cancel_requested"]
    if not keep_owner:
        run.lease_owner = ""
        saved.append("lease_owner")
    run.save(update_fields=saved)
