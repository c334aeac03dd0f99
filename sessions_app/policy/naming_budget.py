"""Costs of naming, and the budget of a month: one row a queue and month, written when tokens were used.

A budget stops what is automatic: people name as always, and may ask the AI for a name.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import F
from prometheus_client import Counter

from sessions_app.infrastructure import clock
from sessions_app.models import NamingSpend, Queue, Session
from sessions_app.models.naming import this_month
from sessions_app.models.naming_policy import OverBudget
from sessions_app.policy.naming import NamingInForce, naming_in_force

log = logging.getLogger(__name__)
TOKENS = Counter("kern_naming_tokens_total", "Tokens used to make names, failed tries too")
USED_UP = Counter("kern_naming_budgets_used_up_total", "How often the naming budget of a queue and month was used up")
MILLION = 1_000_000


@dataclass(frozen=True)
class Budget:
    """The budget of a queue and month, in dollars; 0 is no limit."""

    limit: Decimal
    spent: Decimal
    over: str

    @property
    def is_used_up(self) -> bool:
        """True if there is a limit and nothing of it is left."""
        return bool(self.limit) and self.spent >= self.limit

    @property
    def stops(self) -> bool:
        """True if no automatic name is made any more this month."""
        return self.is_used_up and self.over == OverBudget.STOP

    @property
    def takes_offline_namer(self) -> bool:
        """True if automatic names are made without a language model for the rest of the month."""
        return self.is_used_up and self.over == OverBudget.OFFLINE

    @property
    def percent(self) -> int:
        """Return the part of the budget that is used, at most 100."""
        return min(100, int(100 * self.spent / self.limit)) if self.limit else 0


def dollars(microdollars: int) -> Decimal:
    """Return the dollars."""
    return Decimal(microdollars) / MILLION


def budget_of(queue: Queue | None, rules: NamingInForce | None = None) -> Budget:
    """Return the budget of the queue, or of what is in no queue, for this month."""
    rules = rules or naming_in_force(queue)
    row = NamingSpend.objects.filter(queue=queue, month=this_month()).first() if rules.monthly_budget else None
    return Budget(rules.monthly_budget, dollars(row.microdollars) if row else Decimal(), rules.over_budget)


def count(session: Session, tokens: int, microdollars: int, tries: int) -> None:
    """Count what tries for a name used, also those that failed."""
    spend(session, tokens, microdollars, tries)
    note_used_up(session.queue)


def spend(session: Session, tokens: int, microdollars: int, tries: int) -> None:
    """Add tokens and cost to the session's and to those of its queue and month, in two statements."""
    TOKENS.inc(tokens)
    added = {"tries": F("tries") + tries, "tokens": F("tokens") + tokens, "microdollars": F("microdollars") + microdollars}
    with transaction.atomic():
        Session.objects.filter(pk=session.pk).update(
            naming_tokens=F("naming_tokens") + tokens, naming_microdollars=F("naming_microdollars") + microdollars
        )
        this = NamingSpend.objects.filter(queue=session.queue_id, month=this_month())
        if not this.update(**added):
            NamingSpend.objects.get_or_create(queue=session.queue, month=this_month())
            this.update(**added)


def next_month() -> datetime:
    """Return the beginning of the next month in UTC: budgets are new then."""
    return datetime.combine((this_month() + timedelta(days=32)).replace(day=1), time(), UTC)


def resume(queue: Queue | None) -> int:
    """Make namings due again that a budget had put off to the next month: it is larger now. `None`: in all queues.

    Returns their number.
    """
    put_off = Session.objects.there().filter(name_due_at__gte=next_month())
    if queue is not None:
        put_off = put_off.filter(queue=queue)
    return put_off.update(name_due_at=clock.now())


def note_used_up(queue: Queue | None) -> None:
    """Note, once a month, that the budget of the queue is used up."""
    budget = budget_of(queue)
    row = NamingSpend.objects.filter(queue=queue, month=this_month(), used_up_at=None)
    if budget.is_used_up and row.update(used_up_at=clock.now()):
        USED_UP.inc()
        log.warning("the naming budget of %s is used up: %s dollars of this month", queue or "no queue", budget.limit)


__all__ = ["Budget", "budget_of", "count", "dollars", "next_month", "note_used_up", "resume", "spend"]
