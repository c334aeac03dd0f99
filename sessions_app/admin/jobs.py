"""Bulk jobs, merges, pairs kept apart and hand-overs, to be looked at; they are made on their own pages."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from sessions_app.admin.base import RecordPages
from sessions_app.models import HandOver, Job, JobRow, KeptApart, Merge


@admin.register(Job)
class JobAdmin(RecordPages[Job]):
    list_display = ["id", "kind", "state", "actor", "via", "total", "done", "skipped", "failed", "undone", "cost", "created_at"]
    list_filter = ["kind", "state", "via"]
    search_fields = ["=id", "actor"]
    ordering = ["-pk"]


@admin.register(JobRow)
class JobRowAdmin(RecordPages[JobRow]):
    list_display = ["id", "job", "session", "state", "reason", "before", "after", "cost", "done_at"]
    list_filter = ["state"]
    list_select_related = ["job", "session"]
    search_fields = ["=job__id", "=session__session_id"]
    search_help_text = _("A job's number or a session's whole id")
    ordering = ["-pk"]


@admin.register(Merge)
class MergeAdmin(RecordPages[Merge]):
    list_display = ["id", "kept", "merged", "person", "created_at", "undone_at"]
    list_select_related = ["kept", "merged", "person"]
    search_fields = ["=kept__session_id", "=merged__session_id"]
    search_help_text = _("A session's whole id")
    ordering = ["-pk"]


@admin.register(KeptApart)
class KeptApartAdmin(RecordPages[KeptApart]):
    list_display = ["id", "first", "second", "person", "created_at"]
    list_select_related = ["first", "second", "person"]
    search_fields = ["=first__session_id", "=second__session_id"]
    search_help_text = _("A session's whole id")
    ordering = ["-pk"]


@admin.register(HandOver)
class HandOverAdmin(RecordPages[HandOver]):
    list_display = ["id", "session", "reason", "by", "note", "created_at"]
    list_filter = ["reason"]
    list_select_related = ["session"]
    search_fields = ["=session__session_id"]
    search_help_text = _("A session's whole id")
    ordering = ["-pk"]
