"""Delete a session so that it can be restored, and restore it. After 30 days retention erases it."""

from __future__ import annotations

from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext as _

from sessions_app.actions.handover import fence_off
from sessions_app.actions.locking import session_locked
from sessions_app.changes import publish
from sessions_app.changes.kinds import Kind
from sessions_app.changes.log import record
from sessions_app.infrastructure import clock
from sessions_app.models import Person, Session
from sessions_app.policy import daily_limits, whose_turn


def delete(session: Session, person: Person | None) -> None:
    """Delete the session: its turn ends, and no page, program or customer's link finds it until it is restored."""
    with session_locked(session) as locked:
        fence_off(locked, person)
        locked.status_before, locked.status, locked.deleted_at = locked.status, Session.Status.DELETED, clock.now()
        locked.save(update_fields=["status", "status_before", "deleted_at"])
        record(locked, Kind.SESSION_DELETED, person=person)
        transaction.on_commit(lambda: publish.look_again(sessions=[locked.pk]))


def restore(session: Session, person: Person | None) -> None:
    """Restore a deleted session as it was; messages without an answer get one. Raises `Http404` where it was erased."""
    with transaction.atomic():
        locked = Session.objects.stored().select_for_update().filter(pk=session.pk).first()
        if locked is None:
            raise Http404(_("This conversation was erased, or there never was one here."))
        if locked.status != Session.Status.DELETED:
            return
        locked.status = locked.status_before or Session.Status.OPEN
        locked.status_before, locked.deleted_at = "", None
        locked.save(update_fields=["status", "status_before", "deleted_at"])
        record(locked, Kind.SESSION_RESTORED, person=person)
        if not locked.is_settled:
            daily_limits.open_next(locked)
        whose_turn.settle(locked)
