"""Sessions and their names. Each function works inside the transaction its caller opened."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from django.db.models import F, Q, QuerySet

from kern.errors import SessionNotFoundError, SessionOwnershipError
from kern.records.run import RunOutput
from kern.session import NameSource, SessionKind, SessionOrder
from sessions_app.changes import log
from sessions_app.changes.kinds import Kind
from sessions_app.changes.payloads import Named
from sessions_app.infrastructure import clock
from sessions_app.models import Change, CustomerAttributes, Job, NameRecord, Person, Session
from sessions_app.models.author import Author
from sessions_app.policy import names, stand_ins
from sessions_app.store.records import moment

#: What a rename writes: the name's columns alone (rule L5).
NAME_COLUMNS = (
    *("name", "name_source", "name_version", "name_locked", "name_due_at"),
    *("name_failures", "name_failed_at", "name_problem", "topic_due_at", "topic_checked"),
)


@dataclass(frozen=True)
class NameCost:
    """The model that made a name, and what all tries for it used; `microdollars` are millionths of a dollar."""

    model: str = ""
    tokens: int = 0
    microdollars: int = 0


#: A name that no model made.
FREE = NameCost()


def find(session_id: str) -> Session | None:
    """Return the session's row, or `None`."""
    return Session.objects.there().by_id(session_id).first()


def page(user_id: str | None, limit: int, place: tuple[float, int], order: SessionOrder) -> QuerySet[Session]:
    """Return rows in that order from the place on."""
    used_at, row = place
    found = Session.objects.there() if user_id is None else Session.objects.there().filter(user_id=user_id)
    if order == "used":
        until = moment(used_at)
        found = found.filter(Q(updated_at__lt=until) | Q(updated_at=until, pk__lt=row), updated_at__lte=until)
        return found.order_by("-updated_at", "-pk")[:limit]
    # Of one user there are few: their index is better than a walk along all rows (a sum is not what the key's index has).
    by_age = F("pk").desc() if user_id is None else (F("pk") + 0).desc()
    return found.filter(pk__lt=row).order_by(by_age)[:limit]


def lock_or_create(run: RunOutput, kind: SessionKind) -> Session:
    """Return the run's session, locked; created if it is missing.

    Raises `SessionOwnershipError` when it is another user's (rule L2), `SessionNotFoundError` when people deleted it.
    """
    user_id = run.user_id or ""
    defaults = {"user_id": user_id, "kind": kind, "agent_id": run.agent_id, "channel": "library"}
    Session.objects.get_or_create(session_id=run.session_id, defaults=defaults)
    session = Session.objects.locked(run.session_id)
    if session.status in Session.GONE:
        raise SessionNotFoundError(f"session {run.session_id} was deleted: restore it, or use another id")
    if session.user_id and user_id and session.user_id != user_id:
        raise SessionOwnershipError(f"session {run.session_id} belongs to another user")
    return session


def rename(
    session_id: str,
    name: str,
    source: NameSource,
    expected_version: int | None,
    person: Person | None,
    note: str,
    cost: NameCost = FREE,
) -> Session | None:
    """Write the name's columns unless the session was renamed since `expected_version`; return the row as it is afterwards.

    A person's name is locked: nothing replaces it but another one of a person (`human`), or what a person asked for (`person`).
    The name is written as the rules of the session's queue want it (its template, its capital letters). Raises
    `InvalidSessionNameError` with a name that passes when it breaks one of them.
    """
    session = Session.objects.there().select_for_update().by_id(session_id).first()
    if session is None or expected_version not in (None, session.name_version):
        return session
    rename_locked(session, name, source, person, note, cost)
    return session


def rename_locked(
    session: Session,
    name: str,
    source: NameSource,
    person: Person | None,
    note: str,
    cost: NameCost = FREE,
    job: Job | None = None,
) -> bool:
    """Do what `rename` does to a session whose row is locked and as expected. Returns whether it was renamed."""
    if session.name_locked and source != "human" and person is None:
        return False
    _write(session, names.checked(name, session), source, person, note, cost, job)
    return True


def put_back(session: Session, name: str, source: str, person: Person | None, job: Job | None = None) -> None:
    """Give the locked session the name that it had before. It is not judged: what was there may be there again."""
    _write(session, name, source, person, "", FREE, job)


def _write(
    session: Session,
    name: str,
    source: str,
    person: Person | None,
    note: str,
    cost: NameCost,
    job: Job | None,
) -> None:
    session.name, session.name_source, session.name_due_at = name, source, None
    session.name_locked = source == "human"
    session.name_version += 1
    session.name_failures, session.name_failed_at, session.name_problem = 0, None, ""
    # The name is compared with what is said from now on.
    session.topic_due_at = None
    session.topic_checked = session.messages.order_by("-pk").values_list("pk", flat=True).first() or 0
    session.save(update_fields=NAME_COLUMNS)
    version = session.name_version
    NameRecord.objects.create(
        session=session, name=name, source=source, version=version, person=person, note=note[:300], job=job, **asdict(cost)
    )
    log.record(session, Kind.NAME_CHANGED, Named(name=name, source=source), person=person)


def open_again(
    session: Session, kind: Kind = Kind.SESSION_REOPENED, *, person: Person | None = None, actor: str = ""
) -> Change | None:
    """Open the session where it is closed or snoozed; returns the change, of this kind. The session's row must be locked.

    Spam is opened by those alone who say that it is none.
    """
    is_spam = session.status == Session.Status.SPAM
    if session.status == Session.Status.OPEN or is_spam != (kind is Kind.SESSION_NOT_SPAM):
        return None
    set_status(session, Session.Status.OPEN)
    return log.record(session, kind, person=person, actor=actor)


def set_status(session: Session, status: str, until: datetime | None = None) -> None:
    """Write the status and, for a snooze, its end; the caller records the change."""
    session.status, session.snoozed_until, session.updated_at = status, until, clock.now()
    session.save(update_fields=["status", "snoozed_until", "updated_at"])


def delete(session_id: str) -> bool:
    """Remove the session and all it holds; a turn in flight finds its lease lost."""
    session = Session.objects.select_for_update().filter(session_id=session_id).first()
    if session is None:
        return False
    session.delete()
    CustomerAttributes.objects.forget_unowned([session.user_id])
    return True


def used(session: Session, text: str = "", kind: str = "", author: str = "") -> None:
    """Record a use of the session; `text` is the message, of a customer or an agent (`kind`)."""
    if text:
        session.said(text, kind, author)
        if kind == Author.CUSTOMER:
            stand_ins.renew(session)
    else:
        session.updated_at = clock.now()
        session.save(update_fields=["updated_at"])
