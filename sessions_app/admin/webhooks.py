"""Webhooks in both directions, and what ticket systems told by them; they are set up on the product's own pages."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from sessions_app.admin.base import RecordPages
from sessions_app.models import DismissedMention, IncomingWebhook, Ticket, WebhookAttempt, WebhookDelivery, WebhookEndpoint


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(RecordPages[WebhookEndpoint]):
    list_display = ["name", "url", "is_on", "off_because", "failures", "created_at"]
    list_filter = ["is_on", "off_because"]
    search_fields = ["name", "url"]


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(RecordPages[WebhookDelivery]):
    list_display = ["webhook_id", "endpoint", "event", "about", "state", "status", "tries", "created_at"]
    list_filter = ["state", "event"]
    list_select_related = ["endpoint"]
    search_fields = ["=webhook_id", "=session__session_id"]
    search_help_text = _("A delivery's or session's whole id")
    ordering = ["-pk"]


@admin.register(WebhookAttempt)
class WebhookAttemptAdmin(RecordPages[WebhookAttempt]):
    list_display = ["id", "delivery", "status", "problem", "took", "at"]
    list_select_related = ["delivery"]
    search_fields = ["=delivery__webhook_id"]
    search_help_text = _("A delivery's whole id")
    ordering = ["-pk"]


@admin.register(IncomingWebhook)
class IncomingWebhookAdmin(RecordPages[IncomingWebhook]):
    list_display = ["id", "system", "outcome", "ticket_id", "state", "note", "at"]
    list_filter = ["outcome", "system"]
    list_select_related = ["system"]
    search_fields = ["=ticket_id", "=delivery_id"]
    search_help_text = _("A ticket's or delivery's whole id")
    ordering = ["-pk"]


@admin.register(Ticket)
class TicketAdmin(RecordPages[Ticket]):
    list_display = ["ticket_id", "system", "title", "state", "shown", "state_at", "heard_at"]
    list_filter = ["shown", "system"]
    list_select_related = ["system"]
    search_fields = ["=ticket_id", "title"]
    ordering = ["-pk"]


@admin.register(DismissedMention)
class DismissedMentionAdmin(RecordPages[DismissedMention]):
    list_display = ["ticket_id", "system", "session", "person", "created_at"]
    list_select_related = ["system", "session", "person"]
    search_fields = ["=ticket_id", "=session__session_id"]
    search_help_text = _("A ticket's or session's whole id")
    ordering = ["-pk"]
