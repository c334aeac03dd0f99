"""Merge two conversations into one, and take them apart again.

The rows of the merged one move to the kept one: its messages, turns, decisions, names, tickets and changes, so that everything
reads as one timeline. Its own row stays, without them, as the way to the kept one: a look-up of its id finds that.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import models
from django.http import Http404
from django.utils.translation import gettext as _

from sessions_app.actions.locking import sessions_locked
from sessions_app.changes.kinds import Kind
from sessions_app.changes.log import record
from sessions_app.changes.payloads import Merged
from sessions_app.errors import InvalidAction
from sessions_app.infrastructure import clock
from sessions_app.models import (
    Change,
    HandOver,
    Merge,
    Message,
    NameRecord,
    Person,
    Requirement,
    Run,
    SearchEntry,
    Session,
    SessionLabel,
    TicketLink,
    UnsentText,
)
from sessions_app.policy import whose_turn

#: What moves along. Of these a row stays where the kept conversation has one in its place.
MOVED: tuple[type[models.Model], ...] = (
    *(Message, Run, Requirement, NameRecord, TicketLink, Change, UnsentText, HandOver, SessionLabel),
)
#: Columns of the kept conversation that are filled from the merged one where they are empty.
FILLED = ("user_id", "customer_name", "customer_email", "assignee_id", "priority")
#: Columns of the kept conversation that undoing puts back, unless they were changed since.
PUT_BACK = ("name", "name_source", "name_locked", *FILLED)
BATCH = 500


def merge(kept: Session, merged: Session, person: Person, *, name_of: str = "") -> Merge:
    """Merge one conversation into another; `name_of` is the id of the one whose name stays.

    Raises `InvalidAction` while a turn works in one of them, where both wait for a decision, and where they belong to
    customers with different user ids; `Http404` when one of them is there no more.
    """
    if kept.pk == merged.pk:
        raise InvalidAction(_("These are the same conversation."))
    with sessions_locked([kept.pk, merged.pk]) as locked:
        into, gone = locked.get(kept.pk), locked.get(merged.pk)
        if into is None or gone is None:
            raise Http404(_("One of the conversations is there no more."))
        check(into, gone)
        before = {name: getattr(into, name) for name in PUT_BACK} | {"merged_status": gone.status}
        moved = dict(_move(gone, into))
        aliases = list(gone.merged_sessions.values_list("pk", flat=True))
        Session.objects.filter(pk__in=aliases).update(merged_into=into)
        gone.status, gone.merged_into, gone.name_due_at = Session.Status.MERGED, into, None
        gone.save(update_fields=["status", "merged_into", "name_due_at"])
        _fill(into, gone, takes_name=name_of == gone.session_id, opens=before["merged_status"] == Session.Status.OPEN)
        done = Merge.objects.create(kept=into, merged=gone, person=person, moved={**moved, "aliases": aliases}, before=before)
        told = Merged(session=gone.session_id, name=gone.name)
        record(into, Kind.SESSION_MERGED, told, person=person)
        record(gone, Kind.SESSION_MERGED, told, person=person)
    return done


def undo(done: Merge, person: Person) -> Session:
    """Take a merge apart, and return the conversation that is there again. What came since stays in the kept one.

    Raises `InvalidAction` when it was undone before or is too old, and while a turn works.
    """
    with sessions_locked([done.kept_id]) as locked:
        into = locked.get(done.kept_id)
        # Both rows stand still: the merged one is written by this verb alone while it is merged.
        current = Merge.objects.undoable().select_for_update().filter(pk=done.pk).first()
        if into is None or current is None:
            raise InvalidAction(_("This merge was undone already, or is older than 30 days."))
        _must_be_quiet(into, into.runs.roots().active().values_list("status", flat=True).first() or "")
        back = Session.objects.select_for_update().get(pk=current.merged_id)
        _move_back(current, back)
        Session.objects.filter(pk__in=current.moved.get("aliases", ())).update(merged_into=back)
        back.status, back.merged_into = current.before["merged_status"], None
        back.save(update_fields=["status", "merged_into"])
        _put_back(into, back, current.before)
        current.undone_at = clock.now()
        current.save(update_fields=["undone_at"])
        told = Merged(session=back.session_id, name=back.name)
        record(into, Kind.SESSION_UNMERGED, told, person=person)
        record(back, Kind.SESSION_UNMERGED, told, person=person)
        whose_turn.settle(back)
    return back


def check(into: Session, gone: Session) -> None:
    """Raise `InvalidAction` where the two cannot be merged as they stand."""
    active = dict(Run.objects.roots().active().filter(session__in=[into, gone]).values_list("session_id", "status"))
    for session in (into, gone):
        _must_be_quiet(session, active.get(session.pk, ""))
    if into.user_id and gone.user_id and into.user_id != gone.user_id:
        raise InvalidAction(
            _("These are two customers: user id %(first)s and user id %(second)s. One conversation belongs to one of them.")
            % {"first": into.user_id[:60], "second": gone.user_id[:60]}
        )
    if len(active) > 1:
        raise InvalidAction(_("Agents wait for a decision in both conversations. Decide in one of them, then merge."))


def _must_be_quiet(session: Session, status: str) -> None:
    if status in (Run.Status.PENDING, Run.Status.RUNNING):
        raise InvalidAction(
            _("The agent works in “%(name)s”. Wait until its turn has ended, or stop it; then do this again.")
            % {"name": session.name or session.customer}
        )


def _move(gone: Session, into: Session) -> Iterator[tuple[str, list[int]]]:
    """Move the rows of one session to the other; yields the model and the keys of those that moved."""
    for model in MOVED:
        rows: Any = model._default_manager.filter(session=gone)
        if model is Message:
            taken = Message.objects.filter(session=into).exclude(idempotency_key="").values("idempotency_key")
            rows.filter(idempotency_key__in=taken).update(idempotency_key="")
        elif model is UnsentText:
            rows = rows.exclude(person__in=UnsentText.objects.filter(session=into).values("person"))
        elif model is SessionLabel:
            rows = rows.exclude(label__in=SessionLabel.objects.filter(session=into).values("label"))
        elif model is TicketLink:
            rows = _other_tickets(rows, into)
        keys: list[int] = list(rows.values_list("pk", flat=True))
        for start in range(0, len(keys), BATCH):
            batch = keys[start : start + BATCH]
            model._default_manager.filter(pk__in=batch).update(session=into)
            if model is Message:
                SearchEntry.objects.move(batch, gone, into)
        yield model.__name__, keys


def _other_tickets(rows: Any, into: Session) -> Any:
    """Return links to tickets that the kept conversation has no link to; none of them stands first there."""
    known = set(into.tickets.values_list("system", "ticket_id"))
    keys = [pk for pk, *ticket in rows.values_list("pk", "system", "ticket_id") if tuple(ticket) not in known]
    rows.update(is_primary=False)
    return rows.filter(pk__in=keys)


def _move_back(done: Merge, back: Session) -> None:
    for model in MOVED:
        keys = done.moved.get(model.__name__, [])
        for start in range(0, len(keys), BATCH):
            batch = keys[start : start + BATCH]
            model._default_manager.filter(session=done.kept, pk__in=batch).update(session=back)
            if model is Message:
                SearchEntry.objects.move(batch, done.kept, back)


def _fill(into: Session, gone: Session, *, takes_name: bool, opens: bool) -> None:
    """Give the kept conversation what it lacks, and its line in the lists."""
    for name in FILLED:
        setattr(into, name, getattr(into, name) or getattr(gone, name))
    if takes_name or (into.has_stand_in and not gone.has_stand_in):
        into.name, into.name_source, into.name_locked = gone.name, gone.name_source, gone.name_locked
        into.name_version += 1
    into.activity_at = max(into.activity_at, gone.activity_at)
    if opens:
        into.status, into.snoozed_until = Session.Status.OPEN, None
    into.save()
    into.read_last_said()


def _put_back(into: Session, back: Session, before: dict[str, Any]) -> None:
    for name in PUT_BACK:
        # What was taken from the other one and is still so goes back.
        if getattr(into, name) == getattr(back, name):
            setattr(into, name, before[name])
    into.name_version += 1
    into.save()
    for session in (into, back):
        session.read_last_said()
    SearchEntry.objects.keep_session(back)
