"""People of the desk."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.http import HttpRequest

from sessions_app.admin.audited import Audited
from sessions_app.admin.sign_ins import remove_lost, require_second_factor, sign_out
from sessions_app.models import Person, Queue


class NewPersonForm(AdminUserCreationForm):  # type: ignore[type-arg]
    """A person who signs in by email."""

    class Meta:
        model = Person
        fields = ("email", "display_name")

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()


class PersonForm(UserChangeForm):  # type: ignore[type-arg]
    """The same person later."""

    class Meta:
        model = Person
        fields = "__all__"

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()


class MemberInline(admin.TabularInline):  # type: ignore[type-arg]
    """Which queues the person works."""

    model = Queue.members.through
    extra = 0
    verbose_name = "queue"
    verbose_name_plural = "queues"

    def has_view_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return bool(request.user.is_superuser)

    has_add_permission = has_change_permission = has_delete_permission = has_view_permission


@admin.register(Person)
class PersonAdmin(Audited, UserAdmin):  # type: ignore[type-arg]
    """Sign-in by email; groups are the roles that policies name; queues at the bottom."""

    audit_row = False  # an account's entries are written whichever door changed it
    form = PersonForm
    add_form = NewPersonForm
    ordering = ["email"]
    list_display = ["email", "display_name", "is_active", "is_superuser", "last_login"]
    list_filter = ["is_active", "is_superuser", "is_away", "queues"]
    search_fields = ["search_text__contains"]
    inlines = [MemberInline]
    filter_horizontal = ["groups"]
    readonly_fields = ["last_login", "date_joined"]
    actions = [sign_out, remove_lost, require_second_factor]
    fieldsets = [
        (None, {"fields": ["email", "password"]}),
        ("About", {"fields": ["display_name", "first_name", "last_name", "time_zone", "is_away", "theme", "single_keys"]}),
        ("Rights", {"fields": ["is_active", "is_staff", "is_superuser", "must_use_second_factor", "groups"]}),
        ("Dates", {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [(None, {"fields": ["email", "display_name", "usable_password", "password1", "password2"]})]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_module_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Person | None = None) -> bool:
        return self.has_module_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Person | None = None) -> bool:
        return self.has_module_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Person | None = None) -> bool:
        return self.has_module_permission(request)
