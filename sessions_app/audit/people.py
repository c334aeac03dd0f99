"""Audit entries about accounts: sign-ins, profile and rights, from every way to change them."""

from __future__ import annotations

from typing import Any

from allauth.mfa.signals import authentication_failed
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models.signals import m2m_changed, post_save, pre_delete, pre_save
from django.http import HttpRequest

from sessions_app.audit.kinds import Kind
from sessions_app.audit.writing import record
from sessions_app.models import Person, Queue

#: The audited columns of an account. Passwords have entries of their own.
WATCHED = (
    "email",
    "display_name",
    "first_name",
    "last_name",
    "is_active",
    "is_staff",
    "is_superuser",
    "must_use_second_factor",
)


def listen() -> None:
    """Connect the signal receivers. Once, when the program is ready."""
    user_logged_in.connect(_signed_in, dispatch_uid="audit")
    user_logged_out.connect(_signed_out, dispatch_uid="audit")
    user_login_failed.connect(_refused, dispatch_uid="audit")
    authentication_failed.connect(_second_factor_refused, dispatch_uid="audit")
    pre_save.connect(_remember, sender=Person, dispatch_uid="audit")
    post_save.connect(_saved, sender=Person, dispatch_uid="audit")
    pre_delete.connect(_deleted, sender=Person, dispatch_uid="audit")
    m2m_changed.connect(_roles_changed, sender=Person.groups.through, dispatch_uid="audit")
    m2m_changed.connect(_queues_changed, sender=Queue.members.through, dispatch_uid="audit")


def _signed_in(request: HttpRequest | None, user: Person, **_: Any) -> None:
    record(Kind.SIGNED_IN, actor=user, request=request, subject=user)


def _signed_out(request: HttpRequest | None, user: Person | None, **_: Any) -> None:
    if user is not None:
        record(Kind.SIGNED_OUT, actor=user, request=request, subject=user)


def _refused(credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    """Record a failed sign-in, with its account or none. The typed text is not kept: it may be a password."""
    typed = str(credentials.get("email") or credentials.get("username") or "")
    # No database looks for NUL, and no address has one.
    person = Person.objects.filter(email__iexact=typed).first() if typed and "\x00" not in typed else None
    record(Kind.SIGN_IN_REFUSED, request=request, subject=person, name="" if person else "no known address")


def _second_factor_refused(request: HttpRequest | None, user: Person, **_: Any) -> None:
    record(Kind.SECOND_FACTOR_REFUSED, request=request, subject=user)


def _remember(instance: Person, update_fields: frozenset[str] | None = None, **_: Any) -> None:
    """Keep the row's former values, for the entry after it is saved."""
    watched = [name for name in WATCHED if update_fields is None or name in update_fields]
    stored = Person.objects.filter(pk=instance.pk).values(*watched).first() if instance.pk and watched else None
    instance.__dict__["_audited"] = stored or {}


def _saved(instance: Person, created: bool, raw: bool = False, **_: Any) -> None:
    stored: dict[str, Any] = instance.__dict__.pop("_audited", {})
    if raw:
        return
    if created:
        record(Kind.ACCOUNT_MADE, subject=instance, after={name: getattr(instance, name) for name in WATCHED})
        return
    changed = {name: old for name, old in stored.items() if old != getattr(instance, name)}
    if changed:
        record(
            Kind.ACCOUNT_CHANGED,
            subject=instance,
            before=changed,
            after={name: getattr(instance, name) for name in changed},
        )


def _deleted(instance: Person, **_: Any) -> None:
    record(Kind.ACCOUNT_DELETED, subject=instance, before={name: getattr(instance, name) for name in WATCHED})


def _roles_changed(instance: Any, action: str, reverse: bool, pk_set: set[int] | None, model: Any, **_: Any) -> None:
    _members_changed(Kind.ROLES_CHANGED, instance, action, pk_set, model, about_people=not reverse)


def _queues_changed(instance: Any, action: str, reverse: bool, pk_set: set[int] | None, model: Any, **_: Any) -> None:
    _members_changed(Kind.QUEUES_CHANGED, instance, action, pk_set, model, about_people=reverse)


def _members_changed(kind: Kind, instance: Any, action: str, keys: set[int] | None, model: Any, *, about_people: bool) -> None:
    """Record changed rights: one entry a person, also where a role or a queue was edited."""
    if action not in ("post_add", "post_remove", "pre_clear"):
        return
    others = list(model._default_manager.filter(pk__in=keys or ())) if action != "pre_clear" else _all_of(instance, model)
    pairs = [(instance, other) if about_people else (other, instance) for other in others]
    for person, group in pairs:
        what = {group._meta.model_name: str(group)}
        if action == "post_add":
            record(kind, subject=person, after=what)
        else:
            record(kind, subject=person, before=what)


def _all_of(instance: Any, model: Any) -> list[Any]:
    """Return everything of `model` that the instance is related to, before all of it is removed."""
    if model is Person:
        return list(instance.user_set.all() if not isinstance(instance, Queue) else instance.members.all())
    return list(instance.groups.all() if model is not Queue else instance.queues.all())
