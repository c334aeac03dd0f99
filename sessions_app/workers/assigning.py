"""Automatic assignment: conversations that wait for people go to members who are available, and come back from who left.

The scheduler does it, so that no verb and no turn waits for it. Two schedulers at once give a conversation to one person.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.signals import m2m_changed, post_save
from django.utils.translation import gettext as _

from sessions_app.infrastructure import broken_rows
from sessions_app.models import Person, Queue, Session
from sessions_app.models.assigning import Assigns
from sessions_app.models.session import SessionSet
from sessions_app.policy import assigning

BATCH = 200
#: Rights of a person by which they see a queue's conversations, beside being its member.
RIGHTS = {"is_active", "is_superuser"}


def assign_waiting() -> None:
    """Assign what waits in queues with a rule; where no member is available, record that once in each wait."""
    for queue in Queue.objects.exclude(assigns=Assigns.OFF).order_by("pk"):
        wanted = assigning.wanted_in(queue).exclude(pk__in=broken_rows.resting("session"))
        if not assigning.free_in(queue):
            wanted = assigning.without_mark(wanted)
        for pk in wanted.values_list("pk", flat=True)[:BATCH]:
            with broken_rows.isolated("session", pk):
                _assign(queue, pk)


def _assign(queue: Queue, pk: int) -> None:
    with transaction.atomic():
        session = _locked(assigning.wanted_in(queue), pk)
        if session is None:
            return
        chosen = assigning.next_person(queue)
        if chosen is not None:
            assigning.put(session, chosen, actor=_("The queue’s rule"))
        elif assigning.without_mark(Session.objects.filter(pk=pk)).exists():
            assigning.mark_nobody_free(session)


def free_left(people: Collection[int] | None = None) -> None:
    """Take conversations from people who do not see them any more: a closed account, a queue that they left.

    `people` are the keys of those who are looked at; everybody without.
    """
    left = _of_people_who_left()
    if people is not None:
        left = left.filter(assignee__in=people)
    for pk in left.order_by("pk").values_list("pk", flat=True)[:BATCH]:
        with broken_rows.isolated("session", pk), transaction.atomic():
            session = _locked(left, pk)
            if session is not None:
                assigning.put(session, None)


def _of_people_who_left() -> SessionSet:
    works = Queue.members.through.objects.filter(person=OuterRef("assignee"), queue=OuterRef("queue"))
    sees = Q(assignee__is_active=True) & (Q(assignee__is_superuser=True) | Q(Exists(works)))
    worked = (Session.Status.OPEN, Session.Status.SNOOZED)
    return Session.objects.filter(~sees, status__in=worked, assignee__isnull=False)


def _locked(found: SessionSet, pk: int) -> Session | None:
    """Return the session with its row locked if it is still among these; one that is locked right now is left for later."""
    skip = connection.features.has_select_for_update_skip_locked
    return found.filter(pk=pk).select_for_update(skip_locked=skip, of=("self",) if skip else ()).first()


def listen() -> None:
    """Connect the receivers that free conversations of people who leave. Once, when the program is ready."""
    post_save.connect(_person_saved, sender=Person, dispatch_uid="free_conversations")
    m2m_changed.connect(_members_changed, sender=Queue.members.through, dispatch_uid="free_conversations")


def _person_saved(instance: Person, created: bool, update_fields: Collection[str] | None, **_: Any) -> None:
    if not created and (update_fields is None or RIGHTS & set(update_fields)):
        key = instance.pk
        transaction.on_commit(lambda: free_left([key]), robust=True)


def _members_changed(instance: Any, action: str, reverse: bool, pk_set: set[int] | None, **_: Any) -> None:
    if action in ("post_remove", "post_clear"):
        people = [instance.pk] if reverse else None if pk_set is None else list(pk_set)
        transaction.on_commit(lambda: free_left(people), robust=True)
