"""Sessions, and people's read state of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache

from sessions_app import audit
from sessions_app.actions import customer_links
from sessions_app.admin.base import AdminPages, RecordPages
from sessions_app.customers.traces import empty_admin_log
from sessions_app.errors import InvalidAction
from sessions_app.models import FormerLink, Person, Session, SessionRead, TicketLink


class TicketInline(admin.TabularInline[TicketLink, Session]):
    model = TicketLink
    extra = 0
    fields = ["system", "ticket_id", "linked_by", "created_at"]
    readonly_fields = ["linked_by", "created_at"]

    def has_view_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return bool(request.user.is_superuser)

    has_add_permission = has_change_permission = has_delete_permission = has_view_permission


@admin.register(Session)
class SessionAdmin(AdminPages[Session]):
    """Sessions; the customer's identity may be corrected here.

    Names, states and turns change on the inbox's pages, which keep the log.
    """

    list_display = ["__str__", "queue", "customer", "status", "assignee", "channel", "activity_at"]
    list_filter = ["status", "queue", "name_source", "channel", "ai_mode", "assignee", "created_at"]
    list_select_related = ["queue", "assignee"]
    search_fields = ["search_text__contains", "session_id__startswith", "user_id__startswith"]
    autocomplete_fields = ["queue"]
    inlines = [TicketInline]
    editable = ["queue", "user_id", "customer_name", "customer_email"]
    hidden = ["access_hash", "search_text"]
    actions = ["revoke_links", "make_link"]

    def get_fields(self, request: HttpRequest, obj: Session | None = None) -> list[Any]:
        others = [field.name for field in Session._meta.fields if field.name not in self.editable + self.hidden]
        return self.editable + others

    def get_readonly_fields(self, request: HttpRequest, obj: Session | None = None) -> list[Any]:
        return [name for name in self.get_fields(request, obj) if name not in self.editable]

    @admin.display(description=_("customer"))
    def customer(self, session: Session) -> str:
        return session.customer

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.action(description=_("Revoke the customers' links of the selected conversations"), permissions=["change"])
    def revoke_links(self, request: HttpRequest, sessions: QuerySet[Session]) -> None:
        linked = list(sessions.exclude(access_hash=""))
        for session in linked:
            customer_links.revoke(session, cast(Person, request.user))
        text = ngettext(
            "%(count)d link revoked. A page that is open by it ends now, and says why when it is opened again.",
            "%(count)d links revoked. Pages that are open by one end now, and say why when they are opened again.",
            len(linked),
        )
        self.message_user(request, text % {"count": len(linked)}, messages.SUCCESS)

    @admin.action(description=_("Make a new customer's link for the selected conversation"), permissions=["change"])
    def make_link(self, request: HttpRequest, sessions: QuerySet[Session]) -> HttpResponse | None:
        chosen = list(sessions.select_related("queue")[:2])
        if len(chosen) != 1:
            self.message_user(request, _("Choose one conversation: its new link is shown once."), messages.ERROR)
            return None
        try:
            secret = customer_links.make(chosen[0], cast(Person, request.user))
        except InvalidAction as refusal:
            self.message_user(request, refusal.message, messages.ERROR)
            return None
        address = request.build_absolute_uri(reverse("customer-conversation", args=[secret]))
        context = {
            **self.admin_site.each_context(request),
            "title": _("The link was made"),
            "address": address,
            "opts": self.opts,
        }
        return _shown_once(request, context)

    def _record_deletions(self, request: HttpRequest, rows: Iterable[Any]) -> None:
        """Record which session was deleted, without the customer: after an erasure nothing may lead from the entry to them."""
        for session in rows:
            queue = session.queue.slug if session.queue else ""
            told = {"queue": queue, "status": session.status, "created_at": session.created_at}
            audit.record(audit.Kind.ROW_DELETED, request=request, subject=session, name=f"{session.pk}", before=told)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Session]) -> Any:
        """Blank Django's log of deletions: a session's name may contain the customer's name or words."""
        logged = super().log_deletions(request, queryset)
        empty_admin_log(list(queryset))
        return logged

    def get_deleted_objects(
        self, objs: QuerySet[Session] | Sequence[Session], request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[Any]]:
        """Deleting a session takes all it holds along, records too, which are protected only from being deleted alone."""
        shown, counts, _needed, protected = super().get_deleted_objects(objs, request)
        return shown, counts, set(), protected


@never_cache
def _shown_once(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    return TemplateResponse(request, "admin/sessions_app/session/link.html", context)


@admin.register(SessionRead)
class SessionReadAdmin(RecordPages[SessionRead]):
    list_display = ["session", "person", "last_change"]
    list_select_related = ["session", "person"]
    search_fields = ["session__session_id", "person__search_text__contains"]


@admin.register(FormerLink)
class FormerLinkAdmin(RecordPages[FormerLink]):
    """Customers' links that were revoked or replaced; of each its hash alone is known."""

    list_display = ["__str__", "session", "ended_at"]
    list_select_related = ["session"]
    search_fields = ["secret_hash__startswith", "session__session_id"]
