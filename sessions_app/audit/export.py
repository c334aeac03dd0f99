"""Export of the audit log: one JSON object a line, which anyone can check (docs/audit-log.md), or CSV."""

from __future__ import annotations

import json
from collections.abc import Iterator

from django.db.models import QuerySet

from sessions_app.infrastructure.downloads import in_batches
from sessions_app.models import AuditEntry
from sessions_app.text import spreadsheet

COLUMNS = (*AuditEntry.FACTS, *AuditEntry.DETAILS, "blanked_by", "digest")


def as_jsonl(entries: QuerySet[AuditEntry]) -> Iterator[str]:
    """Yield the entries as JSON lines, oldest first."""
    for entry in in_batches(entries):
        yield json.dumps(entry.as_object(), ensure_ascii=False) + "\n"


def as_csv(entries: QuerySet[AuditEntry]) -> Iterator[str]:
    """Yield the entries as CSV, oldest first, for spreadsheets."""
    values = (entry.as_object() for entry in in_batches(entries))
    return spreadsheet.table(COLUMNS, ([entry[name] for name in COLUMNS] for entry in values))
