"""The workers' comparison of a name with what was said since: a suggestion, or another name where the queue wants that."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Left

from kern.errors import InvalidSessionNameError, ModelBusyError, ModelError
from kern.naming import FIRST_MESSAGES
from kern.records.message import Message as Said
from sessions_app import desk
from sessions_app.infrastructure import broken_rows, clock
from sessions_app.models import Message, Session
from sessions_app.models.naming_policy import OnShift
from sessions_app.policy import names, naming_budget, topic_shift
from sessions_app.policy.naming import NamingInForce, naming_in_force
from sessions_app.store import DjangoDb, suggestions
from sessions_app.store.sessions import NameCost
from sessions_app.store.transactions import release_connections
from sessions_app.workers.generating import generate_soon

log = logging.getLogger(__name__)

BATCH = 200
#: Lease of a comparison: no other worker takes the session; after a worker's death the next one does.
CLAIM = timedelta(seconds=240)
#: Messages of the customer that are compared, the newest ones.
MOST_MESSAGES = 10
#: Of a long message only the beginning is compared (characters).
EXCERPT = 1_000


@dataclass
class Check:
    """A claimed comparison. `until` is the claim's value of `topic_due_at`: another value means that it was lost."""

    session: Session
    until: datetime


def due() -> list[str]:
    """Return ids of sessions whose name is to be compared with their topic."""
    waiting = Session.objects.there().filter(topic_due_at__lte=clock.now()).order_by("topic_due_at")
    return list(waiting.values_list("session_id", flat=True)[:BATCH])


def check(session_id: str) -> None:
    """Compare the session's name with what was said since, if that is due and not claimed; suggest another one if need be.

    The comparison itself costs nothing; only where the topic may have moved a model is asked. What it fails at is tried again
    after so many further messages.
    """
    claimed = _claim(session_id)
    if claimed is None:
        return
    try:
        _look(claimed.session)
    except ModelBusyError as busy:
        _mine(claimed).update(topic_due_at=clock.now() + timedelta(seconds=busy.retry_after or 0))
        return
    except (ModelError, desk.DeskError, InvalidSessionNameError) as error:
        log.warning("the topic of session %s was not compared: %s", session_id, error)
    except Exception as error:
        if broken_rows.is_away(error):
            raise
        broken_rows.report("session", claimed.session.pk, error)
    _settle(claimed)


def _claim(session_id: str) -> Check | None:
    with transaction.atomic():
        session = Session.objects.there().select_for_update(of=("self",)).filter(session_id=session_id).first()
        if session is None or session.topic_due_at is None or session.topic_due_at > clock.now():
            return None
        until = session.topic_due_at = clock.now() + CLAIM
        session.save(update_fields=["topic_due_at"])
    return Check(session, until)


def _look(session: Session) -> None:
    rules = naming_in_force(session.queue)
    recent = _recent(session)
    if session.has_stand_in or not recent or rules.on_shift == OnShift.IGNORE:
        return
    if not topic_shift.may_have_moved(session.name, _opening(session), recent):
        return
    budget = naming_budget.budget_of(session.queue, rules)
    if budget.stops:
        return
    proposed, cost = _proposed(session, recent, rules, offline=budget.takes_offline_namer)
    if topic_shift.is_topic(proposed) and not topic_shift.is_same(proposed, session.name):
        _offer(session, proposed, cost, renames=rules.on_shift == OnShift.RENAME)


def _proposed(session: Session, recent: list[str], rules: NamingInForce, *, offline: bool) -> tuple[str, NameCost]:
    """Ask the model for a name of the recent messages, and count what that used."""
    constraints = names.constraints_for(session, rules)
    model = desk.offline_model() if offline else desk.naming_model(session.working_agent_id)
    release_connections()
    generated = generate_soon(model, [Said("user", text) for text in recent], constraints)
    if generated.answers:
        naming_budget.count(session, generated.cost.tokens, generated.cost.microdollars, generated.answers)
    if generated.error:
        raise generated.error
    return generated.name, generated.cost


def _opening(session: Session) -> list[str]:
    """Return the customer's first messages, without those since the last comparison."""
    before = session.messages.said().filter(author_kind=Message.Author.CUSTOMER, pk__lte=session.topic_checked)
    first = before.order_by("pk").values_list(Left("content", EXCERPT), flat=True)
    return list(first[:FIRST_MESSAGES])


def _recent(session: Session) -> list[str]:
    """Return the customer's newest messages since the last comparison, oldest first."""
    since = session.messages.said().filter(author_kind=Message.Author.CUSTOMER, pk__gt=session.topic_checked)
    newest = list(since.order_by("-pk").values_list(Left("content", EXCERPT), flat=True)[:MOST_MESSAGES])
    return newest[::-1]


def _offer(session: Session, proposed: str, cost: NameCost, *, renames: bool) -> None:
    """Write the name where the queue renames and the AI named it, else suggest it; neither where it was renamed meanwhile."""
    if renames and session.name_source == Session.NameSource.AUTO and not session.name_locked:
        DjangoDb().rename_session(session.session_id, proposed, "auto", expected_version=session.name_version, cost=cost)
        return
    with transaction.atomic():
        locked = Session.objects.there().select_for_update(of=("self",)).filter(pk=session.pk).first()
        if locked is not None and locked.name_version == session.name_version:
            suggestions.suggest(locked, names.fitted(proposed, locked) or proposed)


def _settle(claimed: Check) -> None:
    """Release the claim, and begin to count further messages anew."""
    newest = claimed.session.messages.order_by("-pk").values_list("pk", flat=True).first() or 0
    _mine(claimed).update(topic_due_at=None, topic_checked=newest)


def _mine(claimed: Check) -> QuerySet[Session]:
    """Return the session's row while the claim is held."""
    return Session.objects.filter(pk=claimed.session.pk, topic_due_at=claimed.until)
