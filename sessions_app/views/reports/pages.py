"""The report on decisions, and the export of the decision log."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from sessions_app import audit
from sessions_app.infrastructure.downloads import download, in_batches
from sessions_app.infrastructure.one_statement import beside, read_steps
from sessions_app.models import Decision
from sessions_app.models.decision import DecisionSet
from sessions_app.policy import decision_log
from sessions_app.queries import reports
from sessions_app.queries.places import places_of
from sessions_app.queries.turn_report import turns_now
from sessions_app.validation.numbers import row_number
from sessions_app.validation.text import searchable
from sessions_app.views.inbox.sidebar import page_context
from sessions_app.views.reports.chart import chart_of
from sessions_app.views.respond import PersonRequest, for_people

#: A request for more days than this, or for `all` of them, gets the whole log.
MOST_DAYS = 36_500


@dataclass(frozen=True)
class Wanted:
    """The parameters of a report: the newest `days`, and one queue or tool where they are named."""

    days: int = 30
    queue: str = ""
    tool: str = ""

    @classmethod
    def of(cls, query: QueryDict) -> Wanted:
        """Parse an address; an invalid period becomes the usual one."""
        days = row_number(query.get("days", ""))
        known = days is not None and days in reports.PERIODS
        return cls(days if days and known else cls.days, _text(query, "queue"), _text(query, "tool"))

    def narrow(self, lines: DecisionSet) -> DecisionSet:
        """Return the lines about the queue and tool."""
        wanted = {"queue_slug": self.queue, "tool_name": self.tool}
        return lines.filter(**{name: value for name, value in wanted.items() if value})

    @property
    def query(self) -> str:
        """Return the address's part after the question mark."""
        return urlencode({"days": self.days, "queue": self.queue, "tool": self.tool})


@require_safe
@for_people
def report(request: PersonRequest) -> HttpResponse:
    """The page: per tool and queue the requirements and their outcomes, and the edit rate over time."""
    wanted, places = Wanted.of(request.GET), places_of(request.user)
    queues = places.queues
    visible = reports.visible_to(request.user, queues)
    asked = [queue for queue in queues if wanted.queue in ("", queue.slug)]
    found, tools, turns = read_steps(
        beside(
            reports.reading_of(wanted.narrow(visible), wanted.days),
            reports.tools_in(visible, wanted.days),
            turns_now(asked),
        )
    )
    names = {queue.slug: queue.name for queue in queues}
    context = {
        "wanted": wanted,
        "report": found,
        "rows": [(line, names.get(line.queue, line.queue)) for line in found.lines],
        "chart": chart_of(found),
        "queues": queues,
        "tools": tools,
        "turns": turns,
        "periods": reports.PERIODS,
    }
    return render(request, "reports/page.html", {**page_context(request, "reports", places), **context})


@require_safe
@for_people
def decisions_csv(request: PersonRequest) -> HttpResponseBase:
    """The record as CSV: the newest `days`, however many, or `all`; its times in the reader's zone, with the offset."""
    # Written after this view has returned, and with it the reader's zone.
    form = partial(decision_log.as_csv, zone=timezone.get_current_timezone())
    return _download(request, form, "csv")


@require_safe
@for_people
def decisions_jsonl(request: PersonRequest) -> HttpResponseBase:
    """The record, one JSON object a line: the newest `days`, however many, or `all`."""
    return _download(request, decision_log.as_jsonl, "jsonl")


def _download(request: PersonRequest, form: Callable[[Iterable[Decision]], Iterator[str]], ending: str) -> HttpResponseBase:
    lines = Wanted.of(request.GET).narrow(reports.visible_to(request.user))
    days = _days_of_record(request.GET.get("days", ""))
    if days is not None:
        lines = lines.filter(created_at__gte=reports.since(days))
    wanted = {name: request.GET[name][:100] for name in ("days", "queue", "tool") if request.GET.get(name)}
    audit.record(audit.Kind.DECISIONS_EXPORTED, request=request, name=ending, after=wanted)
    return download(request, form(in_batches(lines)), f"decisions-{timezone.localdate():%Y-%m-%d}.{ending}")


def _days_of_record(asked: str) -> int | None:
    """So many days as asked, `None` for all there are; what is no number of days becomes the usual one."""
    if asked == "all":
        return None
    # No row's number: one that is longer asks for more days than there are, and so for all.
    if not asked.isdecimal() or not asked.strip("0"):
        return Wanted.days
    days = int(asked[:10])
    return days if days <= MOST_DAYS else None


def _text(query: QueryDict, name: str) -> str:
    return searchable(query.get(name, ""))[:200]
