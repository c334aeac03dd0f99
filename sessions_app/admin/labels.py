"""Admin pages of labels and saved views, to read: they are changed on the pages of the inbox, which keep the audit log."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from sessions_app.admin.base import RecordPages
from sessions_app.models import Label, LabelPolicy, SavedView, SessionLabel


@admin.register(Label)
class LabelAdmin(RecordPages[Label]):
    list_display = ["name", "colour", "made_by"]
    list_filter = ["colour"]
    list_select_related = ["made_by"]
    search_fields = ["search_text__contains"]
    ordering = ["search_text"]


@admin.register(SessionLabel)
class SessionLabelAdmin(RecordPages[SessionLabel]):
    list_display = ["id", "session", "label", "person", "created_at"]
    list_select_related = ["session", "label", "person"]
    search_fields = ["=session__session_id"]
    search_help_text = _("A session's whole id")
    ordering = ["-pk"]


@admin.register(LabelPolicy)
class LabelPolicyAdmin(RecordPages[LabelPolicy]):
    list_display = ["id", "makers", "updated_at", "updated_by"]
    list_select_related = ["updated_by"]
    ordering = ["-pk"]


@admin.register(SavedView)
class SavedViewAdmin(RecordPages[SavedView]):
    list_display = ["name", "where", "person", "queue", "made_by", "updated_at"]
    list_select_related = ["person", "queue", "made_by"]
    search_fields = ["search_text__contains"]
    ordering = ["search_text"]
