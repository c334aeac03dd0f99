"""Conversations of one ticket that people keep apart: no page asks to merge these two again."""

from __future__ import annotations

from django.http import Http404
from django.utils.translation import gettext as _

from sessions_app.actions.locking import sessions_locked
from sessions_app.changes.kinds import Kind
from sessions_app.changes.log import record
from sessions_app.errors import InvalidAction
from sessions_app.models import KeptApart, Person, Session


def keep_apart(one: Session, other: Session, person: Person) -> None:
    """Remember that two conversations are not to be merged. Doing it again changes nothing.

    Raises `InvalidAction` for one and the same, `Http404` when one of them is there no more.
    """
    if one.pk == other.pk:
        raise InvalidAction(_("These are the same conversation."))
    with sessions_locked([one.pk, other.pk]) as locked:
        if len(locked) < 2:
            raise Http404(_("One of the conversations is there no more."))
        first, second = sorted(locked)
        _row, created = KeptApart.objects.get_or_create(first_id=first, second_id=second, defaults={"person": person})
        if created:
            for session in locked.values():
                record(session, Kind.SESSION_KEPT_APART, person=person)


def offer_again(one: Session, other: Session, person: Person) -> None:
    """Take `keep_apart` back: pages offer to merge the two again."""
    with sessions_locked([one.pk, other.pk]) as locked:
        gone, _models = KeptApart.objects.pair(one.pk, other.pk).delete()
        for session in locked.values() if gone else ():
            record(session, Kind.SESSION_NOT_APART, person=person)
