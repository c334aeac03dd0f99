"""The rows that are appended and never changed."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from sessions_app.admin.base import RecordPages
from sessions_app.models import Change, CustomerAttributes, Message, Requirement, Run, ToolCall


@admin.register(Message)
class MessageAdmin(RecordPages[Message]):
    list_display = ["id", "session", "role", "author_kind", "author", "beginning", "internal", "sent", "created_at"]
    list_filter = ["role", "author_kind", "internal", "sent"]
    list_select_related = ["session"]
    search_fields = ["=message_id", "=session__session_id", "=tool_call_id"]
    search_help_text = _("A message's, session's or tool call's whole id")
    ordering = ["-pk"]

    @admin.display(description=_("content"))
    def beginning(self, message: Message) -> str:
        return message.content[:80]


@admin.register(Run)
class RunAdmin(RecordPages[Run]):
    list_display = ["run_id", "session", "agent_name", "model", "status", "attempts", "created_at", "updated_at"]
    list_filter = ["status", "agent_id", "model", "permanent_error"]
    list_select_related = ["session"]
    search_fields = ["=run_id", "=session__session_id"]
    search_help_text = _("A run's or session's whole id")
    ordering = ["-pk"]


@admin.register(ToolCall)
class ToolCallAdmin(RecordPages[ToolCall]):
    list_display = ["call_id", "tool_name", "run", "status", "failed", "started_at", "finished_at"]
    list_filter = ["status", "failed", "tool_name"]
    list_select_related = ["run"]
    search_fields = ["=call_id", "=run__run_id"]
    search_help_text = _("A call's or run's whole id")
    ordering = ["-pk"]


@admin.register(Requirement)
class RequirementAdmin(RecordPages[Requirement]):
    list_display = ["requirement_id", "session", "tool_name", "kind", "status", "decided_by", "created_at", "decided_at"]
    list_filter = ["status", "kind", "reason", "tool_name", "look_again"]
    list_select_related = ["session", "decided_by"]
    search_fields = ["=requirement_id", "=session__session_id", "tool_name"]
    ordering = ["-pk"]


@admin.register(CustomerAttributes)
class CustomerAttributesAdmin(RecordPages[CustomerAttributes]):
    list_display = ["user_id", "told_at"]
    search_fields = ["=user_id"]
    search_help_text = _("A customer's whole user id")
    ordering = ["-pk"]


@admin.register(Change)
class ChangeAdmin(RecordPages[Change]):
    list_display = ["id", "session", "kind", "actor", "created_at"]
    list_filter = ["kind"]
    list_select_related = ["session"]
    search_fields = ["=session__session_id", "kind__startswith", "person__search_text__contains"]
    ordering = ["-pk"]
