"""Decisions: the record of them, the queues' stricter policies, and approvals given in advance."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from sessions_app.actions import standing_approvals
from sessions_app.admin.base import AdminPages, RecordPages
from sessions_app.desk import policy_checks
from sessions_app.errors import InvalidAction
from sessions_app.models import Decision, Person, StandingApproval, ToolPolicy
from sessions_app.models.tool_policy import check_thresholds
from sessions_app.store.questions import tighten_open


@admin.register(Decision)
class DecisionAdmin(RecordPages[Decision]):
    """The decision log. Its lines stay when their session is deleted."""

    list_display = ["id", "created_at", "verdict", "tool_name", "queue_slug", "actor", "session_key", "waited", "erased_at"]
    list_filter = ["verdict", "queue_slug", "tool_name"]
    search_fields = ["=requirement_key", "=session_key", "actor", "person__search_text__contains"]
    search_help_text = gettext_lazy("A requirement's or session's whole id, or a name")
    ordering = ["-pk"]


class ToolPolicyForm(forms.ModelForm[ToolPolicy]):
    """Refuses a policy that would have no effect, or that no person could fulfil."""

    def clean_tool_name(self) -> str:
        name: str = self.cleaned_data["tool_name"]
        policy_checks.check_tool(name)
        return name

    def clean_roles(self) -> Any:
        roles = self.cleaned_data["roles"] or []
        if not isinstance(roles, list) or not all(isinstance(role, str) and role for role in roles):
            raise forms.ValidationError(_('Write a list of names, like ["leads"].'))
        policy_checks.check_roles(roles)
        return roles

    def clean_thresholds(self) -> Any:
        conditions = self.cleaned_data["thresholds"] or []
        check_thresholds(conditions)
        return conditions

    def clean(self) -> dict[str, Any]:
        """Validate the fields together."""
        given = super().clean() or self.cleaned_data
        name, conditions = given.get("tool_name"), given.get("thresholds") or []
        if name and not self.errors:
            self._note("thresholds", lambda: policy_checks.check_conditions(name, conditions))
            self._note("approvers", lambda: policy_checks.check_approvers(name, given["approvers"], conditions))
        return given

    def _note(self, field: str, check: Callable[[], None]) -> None:
        try:
            check()
        except forms.ValidationError as problem:
            self.add_error(field, problem)


@admin.register(ToolPolicy)
class ToolPolicyAdmin(AdminPages[ToolPolicy]):
    """Policies of queues, stricter than the tools' own."""

    form = ToolPolicyForm
    list_display = ["tool_name", "queue", "risk", "approvers", "expires_after", "roles", "thresholds"]
    list_filter = ["queue", "risk", "approvers"]
    list_select_related = ["queue"]
    search_fields = ["tool_name"]
    autocomplete_fields = ["queue"]

    def save_model(self, request: HttpRequest, obj: ToolPolicy, form: forms.ModelForm[ToolPolicy], change: bool) -> None:
        super().save_model(request, obj, form, change)
        if policy_checks.asks_nobody(obj.tool_name):
            text = _("The tool %(tool)s needs no decision: this holds only where a crash left open whether it ran.")
            self.message_user(request, text % {"tool": obj.tool_name}, messages.WARNING)
        # After the commit, one short transaction a question: this one would hold all their sessions.
        transaction.on_commit(lambda: tighten_open(obj, cast(Person, request.user)))


@admin.register(StandingApproval)
class StandingApprovalAdmin(RecordPages[StandingApproval]):
    """Standing approvals are given on the inbox's pages; here they are looked at and revoked."""

    list_display = ["tool_name", "queue", "made_by", "created_at", "until", "revoked_at", "revoked_by"]
    list_filter = ["queue", "tool_name"]
    list_select_related = ["queue", "made_by", "revoked_by"]
    search_fields = ["tool_name"]
    ordering = ["-pk"]
    actions = ["revoke"]

    @admin.action(description=gettext_lazy("Revoke the selected standing approvals"))
    def revoke(self, request: HttpRequest, chosen: QuerySet[StandingApproval]) -> None:
        count = 0
        for approval in chosen:
            # One that has ended meanwhile is what was wanted.
            with suppress(InvalidAction):
                standing_approvals.revoke(approval, cast(Person, request.user))
                count += 1
        text = ngettext(
            "%(count)d standing approval revoked. From now on these calls ask people again.",
            "%(count)d standing approvals revoked. From now on these calls ask people again.",
            count,
        )
        self.message_user(request, text % {"count": count}, messages.SUCCESS)
