"""Reports on decisions: outcomes per tool and queue, and the share of edited arguments.

All is read from the decision log, which names tools and queues by value, so past reports stay as they were.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from django.conf import settings
from django.db.models import Count, F, Q, Sum, Value, Window
from django.db.models.functions import Concat, RowNumber, TruncDay, TruncMonth, TruncWeek
from django.utils import timezone

from sessions_app.infrastructure import clock
from sessions_app.infrastructure.one_statement import Steps, beside, read_steps
from sessions_app.models import Decision, Person, Queue, Session
from sessions_app.models.decision import DecisionSet
from sessions_app.queries import access

#: Days a report may look back.
PERIODS = (7, 30, 90, 365)
Verdict = Decision.Verdict
#: Verdicts of people.
BY_PEOPLE = (Verdict.APPROVED, Verdict.REJECTED, Verdict.ANSWERED, Verdict.RESPONDED)
#: Verdicts that end a requirement's waiting time.
ENDS = (*BY_PEOPLE, Verdict.EXPIRED, Verdict.SUPERSEDED, Verdict.CANCELLED)
#: Of those, what people do. A rule's approval has no person and no waiting.
DECIDED = Q(verdict__in=BY_PEOPLE, person__isnull=False)
#: The group of a line. Not the bare columns: SQLite would walk the whole log by the index over them, to save itself the
#: sorting, instead of reading the wanted time alone.
GROUPS = {"tool": Concat("tool_name", Value("")), "queue": Concat("queue_slug", Value(""))}
#: Columns of a report and the lines of the record that they count.
COUNTED = {
    "asked": Q(verdict=Verdict.ASKED),
    "approved": Q(verdict=Verdict.APPROVED),
    "edited": Q(verdict=Verdict.APPROVED, edited_arguments__isnull=False),
    "rejected": Q(verdict=Verdict.REJECTED),
    "answered": Q(verdict__in=(Verdict.ANSWERED, Verdict.RESPONDED)),
    "expired": Q(verdict=Verdict.EXPIRED),
}


@dataclass
class Line:
    """One tool in one queue (or all of them). Times are in seconds; `median` and `p95` are `None` without decisions."""

    tool: str = ""
    queue: str = ""
    asked: int = 0
    approved: int = 0
    edited: int = 0
    rejected: int = 0
    answered: int = 0
    expired: int = 0
    waited: float = 0.0
    median: float | None = None
    p95: float | None = None

    @property
    def edit_rate(self) -> float | None:
        """The share of approvals with edited arguments."""
        return self.edited / self.approved if self.approved else None

    @property
    def hours(self) -> float:
        """Total waiting time of requirements in hours, also of those that ended without an answer."""
        return self.waited / 3600

    @property
    def cost(self) -> float | None:
        """The cost of waiting in euros, where `KERN_COST_OF_WAITING` gives the cost of an hour."""
        return self.hours * settings.KERN_COST_OF_WAITING if settings.KERN_COST_OF_WAITING else None


@dataclass(frozen=True)
class Step:
    """One day, week or month of the edit rate."""

    begins: datetime
    approved: int
    edited: int

    @property
    def rate(self) -> float:
        return self.edited / self.approved


@dataclass
class Report:
    """`lines` by queue and tool, their `total`, and the `steps` with approvals, oldest first."""

    since: datetime
    until: datetime
    unit: str
    total: Line = field(default_factory=Line)
    lines: list[Line] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)


def visible_to(person: Person, queues: Iterable[Queue] | None = None) -> DecisionSet:
    """Return the lines of the log that the person may read: those of their queues; an admin reads all.

    `queues` are those that the person works, where they are read already.
    """
    lines = Decision.objects.order_by("pk")
    if person.is_superuser:
        return lines
    worked = access.queues_for(person) if queues is None else queues
    return lines.filter(queue_slug__in=[queue.slug for queue in worked])


def since(days: int) -> datetime:
    """Return the beginning of a report over so many days: the start of a day, so that its first day is whole."""
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - timedelta(days=days - 1)


def report_on(lines: DecisionSet, days: int) -> Report:
    """Return the report over the newest `days` of these lines, in one query for any number of lines."""
    return read_steps(reading_of(lines, days))


def reading_of(lines: DecisionSet, days: int) -> Steps[Report]:
    """`report_on`, for a page that reads more with it."""
    # The log keeps what was asked in spam; a report on the work leaves it out.
    wanted = lines.filter(created_at__gte=since(days)).exclude(session_key__in=Session.objects.spam().values("session_id"))
    unit = "day" if days <= 30 else "week" if days <= 90 else "month"
    counted, steps, times, all_times = yield from beside(
        _counted(wanted), _steps(wanted, unit), _waiting_times(wanted, "tool", "queue"), _waiting_times(wanted)
    )
    report = Report(since(days), clock.now(), unit, lines=counted, steps=steps)
    by_key: dict[tuple[str, ...], Line] = {(line.tool, line.queue): line for line in report.lines}
    for key, median, p95 in times:
        by_key[key].median, by_key[key].p95 = median, p95
    report.total = _total(report.lines)
    for _key, median, p95 in all_times:
        report.total.median, report.total.p95 = median, p95
    return report


def tools_in(lines: DecisionSet, days: int) -> Steps[list[str]]:
    """Return the tools with requirements in that time, by name."""
    asked = lines.filter(created_at__gte=since(days), verdict="asked").order_by()
    return sorted((yield [asked.values_list(GROUPS["tool"], flat=True).distinct()])[0])


def _counted(lines: DecisionSet) -> Steps[list[Line]]:
    counts = {name: Count("pk", filter=condition) for name, condition in COUNTED.items()}
    grouped = (
        lines.filter(verdict__in=(Verdict.ASKED, *ENDS))
        .order_by()
        .annotate(tool=GROUPS["tool"], queue=GROUPS["queue"])
        .values("tool", "queue")
        .annotate(**counts, sum_waited=Sum("waited", filter=Q(verdict__in=ENDS)))
        .values_list("tool", "queue", *COUNTED, "sum_waited")
    )
    found = (yield [grouped])[0]
    counted = [
        Line(tool, queue, **dict(zip(COUNTED, numbers, strict=True)), waited=waited or 0.0)
        for tool, queue, *numbers, waited in found
    ]
    return sorted(counted, key=attrgetter("queue", "tool"))


def _total(lines: Iterable[Line]) -> Line:
    total = Line()
    for line in lines:
        for name in (*COUNTED, "waited"):
            setattr(total, name, getattr(total, name) + getattr(line, name))
    return total


def _waiting_times(lines: DecisionSet, *keys: str) -> Steps[list[tuple[tuple[str, ...], float, float]]]:
    """Return median and 95th percentile (nearest rank) of the waiting times, for each value of `keys`.

    The database ranks and hands back three rows a group at most: SQLite has no percentiles, and a year of decisions is too many
    to fetch.
    """
    groups: list[Any] = [GROUPS[key] for key in keys]
    ranked = lines.filter(DECIDED, waited__isnull=False).annotate(
        rank=Window(RowNumber(), partition_by=groups or None, order_by="waited"),
        size=Window(Count("pk"), partition_by=groups or None),
    )
    lower, upper, most = (F("size") + 1) / 2, F("size") / 2 + 1, (F("size") * 95 + 99) / 100
    found: dict[tuple[str, ...], dict[int, float]] = {}
    sizes: dict[tuple[str, ...], int] = {}
    chosen = ranked.filter(Q(rank=lower) | Q(rank=upper) | Q(rank=most))
    for *key, size, rank, waited in (yield [chosen.values_list(*groups, "size", "rank", "waited")])[0]:
        sizes[tuple(key)] = size
        found.setdefault(tuple(key), {})[rank] = waited
    return [(key, *_middle_and_most(sizes[key], by_rank)) for key, by_rank in found.items()]


def _middle_and_most(size: int, by_rank: dict[int, float]) -> tuple[float, float]:
    """Return the median and the 95th percentile of so many values, of which these ranks are known."""
    return (by_rank[(size + 1) // 2] + by_rank[size // 2 + 1]) / 2, by_rank[(size * 95 + 99) // 100]


def _steps(lines: DecisionSet, unit: str) -> Steps[list[Step]]:
    begin = {"day": TruncDay, "week": TruncWeek, "month": TruncMonth}[unit]("created_at")
    grouped = (
        lines.filter(COUNTED["approved"])
        .order_by()
        .annotate(begins=begin)
        .values("begins")
        .annotate(approved=Count("pk"), edited=Count("pk", filter=COUNTED["edited"]))
        .values_list("begins", "approved", "edited")
    )
    return [Step(*row) for row in sorted((yield [grouped])[0])]
