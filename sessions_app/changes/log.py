"""The session's change log: write it with `record`, read on with `follow`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import models, transaction
from django.db.models import Case, Value, When

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
    return record_all([Entry(session, kind, payload, person, actor)])[0]


def record_quietly(
    session: Session, kind: Kind, payload: Payload = NOTHING, *, person: Person | None = None, actor: str = ""
) -> Change:
    """Append one change as `record` does, and tell the pages; it makes the session unread for no reader."""
    change = record_all_unseen([Entry(session, kind, payload, person, actor)])[0]
    _publish_on_commit(change, kind, session.queue_id)
    return change


@dataclass(frozen=True)
class Entry:
    """A change that is still to be recorded; `actor` is the person's name unless it is given."""

    session: Session
    kind: Kind
    payload: Payload = NOTHING
    person: Person | None = None
    actor: str = ""


def record_all(entries: Sequence[Entry]) -> list[Change]:
    """Append changes in this order, as `record` does each, with the same two statements for one as for many."""
    changes = Change.objects.bulk_create([_change(entry) for entry in entries])
    newest: dict[int, int] = {}
    for entry, change in zip(entries, changes, strict=True):
        entry.session.last_change = newest[entry.session.pk] = change.pk
        _publish_on_commit(change, entry.kind, entry.session.queue_id)
    if newest:
        Session.objects.filter(pk__in=newest).update(last_change=_number_of_each(newest))
    return changes


def record_unseen(session: Session, kind: Kind, payload: Payload = NOTHING) -> Change:
    """Append a change that makes nothing unread and is not published."""
    return record_all_unseen([Entry(session, kind, payload)])[0]


def record_all_unseen(entries: Sequence[Entry]) -> list[Change]:
    """Append changes as `record_unseen` does each, with one statement for any number."""
    return Change.objects.bulk_create([_change(entry) for entry in entries]) if entries else []


def follow(after: int, limit: int = 200) -> models.QuerySet[Change]:
    """Return changes of all sessions after the given number, oldest first."""
    return Change.objects.filter(pk__gt=after).order_by("pk")[:limit]


def newest() -> int:
    """Return the number of the newest change, 0 when there is none."""
    return Change.objects.aggregate(newest=models.Max("pk"))["newest"] or 0


def _change(entry: Entry) -> Change:
    kind, payload, person = entry.kind, entry.payload, entry.person
    if type(payload) is not kind.payload:
        raise TypeError(f"{kind} is recorded with {kind.payload.__name__}, not with {type(payload).__name__}")
    actor = entry.actor or (str(person) if person else "")
    return Change(session=entry.session, kind=kind.value, person=person, actor=actor[:120], data=payload.as_data())


def _number_of_each(newest: dict[int, int]) -> int | Case:
    """Return the new `last_change` of these sessions, for one statement."""
    if len(newest) == 1:
        return next(iter(newest.values()))
    return Case(*[When(pk=session, then=Value(number)) for session, number in newest.items()])


def _publish_on_commit(change: Change, kind: Kind, queue_pk: int | None) -> None:
    left = str(change.data["before"]) if kind is Kind.SESSION_MOVED else ""
    told = publish.Told(change.session_id, change.pk, kind, queue_pk, left)
    transaction.on_commit(lambda: publish.publish_change(told))
