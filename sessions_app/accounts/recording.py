"""Audit entries about passwords and second factors, from every page that changes them."""

from __future__ import annotations

from typing import Any

from allauth.account.signals import password_reset
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from django.db.models.signals import post_save, pre_save
from django.http import HttpRequest

from sessions_app import audit
from sessions_app.models import Person


def listen() -> None:
    """Connect the signal receivers. Once, when the program is ready."""
    pre_save.connect(_remember, sender=Person, dispatch_uid="recording")
    post_save.connect(_saved, sender=Person, dispatch_uid="recording")
    password_reset.connect(_reset, dispatch_uid="recording")
    authenticator_added.connect(_added, dispatch_uid="recording")
    authenticator_removed.connect(_removed, dispatch_uid="recording")
    authenticator_reset.connect(_codes_made, dispatch_uid="recording")


def _remember(instance: Person, update_fields: Any = None, **_: Any) -> None:
    is_changed = instance.pk and getattr(instance, "_password", None) is not None
    instance.__dict__["_new_password"] = bool(is_changed and (update_fields is None or "password" in update_fields))


def _saved(instance: Person, created: bool, raw: bool = False, **_: Any) -> None:
    if instance.__dict__.pop("_new_password", False) and not created and not raw:
        audit.record(audit.Kind.PASSWORD_CHANGED, subject=instance)


def _reset(request: HttpRequest | None, user: Person, **_: Any) -> None:
    audit.record(audit.Kind.PASSWORD_RESET, actor=user, request=request, subject=user)


def _added(request: HttpRequest | None, user: Person, authenticator: Any, **_: Any) -> None:
    audit.record(audit.Kind.SECOND_FACTOR_ADDED, request=request, subject=user, after={"kind": str(authenticator.type)})


def _removed(request: HttpRequest | None, user: Person, authenticator: Any, **_: Any) -> None:
    audit.record(audit.Kind.SECOND_FACTOR_REMOVED, request=request, subject=user, before={"kind": str(authenticator.type)})


def _codes_made(request: HttpRequest | None, user: Person, **_: Any) -> None:
    audit.record(audit.Kind.RECOVERY_CODES_MADE, request=request, subject=user)
