"""The queue of decisions: all pending requirements, the most pressing first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from django.db.models import Case, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _

from kern.records.policy import RISKS
from sessions_app.infrastructure import clock
from sessions_app.infrastructure.one_statement import read_together
from sessions_app.models import Decision, Person, Queue, Requirement, Session
from sessions_app.models.requirement import RequirementSet
from sessions_app.models.session import SessionSet
from sessions_app.models.ticket import TicketLink
from sessions_app.policy import in_force
from sessions_app.policy.in_force import May
from sessions_app.queries import access
from sessions_app.queries.paging import Key, Order, grown, taken
from sessions_app.queries.presenters.requirement import RequirementStatus
from sessions_app.queries.session_list import MOST, PAGE, Page, Row, by_label, labels_of, links_of, unread_among
from sessions_app.validation.numbers import row_number

#: The riskiest first.
RANKS: dict[str, int] = {risk: rank for rank, risk in enumerate(reversed(RISKS))}
_RANK = Case(
    *(When(risk=risk, then=Value(rank)) for risk, rank in RANKS.items()), default=Value(2), output_field=IntegerField()
)
#: The most pressing first: by when they expire (those that never do last), then by risk, then by how long they wait.
PRESSING = Order((Key("expires_at", nullable=True), Key("rank"), Key("created_at"), Key("pk")))
WAITING_LONGEST = Order.by("created_at", "pk")

_WORKS_THE_QUEUE = Exists(
    Queue.members.through.objects.filter(person=OuterRef("person"), queue=OuterRef(OuterRef("session__queue")))
)
_MAY_DECIDE = Q(person__is_active=True) & (Q(person__is_superuser=True) | _WORKS_THE_QUEUE)
#: The giver of the first of two approvals, if their account still exists.
_FIRST = (
    Decision.objects.filter(requirement=OuterRef("pk"), verdict=Decision.Verdict.FIRST_APPROVAL)
    .order_by("-pk")
    .values(giver=Case(When(_MAY_DECIDE, then="person"), default=None))[:1]
)


@dataclass
class DecisionRow(Row):
    """One line of the queue of decisions: the requirement, and its reader's rights on it."""

    asked: Requirement = field(kw_only=True)
    may: May = field(kw_only=True)
    #: Who gave the first of two approvals, where it counts.
    first_approver: int | None = None
    reader: int = 0

    @property
    def status(self) -> RequirementStatus:
        return RequirementStatus(self.asked, first_approved=self.first_approver is not None)

    @property
    def is_for_reader(self) -> bool:
        """True if the reader may decide about it, and has not given the first approval already."""
        return self.may.decide and self.first_approver != self.reader

    @property
    def can_be_approved(self) -> bool:
        """True if the reader may approve it from the list."""
        return self.status.is_confirmation and self.may.approve

    @property
    def can_be_selected(self) -> bool:
        """True if the reader may approve it together with others of its tool."""
        may = self.status.is_plain_call and self.may.approve and self.first_approver != self.reader
        return may and not self.asked.look_again

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments that an approval would let through."""
        edited = self.asked.edited_arguments
        arguments: dict[str, Any] = self.asked.arguments if edited is None else edited
        return arguments

    @property
    def words(self) -> str:
        """The text beside the customer's name in place of the arguments: the draft, or the question."""
        if self.status.is_draft:
            return str(self.arguments.get("text") or self.asked.arguments.get("text") or "")
        return self.asked.question if self.asked.kind == Requirement.Kind.USER_FEEDBACK else ""


def waiting_in(sessions: QuerySet[Session]) -> RequirementSet:
    """Return pending requirements in these sessions."""
    return Requirement.objects.pending().filter(session__in=sessions)


def waiting_for(person: Person) -> RequirementSet:
    """Return pending requirements in the person's queues; for an admin all of them."""
    pending = Requirement.objects.pending()
    return pending if person.is_superuser else pending.filter(session__in=access.sessions_for(person))


def most_pressing_first(requirements: RequirementSet) -> RequirementSet:
    """By when they expire (those that never do last), then by risk, then by how long they wait."""
    return PRESSING.of(requirements.annotate(rank=_RANK))


def next_after(requirement: Requirement, person: Person) -> Requirement | None:
    """Return the decision after this one in the person's queue; from the end it begins anew."""
    waiting = most_pressing_first(waiting_for(person)).exclude(pk=requirement.pk).select_related("session")
    # After this person's own first approval, the requirement waits for another person.
    is_mine = Q(first_approver=None) | ~Q(first_approver=person.pk) | Q(look_again=True)
    waiting = waiting.annotate(first_approver=Subquery(_FIRST)).filter(is_mine)
    found = [*waiting.filter(PRESSING.behind(_place(requirement, PRESSING)))[:PAGE], *waiting[:PAGE]]
    holds = in_force.read(found, person)
    return next((row for row in found if holds.may(row, person).decide), None)


def decisions_page(sessions: SessionSet, person: Person, sort: str, before: str = "", until: str = "") -> Page:
    """Return one page of the queue after the requirement `before`, or everything up to `until`; one row each.

    An invalid key is ignored: the address was edited. `sort` is `oldest` for the longest wait first.
    """
    waiting, order = waiting_in(sessions).annotate(rank=_RANK), WAITING_LONGEST if sort == "oldest" else PRESSING
    limit, after, last = PAGE, _known(before), _known(until)
    ordered = order.of(waiting, _place(after, order) if after else None)
    if last and not after:
        shown = order.up_to(waiting, _place(last, order))
        limit = grown(PAGE, MOST, lambda: shown[:MOST].count())
    rows = ordered.annotate(first_approver=Subquery(_FIRST)).select_related("session__assignee", "session__queue")
    found, more = taken(rows, limit)
    last_key = str(found[-1].pk) if found else ""
    return Page(_rows(found, person, sort, after), last_key if more else "", last_key)


def _known(key: str) -> Requirement | None:
    number = row_number(key)
    return None if number is None else Requirement.objects.filter(pk=number).first()


def _place(requirement: Requirement, order: Order) -> list[Any]:
    """Return the place of a requirement, which may have been read without its rank."""
    requirement.rank = RANKS.get(requirement.risk, 2)  # type: ignore[attr-defined]
    return order.place_of(requirement)


def _rows(found: Sequence[Requirement], person: Person, sort: str, previous: Requirement | None) -> list[Row]:
    keys = {requirement.session_id for requirement in found}
    queues, tools = {row.session.queue_id for row in found}, {row.tool_name for row in found}
    linked, labelled, unread_ones, *rights = read_together(
        links_of(keys), labels_of(keys), unread_among(keys, person), *in_force.questions(queues, tools, [person])
    )
    tickets: dict[int, list[TicketLink]] = {}
    for link in sorted(linked, key=attrgetter("rank")):
        tickets.setdefault(link.session_id, []).append(link)
    labels = by_label(labelled)
    unread, holds = set(unread_ones), in_force.in_force_of(*rights)
    rows: list[Row] = []
    group = _group(previous, sort) if previous else ""
    for requirement in found:
        session = requirement.session
        # The customer's newer words void an approval; then the row says that they wrote.
        first = None if requirement.look_again else requirement.first_approver  # type: ignore[attr-defined]
        row = DecisionRow(
            session,
            requirement=requirement,
            tickets=tickets.get(session.pk, []),
            labels=labels[session.pk],
            unread=session.pk in unread,
            asked=requirement,
            may=holds.may(requirement, person),
            first_approver=first,
            reader=person.pk,
        )
        if (name := _group(requirement, sort)) != group:
            row.group = group = name
        rows.append(row)
    return rows


def _group(requirement: Requirement, sort: str) -> str:
    if sort == "oldest":
        return _("Longest wait first")
    when, now = requirement.expires_at, clock.now()
    if when is None:
        return _("No time limit")
    return _("Due within the hour") if when < now + timedelta(hours=1) else _due(when)


def _due(when: datetime) -> str:
    return _("Due today") if timezone.localtime(when).date() <= timezone.localdate() else _("Due later")
