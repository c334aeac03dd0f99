"""What naming costs is counted, failed tries too, and a month's budget stops what is automatic."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.utils import timezone

from kern.models.base import ModelAnswer, Usage
from sessions_app.actions import messages, names, naming_rules
from sessions_app.models import NamingSpend, Person, Queue, Session
from sessions_app.policy import naming_budget
from sessions_app.workers import naming
from tests.desk import actor
from tests.sessions_app.naming_rules import name_by

USED = Usage(input_tokens=1_000_000, output_tokens=10)
#: A model with a public price: 2 dollars and more for a million tokens of input.
PRICED = "gpt-4.1"


@pytest.fixture
def due(session: Session) -> Session:
    """A conversation whose naming is due, by a model that costs something."""
    actor.id = PRICED
    messages.receive(session, "My blue parcel is late")
    Session.objects.update(name_due_at=timezone.now())
    return session


def answer(text: str) -> ModelAnswer:
    return ModelAnswer(text, usage=USED, model=PRICED)


def row(session: Session) -> Session:
    return Session.objects.get(pk=session.pk)


def test_tokens_and_cost_are_kept_with_the_name_the_session_and_the_month(due: Session, orders: Queue) -> None:
    actor.says(answer("one two three four five six seven"), answer("Late blue parcel"))
    naming.name(due.session_id)
    record = due.names.get()
    assert (record.name, record.version, record.model, record.tokens) == ("Late blue parcel", 1, PRICED, 2_000_020)
    assert record.microdollars >= 4_000_000
    spent = NamingSpend.objects.get(queue=orders)
    assert (spent.tries, spent.tokens, spent.microdollars) == (2, record.tokens, record.microdollars)
    assert (row(due).naming_tokens, row(due).naming_microdollars) == (record.tokens, record.microdollars)


def test_a_try_that_gives_no_name_costs_too(due: Session, orders: Queue) -> None:
    actor.says(answer(""), answer(""))
    naming.name(due.session_id)
    assert row(due).name_source == "provisional"
    spent = NamingSpend.objects.get(queue=orders)
    assert (spent.tries, spent.tokens) == (2, 2 * 1_000_010)
    assert spent.microdollars >= 4_000_000


def test_a_used_up_budget_stops_automatic_names_until_the_next_month(due: Session, orders: Queue) -> None:
    name_by(orders, monthly_budget=1)
    actor.says(answer("Late blue parcel"))
    naming.name(due.session_id)
    assert NamingSpend.objects.get(queue=orders).used_up_at is not None
    Session.objects.update(name_source="provisional", name_due_at=timezone.now())
    actor.says(answer("Another name"))
    naming.name(due.session_id)
    assert actor.script.requests == []
    assert row(due).name_due_at == naming_budget.next_month()
    assert naming_budget.resume(orders) == 1
    assert naming.due() == [due.session_id]


def test_a_larger_budget_lets_automatic_names_go_on_at_once(due: Session, orders: Queue, ana: Person) -> None:
    name_by(orders, monthly_budget=1)
    NamingSpend.objects.create(queue=orders, microdollars=5_000_000)
    naming.name(due.session_id)
    assert naming.due() == []
    naming_rules.save(orders, ana, {**naming_rules.values_of(orders), "monthly_budget": Decimal(10)})
    assert naming.due() == [due.session_id]


def test_people_may_ask_for_a_name_although_the_budget_is_used_up(due: Session, orders: Queue, ana: Person) -> None:
    name_by(orders, monthly_budget=1)
    NamingSpend.objects.create(queue=orders, microdollars=5_000_000)
    names.generate(due, ana)
    actor.says(answer("Late blue parcel"))
    naming.name(due.session_id)
    assert row(due).name == "Late blue parcel"


def test_where_the_budget_says_so_names_go_on_without_a_language_model(due: Session, orders: Queue) -> None:
    name_by(orders, monthly_budget=1, over_budget="offline")
    NamingSpend.objects.create(queue=orders, microdollars=5_000_000)
    actor.says(answer("Late blue parcel"))
    naming.name(due.session_id)
    assert actor.script.requests == []
    assert row(due).name_source == "auto"
