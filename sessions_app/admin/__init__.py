"""Django's admin pages, for superusers only: set up queues, people, tokens and ticket systems, and look at every row."""

from django.contrib import admin

from sessions_app.admin import (
    audit_log,
    conversations,
    decisions,
    groups,
    jobs,
    labels,
    naming,
    people,
    processes,
    records,
    setup,
    sign_ins,
    tokens,
    webhooks,
)

__all__ = [
    "audit_log",
    "conversations",
    "decisions",
    "groups",
    "jobs",
    "labels",
    "naming",
    "people",
    "processes",
    "records",
    "setup",
    "sign_ins",
    "tokens",
    "webhooks",
]

admin.site.site_header = admin.site.site_title = "Kern Inbox"
