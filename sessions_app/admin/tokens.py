"""Bearer tokens of the REST API."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import CheckboxSelectMultiple, IntegerField, ModelForm, MultipleChoiceField
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache

from sessions_app.accounts import tokens
from sessions_app.accounts.reauthentication import reauthenticated
from sessions_app.admin.base import AdminPages
from sessions_app.errors import AppError
from sessions_app.models import ApiToken
from sessions_app.models.token import DAYS, MOST_DAYS, Scope


class TokenForm(ModelForm[ApiToken]):
    """A token's rights and lifetime, never more than its person's."""

    scopes = MultipleChoiceField(choices=Scope.choices, widget=CheckboxSelectMultiple, initial=[Scope.READ.value])
    days = IntegerField(
        min_value=1, max_value=MOST_DAYS, initial=DAYS, required=False, label=gettext_lazy("Days until it expires")
    )

    class Meta:
        model = ApiToken
        fields = ("name", "acts_for", "scopes", "queues", "all_queues")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["scopes"] = self.instance.scope_names

    def clean(self) -> dict[str, Any]:
        """Raise for a token that could do more than its person, or nothing."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            person = said["acts_for"] if "acts_for" in self.fields else self.instance.acts_for
            queues = list(said["queues"])
            if not queues and not said["all_queues"]:
                raise ValidationError(_("Choose queues, or all queues of its person."))
            try:
                tokens.check(person, said["scopes"], queues, said.get("days") or DAYS)
            except AppError as refusal:
                raise ValidationError(refusal.message) from refusal
            said["scopes"] = " ".join(said["scopes"])
        return said


@admin.register(ApiToken)
class ApiTokenAdmin(AdminPages[ApiToken]):
    """Making a token shows its secret once; nothing can show it again."""

    form = TokenForm
    list_display = ["name", "prefix", "acts_for", "scopes", "created_at", "ends", "last_used_at", "revoked_at"]
    list_filter = ["queues", "revoked_at", "expires_at"]
    list_select_related = ["acts_for"]
    search_fields = ["search_text__contains"]
    autocomplete_fields = ["queues", "acts_for"]
    fields = [
        "name",
        "acts_for",
        "scopes",
        "queues",
        "all_queues",
        "prefix",
        "created_at",
        "ends",
        "last_used_at",
        "revoked_at",
    ]
    readonly_fields = ["prefix", "created_at", "ends", "last_used_at", "revoked_at"]
    actions = ["revoke"]

    @admin.display(description=gettext_lazy("Expires"), ordering="expires_at")
    def ends(self, token: ApiToken) -> str:
        """Return its expiry, and whether it is time to make a new one."""
        when = date_format(localtime(token.expires_at), "DATETIME_FORMAT")
        if token.is_expired:
            return _("%(when)s (expired)") % {"when": when}
        return _("%(when)s (soon: make a new one)") % {"when": when} if token.is_expiring else when

    def get_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> list[Any]:
        return list(self.fields) if obj else ["name", "acts_for", "scopes", "queues", "all_queues", "days"]

    def get_readonly_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> list[str]:
        return [*self.readonly_fields, *(["acts_for"] if obj else [])]

    @reauthenticated(opening=True)
    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().add_view(request, *args, **kwargs)

    @reauthenticated
    def change_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().change_view(request, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: ApiToken, form: ModelForm[ApiToken], change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        said = form.cleaned_data
        queues, scopes = list(said["queues"]), said["scopes"].split()
        made, secret = tokens.make(obj.name, obj.acts_for, scopes=scopes, queues=queues, days=said["days"] or DAYS)
        for field in ("pk", "prefix", "token_hash", "created_at", "expires_at", "all_queues"):
            setattr(obj, field, getattr(made, field))
        obj._state.adding = False
        request.META["kern.token_secret"] = secret

    def response_add(self, request: HttpRequest, obj: ApiToken, post_url_continue: str | None = None) -> HttpResponse:
        """The page with the secret. It is an answer to this request alone, so the secret is stored nowhere."""
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": _("The token was made"),
            "token": obj,
            "secret": request.META["kern.token_secret"],
            "opts": self.opts,
        }
        return _shown_once(request, context)

    @admin.action(description=gettext_lazy("Revoke the selected tokens"))
    def revoke(self, request: HttpRequest, chosen: QuerySet[ApiToken]) -> None:
        ending = list(chosen.filter(revoked_at=None))
        for token in ending:
            tokens.end(token)
        count = len(ending)
        text = ngettext(
            "%(count)d token revoked. Programs that use it are refused from now on.",
            "%(count)d tokens revoked. Programs that use them are refused from now on.",
            count,
        )
        self.message_user(request, text % {"count": count}, messages.SUCCESS)


@never_cache
def _shown_once(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    return TemplateResponse(request, "admin/sessions_app/apitoken/secret.html", context)
