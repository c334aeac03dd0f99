"""Naming: the rules, and the rows that naming writes."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from sessions_app.admin.base import AdminPages, RecordPages
from sessions_app.infrastructure import clock
from sessions_app.models import NameRecord, NameSuggestion, NamingPolicy, NamingSpend
from sessions_app.models.person import Person
from sessions_app.policy import naming_budget
from sessions_app.policy.naming_rules.template import check_template


class NamingPolicyForm(forms.ModelForm[NamingPolicy]):
    """The rules, with a template that frames names."""

    def clean_template(self) -> str | None:
        template: str | None = self.cleaned_data["template"]
        check_template(template or "")
        return template


@admin.register(NamingPolicy)
class NamingPolicyAdmin(AdminPages[NamingPolicy]):
    """The naming rules of the whole desk and of queues; an empty field follows the desk."""

    list_display = ["__str__", "enabled", "after_messages", "delay", "template", "monthly_budget", "updated_at", "updated_by"]
    list_select_related = ["queue", "updated_by"]
    exclude = ["updated_at", "updated_by"]
    form = NamingPolicyForm

    def save_model(self, request: HttpRequest, obj: NamingPolicy, form: object, change: bool) -> None:
        obj.updated_at = clock.now()
        obj.updated_by = request.user if isinstance(request.user, Person) else None
        super().save_model(request, obj, form, change)
        naming_budget.resume(obj.queue)


@admin.register(NameRecord)
class NameRecordAdmin(RecordPages[NameRecord]):
    list_display = ["name", "session", "version", "source", "person", "model", "tokens", "note", "created_at"]
    list_filter = ["source"]
    list_select_related = ["session", "person"]
    search_fields = ["search_text__contains", "=session__session_id"]


@admin.register(NameSuggestion)
class NameSuggestionAdmin(RecordPages[NameSuggestion]):
    list_display = ["name", "session", "state", "person", "created_at", "settled_at"]
    list_filter = ["state"]
    list_select_related = ["session", "person"]
    search_fields = ["=session__session_id"]


@admin.register(NamingSpend)
class NamingSpendAdmin(RecordPages[NamingSpend]):
    list_display = ["month", "queue", "tries", "tokens", "microdollars", "used_up_at"]
    list_filter = ["queue"]
    list_select_related = ["queue"]
