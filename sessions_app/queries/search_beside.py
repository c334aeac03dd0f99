"""Rows beside the hits of a search: customers and tickets of its words, and whether older rows are indexed yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import Q

from sessions_app.infrastructure.one_statement import Steps, beside, read_steps
from sessions_app.models import Person, SearchBacklog
from sessions_app.queries.hits import hits_steps
from sessions_app.queries.palette import SHORTEST, Option, customer_options, customers_asked, ticket_options, tickets_asked
from sessions_app.queries.search import Words
from sessions_app.queries.session_list import Row

#: Names of customers and ids of tickets have no more words.
MOST_WORDS = 6


@dataclass(frozen=True)
class BesideHits:
    """Customers and tickets that the words name. `is_indexing`: what was said in old conversations is not all found yet."""

    customers: list[Option] = field(default_factory=list)
    tickets: list[Option] = field(default_factory=list)
    is_indexing: bool = False


def read_hits(rows: Sequence[Row], words: Words, person: Person) -> BesideHits:
    """Show in each row what the search found there, and return what it finds beside conversations: one statement for both.

    Operators narrow conversations, and say nothing of what is beside them.
    """
    typed = " ".join(words.used)
    is_name = len(typed) >= SHORTEST and len(words.used) <= MOST_WORDS
    sessions = [row.session for row in rows]
    found: BesideHits
    hits, found = read_steps(beside(hits_steps(sessions, words.terms), _reading(person, typed if is_name else "")))
    for row in rows:
        row.hit = hits.get(row.session.pk)
    return found


def _reading(person: Person, typed: str) -> Steps[BesideHits]:
    backlog = SearchBacklog.objects.filter(Q(messages__gt=0) | Q(sessions__gt=0))
    named = [customers_asked(person, typed), tickets_asked(person, typed)] if typed else []
    *found, due = yield [*named, backlog]
    customers, tickets = found if found else ([], [])
    return BesideHits(customer_options(customers), ticket_options(tickets), bool(due))
