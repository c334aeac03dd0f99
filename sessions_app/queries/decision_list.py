"""The queue of decisions: all pending requirements, the most pressing first."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _

from kern.records.policy import RISKS
from sessions_app.infrastructure import clock
from sessions_app.models import Decision, Person, Queue, Requirement, Session
from sessions_app.models.requirement import RequirementSet
from sessions_app.models.session import SessionSet
from sessions_app.models.ticket import TicketLink
from sessions_app.policy.in_force import QUEUE_ROLES, May, open_to
from sessions_app.queries import access
from sessions_app.queries.presenters.requirement import RequirementStatus
from sessions_app.queries.session_list import MOST, PAGE, Page, Row, unread_keys
from sessions_app.validation.numbers import row_number

#: The riskiest first.
RANKS: dict[str, int] = {risk: rank for rank, risk in enumerate(reversed(RISKS))}
_RANK = Case(
    *(When(risk=risk, then=Value(rank)) for risk, rank in RANKS.items()), default=Value(2), output_field=IntegerField()
)


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
    """Order by expiry (never comes last), then by risk, then by waiting time."""
    return requirements.annotate(rank=_RANK).order_by(F("expires_at").asc(nulls_last=True), "rank", "created_at", "pk")


def next_after(requirement: Requirement, person: Person) -> Requirement | None:
    """Return the decision after this one in the person's queue; from the end it begins anew."""
    waiting = most_pressing_first(waiting_for(person)).exclude(pk=requirement.pk).select_related("session")
    # After this person's own first approval, the requirement waits for another person.
    is_mine = Q(first_approver=None) | ~Q(first_approver=person.pk) | Q(look_again=True)
    waiting = waiting.annotate(first_approver=Subquery(_FIRST), queue_roles=QUEUE_ROLES).filter(is_mine)
    found = [*waiting.filter(_beyond(requirement, "newest"))[:PAGE], *waiting[:PAGE]]
    may = open_to(person, found)
    return next((row for row in found if may[row.pk].decide), None)


def decisions_page(sessions: SessionSet, person: Person, sort: str, before: str = "", until: str = "") -> Page:
    """Return one page of the queue after the requirement `before`, or everything up to `until`; one row each.

    An invalid key is ignored: the address was edited. `sort` is `oldest` for the longest wait first.
    """
    waiting = waiting_in(sessions)
    ordered = waiting.annotate(rank=_RANK).order_by("created_at", "pk") if sort == "oldest" else most_pressing_first(waiting)
    limit, after = PAGE, _known(before)
    if after:
        ordered = ordered.filter(_beyond(after, sort))
    elif last := _known(until):
        limit = max(PAGE, min(MOST, ordered.exclude(_beyond(last, sort))[:MOST].count()))
    rows = ordered.annotate(first_approver=Subquery(_FIRST), queue_roles=QUEUE_ROLES).select_related(
        "session__assignee", "session__queue"
    )
    found = list(rows[: limit + 1])
    more, found = len(found) > limit, found[:limit]
    last_key = str(found[-1].pk) if found else ""
    return Page(_rows(found, person, sort, after), last_key if more else "", last_key)


def _known(key: str) -> Requirement | None:
    pk = row_number(key)
    return Requirement.objects.filter(pk=pk).first() if pk is not None else None


def _beyond(last: Requirement, sort: str) -> Q:
    waits_less = Q(created_at__gt=last.created_at) | Q(created_at=last.created_at, pk__gt=last.pk)
    if sort == "oldest":
        return waits_less
    rank = RANKS.get(last.risk, 2)
    within = Q(rank__gt=rank) | (Q(rank=rank) & waits_less)
    if last.expires_at is None:
        return Q(expires_at=None) & within
    return Q(expires_at__gt=last.expires_at) | Q(expires_at=None) | (Q(expires_at=last.expires_at) & within)


def _rows(found: list[Requirement], person: Person, sort: str, previous: Requirement | None) -> list[Row]:
    keys = {requirement.session_id for requirement in found}
    tickets: dict[int, list[str]] = {}
    for link in TicketLink.objects.filter(session__in=keys).order_by("pk") if keys else ():
        tickets.setdefault(link.session_id, []).append(link.ticket_id)
    unread = unread_keys(keys, person)
    may = open_to(person, found)
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
            unread=session.pk in unread,
            asked=requirement,
            may=may[requirement.pk],
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
