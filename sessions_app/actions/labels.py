"""Labels: make, change and delete them, put them on conversations and take them off."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from sessions_app import audit
from sessions_app.actions.locking import session_locked
from sessions_app.changes.kinds import Kind
from sessions_app.changes.log import record_quietly
from sessions_app.changes.payloads import OfLabel
from sessions_app.errors import Forbidden, InvalidAction
from sessions_app.infrastructure import clock
from sessions_app.models import Change, Label, LabelPolicy, Person, Session, SessionLabel
from sessions_app.models.label import LONGEST_LABEL, MOST_LABELS, MOST_OF_SESSION, Colour
from sessions_app.text.folding import fold
from sessions_app.validation.text import checked_name

#: Rows that one statement of a deletion takes.
BATCH = 5_000


class NameTaken(InvalidAction):
    """Another label has this name."""


def add(session: Session, person: Person | None, label: Label) -> Change | None:
    """Put the label on the session; returns the change, if it is one. Raises `InvalidAction` for one label too many."""
    with session_locked(session) as locked:
        return add_locked(locked, person, label)


def add_locked(session: Session, person: Person | None, label: Label) -> Change | None:
    """Add as `add` does, where the caller holds the session's lock."""
    there = list(session.labels.values_list("label", flat=True))
    if label.pk in there:
        return None
    if len(there) >= MOST_OF_SESSION:
        raise InvalidAction(_("This conversation has %(most)d labels already: take one off first.") % {"most": MOST_OF_SESSION})
    SessionLabel.objects.create(session=session, label=label, person=person)
    return record_quietly(session, Kind.LABEL_ADDED, OfLabel(label=label.name, key=label.pk), person=person)


def remove(session: Session, person: Person | None, label: Label) -> Change | None:
    """Take the label off the session; returns the change, if it was there."""
    with session_locked(session) as locked:
        gone, _models = SessionLabel.objects.filter(session=locked, label=label).delete()
        if not gone:
            return None
        return record_quietly(locked, Kind.LABEL_REMOVED, OfLabel(label=label.name, key=label.pk), person=person)


def add_by_name(session: Session, person: Person, name: str) -> tuple[Label, Change | None]:
    """Put the label of this name on the session, and make it where there is none and the person may.

    Returns the label, and the change, if it is one.

    Raises `Forbidden` where they may not, `InvalidAction` for a name that cannot be one.
    """
    with session_locked(session) as locked:
        label = Label.objects.called(name).first() or make(person, name)
        return label, add_locked(locked, person, label)


def make(person: Person | None, name: str, colour: str = "") -> Label:
    """Make a label; without a colour it gets the one that the fewest have.

    Without a person it is the command line's. Raises `Forbidden` where the person may not make labels, `NameTaken` and
    `InvalidAction` for a name that cannot be one.
    """
    if person is not None and not LabelPolicy.in_force().may_make(person):
        raise Forbidden(_("There is no label “%(name)s”, and only admins make labels here.") % {"name": name[:LONGEST_LABEL]})
    wanted = checked(name)
    with transaction.atomic():
        if Label.objects.count() >= MOST_LABELS:
            raise InvalidAction(_("There are %(most)d labels already: delete one first.") % {"most": MOST_LABELS})
        chosen = {"name": wanted, "colour": _colour(colour), "made_by": person}
        label, is_new = Label.objects.get_or_create(search_text=fold(wanted), defaults=chosen)
        if not is_new:
            raise _taken(label)
        audit.record(audit.Kind.SETUP_ADDED, actor=person, subject=label, after=_audited(label))
    return label


def change(label: Label, person: Person, name: str, colour: str) -> None:
    """Give the label another name or colour; conversations keep it. Raises as `make` does."""
    wanted = checked(name)
    with transaction.atomic():
        locked = Label.objects.select_for_update().get(pk=label.pk)
        other = Label.objects.called(wanted).exclude(pk=label.pk).first()
        if other is not None:
            raise _taken(other)
        before = _audited(locked)
        locked.name, locked.colour = wanted, _colour(colour)
        locked.save()
        after = _audited(locked)
        if before != after:
            audit.record(audit.Kind.SETUP_CHANGED, actor=person, subject=locked, before=before, after=after)


def delete(label: Label, person: Person) -> None:
    """Delete the label, and take it off all conversations. Their logs keep that they had it."""
    while keys := list(SessionLabel.objects.filter(label=label).values_list("pk", flat=True)[:BATCH]):
        SessionLabel.objects.filter(pk__in=keys).delete()
    with transaction.atomic():
        key, before = label.pk, _audited(label)
        label.delete()
        audit.record(audit.Kind.SETUP_REMOVED, actor=person, subject=f"label {key}", name=before["name"], before=before)


def set_makers(person: Person, makers: str) -> None:
    """Say who may make labels: everybody, or admins alone."""
    if makers not in LabelPolicy.Makers.values:
        raise InvalidAction(_("Choose who may make labels."))
    with transaction.atomic():
        before = LabelPolicy.in_force().makers
        stamped = {"makers": makers, "updated_at": clock.now(), "updated_by": person}
        LabelPolicy.objects.update_or_create(pk=1, defaults=stamped)
        if before != makers:
            audit.record(
                audit.Kind.SETUP_CHANGED,
                actor=person,
                subject="labels",
                name="Labels",
                before={"makers": before},
                after={"makers": makers},
            )


def checked(name: str) -> str:
    """Return a label's name, trimmed, in single spaces. Raises `InvalidAction` for one that cannot be one."""
    wanted = " ".join(checked_name(name, _("The name of a label"), LONGEST_LABEL).split())
    if not fold(wanted):
        raise InvalidAction(_("Give the label a name."))
    return wanted


def _taken(label: Label) -> NameTaken:
    return NameTaken(_("There is a label “%(name)s” already.") % {"name": label.name})


def _colour(wanted: str) -> str:
    """Return a colour of the palette. Raises `InvalidAction` for another one."""
    if wanted:
        if wanted not in Colour.values:
            raise InvalidAction(_("There is no such colour: choose one of the palette."))
        return wanted
    used = list(Label.objects.values_list("colour", flat=True))
    return min(Colour.values, key=used.count)


def _audited(label: Label) -> dict[str, Any]:
    return {"name": label.name, "colour": label.colour}
