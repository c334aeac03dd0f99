"""Limits of a day: a customer's messages are refused in clear words, a customer's cost leaves the rest to people."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from kern.models.base import ModelAnswer, Usage
from kern.testing import call
from sessions_app.actions import handover, private_turns, runs, sessions
from sessions_app.actions import messages as message_actions
from sessions_app.changes.kinds import Kind
from sessions_app.customers.erasing import erase
from sessions_app.customers.whom import Customer
from sessions_app.errors import LimitReached
from sessions_app.models import ApiToken, CustomerDay, Message, Person, Queue, Run, Session
from sessions_app.workers import duties
from tests.at_once import at_once
from tests.desk import actor
from tests.programs import Program, code
from tests.sessions_app.admin.test_admin import queue_form
from tests.sessions_app.html import badges
from tests.signing_in import sign_in_afresh

Work = Callable[[], list[str]]
#: A dollar or more, by the public price of that model.
DEAR = ModelAnswer("Here it is.", usage=Usage(input_tokens=1_000_000, output_tokens=100_000), model="gpt-4o")


@pytest.fixture
def two_messages(orders: Queue) -> Queue:
    """Customers of the orders may send two messages a day."""
    orders.messages_per_day = 2
    orders.save()
    return orders


@pytest.fixture
def one_dollar(orders: Queue) -> Queue:
    """Answers to one customer of the orders may cost a dollar a day."""
    orders.cost_per_day = Decimal(1)
    orders.save()
    return orders


@pytest.fixture
def used_up(one_dollar: Queue, session: Session, work: Work) -> Session:
    """Kim's conversation, whose first answer took all of today's dollar."""
    actor.says(DEAR, "More.", "And more.")
    message_actions.receive(session, "Tell me everything")
    assert work() == ["completed"]
    return session


def a_day_later() -> None:
    """What is known of today becomes what is known of yesterday."""
    CustomerDay.objects.update(day=timezone.now().date() - timedelta(days=1))
    Session.objects.exclude(held_until=None).update(held_until=timezone.now() - timedelta(seconds=1))


def notes(session: Session) -> int:
    return session.changes.filter(kind=Kind.COST_REACHED).count()


# Messages -----------------------------------------------------------------------------------------------------------------


def test_a_customer_over_the_messages_of_a_day_keeps_the_words_and_hears_when_to_write_again(
    client: Client, two_messages: Queue
) -> None:
    address = client.post("/help/orders/", {"name": "Kim", "message": "first"})["Location"]
    assert client.post(f"{address}messages/", {"message": "second"}).status_code == 303
    refused = client.post(f"{address}messages/", {"message": "third <3", "key": "k3"})
    page = refused.content.decode()
    assert (refused.status_code, 1 <= int(refused["Retry-After"]) <= 86_401) == (429, True)
    assert re.search(r"You can write again in \d+ (hour|minute)", page)
    assert re.search(r"<textarea[^>]*>\s*third &lt;3</textarea>", page)
    assert 'value="k3"' in page  # so that sending it tomorrow is still the same message
    assert list(Message.objects.values_list("content", flat=True)) == ["first", "second"]
    a_day_later()
    assert client.post(f"{address}messages/", {"message": "third <3", "key": "k3"}).status_code == 303


def test_a_program_is_told_how_long_to_wait_and_what_it_sent_before_is_still_answered(
    two_messages: Queue, session: Session, ana: Person
) -> None:
    _token, secret = ApiToken.make("shop", ana)
    program, path = Program(secret), f"/sessions/{session.session_id}/messages"
    sent = [program.post(path, {"content": str(n)}, Idempotency_Key=f"k{n}") for n in range(3)]
    assert [answer.status_code for answer in sent] == [201, 201, 429]
    assert (code(sent[2]), int(sent[2]["Retry-After"]) > 0) == ("too_many_requests", True)
    again = program.post(path, {"content": "1"}, Idempotency_Key="k1")
    assert (again.status_code, again.json()["message_id"]) == (200, sent[1].json()["message_id"])
    assert session.messages.count() == 2


def test_a_user_is_one_customer_in_all_conversations_of_a_queue_and_who_has_no_id_is_one_in_each(
    two_messages: Queue, parcels: Queue
) -> None:
    kims, others = [("kim", two_messages)] * 3, [("lou", two_messages), ("kim", parcels), *[("", two_messages)] * 3]
    for number, (user_id, queue) in enumerate(kims + others):
        written = sessions.start_session(queue, user_id=user_id)
        if number != 2:
            message_actions.receive(written, "Hello")
        else:
            with pytest.raises(LimitReached):
                message_actions.receive(written, "Hello")
            assert not written.messages.exists()


def test_messages_that_come_at_once_are_counted_each(two_messages: Queue) -> None:
    conversations = [sessions.start_session(two_messages, user_id="kim") for _ in range(6)]

    def write(session: Session) -> bool:
        try:
            message_actions.receive(session, "Hello")
        except LimitReached:
            return False
        return True

    assert sum(at_once([lambda session=session: write(session) for session in conversations])) == 2  # type: ignore[misc]
    assert Message.objects.count() == CustomerDay.objects.get().messages == 2


def test_people_are_not_counted(two_messages: Queue, session: Session, ana: Person) -> None:
    for n in range(4):
        message_actions.reply(session, ana, f"Hello {n}", seen=session.last_change + 99)
        message_actions.note(session, ana, "For us")
    assert not CustomerDay.objects.exists()


@pytest.mark.parametrize("limit", [0, None])
def test_without_a_limit_nothing_is_kept(orders: Queue, session: Session, limit: int | None) -> None:
    Queue.objects.update(messages_per_day=limit)
    for n in range(4):
        message_actions.receive(session, f"Hello {n}")
    assert not CustomerDay.objects.exists()


def test_what_a_message_costs_the_database_does_not_grow(orders: Queue, session: Session) -> None:
    def asked(text: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            message_actions.receive(session, text)
        return sum("customerday" in query["sql"] for query in queries)

    assert (asked("first") > 1, asked("second"), asked("third")) == (True, 1, 1)


# Cost ---------------------------------------------------------------------------------------------------------------------


def test_over_the_cost_of_a_day_the_message_is_kept_and_a_person_answers(
    used_up: Session, work: Work, client: Client, ana: Person
) -> None:
    for text in ("And then?", "Hello?"):
        message_actions.receive(used_up, text)
    assert work() == ["completed"]
    used_up.refresh_from_db()
    assert (used_up.messages.filter(run=None).count(), used_up.is_held, notes(used_up)) == (2, True, 1)
    assert used_up.waiting_since is not None
    client.force_login(ana)
    page = client.get(f"/open/{used_up.session_id}/").content.decode()
    assert "Today’s cost for this customer is used up; a person answers." in page
    assert badges(client.get("/open/")) == ["Needs a person"]
    message_actions.reply(used_up, ana, "I am a person.", seen=used_up.last_change)
    assert badges(client.get("/open/")) == []


def test_on_the_next_day_the_agent_goes_on_by_itself(used_up: Session, work: Work) -> None:
    message_actions.receive(used_up, "And then?")
    duties.sweep()
    assert work() == ["completed"]
    a_day_later()
    duties.sweep()
    assert work() == ["completed", "completed"]
    used_up.refresh_from_db()
    assert (used_up.held_until, CustomerDay.objects.filter(microdollars__gt=0).count()) == (None, 0)


def test_what_a_person_starts_is_that_persons_decision(used_up: Session, work: Work, ana: Person) -> None:
    message_actions.receive(used_up, "And then?")
    private_turns.draft(used_up, ana)
    assert work() == ["completed", "completed"]
    handover.take_over(used_up, ana)
    handover.hand_back(used_up, ana)
    assert work() == ["completed"] * 3
    assert not Session.objects.get().is_held


def test_a_failed_turn_is_tried_again_by_a_person_and_counted_once(
    one_dollar: Queue, session: Session, work: Work, ana: Person
) -> None:
    step = ModelAnswer(tool_calls=[call("note_order", order="7")], usage=Usage(input_tokens=100_000), model="gpt-4o")
    actor.says(step, RuntimeError("away"))
    message_actions.receive(session, "How much is soap?")
    assert work() == ["error"]
    spent = CustomerDay.objects.get().microdollars
    assert spent > 0
    actor.says("One.")
    runs.retry(Run.objects.get(), ana)
    assert work() == ["completed"]
    assert CustomerDay.objects.get().microdollars == spent


def test_what_was_written_while_the_last_answer_took_the_rest_waits_for_a_person(
    one_dollar: Queue, session: Session, work: Work
) -> None:
    def meanwhile(_request: object) -> ModelAnswer:
        message_actions.receive(session, "One more thing")
        return DEAR

    actor.says(meanwhile, "No.")
    message_actions.receive(session, "Tell me everything")
    assert work() == ["completed"]
    assert (notes(session), session.messages.filter(run=None).count()) == (1, 1)


# Admins and erasing ---------------------------------------------------------------------------------------------------------


def test_admins_set_both_limits_on_the_queues_page(client: Client, orders: Queue, ana: Person) -> None:
    sign_in_afresh(client, ana)
    page = reverse("admin:sessions_app_queue_change", args=[orders.pk])
    assert orders.messages_per_day == 200
    for messages, cost, kept in (("7", "0.50", (7, Decimal("0.50"))), ("", "", (None, None)), ("0", "0", (0, Decimal(0)))):
        form = {**queue_form(orders), "messages_per_day": messages, "cost_per_day": cost}
        assert client.post(page, form).status_code == 302
        orders.refresh_from_db()
        assert (orders.messages_per_day, orders.cost_per_day) == kept
    for wrong in ({"messages_per_day": "-1"}, {"cost_per_day": "-0.01"}, {"cost_per_day": "NaN"}):
        assert client.post(page, {**queue_form(orders), **wrong}).status_code == 200


def test_erasing_a_customer_takes_what_they_used_along_and_old_days_go_by_themselves(orders: Queue) -> None:
    for user_id in ("kim", "lou"):
        message_actions.receive(sessions.start_session(orders, user_id=user_id), "Hello")
    erase(Customer.of("user_id", "kim"))
    assert CustomerDay.objects.count() == 1
    assert "lou" not in CustomerDay.objects.get().customer
    a_day_later()
    duties.sweep()
    assert not CustomerDay.objects.exists()
