"""Daily limits of a customer in a queue: messages, and the cost of answers.

A customer is a user id, or a single conversation where there is none. One indexed row says what was used; it is written in the
transaction that stores the message, or the tokens. A day is one of UTC. Queues without a limit keep no rows.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, time, timedelta
from decimal import ROUND_UP, Decimal
from typing import Any

from django.conf import settings
from django.db.models import F, QuerySet
from django.utils.translation import ngettext
from prometheus_client import Counter

from sessions_app.changes.kinds import Kind
from sessions_app.changes.log import record
from sessions_app.errors import LimitReached
from sessions_app.infrastructure import clock
from sessions_app.infrastructure.costs import cost_of_run
from sessions_app.models import CustomerDay, Run, Session
from sessions_app.models.day import today

log = logging.getLogger(__name__)
LIMITED = Counter("kern_customers_limited_total", "How often a customer met a limit of the day, by limit", ["limit"])
MILLION = 1_000_000


def count_message(session: Session) -> None:
    """Count one more message of the customer's. Raises `LimitReached` where the queue allows no more of them today.

    The caller stores the message in the same transaction.
    """
    most = session.queue.messages_per_day if session.queue else None
    if not most:
        return
    if not _todays(session).filter(messages__lt=most).update(messages=F("messages") + 1):
        _make_row(session)
        if not _todays(session).filter(messages__lt=most).update(messages=F("messages") + 1):
            _refuse(session, most)


def count_cost(session: Session, run: Run, model: str, metrics: Mapping[str, Any]) -> None:
    """Count the run's cost since its `metrics` were stored last. The caller stores the new ones in the same transaction."""
    if not _cost_limit(session):
        return
    before = cost_of_run(run.model, run.metrics) or Decimal()
    spent = (cost_of_run(model, metrics) or Decimal()) - before
    microdollars = int((spent * MILLION).to_integral_value(ROUND_UP))
    if microdollars <= 0:
        return
    _make_row(session)
    _todays(session).update(microdollars=F("microdollars") + microdollars)


def open_next(session: Session) -> Run | None:
    """Open the next turn, unless the customer's cost limit of today is used up: then a person answers, and the log says so.

    For what goes on by itself; what a person starts is that person's decision. The session's row must be locked or new.
    """
    if not _is_used_up(session):
        return Run.objects.open_next(session)
    is_told = session.held_until is not None and session.held_until > clock.now()
    if Run.objects.next_messages(session) and not is_told:
        session.held_until = _tomorrow()
        session.save(update_fields=["held_until"])
        record(session, Kind.COST_REACHED)
        LIMITED.labels("cost").inc()
        log.warning("session %s: the customer's cost of today is used up, a person answers", session.session_id)
    return None


def forget(sessions: Iterable[Session]) -> None:
    """Delete the usage of these sessions' customers."""
    CustomerDay.objects.filter(customer__in={_customer(session) for session in sessions}).delete()


def tidy() -> None:
    """Delete the rows of past days."""
    CustomerDay.objects.filter(day__lt=today()).delete()


def _cost_limit(session: Session) -> Decimal | None:
    return session.queue.cost_per_day if session.queue else None


def _is_used_up(session: Session) -> bool:
    most = _cost_limit(session)
    return bool(most) and _todays(session).filter(microdollars__gte=int(most * MILLION)).exists()  # type: ignore[operator]


def _todays(session: Session) -> QuerySet[CustomerDay]:
    return CustomerDay.objects.filter(day=today(), queue=session.queue, customer=_customer(session))


def _make_row(session: Session) -> None:
    CustomerDay.objects.get_or_create(day=today(), queue=session.queue, customer=_customer(session))


def _customer(session: Session) -> str:
    told = f"user:{session.user_id}" if session.user_id else f"session:{session.pk}"
    return hmac.new(settings.SECRET_KEY.encode(), f"day:{told}".encode(), hashlib.sha256).hexdigest()


def _tomorrow() -> datetime:
    return datetime.combine(today() + timedelta(days=1), time(), UTC)


def _refuse(session: Session, most: int) -> None:
    wait = max(1, int((_tomorrow() - clock.now()).total_seconds()) + 1)
    LIMITED.labels("messages").inc()
    log.warning("session %s: the customer has sent the %d messages of today", session.session_id, most)
    hours, minutes = -(-wait // 3600), -(-wait // 60)
    if hours > 1:
        told = ngettext(
            "Not sent: this was too much for one day. You can write again in %(count)d hour.",
            "Not sent: this was too much for one day. You can write again in %(count)d hours.",
            hours,
        ) % {"count": hours}
    else:
        told = ngettext(
            "Not sent: this was too much for one day. You can write again in %(count)d minute.",
            "Not sent: this was too much for one day. You can write again in %(count)d minutes.",
            minutes,
        ) % {"count": minutes}
    raise LimitReached(told, wait)


__all__ = ["count_cost", "count_message", "forget", "open_next", "tidy"]
