"""The inbox's views: the sessions of each, and its count."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, QueryDict
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sessions_app.errors import InvalidAction
from sessions_app.models import Change, Label, Person, Queue, SavedView, Session, SessionLabel, waiting
from sessions_app.models.requirement import Requirement
from sessions_app.models.session import SessionSet
from sessions_app.queries import naming_sets, ticket_counts, ticket_sets
from sessions_app.queries.access import jobs_for
from sessions_app.queries.counting import LOOKED, Scalar, count_of, first_of, numbers
from sessions_app.queries.filters import Filters
from sessions_app.queries.narrowing import labelled, narrowed_at_once
from sessions_app.queries.places import LABEL, QUEUE, VIEW, Places, places_of

DECISIONS, SEARCH = "decisions", "search"
#: Stands for the label's key in a statement that counts those of any label.
_ANY_LABEL = -1


class WhereConverter:
    """URL converter of a view of the inbox: a fixed one, a queue's, a label's or a saved one."""

    regex = (
        "decisions|needs-person|mine|unassigned|waiting|open|snoozed|closed|failed|spam|search"
        "|queues/[-a-zA-Z0-9_]+|labels/[0-9]{1,18}|views/[0-9]{1,18}"
    )

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
    #: Whether only the newest rows were looked at, so that there may be more.
    at_least: bool = False
    #: The colour of a label.
    colour: str = ""
    #: The saved view.
    view: SavedView | None = None

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
    saved: list[Box] = field(default_factory=list)
    labels: list[Box] = field(default_factory=list)
    #: The queues that the person works.
    worked: list[Queue] = field(default_factory=list)

    @property
    def saved_filters(self) -> Filters | None:
        """The filters of the saved view that is shown; `None` where none is."""
        return saved_filters(self.here.view) if self.here.view else None

    @property
    def calls(self) -> int:
        """The number of what waits for people in the views that call them, for the title of the tab."""
        return sum(box.count or 0 for box in self.views if box.is_hot)

    @property
    def unassigned(self) -> Box:
        return next(box for box in self.views if box.where == "unassigned")


def rail(person: Person, where: str, places: Places | None = None) -> Rail:
    """Return all views and the person's places with their counts. Raises `Http404` for a place that is none of theirs.

    `places` are the person's, where they are read already.
    """
    places = places_of(person) if places is None else places
    views, queues = _views(), [Box(QUEUE + queue.slug, queue.name, queue.icon) for queue in places.queues]
    saved, labels = [_view_box(view) for view in places.views], [_label_box(label) for label in places.labels]
    here = _here(where, [*views, *queues, *saved, *labels])
    counted = [box for box in [*views, *queues] if box.counted]
    shown: list[QuerySet[Any]] = [_counted_in(box.where, person, places.queues) for box in counted]
    wanting = naming_sets.of(person, places.queues)
    shown += [jobs_for(person).at_work(), *(wanting[kind] for kind in naming_sets.GROUPS)]
    tickets = ticket_counts.known(person)
    shown += ticket_sets.needing_look(person, places.queues) if tickets is None else []
    among_newest = [box for box in [*saved, *labels] if box.counted]
    bounded = _bounded_counts(among_newest, person, places.queues)
    newest, *counts = numbers([first_of(Change.objects.order_by("-pk")), *map(count_of, shown), *bounded])
    for box, count in zip(counted, counts, strict=False):
        box.count = count
    jobs, suggested, failed, provisional, *looked_at = counts[len(counted) : len(shown)]
    for number, box in enumerate(among_newest, 0):
        box.count, looked = counts[len(shown) + 2 * number : len(shown) + 2 * number + 2]
        box.at_least = looked > LOOKED
    if tickets is None:
        tickets = ticket_counts.remember(person, sum(looked_at))
    names = suggested + failed + provisional
    sessions = _sessions_here(here, person, places.queues)
    return Rail(views, queues, here, sessions, newest, jobs, names, tickets, saved, labels, places.queues)


def _here(where: str, boxes: list[Box]) -> Box:
    """Return the box of an address. Raises `Http404` where the person has none."""
    search = Box(SEARCH, _("Search"), "search", counted=False)
    here = next((box for box in [*boxes, search] if box.where == where), None)
    if here is None and where.startswith(LABEL):
        label = Label.objects.filter(pk=where.removeprefix(LABEL)).first()
        here = _label_box(label) if label else None
    if here is None:
        raise Http404
    return here


def _view_box(view: SavedView) -> Box:
    # Words are looked for on the view's own page alone: that may read much of the index.
    is_quick = saved_filters(view).words.is_quick
    return Box(f"{VIEW}{view.pk}", view.name, "bookmark", counted=is_quick, view=view)


def _label_box(label: Label) -> Box:
    return Box(f"{LABEL}{label.pk}", label.name, "tag", colour=label.colour)


def saved_filters(view: SavedView) -> Filters:
    """Return the filters and the order that a view keeps."""
    return Filters.of(QueryDict(view.query))


def kept(where: str, query: str) -> tuple[str, str]:
    """Return a view of the inbox and its filters as a saved view keeps them. Raises `InvalidAction` for none that can be."""
    if not re.fullmatch(WhereConverter.regex, where) or where.startswith(VIEW) or where == DECISIONS:
        raise InvalidAction(str(_("This list cannot be saved as a view.")))
    filters = Filters.of(QueryDict(query.removeprefix("?")))
    return where, filters.changed_by(details=False, changed=False).suffix.removeprefix("?")


def _bounded_counts(boxes: list[Box], person: Person, queues: list[Queue]) -> list[Scalar]:
    """Return for each box how many sessions it has among the newest, and how many those are."""
    counts: list[Scalar] = []
    of_any = _of_label(_ANY_LABEL, person, queues) if any(box.colour for box in boxes) else []
    for box in boxes:
        if box.view is None:
            counts += [scalar.with_value(_ANY_LABEL, int(box.where.removeprefix(LABEL))) for scalar in of_any]
        else:
            among = sessions_in(box.view.where, person, queues).newest_first()
            newest = Session.objects.filter(pk__in=among.values("pk")[:LOOKED])
            counts += [count_of(narrowed_at_once(newest, saved_filters(box.view), person)), count_of(among, LOOKED)]
    return counts


def _of_label(key: int, person: Person, queues: list[Queue]) -> list[Scalar]:
    rows = SessionLabel.objects.filter(label=key)
    newest = Session.objects.filter(pk__in=rows.order_by("-session").values("session")[:LOOKED])
    return [count_of(_visible(newest, person, queues).open()), count_of(rows, LOOKED)]


def _counted_in(where: str, person: Person, queues: list[Queue]) -> QuerySet[Any]:
    """Return the counted rows of a view: sessions, or single decisions."""
    if where != DECISIONS:
        return sessions_in(where, person, queues)
    pending = Requirement.objects.pending()
    return pending if person.is_superuser else pending.filter(session__queue__in=[queue.pk for queue in queues])


def sessions_in(where: str, person: Person, queues: list[Queue]) -> SessionSet:
    """Return the sessions of one view that the person, who works these queues, may see; of queues and labels, the open ones.

    Of a saved view it is those of the view that it narrows.
    """
    if where.startswith(VIEW):
        view = SavedView.objects.visible_to(person).filter(pk=where.removeprefix(VIEW)).first()
        return sessions_in(view.where, person, queues) if view else Session.objects.none()
    if where.startswith(LABEL):
        return labelled(_visible(Session.objects.all(), person, queues).open(), where.removeprefix(LABEL))
    if where.startswith(QUEUE):
        slug = where.removeprefix(QUEUE)
        return Session.objects.filter(queue__in=[queue.pk for queue in queues if queue.slug == slug]).open()
    visible = _visible(Session.objects.all(), person, queues)
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
        SEARCH: visible.there,
    }
    return chosen[where]()


def rail_title(where: str, places: Places) -> str:
    """Return the name of a view for readers."""
    boxes = [*_views(), Box(SEARCH, _("Search"), "search")]
    boxes += [Box(QUEUE + queue.slug, queue.name, "") for queue in places.queues]
    boxes += [*map(_view_box, places.views), *map(_label_box, places.labels)]
    return next((str(box.title) for box in boxes if box.where == where), "")


def _visible(sessions: SessionSet, person: Person, queues: list[Queue]) -> SessionSet:
    """Return those in these queues, for an admin all of them.

    The same as `access.sessions_for`, but the keys are known here: a join would hide from the database which index is best.
    """
    return sessions if person.is_superuser else sessions.filter(queue__in=[queue.pk for queue in queues])


def _sessions_here(here: Box, person: Person, queues: list[Queue]) -> SessionSet:
    """Return the sessions of the view that is shown."""
    return sessions_in(here.view.where if here.view else here.where, person, queues)


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
