"""What erasing a customer would take: counts and examples, without changing anything."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from sessions_app.customers.whom import By, Customer
from sessions_app.models import (
    Change,
    Decision,
    Message,
    NameRecord,
    Requirement,
    Run,
    Session,
    TicketLink,
    ToolCall,
    UnsentText,
)
from sessions_app.models.run import ACTIVE_RUN
from sessions_app.models.session import SessionSet

#: So many conversations, other customers and mentions are shown.
EXAMPLES = 20
#: What is counted, in the order of the page, and where it hangs on the sessions.
COUNTED: dict[str, tuple[Any, type[models.Model], str]] = {
    "messages": (_("Messages"), Message, "session__in"),
    "runs": (_("Turns of agents"), Run, "session__in"),
    "tool_calls": (_("Tool calls"), ToolCall, "run__session__in"),
    "questions": (_("Questions to people"), Requirement, "session__in"),
    "names": (_("Names"), NameRecord, "session__in"),
    "tickets": (_("Ticket links"), TicketLink, "session__in"),
    "unsent": (_("Unsent texts of people"), UnsentText, "session__in"),
    "changes": (_("Lines of the sessions' logs"), Change, "session__in"),
}


@dataclass(frozen=True)
class Example:
    """One conversation."""

    session_id: str
    name: str
    customer: str
    queue: str
    status: str
    activity_at: datetime


@dataclass(frozen=True)
class Mention:
    """Words of somebody else that name the customer's mail address; they stay, and a person looks at them."""

    session_id: str
    author: str
    where: str


@dataclass
class Preview:
    """What would go, what would be emptied, and what a person should look at before."""

    customer: Customer
    sessions: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    decisions: int = 0
    working: int = 0
    shared_runs: int = 0
    examples: list[Example] = field(default_factory=list)
    also: list[Customer] = field(default_factory=list)
    mentions: list[Mention] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not (self.sessions or self.decisions or self.shared_runs)

    @property
    def labelled(self) -> list[tuple[Any, int]]:
        """The counts as a page shows them."""
        return [(COUNTED[name][0], count) for name, count in self.counts.items()]

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "sessions": self.sessions,
            **self.counts,
            "decisions": self.decisions,
            "active_turns": self.working,
            "shared_turns": self.shared_runs,
            "examples": [{**vars(example), "activity_at": example.activity_at.isoformat()} for example in self.examples],
            "also": [{"by": other.by, "value": other.value} for other in self.also],
            "mentions": [vars(mention) for mention in self.mentions],
        }


def preview(customer: Customer) -> Preview:
    """What `erase` would do now."""
    theirs = customer.sessions()
    keys = theirs.values("pk")
    counts = {name: model._base_manager.filter(**{path: keys}).count() for name, (_label, model, path) in COUNTED.items()}
    return Preview(
        customer=customer,
        sessions=theirs.count(),
        counts=counts,
        decisions=Decision.objects.filter(session_key__in=theirs.values("session_id")).count() + customer.lines().count(),
        working=Run.objects.roots().filter(session__in=keys, status__in=ACTIVE_RUN).count(),
        shared_runs=len(customer.shared_runs()),
        examples=[_example(session) for session in theirs.select_related("queue").newest_first()[:EXAMPLES]],
        also=_also(customer, theirs),
        mentions=_mentions(customer, theirs),
    )


def _example(session: Session) -> Example:
    queue = session.queue.slug if session.queue else ""
    return Example(session.session_id, session.name, session.customer, queue, session.status, session.activity_at)


def _also(customer: Customer, theirs: SessionSet) -> list[Customer]:
    """Ids and addresses that stand in the same conversations and lead to others: perhaps the same customer, perhaps not."""
    found: list[Customer] = []
    columns: tuple[tuple[str, By], ...] = (("user_id", "user_id"), ("customer_email", "email"))
    for column, by in columns:
        values = theirs.exclude(**{column: ""}).order_by(column).values_list(column, flat=True).distinct()[:EXAMPLES]
        named = [Customer(by, value) for value in values]
        found += [other for other in named if other.sessions().exclude(pk__in=theirs.values("pk")).exists()]
    return [other for other in found if (other.by, other.value) != (customer.by, customer.value)]


def _mentions(customer: Customer, theirs: SessionSet) -> list[Mention]:
    """Where others wrote the customer's mail address: words in other conversations, and names of these."""
    addresses = sorted(_addresses(customer, theirs))[:EXAMPLES]
    if not addresses:
        return []
    said, named = Q(), Q()
    for address in addresses:
        said |= Q(content__icontains=address)
        named |= Q(name__icontains=address)
    elsewhere = Message.objects.filter(said).exclude(session__in=theirs.values("pk"))
    words = (
        elsewhere.exclude(session__status=Session.Status.ERASED).order_by("-pk").values_list("session__session_id", "author")
    )
    names = Session.objects.there().filter(named).exclude(pk__in=theirs.values("pk")).values_list("session_id", flat=True)
    return [
        *(Mention(session_id, author, "message") for session_id, author in words[:EXAMPLES]),
        *(Mention(session_id, "", "name") for session_id in names[:EXAMPLES]),
    ]


def _addresses(customer: Customer, theirs: SessionSet) -> set[str]:
    known: Iterable[str] = theirs.exclude(customer_email="").values_list("customer_email", flat=True)[:EXAMPLES]
    own = [customer.value] if "@" in customer.value and customer.by != "session_id" else []
    return {*known, *own}
