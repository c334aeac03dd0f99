"""Whose turn it is in a conversation, after whatever people, customers and agents do."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ObjectDoesNotExist
from django.db import connection
from django.http import Http404
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from kern.agent import Agent
from kern.errors import ModelError
from kern.testing import ScriptedModel, call
from sessions_app.actions import decisions, deleting, escalation, handover, merging, messages, runs, sessions
from sessions_app.actions.locking import sessions_locked
from sessions_app.errors import AppError
from sessions_app.infrastructure import clock
from sessions_app.models import Change, Person, Queue, Session
from sessions_app.models.waiting import FAILED
from sessions_app.policy.whose_turn import Facts, whose_turn
from sessions_app.store import DjangoDb
from sessions_app.workers import turns as turns_workers
from tests.desk import actor

Work = Callable[[], list[str]]


def turn_of(session: Session) -> str:
    return Session.objects.get(pk=session.pk).waiting_for


def told(session: Session) -> list[str]:
    """Whose turn it became, one after the other, as programs are told."""
    return [change.data["waiting_for"] for change in session.changes.filter(kind="session.waiting").order_by("pk")]


def seen(session: Session) -> int:
    return Session.objects.get(pk=session.pk).last_change


def test_the_turn_goes_from_the_agent_to_the_customer_and_to_people(session: Session, ben: Person, work: Work) -> None:
    assert turn_of(session) == "nobody"
    messages.receive(session, "Where is my parcel?")
    assert turn_of(session) == "agent"
    actor.says("On its way.")
    work()
    assert turn_of(session) == "customer"
    handover.take_over(session, ben)
    messages.receive(session, "When does it come?")
    assert turn_of(session) == "person"
    messages.reply(session, ben, "Tomorrow.", seen=seen(session))
    assert turn_of(session) == "customer"
    sessions.resolve(session, ben)
    assert turn_of(session) == "nobody"
    assert told(session) == ["agent", "customer", "person", "customer", "nobody"]


def test_a_decision_is_a_persons_turn_and_the_decided_call_the_agents(
    asked: Callable[..., Any], session: Session, ana: Person, work: Work
) -> None:
    question = asked(call("refund", order="7", cents=500))
    assert turn_of(session) == "person"
    decisions.approve(question, ana, seen=seen(session))
    assert turn_of(session) == "agent"
    work()
    assert turn_of(session) == "customer"


def test_a_failed_or_stopped_turn_leaves_the_customer_to_people(session: Session, ben: Person, work: Work) -> None:
    actor.says(ModelError("away", permanent=True))
    messages.receive(session, "Hello?")
    since = Session.objects.get(pk=session.pk).waiting_since
    work()
    row = Session.objects.get(pk=session.pk)
    assert (row.waiting_for, row.turn_since) == ("person", since)
    runs.retry(session.runs.get(), ben)
    assert turn_of(session) == "agent"
    runs.cancel(session.runs.get(), ben)
    assert turn_of(session) == "person"


def test_who_asks_for_a_person_waits_for_one_also_after_an_answer(session: Session, work: Work) -> None:
    actor.says("On its way.")
    messages.receive(session, "Where is my parcel?")
    work()
    escalation.ask_for_person(session)
    row = Session.objects.get(pk=session.pk)
    assert row.waiting_for == "person"
    assert row.turn_since is not None


def test_handing_back_with_everything_answered_is_the_customers_turn(session: Session, ben: Person, work: Work) -> None:
    actor.says("On its way.")
    messages.receive(session, "Where is my parcel?")
    work()
    escalation.ask_for_person(session)
    handover.hand_back(session, ben)
    row = Session.objects.get(pk=session.pk)
    assert (row.waiting_for, row.waiting_since) == ("customer", None)


def test_a_change_of_the_turn_makes_nothing_unread(session: Session, ben: Person, work: Work) -> None:
    actor.says("On its way.")
    messages.receive(session, "Where is my parcel?")
    work()
    newest = session.changes.exclude(kind="session.waiting").latest("pk")
    assert seen(session) == newest.pk


def test_the_librarys_turn_counts_as_well(rows: None) -> None:
    agent = Agent(ScriptedModel(["On its way."]), db=DjangoDb(), name="Clerk")
    agent.run("Where is my parcel?", session_id="lib", user_id="kim")
    session = Session.objects.get(session_id="lib")
    assert turn_of(session) == "customer"
    assert told(session) == ["agent", "customer"]


def test_deleted_and_merged_conversations_wait_for_nobody_until_they_are_back(
    orders: Queue, session: Session, ana: Person
) -> None:
    handover.set_mode(session, ana, "off")
    messages.receive(session, "Hello?")
    deleting.delete(session, ana)
    assert turn_of(session) == "nobody"
    deleting.restore(session, ana)
    assert turn_of(session) == "person"
    other = sessions.start_session(orders, user_id="kim", customer_name="Kim")
    done = merging.merge(other, session, ana)
    assert (turn_of(other), turn_of(session)) == ("person", "nobody")
    merging.undo(done, ana)
    assert (turn_of(other), turn_of(session)) == ("nobody", "person")


def test_many_are_settled_with_as_many_statements_as_one(orders: Queue, ana: Person, work: Work) -> None:
    def statements(count: int) -> int:
        made = [sessions.start_session(orders, customer_name=f"Kim {number}") for number in range(count)]
        Session.objects.filter(pk__in=[row.pk for row in made]).update(waiting_since=clock.now())
        with CaptureQueriesContext(connection) as captured, sessions_locked([row.pk for row in made]):
            pass
        assert {turn_of(row) for row in made} == {"person"}
        return len(captured)

    assert statements(1) == statements(6)


#: What may happen in a conversation: a name, and what does it.
VERBS: dict[str, Callable[[Session, Person], object]] = {
    "customer writes": lambda session, _ben: messages.receive(session, "And now?"),
    "agent answers": lambda session, _ben: _works(session, "So."),
    "agent asks": lambda session, _ben: _works(session, call("refund", order="7", cents=5)),
    "agent fails": lambda session, _ben: _works(session, ModelError("away")),
    "person decides": lambda session, ben: decisions.approve(
        session.requirements.pending().earliest("pk"), ben, seen=seen(session)
    ),
    "person replies": lambda session, ben: messages.reply(session, ben, "Here you are.", seen=seen(session)),
    "person stops": lambda session, ben: runs.cancel(session.runs.roots().active().get(), ben),
    "person retries": lambda session, ben: runs.retry(session.runs.roots().latest("pk"), ben),
    "asks again": lambda session, ben: runs.ask_again(session.runs.roots().latest("pk"), ben),
    "taken over": handover.take_over,
    "handed back": handover.hand_back,
    "drafts": lambda session, ben: handover.set_mode(session, ben, "draft"),
    "wants a person": lambda session, _ben: escalation.ask_for_person(session),
    "resolved": sessions.resolve,
    "opened": sessions.reopen,
    "snoozed": lambda session, ben: sessions.snooze(session, ben, clock.now() + timedelta(days=1)),
    "wakes": lambda session, _ben: _wakes(session),
    "deleted": deleting.delete,
    "restored": deleting.restore,
}


def _works(session: Session, reply: Any) -> None:
    actor.says(reply)
    turns_workers.execute(session.runs.due().get().run_id)


def _wakes(session: Session) -> None:
    Session.objects.snoozed().filter(pk=session.pk).update(snoozed_until=clock.now() - timedelta(seconds=1))
    turns_workers.wake()


@hypothesis_settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.lists(st.sampled_from(sorted(VERBS)), min_size=3, max_size=12))
def test_the_stored_turn_is_the_computed_one_whatever_happens(orders: Queue, ben: Person, verbs: list[str]) -> None:
    session = sessions.start_session(orders, user_id="kim", customer_name="Kim")
    for verb in verbs:
        try:
            VERBS[verb](Session.objects.get(pk=session.pk), ben)
        except (AppError, ObjectDoesNotExist, Http404):
            # Not everything can be done at every time.
            continue
        _must_be_settled(session, verbs)


def _must_be_settled(session: Session, verbs: list[str]) -> None:
    row = Session.objects.get(pk=session.pk)
    turn = row.runs.roots().active().answering().values_list("status", flat=True).first() or ""
    facts = Facts(
        is_worked=row.status in ("open", "snoozed"),
        needs_person=row.person_wanted_at is not None,
        customer_waits=row.waiting_since is not None,
        last_author=row.last_author_kind,
        turn=turn,
    )
    assert row.waiting_for == whose_turn(facts), verbs
    assert row.waiting_for != "person" or row.waiting_since is not None, verbs
    last = Change.objects.filter(session=row, kind="session.waiting").order_by("-pk").first()
    assert (last.data["waiting_for"] if last else "nobody") == row.waiting_for, verbs


@pytest.mark.parametrize(
    ("facts", "turn"),
    [
        (Facts(is_worked=False, needs_person=True, customer_waits=True, last_author="customer", turn="paused"), "nobody"),
        (Facts(is_worked=True, needs_person=True, customer_waits=False, last_author="agent", turn="running"), "person"),
        (Facts(is_worked=True, needs_person=False, customer_waits=False, last_author="agent", turn="paused"), "person"),
        (Facts(is_worked=True, needs_person=False, customer_waits=True, last_author="customer", turn="pending"), "agent"),
        (Facts(is_worked=True, needs_person=False, customer_waits=True, last_author="customer"), "person"),
        (Facts(is_worked=True, needs_person=False, customer_waits=False, last_author="person"), "customer"),
        (Facts(is_worked=True, needs_person=False, customer_waits=False, last_author=""), "nobody"),
        (Facts(is_worked=True, needs_person=False, customer_waits=False, last_author="customer"), "nobody"),
    ],
)
def test_the_rule(facts: Facts, turn: str) -> None:
    assert whose_turn(facts) == turn


def test_conversations_of_before_get_their_turn_by_the_migration(orders: Queue, ben: Person, work: Work) -> None:
    names = ("answered", "failed", "waits", "agent", "wants", "closed", "empty")
    made = {name: sessions.start_session(orders, customer_name=name) for name in names}
    actor.says("On its way.", ModelError("away"))
    for name in ("answered", "failed"):
        messages.receive(made[name], "Hello?")
        work()
    for name in ("waits", "closed"):
        handover.take_over(made[name], ben)
        messages.receive(made[name], "Hello?")
    sessions.resolve(made["closed"], ben)
    messages.receive(made["agent"], "Hello?")
    escalation.ask_for_person(made["wants"])
    columns = ("pk", "waiting_for", "waiting_since", "person_wanted_for")
    before = list(Session.objects.order_by("pk").values_list(*columns))
    failed = list(Session.objects.filter(FAILED).values_list("pk", flat=True))
    assert len(failed) == 1
    Session.objects.update(waiting_for="nobody", answered_at=None, failed_at=None)
    for module, step in (("0034_whose_turn", "compute"), ("0036_views_and_marks", "find_failures")):
        getattr(importlib.import_module(f"sessions_app.migrations.{module}"), step)(apps, None)
    assert list(Session.objects.order_by("pk").values_list(*columns)) == before
    assert list(Session.objects.filter(FAILED).values_list("pk", flat=True)) == failed
