"""Set-up of an installation: queues and ticket systems."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from sessions_app import desk
from sessions_app.admin.base import AdminPages
from sessions_app.models import Queue, TicketLink, TicketSystem


class QueueForm(forms.ModelForm[Queue]):
    """Of agents and teams only those that the desk has can be chosen."""

    agent_id = forms.ChoiceField(label=_("Agent or team"), help_text=_("Which agent or team of the desk works here."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        workers = sorted(((worker.id, worker.name) for worker in desk.current().workers), key=lambda worker: worker[1])
        chosen = cast(forms.ChoiceField, self.fields["agent_id"])
        # The empty choice shows that the desk no longer has the queue's agent, and asks for another one.
        chosen.choices = [("", "---------"), *workers]


@admin.register(Queue)
class QueueAdmin(AdminPages[Queue]):
    """Members, AI mode, naming and the customer page of each queue.

    Its slug stays as it was made: the desk finds the queue by it, and the decision log names it.
    """

    form = QueueForm
    list_display = ["name", "slug", "agent_id", "ai_mode", "customer_page", "people"]
    list_filter = ["ai_mode", "customer_page"]
    list_editable = ["ai_mode"]
    search_fields = ["search_text__contains"]
    prepopulated_fields = {"slug": ["name"]}
    autocomplete_fields = ["members"]
    fieldsets = [
        (None, {"fields": ["name", "slug", "icon", "position", "members"]}),
        (_("AI"), {"fields": ["agent_id", "ai_mode", "ai_notice", "cost_per_day"]}),
        (
            _("People take over"),
            {"fields": ["person_notice", "hand_over_words", "hand_over_after", "hands_over_failures"]},
        ),
        (_("Assignment"), {"fields": ["assigns", "assigns_when", "capacity", "after_reply"]}),
        (_("Names"), {"fields": ["forbidden_words"]}),
        (_("Customers"), {"fields": ["customer_page", "welcome", "link_days", "messages_per_day"]}),
        (_("Retention"), {"fields": ["erase_after_days"]}),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Queue | None = None) -> list[str]:
        return ["slug"] if obj else []

    def get_prepopulated_fields(self, request: HttpRequest, obj: Queue | None = None) -> dict[str, Any]:
        return {} if obj else dict(self.prepopulated_fields)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Queue]:
        return super().get_queryset(request).annotate(how_many=Count("members"))

    @admin.display(ordering="how_many", description=_("people"))
    def people(self, queue: Queue) -> int:
        return int(getattr(queue, "how_many", 0))


@admin.register(TicketSystem)
class TicketSystemAdmin(AdminPages[TicketSystem]):
    """Ticket systems: the address of a ticket, and the pattern of its ids."""

    list_display = ["name", "slug", "url_template", "pattern", "pattern_works"]
    search_fields = ["search_text__contains"]
    prepopulated_fields = {"slug": ["name"]}
    fields = ["name", "slug", "key", "hue", "url_template", "pattern"]

    @admin.display(boolean=True, description=_("pattern works"))
    def pattern_works(self, system: TicketSystem) -> bool:
        return system.has_usable_pattern


@admin.register(TicketLink)
class TicketLinkAdmin(AdminPages[TicketLink]):
    """Links between sessions and tickets."""

    list_display = ["ticket_id", "system", "session", "linked_by", "created_at"]
    list_filter = ["system"]
    list_select_related = ["system", "session", "linked_by"]
    search_fields = ["search_text__contains", "session__session_id", "session__search_text__contains"]
    autocomplete_fields = ["session", "linked_by"]
    readonly_fields = ["created_at"]
