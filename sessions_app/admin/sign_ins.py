"""People's sign-ins and second factors: to be looked at and deleted, never edited."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from allauth.mfa import admin as mfa_pages
from allauth.mfa.models import Authenticator
from allauth.usersessions import admin as usersessions_pages
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from sessions_app import audit
from sessions_app.accounts import sign_ins
from sessions_app.accounts.reauthentication import reauthenticated
from sessions_app.admin.base import AdminPages, RecordPages
from sessions_app.infrastructure import browsers
from sessions_app.models import Person

# allauth's pages show the secrets. They are imported above, so that they are registered and can be replaced.
REPLACED = (mfa_pages.AuthenticatorAdmin, usersessions_pages.UserSessionAdmin)
admin.site.unregister([Authenticator, UserSession])

# allauth says "user session" and "authenticator", where our pages say "sign-in" and "second factor".
UserSession._meta.verbose_name, UserSession._meta.verbose_name_plural = gettext_lazy("sign-in"), gettext_lazy("sign-ins")
Authenticator._meta.verbose_name = gettext_lazy("second factor")
Authenticator._meta.verbose_name_plural = gettext_lazy("second factors")
apps.get_app_config("mfa").verbose_name = gettext_lazy("Second factors")


class _TakenAway(RecordPages[Any]):
    """Rows that an admin may take away, each with an entry in the audit log that names no secret."""

    audit_row = False
    list_select_related = ["user"]
    search_fields = ["user__search_text__contains"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return AdminPages.has_delete_permission(self, request, obj)

    @reauthenticated
    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().changelist_view(request, *args, **kwargs)

    @reauthenticated
    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().delete_view(request, *args, **kwargs)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.take_away(request, [obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self.take_away(request, list(queryset))

    def take_away(self, request: HttpRequest, rows: Iterable[Any]) -> None:
        raise NotImplementedError


@admin.register(UserSession)
class SignInAdmin(_TakenAway):
    """Deleting one signs that device out at once."""

    list_display = ["user", "browser", "ip", "created_at", "last_seen_at"]
    fields = ["user", "browser", "user_agent", "ip", "created_at", "last_seen_at"]
    readonly_fields = ["browser"]
    ordering = ["-last_seen_at"]

    @admin.display(description=gettext_lazy("browser"))
    def browser(self, row: UserSession) -> str:
        return browsers.called(row.user_agent)

    def take_away(self, request: HttpRequest, rows: Iterable[UserSession]) -> None:
        sign_ins.end(rows, request=request)


@admin.register(Authenticator)
class SecondFactorAdmin(_TakenAway):
    """Deleting one is for people who lost it: they are signed out, and the password alone signs them in again."""

    list_display = ["user", "type", "created_at", "last_used_at"]
    list_filter = ["type"]
    fields = ["user", "type", "created_at", "last_used_at"]
    ordering = ["user__email", "type"]

    def take_away(self, request: HttpRequest, rows: Iterable[Authenticator]) -> None:
        remove_second_factors(request, list(rows))


@transaction.atomic
def remove_second_factors(request: HttpRequest, rows: list[Authenticator]) -> None:
    """Remove what people lost, and recovery codes that stand for nothing then; the people are signed out everywhere."""
    people = {row.user_id: row.user for row in rows}
    removed = [(row.user, str(row.type)) for row in rows]
    Authenticator.objects.filter(pk__in=[row.pk for row in rows]).delete()
    for person in people.values():
        left = Authenticator.objects.filter(user=person)
        if not left.exclude(type=Authenticator.Type.RECOVERY_CODES).exists():
            removed += [(person, str(row.type)) for row in left]
            left.delete()
        sign_ins.end_all(person, request=request)
    for person, kind in removed:
        audit.record(audit.Kind.SECOND_FACTOR_REMOVED, request=request, subject=person, before={"kind": kind})


@admin.action(description=gettext_lazy("Sign the selected people out everywhere"))
def sign_out(pages: admin.ModelAdmin[Person], request: HttpRequest, people: QuerySet[Person]) -> None:
    """End all sign-ins of these people."""
    ended = sum(sign_ins.end_all(person, request=request) for person in people)
    told = ngettext("%(count)d sign-in was ended.", "%(count)d sign-ins were ended.", ended) % {"count": ended}
    pages.message_user(request, told, messages.SUCCESS)


@admin.action(description=gettext_lazy("Remove the second factors of the selected people"))
def remove_lost(pages: admin.ModelAdmin[Person], request: HttpRequest, people: QuerySet[Person]) -> None:
    """For people who lost theirs."""
    rows = list(Authenticator.objects.filter(user__in=people).select_related("user"))
    remove_second_factors(request, rows)
    told = _("Their second factors are removed, and they are signed out: the password alone signs them in again.")
    pages.message_user(request, told, messages.SUCCESS)


@admin.action(description=gettext_lazy("Require a second factor of the selected people"))
def require_second_factor(pages: admin.ModelAdmin[Person], request: HttpRequest, people: QuerySet[Person]) -> None:
    """Require a second factor of these people from now on, on pages that are open already, too."""
    for person in people.filter(must_use_second_factor=False):
        person.must_use_second_factor = True
        person.save(update_fields=["must_use_second_factor"])
    pages.message_user(request, _("They need a second factor from now on."), messages.SUCCESS)
