"""The list of deleted conversations: who deleted them, and until when they can be restored."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models import OuterRef, Subquery

from sessions_app.changes.kinds import Kind
from sessions_app.customers.retention import RESTORABLE_DAYS
from sessions_app.models import Change, Session
from sessions_app.models.session import SessionSet
from sessions_app.queries.paging import Key, Order, taken
from sessions_app.queries.search import matching, words_of

PAGE = 50
NEWEST = Order((Key("deleted_at", descending=True), Key("pk", descending=True)))
_SALT = "deleted"


def deleted(query: str = "") -> SessionSet:
    """Return deleted conversations that fit the query, each with `deleted_by`, the name of the person."""
    deletions = Change.objects.filter(session=OuterRef("pk"), kind=Kind.SESSION_DELETED).order_by("-pk")
    found = matching(Session.objects.deleted(), words_of(query)).select_related("queue", "assignee")
    return found.annotate(deleted_by=Subquery(deletions.values("actor")[:1]))


def page_of(query: str = "", after: str = "") -> tuple[list[Session], str]:
    """Return a page of `deleted`, the newest first, and the cursor of the next one: empty at the end."""
    try:
        place = NEWEST.read(Session, signing.loads(after, salt=_SALT)) if after else None
    except (signing.BadSignature, ValidationError):
        place = None
    rows, more = taken(NEWEST.of(deleted(query), place), PAGE)
    return rows, signing.dumps(NEWEST.cursor_of(rows[-1]), salt=_SALT) if more else ""


def keys_of(query: str, most: int) -> list[int]:
    """Return the keys of all deleted conversations that fit the query, the newest first: at most one over `most`."""
    return list(NEWEST.of(deleted(query)).values_list("pk", flat=True)[: most + 1])


def erased_at(session: Session) -> datetime | None:
    """Return the time from which a deleted conversation cannot be restored any more."""
    return session.deleted_at and session.deleted_at + timedelta(days=RESTORABLE_DAYS)
