"""The session's log: write it with `record`, read on with `follow`."""

from __future__ import annotations

from typing import Any

from django.db import models, transaction

from sessions_app.models import Change, Person, Session


def record(session: Session, kind: str, person: Person | None = None, actor: str = "", **data: Any) -> Change:
    """Append one change, inside the transaction that makes it true, and tell the pages once it is committed.

    `kind` is a dotted word; `data` is small and JSON-able. The session's row must be locked or new.
    """
    actor = actor or (str(person) if person else "")
    change = Change.objects.create(session=session, kind=kind, person=person, actor=actor[:120], data=data)
    Session.objects.filter(pk=session.pk).update(last_change=change.pk)
    session.last_change = change.pk
    session_pk, change_pk = session.pk, change.pk
    transaction.on_commit(lambda: _publish(session_pk, change_pk, kind))
    return change


def record_unseen(session: Session, kind: str, **data: Any) -> Change:
    """Append a change that is no news to anybody: it makes nothing unread and no page is told."""
    return Change.objects.create(session=session, kind=kind, data=data)


def follow(after: int, limit: int = 200) -> models.QuerySet[Change]:
    """Changes of all sessions after the given number, oldest first."""
    return Change.objects.filter(pk__gt=after).order_by("pk")[:limit]


def newest() -> int:
    """The number of the newest change, 0 when there is none."""
    return Change.objects.aggregate(newest=models.Max("pk"))["newest"] or 0


def _publish(session_pk: int, change_pk: int, kind: str) -> None:
    from sessions_app.changes import publish

    publish.publish_change(session_pk, change_pk, kind)
