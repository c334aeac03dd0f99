"""The list of names: conversations that want one, by what is the matter with theirs."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise

from django.utils.translation import gettext as _

from sessions_app.infrastructure.one_statement import read_together
from sessions_app.models import NameRecord, NameSuggestion, NamingPolicy, NamingSpend, Person, Queue, Session, TicketLink
from sessions_app.models.naming import this_month
from sessions_app.policy.naming import NamingRules
from sessions_app.policy.naming_budget import Budget, dollars
from sessions_app.queries import access, naming_sets
from sessions_app.queries.counting import capped_counts
from sessions_app.queries.naming_sets import GROUPS

#: Rows of a page of one kind, and of each group where several stand below each other.
PAGE, GROUP = 50, 10
NEEDS = "needs"
KINDS = (NEEDS, *GROUPS, "today")
#: Kinds of conversations that have no name but what stands in for it.
UNNAMED = ("failed", "provisional")


@dataclass
class NameRow:
    """One conversation with its name, and what is offered instead."""

    session: Session
    suggestion: NameSuggestion | None = None
    tickets: list[TicketLink] = field(default_factory=list)
    #: The key of the session in the next row, which gets the cursor after this one; empty in the last row.
    next: int | str = ""

    @property
    def problem(self) -> str:
        """Return why no name could be made, empty where that is not so."""
        return self.session.name_problem if self.session.name_failed_at else ""


@dataclass
class NameGroup:
    """Conversations of one kind, and how many of them there are."""

    kind: str
    title: str
    count: int
    rows: list[NameRow] = field(default_factory=list)

    @property
    def more(self) -> int:
        """Return the number of conversations that are not shown."""
        return max(0, self.count - len(self.rows))


@dataclass(frozen=True)
class Meter:
    """The naming budget of one queue and month."""

    queue: Queue
    budget: Budget


@dataclass
class NamePage:
    """The groups of a page, the number of conversations of each kind, and what naming costs this month."""

    groups: list[NameGroup]
    counts: dict[str, int]
    meters: list[Meter]
    spent: Decimal

    @property
    def needs(self) -> int:
        return sum(self.counts[kind] for kind in GROUPS)

    @property
    def unnamed(self) -> int:
        return sum(self.counts[kind] for kind in UNNAMED)

    @property
    def stopped(self) -> list[Meter]:
        """Queues in which automatic naming stopped, or goes on without a language model: the budget is used up."""
        return [meter for meter in self.meters if meter.budget.is_used_up]


def title_of(kind: str) -> str:
    """Return what a kind is called on the page."""
    return {
        NEEDS: _("Needs a name"),
        "suggestion": _("Suggestions"),
        "failed": _("Failed"),
        "provisional": _("Provisional"),
        "today": _("Changed today"),
    }[kind]


def page_of(person: Person, kind: str, queues: list[Queue]) -> NamePage:
    """Return the page of a kind, `NEEDS` for the groups of all that want a name. `queues` are those the person works."""
    sets = naming_sets.of(person, queues)
    counts = dict(zip(sets, capped_counts(sets.values()), strict=True))
    shown = list(GROUPS) if kind == NEEDS else [kind]
    most = GROUP if kind == NEEDS else PAGE
    found = read_together(*(sets[known].select_related("queue").newest_first()[:most] for known in shown))
    groups = [
        NameGroup(known, title_of(known), counts[known], [NameRow(session) for session in rows])
        for known, rows in zip(shown, found, strict=True)
        if rows or kind != NEEDS
    ]
    listed = [row for group in groups for row in group.rows]
    for row, following in pairwise(listed):
        row.next = following.session.pk
    meters, spent = _complete(listed, queues)
    return NamePage(groups, counts, meters, spent)


def unnamed(person: Person, most: int) -> list[int]:
    """Return the keys of all conversations without a name of their own, newest first: at most one over `most`."""
    sets = naming_sets.of(person, queues_of(person))
    found = [sets[kind].newest_first().values_list("pk", flat=True)[: most + 1] for kind in UNNAMED]
    return [key for keys in found for key in keys][: most + 1]


def given_by(person: Person, session_key: int, queues: list[Queue]) -> NameRecord | None:
    """Return the session's newest name if this person gave it, and may undo that."""
    newest = NameRecord.objects.filter(session=session_key).select_related("session").order_by("-pk").first()
    if newest is None or newest.person_id != person.pk or newest.source != Session.NameSource.HUMAN:
        return None
    works_it = person.is_superuser or newest.session.queue_id in {queue.pk for queue in queues}
    return newest if works_it and newest.version == newest.session.name_version else None


def _complete(rows: list[NameRow], queues: list[Queue]) -> tuple[list[Meter], Decimal]:
    """Add suggestions and tickets to the rows; returns the budgets of the queues and what was spent, read with them."""
    keys = [row.session.pk for row in rows]
    suggestions, tickets, spends, policies = read_together(
        NameSuggestion.objects.filter(session__in=keys, state=NameSuggestion.State.OPEN),
        TicketLink.objects.filter(session__in=keys).select_related("system").order_by("-is_primary", "pk"),
        NamingSpend.objects.filter(month=this_month(), queue__in=[queue.pk for queue in queues]),
        NamingPolicy.objects.all(),
    )
    by_session = {row.session.pk: row for row in rows}
    for suggestion in suggestions:
        row = by_session[suggestion.session_id]
        row.suggestion = suggestion if suggestion.for_version == row.session.name_version else None
    for link in tickets:
        by_session[link.session_id].tickets.append(link)
    rules = NamingRules({policy.queue_id: policy for policy in policies})
    spent = {spend.queue_id: dollars(spend.microdollars) for spend in spends}
    meters = []
    for queue in queues:
        known = rules.of(queue)
        if known.monthly_budget:
            meters.append(Meter(queue, Budget(known.monthly_budget, spent.get(queue.pk, Decimal()), known.over_budget)))
    return meters, sum(spent.values(), Decimal())


def queues_of(person: Person) -> list[Queue]:
    """Return the queues whose names the person may give."""
    return list(access.queues_for(person))
