"""Notify open pages at once when their person loses access: a closed account, a new password, a lost role or queue."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete

from sessions_app.accounts import sign_ins
from sessions_app.changes import publish
from sessions_app.models import Person, Queue


def listen() -> None:
    """Connect the signal receivers. Once, when the program is ready."""
    post_save.connect(_person_saved, sender=Person, dispatch_uid="cut_off")
    pre_delete.connect(_person_goes, sender=Person, dispatch_uid="cut_off")
    post_delete.connect(_queue_gone, sender=Queue, dispatch_uid="cut_off")
    m2m_changed.connect(_members_changed, sender=Queue.members.through, dispatch_uid="cut_off")


def _person_saved(instance: Person, created: bool, **_: Any) -> None:
    if created:
        return
    if not instance.is_active:
        # For good: the account may be opened again, and then its old sign-ins must not count.
        sign_ins.end_all(instance)
    sign_ins.look_again(instance)


def _person_goes(instance: Person, **_: Any) -> None:
    sign_ins.end_all(instance)
    sign_ins.look_again(instance)


def _queue_gone(**_: Any) -> None:
    transaction.on_commit(lambda: publish.look_again(everybody=True))


def _members_changed(instance: Any, action: str, reverse: bool, pk_set: set[int] | None, **_: Any) -> None:
    if action == "post_clear" and not reverse:
        _queue_gone()
    elif action in ("post_remove", "post_clear"):
        people = [instance.pk] if reverse else list(pk_set or ())
        transaction.on_commit(lambda: publish.look_again(people=people))
