"""Living workers and schedulers."""

from __future__ import annotations

from django.contrib import admin

from sessions_app.admin.base import RecordPages
from sessions_app.models import Leader, Process


@admin.register(Process)
class ProcessAdmin(RecordPages[Process]):
    list_display = ["name", "kind", "queues", "threads", "busy", "stuck", "restarts", "clock_skew", "started_at", "beat_at"]
    list_filter = ["kind"]
    search_fields = ["name"]
    ordering = ["-beat_at"]


@admin.register(Leader)
class LeaderAdmin(RecordPages[Leader]):
    list_display = ["name", "holder", "until", "done_at"]
    search_fields = ["holder"]
    ordering = ["name"]
