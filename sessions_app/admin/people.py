"""People of the desk."""

from __future__ import annotations

from typing import Any

from allauth.account import admin as account_pages
from allauth.account.models import EmailAddress
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sessions_app.accounts import second_factor
from sessions_app.accounts.addresses import tell_both, vouch_for
from sessions_app.accounts.links import password_path
from sessions_app.accounts.reauthentication import reauthenticated
from sessions_app.admin.audited import Audited
from sessions_app.admin.sign_ins import remove_lost, require_second_factor, sign_out
from sessions_app.models import Person, Queue

# An address is changed on its person's page alone.
REPLACED = (account_pages.EmailAddressAdmin,)
admin.site.unregister(EmailAddress)


class NewPersonForm(AdminUserCreationForm[Person]):
    """A person who signs in by email."""

    class Meta:
        model = Person
        fields = ("email", "display_name")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["usable_password"].help_text = _(
            "Disabled: nobody signs in by a password yet. Choose it, save, and make a one-time link in the list of people: "
            "with it the person sets a password that nobody else knows."
        )


class PersonForm(UserChangeForm[Person]):
    """The same person later. `editor` is the admin who edits; the page sets it."""

    editor: Person | None = None

    class Meta:
        model = Person
        fields = "__all__"

    def clean(self) -> dict[str, Any]:
        """Raises `ValidationError` where an admin would lock out themselves, or everybody."""
        cleaned = super().clean() or self.cleaned_data
        stays = all(cleaned.get(name, getattr(self.instance, name)) for name in ("is_active", "is_staff", "is_superuser"))
        was = Person.objects.admins().filter(pk=self.instance.pk).exists()
        if was and not stays:
            if self.editor and self.editor.pk == self.instance.pk:
                raise ValidationError(_("You can not take away your own rights. Ask another admin."))
            if not Person.objects.admins().exclude(pk=self.instance.pk).exists():
                raise ValidationError(_("This is the last admin. Make another person one first."))
        return cleaned


class MemberInline(admin.TabularInline[Any, Person]):
    """The queues that the person works."""

    model = Queue.members.through
    extra = 0
    verbose_name = gettext_lazy("queue")
    verbose_name_plural = gettext_lazy("queues")

    def has_view_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return bool(request.user.is_superuser)

    has_add_permission = has_change_permission = has_delete_permission = has_view_permission


@admin.register(Person)
class PersonAdmin(Audited, UserAdmin[Person]):
    """Sign-in by email; groups are the roles that policies name; queues at the bottom.

    Saving asks for the admin's password or second factor again: these pages can take over any account.
    """

    audit_row = False  # an account's entries are written by its own receivers, for every way to change it
    form = PersonForm
    add_form = NewPersonForm
    ordering = ["email"]
    list_display = ["email", "display_name", "is_active", "is_superuser", "second_factor", "last_login"]
    list_filter = ["is_active", "is_superuser", "is_away", "queues"]
    search_fields = ["search_text__contains"]
    inlines = [MemberInline]
    filter_horizontal = ["groups"]
    readonly_fields = ["last_login", "date_joined"]
    actions = [sign_out, remove_lost, require_second_factor, "password_link"]
    fieldsets = [
        (None, {"fields": ["email", "password"]}),
        (
            gettext_lazy("About"),
            {
                "fields": [
                    "display_name",
                    "first_name",
                    "last_name",
                    "time_zone",
                    "is_away",
                    "capacity",
                    "theme",
                    "single_keys",
                    "onwards",
                ]
            },
        ),
        (gettext_lazy("Rights"), {"fields": ["is_active", "is_staff", "is_superuser", "must_use_second_factor", "groups"]}),
        (gettext_lazy("Dates"), {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [(None, {"fields": ["email", "display_name", "usable_password", "password1", "password2"]})]

    @reauthenticated(opening=True)
    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._one_at_a_time(super().add_view, request, *args, **kwargs)

    @reauthenticated
    def change_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._one_at_a_time(super().change_view, request, *args, **kwargs)

    @reauthenticated
    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().delete_view(request, *args, **kwargs)

    @reauthenticated
    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().changelist_view(request, *args, **kwargs)

    @reauthenticated(opening=True)
    def user_change_password(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().user_change_password(request, *args, **kwargs)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, **{"change": change, **kwargs})
        form.editor = request.user
        return form

    def save_model(self, request: HttpRequest, obj: Person, form: Any, change: bool) -> None:
        """An address that an admin gives counts at once; the old and the new one are told."""
        old = Person.objects.filter(pk=obj.pk).values_list("email", flat=True).first()
        super().save_model(request, obj, form, change)
        vouch_for(obj)
        if old and old != obj.email:
            transaction.on_commit(lambda: tell_both(old, obj.email, person=obj))

    @admin.action(description=gettext_lazy("Make a one-time link for a new password"))
    def password_link(self, request: HttpRequest, people: QuerySet[Person]) -> HttpResponse | None:
        """Make a link for a person without a password; the other way is to set one here."""
        if len(people) != 1 or not people[0].is_active:
            self.message_user(request, _("Choose one person, whose account is not closed."), messages.ERROR)
            return None
        link = request.build_absolute_uri(password_path(people[0]))
        context = {**self.admin_site.each_context(request), "title": _("A link for a new password"), "opts": self.opts}
        response = TemplateResponse(
            request, "admin/sessions_app/person/password_link.html", {**context, "person": people[0], "link": link}
        )
        add_never_cache_headers(response)
        return response

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Person]) -> None:
        if request.user in queryset or not Person.objects.admins().exclude(pk__in=queryset).exists():
            raise PermissionDenied(_("Neither yourself nor the last admin can be deleted. Nothing was deleted."))
        super().delete_queryset(request, queryset)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Person]:
        return Person.objects.with_second_factor()

    @admin.display(description=gettext_lazy("second factor"), boolean=True)
    def second_factor(self, person: Person) -> bool:
        return second_factor.has(person)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_module_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Person | None = None) -> bool:
        return self.has_module_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Person | None = None) -> bool:
        return self.has_module_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Person | None = None) -> bool:
        """Of others, yes; an admin who is there to delete can not be the last one then."""
        return self.has_module_permission(request) and (obj is None or obj.pk != request.user.pk)

    def _one_at_a_time(self, view: Any, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Two admins who give one address at the same moment: the second one is told."""
        try:
            with transaction.atomic():
                return view(request, *args, **kwargs)  # type: ignore[no-any-return]
        except IntegrityError:
            messages.error(request, _("Somebody gave another person this address at the same moment. Nothing was saved."))
            return HttpResponseRedirect(request.get_full_path())
