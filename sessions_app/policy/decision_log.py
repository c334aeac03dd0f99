"""The audit log of decisions: its queries, and its two export formats.

`Decision.objects.append` writes them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, tzinfo
from typing import Any

from sessions_app.models import Decision, Person
from sessions_app.models.decision import DecisionSet
from sessions_app.text import spreadsheet

COLUMNS = (
    "id",
    "time",
    "verdict",
    "actor",
    "person",
    "person_email",
    "tool",
    "queue",
    "session",
    "requirement",
    "seen",
    "waited_seconds",
    "note",
    "arguments",
    "edited_arguments",
    "policy",
    "erased_at",
)


def rows(
    *,
    tool: str = "",
    queue: str = "",
    verdict: str = "",
    session: str = "",
    requirement: str = "",
    person: Person | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> DecisionSet:
    """Return lines of the log, oldest first; each given filter narrows them. `queue` is a slug, `until` is exclusive."""
    wanted: dict[str, Any] = {
        "tool_name": tool,
        "queue_slug": queue,
        "verdict": verdict,
        "session_key": session,
        "requirement_key": requirement,
        "person": person,
        "created_at__gte": since,
        "created_at__lt": until,
    }
    return Decision.objects.filter(**{name: value for name, value in wanted.items() if value}).order_by("pk")


def as_csv(lines: Iterable[Decision], zone: tzinfo = UTC) -> Iterator[str]:
    """Yield the lines as CSV with a heading, piece by piece.

    JSON stands in one cell, times are the zone's, with their offset.
    """
    return spreadsheet.table(COLUMNS, (_values(line, zone).values() for line in lines))


def as_jsonl(lines: Iterable[Decision]) -> Iterator[str]:
    """Yield the lines as one JSON object each."""
    for line in lines:
        yield json.dumps(_values(line), ensure_ascii=False) + "\n"


def _values(line: Decision, zone: tzinfo = UTC) -> dict[str, Any]:
    return dict(
        zip(
            COLUMNS,
            (
                line.pk,
                line.created_at.astimezone(zone).isoformat(),
                line.verdict,
                line.actor,
                line.person_key,
                line.person_email,
                line.tool_name,
                line.queue_slug,
                line.session_key,
                line.requirement_key,
                line.seen,
                line.waited,
                line.note,
                line.arguments,
                line.edited_arguments,
                line.policy,
                line.erased_at.astimezone(zone).isoformat() if line.erased_at else None,
            ),
            strict=True,
        )
    )
