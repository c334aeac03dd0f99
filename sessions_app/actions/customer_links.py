"""Customers' secret links: lookup, expiry, revocation, renewal.

Only a link's hash is stored, so no page can show one again: for a lost link a new one is made, and the old one ends.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext as _

from sessions_app import audit
from sessions_app.actions.locking import session_locked
from sessions_app.changes import publish
from sessions_app.changes.kinds import Kind
from sessions_app.changes.log import record
from sessions_app.errors import AppError, InvalidAction
from sessions_app.infrastructure import clock
from sessions_app.infrastructure.ids import secret_hash
from sessions_app.models import FormerLink, Person, Session
from sessions_app.models.queue import LINK_DAYS

#: 192 bits cannot be guessed, so the hash needs no salt and can be looked up.
SECRET_BYTES = 24


class LinkEnded(AppError):
    """The link led to a conversation once. `why` is the reason of its end."""

    status = 410

    def __init__(self, why: Literal["revoked", "expired"]) -> None:
        texts = {
            "revoked": _("This link was replaced or taken back, so it does not work any more."),
            "expired": _("This link was not used for a long time, so it does not work any more."),
        }
        super().__init__(texts[why])
        self.why = why


@dataclass(frozen=True)
class Link:
    """State of a session's link: `ends_at` is its expiry, `None` for never."""

    exists: bool
    ends_at: datetime | None
    is_over: bool = False


def link_of(session: Session) -> Link:
    """Return the state of the session's link. Its expiry is judged by the clock that all processes share."""
    ends_at = _ends_at(session)
    return Link(bool(session.access_hash), ends_at, ends_at is not None and ends_at <= clock.now())


def session_of(secret: str) -> Session:
    """Return the session of this secret. Raises `Http404` for an unknown one, `LinkEnded` for a former one."""
    hashed = secret_hash(secret)
    found = Session.objects.there().select_related("queue").by_secret(hashed).first()
    if found is not None:
        if link_of(found).is_over:
            raise LinkEnded("expired")
        return found
    if FormerLink.objects.filter(secret_hash=hashed).exists():
        raise LinkEnded("revoked")
    raise Http404(_("There is no conversation at this address."))


def was_ended(secret: str) -> bool:
    """Return whether this secret led to a conversation and was revoked or replaced since."""
    return FormerLink.objects.filter(secret_hash=secret_hash(secret)).exists()


def make(session: Session, person: Person) -> str:
    """Make a new secret for the session's link; the former one ends. It is not stored.

    Raises `InvalidAction` for a session that no customer can read on a page.
    """
    if session.queue is None:
        raise InvalidAction(_("This conversation is in no queue, so it has no page for its customer. Move it to one first."))
    secret = secrets.token_urlsafe(SECRET_BYTES)
    with session_locked(session) as locked:
        _end(locked)
        locked.access_hash, locked.link_made_at = secret_hash(secret), clock.now()
        locked.save(update_fields=["access_hash", "link_made_at"])
        record(locked, Kind.LINK_MADE, person=person)
        audit.record(audit.Kind.LINK_MADE, actor=person, subject=locked)
    return secret


def revoke(session: Session, person: Person) -> None:
    """Revoke the session's link. Does nothing where there is none."""
    with session_locked(session) as locked:
        if not locked.access_hash:
            return
        _end(locked)
        locked.access_hash, locked.link_made_at = "", None
        locked.save(update_fields=["access_hash", "link_made_at"])
        record(locked, Kind.LINK_REVOKED, person=person)
        audit.record(audit.Kind.LINK_REVOKED, actor=person, subject=locked)


def _end(session: Session) -> None:
    """Record the link as a former one, and end the pages that are open by it."""
    if session.access_hash:
        FormerLink.objects.get_or_create(secret_hash=session.access_hash, defaults={"session": session})
    pk = session.pk
    transaction.on_commit(lambda: publish.look_again(sessions=[pk]))


def _ends_at(session: Session) -> datetime | None:
    days = session.queue.link_days if session.queue else LINK_DAYS
    if not days:
        return None
    # A moment that cannot be read ends no link: the row has another one.
    activity = session.updated_at if "activity_at" in session.stand_ins else session.activity_at
    return max(activity, session.link_made_at or activity) + timedelta(days=days)
