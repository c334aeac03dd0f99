"""The audit log's pages: to be filtered, read and exported, never edited."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import BadRequest
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sessions_app import audit
from sessions_app.admin.base import RecordPages
from sessions_app.audit import export
from sessions_app.infrastructure.downloads import download
from sessions_app.models import AuditEntry
from sessions_app.templatetags.inbox import exact


class KindFilter(admin.SimpleListFilter):
    """The kinds that stand in the log."""

    title = _("what happened")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(kind.value), str(kind.label)) for kind in audit.Kind]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(AuditEntry)
class AuditEntryAdmin(RecordPages[AuditEntry]):
    """The log of changes of accounts, rights, settings and data. The export takes the filters along."""

    change_list_template = "admin/sessions_app/auditentry/list.html"
    list_display = ["number", "when", "what", "actor_name", "subject", "address", "via"]
    list_filter = [KindFilter, "subject_kind", "at"]
    search_fields = ["actor_name__icontains", "=subject_id", "subject_name__icontains", "=address"]
    search_help_text = _("A name, an address, or a row's whole id")
    ordering = ["-number"]

    @admin.display(description=_("time"), ordering="at")
    def when(self, entry: AuditEntry) -> str:
        # To the second and with the zone: what is compared with other logs.
        return exact(entry.at)

    @admin.display(description=_("what happened"), ordering="kind")
    def what(self, entry: AuditEntry) -> str:
        return str(audit.Kind(entry.kind).label) if entry.kind in audit.Kind.values else entry.kind

    @admin.display(description=_("about"))
    def subject(self, entry: AuditEntry) -> str:
        if entry.blanked_by is not None:
            return str(_("erased, see entry %(number)s") % {"number": entry.blanked_by})
        return f"{entry.subject_kind} {entry.subject_name or entry.subject_id}".strip()

    def get_urls(self) -> list[URLPattern]:
        forms: dict[str, Callable[..., Iterator[str]]] = {"csv": export.as_csv, "jsonl": export.as_jsonl}
        own = [
            path(f"export.{ending}", self.admin_site.admin_view(self._view_of(ending, form)), name=f"audit-{ending}")
            for ending, form in forms.items()
        ]
        return own + super().get_urls()

    def _view_of(self, ending: str, form: Callable[..., Iterator[str]]) -> Callable[[HttpRequest], HttpResponseBase]:
        def view(request: HttpRequest) -> HttpResponseBase:
            return self._export(request, ending, form)

        return view

    def _export(self, request: HttpRequest, ending: str, form: Callable[..., Iterator[str]]) -> HttpResponseBase:
        """The entries that the list's filters choose, oldest first. The export itself is an entry, too."""
        if not self.has_view_permission(request):
            return self.changelist_view(request)
        try:
            chosen = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters as problem:
            raise BadRequest(gettext("these are no filters of the list")) from problem
        audit.record(audit.Kind.LOG_EXPORTED, request=request, after={"form": ending, "filters": request.GET.urlencode()})
        name = f"audit-log-{timezone.localdate():%Y-%m-%d}.{ending}"
        return download(request, form(chosen), name)
