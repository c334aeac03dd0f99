"""Preview of a customer's erasure: counts and examples, without changing anything."""

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
#: The counted models, in the order of the page, and their path to the session.
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
    """Another person's text that names the customer's mail address; it stays, and a person looks at it."""

    session_id: str
    author: str
    where: str


@dataclass
class Preview:
    """The rows to be deleted and emptied, and the findings that a person should look at before."""

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
        """Return the counts with their labels for a page."""
        return [(COUNTED[name][0], count) for name, count in self.counts.items()]

    def as_json(self) -> dict[str, Any]:
        """Return the preview for programs."""
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
    """Return the effect of `erase` as of now."""
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
    """Return ids and addresses in the same conversations that may belong to the same customer."""
    found: list[Customer] = []
    columns: tuple[tuple[str, By], ...] = (("user_id", "user_id"), ("customer_email", "email"))
    for column, by in columns:
        values = theirs.exclude(**{column: ""}).order_by(column).values_list(column, flat=True).distinct()[:EXAMPLES]
        named = [Customer(by, value) for value in values]
        found += [other for other in named if other.sessions().exclude(pk__in=theirs.values("pk")).exists()]
    return [other for other in found if (other.by, other.value) != (customer.by, customer.value)]


def _mentions(customer: Customer, theirs: SessionSet) -> list[Mention]:
    """Return other people's texts with the customer's mail address: messages and names of conversations."""
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
    names = Session.objects.stored().filter(named).exclude(pk__in=theirs.values("pk")).values_list("session_id", flat=True)
    return [
        *(Mention(session_id, author, "message") for session_id, author in words[:EXAMPLES]),
        *(Mention(session_id, "", "name") for session_id in names[:EXAMPLES]),
    ]


def _addresses(customer: Customer, theirs: SessionSet) -> set[str]:
    known: Iterable[str] = theirs.exclude(customer_email="").values_list("customer_email", flat=True)[:EXAMPLES]
    own = [customer.value] if "@" in customer.value and customer.by != "session_id" else []
    return {*known, *own}
