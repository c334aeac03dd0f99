"""Move a session to another queue."""

from __future__ import annotations

from django.utils.translation import gettext as _

from sessions_app import desk
from sessions_app.actions.locking import session_locked
from sessions_app.actions.runs import must_be_free
from sessions_app.changes.kinds import Kind
from sessions_app.changes.log import record
from sessions_app.changes.payloads import Moved
from sessions_app.errors import Forbidden
from sessions_app.infrastructure import clock
from sessions_app.models import Change, Person, Queue, Run, Session
from sessions_app.policy import names, stand_ins
from sessions_app.policy.naming_rules import Refusal


def move(session: Session, person: Person, queue: Queue) -> Change | None:
    """Move the session to another queue, whose agent answers from now on; returns the change, if it is one.

    The agent begins with unanswered messages. An assignee who does not work that queue loses the session. A generated name
    that breaks a rule of the queue is made anew; one that a person gave stays. Raises `Forbidden` when the person does not
    work it, `InvalidAction` while a turn is active: its agent and its policies are the old queue's.
    """
    if not Queue.objects.visible_to(person).filter(pk=queue.pk).exists():
        raise Forbidden(_("You do not work the queue %(queue)s.") % {"queue": queue})
    with session_locked(session) as locked:
        if locked.queue_id == queue.pk:
            return None
        must_be_free(locked)
        before, former = locked.queue, locked.assignee_id
        locked.queue, locked.kind = queue, desk.kind_of(locked.agent_id or queue.agent_id)
        locked.assignee = _still_assigned(locked)
        if not locked.name_locked and not locked.has_stand_in and isinstance(names.judge(locked.name, locked), Refusal):
            locked.name_due_at = clock.now()
        locked.save(update_fields=["queue", "kind", "assignee", "name_due_at"])
        stand_ins.renew(locked)
        moved = Moved(
            before=before.slug if before else "",
            before_name=before.name if before else "",
            queue=queue.slug,
            queue_name=queue.name,
            former=former,
        )
        change = record(locked, Kind.SESSION_MOVED, moved, person=person)
        Run.objects.open_next(locked)
        return change


def began_in(session: Session, queue: Queue) -> bool:
    """Return whether the session began in the queue; people may have moved it since."""
    first = session.changes.filter(kind=Kind.SESSION_MOVED).order_by("pk").first()
    return queue.slug == first.data["before"] if first else session.queue_id == queue.pk


def _still_assigned(session: Session) -> Person | None:
    """Return the assignee, if they work the session's queue."""
    assignee, queue = session.assignee, session.queue
    works = assignee is not None and queue is not None and Queue.objects.visible_to(assignee).filter(pk=queue.pk).exists()
    return assignee if works else None
