"""Bearer tokens of the REST API."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.cache import never_cache

from sessions_app import clock
from sessions_app.admin.base import AdminPages
from sessions_app.models import ApiToken


@admin.register(ApiToken)
class ApiTokenAdmin(AdminPages[ApiToken]):
    """Making a token shows its secret once; nothing can show it again."""

    list_display = ["name", "prefix", "acts_for", "created_at", "last_used_at", "revoked_at"]
    list_filter = ["queues", "revoked_at"]
    list_select_related = ["acts_for"]
    search_fields = ["search_text__contains"]
    autocomplete_fields = ["queues", "acts_for"]
    fields = ["name", "queues", "acts_for", "prefix", "created_at", "last_used_at", "revoked_at"]
    readonly_fields = ["prefix", "created_at", "last_used_at", "revoked_at"]
    actions = ["revoke"]

    def get_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> list[Any]:
        return list(self.fields) if obj else ["name", "queues", "acts_for"]

    def save_model(self, request: HttpRequest, obj: ApiToken, form: ModelForm[ApiToken], change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        made, secret = ApiToken.make(obj.name, obj.acts_for)
        for field in ("pk", "prefix", "token_hash", "created_at"):
            setattr(obj, field, getattr(made, field))
        obj._state.adding = False
        request.META["kern.token_secret"] = secret

    def response_add(self, request: HttpRequest, obj: ApiToken, post_url_continue: str | None = None) -> HttpResponse:
        """The page with the secret. It is an answer to this request alone, so the secret is stored nowhere."""
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": "The token was made",
            "token": obj,
            "secret": request.META["kern.token_secret"],
            "opts": self.opts,
        }
        return _shown_once(request, context)

    @admin.action(description="Revoke the selected tokens")
    def revoke(self, request: HttpRequest, tokens: QuerySet[ApiToken]) -> None:
        count = tokens.filter(revoked_at=None).update(revoked_at=clock.now())
        self.message_user(request, f"{count} revoked. Programs that use them are refused from now on.", messages.SUCCESS)


@never_cache
def _shown_once(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    return TemplateResponse(request, "admin/sessions_app/apitoken/secret.html", context)
