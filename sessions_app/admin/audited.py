"""Audit entries for edits in the administration, with the former values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest

from sessions_app import audit

#: Columns that are never in the log, of any model.
SECRET = ("password", "secret", "token_hash", "access_hash")
#: Derived from other columns.
DERIVED = ("search_text",)


class Audited:
    """Mixed into a `ModelAdmin`: an entry for each row added, changed or deleted, inline rows included.

    With `audit_row = False` only the inline rows are told: the row itself has entries of its own.
    """

    audit_row = True

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Write the entry once everything is saved, in the transaction of the form."""
        super().save_related(request, form, formsets, change)  # type: ignore[misc]
        before, after = _edited(form) if self.audit_row else ({}, {})
        for formset in formsets:
            _add_inlines(formset, before, after)
        if before or after or (self.audit_row and not change):
            kind = audit.Kind.ROW_CHANGED if change else audit.Kind.ROW_ADDED
            audit.record(kind, request=request, subject=form.instance, before=before if change else None, after=after)

    def delete_model(self, request: HttpRequest, obj: models.Model) -> None:
        """Delete one row, which the log then describes."""
        self._record_deletions(request, [obj])
        super().delete_model(request, obj)  # type: ignore[misc]

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Delete the chosen rows, each with an entry."""
        self._record_deletions(request, queryset)
        super().delete_queryset(request, queryset)  # type: ignore[misc]

    def _record_deletions(self, request: HttpRequest, rows: Iterable[models.Model]) -> None:
        if self.audit_row:
            for row in rows:
                audit.record(audit.Kind.ROW_DELETED, request=request, subject=row, before=_shown(row))


def _edited(form: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the form's changes, before and after."""
    names = [name for name in form.changed_data if not _is_secret(name)]
    return {name: form.initial.get(name) for name in names}, {name: form.cleaned_data.get(name) for name in names}


def _add_inlines(formset: Any, before: dict[str, Any], after: dict[str, Any]) -> None:
    for row in getattr(formset, "new_objects", ()):
        after.setdefault("added", []).append(_named(row))
    for row, names in getattr(formset, "changed_objects", ()):
        after.setdefault("changed", []).append(f"{_named(row)}: {', '.join(names)}")
    for row in getattr(formset, "deleted_objects", ()):
        before.setdefault("removed", []).append(_named(row))


def _named(row: models.Model) -> str:
    """Return the row's kind and name; a row that only joins two others is named by both."""
    if row._meta.auto_created:
        ends = [getattr(row, field.name) for field in row._meta.fields if isinstance(field, models.ForeignKey)]
        return " – ".join(str(end) for end in ends)
    return f"{row._meta.verbose_name} {row}"


def _shown(row: models.Model) -> dict[str, Any]:
    """The row's columns as they are, but for secrets and texts that only help to search."""
    fields = [field for field in row._meta.fields if not _is_secret(field.name)]
    return {field.name: getattr(row, field.attname) for field in fields}


def _is_secret(name: str) -> bool:
    return name in DERIVED or any(word in name for word in SECRET)
