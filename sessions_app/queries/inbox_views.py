"""The inbox's views: the sessions of each, and its count."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sessions_app.models import Change, Person, Queue, Session, waiting
from sessions_app.models.requirement import Requirement
from sessions_app.models.session import SessionSet
from sessions_app.queries import access, naming_sets, ticket_counts, ticket_sets
from sessions_app.queries.access import jobs_for

#: Counts stop at one more than this.
COUNT_CAP = 1000
QUEUE = "queues/"
DECISIONS = "decisions"


class WhereConverter:
    """URL converter of a view of the inbox: a fixed one, or a queue's."""

    regex = "decisions|needs-person|mine|unassigned|waiting|open|snoozed|closed|failed|spam|search|queues/[-a-zA-Z0-9_]+"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


@dataclass
class Box:
    """One view of the inbox. `where` is its place in addresses; `count` stops at one over the cap."""

    where: str
    title: str | Promise
    icon: str
    key: str = ""
    counted: bool = True
    count: int | None = None

    @property
    def is_hot(self) -> bool:
        """True for views whose count calls people: what stands there waits for one of them, and for nothing else."""
        return self.where in ("decisions", "needs-person") and bool(self.count)

    @property
    def url(self) -> str:
        return reverse("inbox", args=[self.where])


@dataclass
class Rail:
    """The sidebar of one person, and the sessions of the view they are in."""

    views: list[Box]
    queues: list[Box]
    here: Box
    sessions: SessionSet
    #: The number of the newest change in any session, when the counts were read.
    newest: int
    #: How many bulk jobs of the person's are at work.
    jobs: int = 0
    #: How many conversations want a name.
    names: int = 0
    #: How many tickets need a look.
    tickets: int = 0

    @property
    def calls(self) -> int:
        """The number of what waits for people in the views that call them, for the title of the tab."""
        return sum(box.count or 0 for box in self.views if box.is_hot)

    @property
    def unassigned(self) -> Box:
        return next(box for box in self.views if box.where == "unassigned")


def rail(person: Person, where: str, worked: list[Queue] | None = None) -> Rail:
    """Return all views and the person's queues with their counts. Raises `Http404` for a queue the person does not work.

    `worked` are the queues that the person works, where they are read already.
    """
    views = _views()
    worked = list(access.queues_for(person)) if worked is None else worked
    queues = [Box(QUEUE + queue.slug, queue.name, queue.icon) for queue in worked]
    search = Box("search", _("Search"), "search", counted=False)
    here = next((box for box in [*views, *queues, search] if box.where == where), None)
    if here is None:
        raise Http404
    counted = [box for box in [*views, *queues] if box.counted]
    shown: list[QuerySet[Any]] = [_counted_in(box.where, person, worked) for box in counted]
    wanting = naming_sets.of(person, worked)
    shown += [jobs_for(person).at_work(), *(wanting[kind] for kind in naming_sets.GROUPS)]
    tickets = ticket_counts.known(person)
    shown += ticket_sets.to_look_at(person, worked) if tickets is None else []
    *counts, newest = _numbers(shown, Change.objects.order_by("-pk"))
    jobs, suggested, failed, provisional, *looked_at = counts[len(counted) :]
    for box, count in zip(counted, counts, strict=False):
        box.count = count
    if tickets is None:
        tickets = ticket_counts.remember(person, sum(looked_at))
    names = suggested + failed + provisional
    return Rail(views, queues, here, sessions_in(where, person, worked), newest or 0, jobs, names, tickets)


def _counted_in(where: str, person: Person, queues: list[Queue]) -> QuerySet[Any]:
    """Return the counted rows of a view: sessions, or single decisions."""
    if where != DECISIONS:
        return sessions_in(where, person, queues)
    pending = Requirement.objects.pending()
    return pending if person.is_superuser else pending.filter(session__queue__in=[queue.pk for queue in queues])


def sessions_in(where: str, person: Person, queues: list[Queue]) -> SessionSet:
    """Return the sessions of one view that the person, who works these queues, may see; of a queue, the open ones."""
    if where.startswith(QUEUE):
        slug = where.removeprefix(QUEUE)
        return Session.objects.filter(queue__in=[queue.pk for queue in queues if queue.slug == slug]).open()
    # The same as `access.sessions_for`, but the keys are known here: a join would hide from the database which index is best.
    visible = Session.objects.all() if person.is_superuser else Session.objects.filter(queue__in=[queue.pk for queue in queues])
    chosen: dict[str, Callable[[], SessionSet]] = {
        "decisions": lambda: visible.filter(pk__in=Requirement.objects.pending().values("session")),
        "needs-person": lambda: visible.filter(waiting.NEEDS_PERSON),
        "mine": lambda: visible.of(person),
        "unassigned": visible.unassigned,
        "waiting": lambda: visible.filter(waiting.WAITS_FOR_US),
        "open": visible.open,
        "snoozed": visible.snoozed,
        "closed": visible.closed,
        "failed": lambda: visible.filter(waiting.FAILED),
        "spam": visible.spam,
        "search": visible.there,
    }
    return chosen[where]()


def rail_title(where: str, queues: list[Queue]) -> str:
    """Return the name of a view for readers."""
    boxes = [*_views(), Box("search", _("Search"), "search"), *(Box(QUEUE + queue.slug, queue.name, "") for queue in queues)]
    return next((str(box.title) for box in boxes if box.where == where), "")


def capped_counts(querysets: Iterable[QuerySet[Any]]) -> list[int]:
    """Return the number of rows of each, at most one over the cap, in one query.

    A count without a limit walks a whole big queue.
    """
    return _numbers(querysets)


def _numbers(querysets: Iterable[QuerySet[Any]], *first_of: QuerySet[Any]) -> list[int]:
    """Return `capped_counts`, then the key of the first row of each of the others."""
    counts: list[str] = []
    params: list[Any] = []
    for queryset in querysets:
        try:
            sql, values = queryset.order_by().values("pk")[: COUNT_CAP + 1].query.sql_with_params()
        except EmptyResultSet:
            counts.append("0")
            continue
        counts.append(f"(SELECT COUNT(*) FROM ({sql}) AS counted)")  # noqa: S608 - made by the ORM, values are parameters
        params.extend(values)
    for queryset in first_of:
        sql, values = queryset.values("pk")[:1].query.sql_with_params()
        counts.append(f"({sql})")
        params.extend(values)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(counts)}", params)
        return list(cursor.fetchone() or ())


def _views() -> list[Box]:
    return [
        Box("decisions", _("Decisions"), "hand", "d"),
        Box("needs-person", _("Needs a person"), "life-buoy", "p"),
        Box("mine", _("Mine"), "user-round", "m"),
        Box("unassigned", _("Unassigned"), "circle-dashed"),
        Box("waiting", _("Waiting for us"), "clock"),
        Box("open", _("All open"), "inbox"),
        Box("snoozed", _("Snoozed"), "alarm-clock"),
        Box("closed", _("Closed"), "archive", counted=False),
        Box("failed", _("Failed"), "circle-alert"),
        Box("spam", _("Spam"), "ban", counted=False),
    ]
