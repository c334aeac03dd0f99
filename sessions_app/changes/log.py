"""The session's change log: write it with `record`, read on with `follow`."""

from __future__ import annotations

from django.db import models, transaction

from sessions_app.changes import publish
from sessions_app.changes.kinds import Kind
from sessions_app.changes.payloads import NOTHING, Payload
from sessions_app.models import Change, Person, Session


def record(
    session: Session, kind: Kind, payload: Payload = NOTHING, *, person: Person | None = None, actor: str = ""
) -> Change:
    """Append one change, inside the transaction that makes it true, and tell the pages once it is committed.

    The session's row must be locked or new. Raises `TypeError` for a payload of another kind.
    """
    actor = actor or (str(person) if person else "")
    change = _append(session, kind, payload, person=person, actor=actor[:120])
    Session.objects.filter(pk=session.pk).update(last_change=change.pk)
    session.last_change = change.pk
    session_pk, change_pk, queue_pk = session.pk, change.pk, session.queue_id
    transaction.on_commit(lambda: publish.publish_change(session_pk, change_pk, kind, queue_pk))
    return change


def record_unseen(session: Session, kind: Kind, payload: Payload = NOTHING) -> Change:
    """Append a change that makes nothing unread and is not published."""
    return _append(session, kind, payload)


def follow(after: int, limit: int = 200) -> models.QuerySet[Change]:
    """Return changes of all sessions after the given number, oldest first."""
    return Change.objects.filter(pk__gt=after).order_by("pk")[:limit]


def newest() -> int:
    """Return the number of the newest change, 0 when there is none."""
    return Change.objects.aggregate(newest=models.Max("pk"))["newest"] or 0


def _append(session: Session, kind: Kind, payload: Payload, *, person: Person | None = None, actor: str = "") -> Change:
    if type(payload) is not kind.payload:
        raise TypeError(f"{kind} is recorded with {kind.payload.__name__}, not with {type(payload).__name__}")
    return Change.objects.create(session=session, kind=kind.value, person=person, actor=actor, data=payload.as_data())
