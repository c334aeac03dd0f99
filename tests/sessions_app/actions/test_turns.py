"""What customers and people do to a conversation, and which turns of the AI follow from it."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from celery import Celery
from django.db import connection
from django.utils import timezone

from kern.errors import ModelError
from kern.records.history import LEFT_OUT
from kern.testing import call
from kern_inbox.celery import app
from kern_inbox.run.embedded_redis import free_port
from sessions_app.actions import handover, messages, runs, sessions
from sessions_app.errors import IdempotencyConflict, InvalidAction, StaleError
from sessions_app.models import Message, Person, Queue, Run, Session, SessionRead
from sessions_app.workers import turns as turns_workers
from tests.desk import actor

Work = Callable[[], list[str]]


def kinds(session: Session) -> list[str]:
    return list(session.changes.order_by("pk").values_list("kind", flat=True))


def said(session: Session) -> list[str]:
    return list(session.messages.said().order_by("pk").values_list("content", flat=True))


def seen(session: Session) -> int:
    return Session.objects.get(pk=session.pk).last_change


def status(session: Session) -> str:
    return Session.objects.get(pk=session.pk).status


def newest_run(session: Session) -> Run:
    return session.runs.roots().latest("pk")


def test_a_customers_message_is_answered(session: Session, work: Work) -> None:
    model = actor.says("It is on its way.")
    message = messages.receive(session, "  Where is my order?\n")
    assert work() == ["completed"]
    assert said(session) == ["Where is my order?", "It is on its way."]
    assert [m.content for m in model.requests[0].messages if m.role == "user"] == [message.content]


def test_a_message_that_the_models_server_refuses_does_not_poison_the_next_turn(session: Session, work: Work) -> None:
    Queue.objects.update(hands_over_failures=False)
    refusal = ModelError("the provider's content filter stopped the answer", permanent=True)
    model = actor.says("Hello.", refusal, "In Oslo.")
    for words in ("Hi", "POISON", "Where is my order?"):
        messages.receive(session, words)
        work()
    assert [run.status for run in session.runs.order_by("pk")] == ["completed", "error", "completed"]
    assert "POISON" in said(session), "people see what was written"
    sent = [(m.role, m.content) for m in model.requests[-1].messages if m.role != "system"]
    assert sent == [("user", "Hi"), ("assistant", "Hello."), ("user", f"{LEFT_OUT}\n\nWhere is my order?")]


def test_a_turn_that_failed_for_a_while_is_read_with_the_next_one(session: Session, work: Work) -> None:
    Queue.objects.update(hands_over_failures=False)
    model = actor.says(ModelError("the server is busy"), "In Oslo.")
    for words in ("My number is A-1001.", "Where is my order?"):
        messages.receive(session, words)
        work()
    sent = [(m.role, m.content) for m in model.requests[-1].messages if m.role != "system"]
    assert sent == [("user", "My number is A-1001.\n\nWhere is my order?")]


def test_messages_that_arrive_meanwhile_are_answered_by_one_next_turn(session: Session, work: Work) -> None:
    def more_arrives(request: object) -> str:
        messages.receive(session, "It is urgent.")
        messages.receive(session, "Hello?")
        return "Looking."

    model = actor.says(more_arrives, "Here it is.")
    messages.receive(session, "Where is my order?")
    assert work() == ["completed", "completed"]
    asked = [m.content for m in model.requests[1].messages if m.role == "user"]
    assert asked == ["Where is my order?", "It is urgent.\n\nHello?"]


@pytest.mark.parametrize("text", ["", " \n\t ", "\u200b\u2060 \ufeff", "x" * 100_001])
def test_an_empty_or_endless_message_is_refused_and_nothing_is_stored(session: Session, text: str) -> None:
    with pytest.raises(InvalidAction):
        messages.receive(session, text)
    assert said(session) == []


def test_characters_no_database_keeps_do_no_harm(session: Session) -> None:
    assert "order" in messages.receive(session, "my\x00 order \ud800").content


def test_the_same_key_stores_a_message_once_in_a_session(session: Session, orders: Queue) -> None:
    other = sessions.start_session(orders, user_id="lou")
    first = messages.receive(session, "Hello", idempotency_key="k1")
    again = messages.receive(session, " Hello ", idempotency_key="k1")
    elsewhere = messages.receive(other, "Hello", idempotency_key="k1")
    assert again == first
    assert elsewhere != first
    assert said(session) == ["Hello"]


def test_other_words_with_a_used_key_are_refused_and_not_dropped(session: Session) -> None:
    messages.receive(session, "Hello", idempotency_key="k1")
    with pytest.raises(IdempotencyConflict):
        messages.receive(session, "And where is order 8?", idempotency_key="k1")
    assert said(session) == ["Hello"]


def test_of_two_different_messages_at_once_with_one_key_one_is_refused(session: Session) -> None:
    together = threading.Barrier(2)

    def send(text: str) -> str:
        together.wait()
        try:
            return messages.receive(session, text, idempotency_key="k1").content
        except IdempotencyConflict:
            return "refused"
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(send, ["One", "Two"]))
    assert sorted(told) == sorted([*said(session), "refused"])


def test_an_id_is_one_users_session_for_ever(orders: Queue, parcels: Queue) -> None:
    mine = sessions.start_session(orders, user_id="kim", session_id="case-7")
    assert sessions.start_session(orders, user_id="kim", session_id="case-7") == mine
    for queue, user in ((orders, "lou"), (orders, ""), (parcels, "kim")):
        with pytest.raises(InvalidAction):
            sessions.start_session(queue, user_id=user, session_id="case-7")


def test_numbers_and_uuids_are_ids_as_text_and_what_is_no_id_begins_nothing(orders: Queue) -> None:
    key = uuid.uuid4()
    assert sessions.start_session(orders, user_id=42, session_id=key) == sessions.start_session(
        orders, user_id="42", session_id=str(key)
    )
    for bad in ("  ", "a\x00b", "\ud83d", "x" * 201, "a\nb", True, 1.5):
        with pytest.raises(InvalidAction):
            sessions.start_session(orders, user_id=bad)  # type: ignore[arg-type]
        with pytest.raises(InvalidAction):
            sessions.start_session(orders, session_id=bad)  # type: ignore[arg-type]
    with pytest.raises(InvalidAction):
        sessions.start_session(orders, session_id="")
    assert Session.objects.count() == 1


def test_a_team_answers_where_the_queue_has_one(parcels: Queue, work: Work) -> None:
    actor.says(call("delegate_to_member", member="Packer", task="Pack it"), "Packed.", "Your parcel is packed.")
    session = sessions.start_session(parcels, user_id="kim")
    messages.receive(session, "Is it packed?")
    assert work() == ["completed"]
    assert session.kind == "team"
    assert said(session) == ["Is it packed?", "Your parcel is packed."]


def test_a_closed_conversation_opens_again_when_the_customer_writes(session: Session, ana: Person) -> None:
    sessions.resolve(session, ana)
    assert status(session) == "closed"
    messages.receive(session, "One more thing")
    assert status(session) == "open"


def test_a_snoozed_conversation_comes_back_in_time_or_with_the_customer(session: Session, ana: Person) -> None:
    with pytest.raises(InvalidAction):
        sessions.snooze(session, ana, timezone.now() - timedelta(minutes=1))
    sessions.snooze(session, ana, timezone.now() + timedelta(days=1))
    turns_workers.wake()
    assert status(session) == "snoozed"
    Session.objects.filter(pk=session.pk).update(snoozed_until=timezone.now() - timedelta(seconds=1))
    turns_workers.wake()
    assert status(session) == "open"
    sessions.snooze(session, ana, None)
    turns_workers.wake()
    assert status(session) == "snoozed"
    messages.receive(session, "Hello?")
    assert status(session) == "open"


def test_a_reply_that_missed_something_is_stopped_and_shown_what_is_new(session: Session, ana: Person, ben: Person) -> None:
    old = seen(session)
    messages.receive(session, "Wait!")
    with pytest.raises(StaleError) as stopped:
        messages.reply(session, ana, "Done.", seen=old)
    assert [change.kind for change in stopped.value.changes] == ["message.customer"]
    both_saw = seen(session)
    messages.reply(session, ana, "Done.", seen=both_saw)
    with pytest.raises(StaleError):
        messages.reply(session, ben, "Done, too.", seen=both_saw)


def test_ones_own_words_and_mere_housekeeping_do_not_stop_a_reply(session: Session, ana: Person, ben: Person) -> None:
    old = seen(session)
    messages.reply(session, ana, "First.", seen=old)
    sessions.assign(session, ben, ben)
    messages.reply(session, ana, "Second.", seen=old)
    assert said(session) == ["First.", "Second."]


def test_the_model_sees_a_persons_reply_and_never_a_note(session: Session, ana: Person, work: Work) -> None:
    model = actor.says("Yes.")
    messages.reply(session, ana, "We looked into it.", seen=seen(session))
    messages.note(session, ana, "Careful, this one shouts.")
    messages.receive(session, "And?")
    work()
    asked = " ".join(m.content for m in model.requests[0].messages)
    assert "We looked into it." in asked
    assert "shouts" not in asked
    assert not session.messages.for_customer().filter(content__contains="shouts").exists()


def test_after_taking_over_nothing_of_the_ai_lands(session: Session, ana: Person, work: Work) -> None:
    def ana_is_faster(request: object) -> str:
        handover.take_over(session, ana)
        return "From the AI."

    actor.says(ana_is_faster)
    messages.receive(session, "Help")
    assert work() == ["cancelled"]
    messages.receive(session, "Anybody?")
    assert work() == ["cancelled"]
    assert said(session) == ["Help", "Anybody?"]
    assert Session.objects.get(pk=session.pk).assignee == ana


def test_handing_back_answers_what_nobody_answered(session: Session, ana: Person, work: Work) -> None:
    model = actor.says("Here I am.")
    messages.receive(session, "Help")
    handover.take_over(session, ana)
    handover.hand_back(session, ana)
    assert work() == ["cancelled", "completed"]
    assert [m.content for m in model.requests[0].messages if m.role == "user"] == ["Help"]


def test_handing_back_leaves_what_a_person_answered(session: Session, ana: Person, work: Work) -> None:
    messages.receive(session, "Help")
    handover.take_over(session, ana)
    messages.reply(session, ana, "Done.", seen=seen(session))
    handover.hand_back(session, ana)
    assert work() == ["cancelled"]


def test_a_pending_turn_is_cancelled_at_once_and_an_ended_one_not_at_all(session: Session, ana: Person, work: Work) -> None:
    messages.receive(session, "Help")
    runs.cancel(newest_run(session), ana)
    assert work() == ["cancelled"]
    with pytest.raises(InvalidAction):
        runs.cancel(newest_run(session), ana)


def test_a_working_turn_stops_at_its_next_step(session: Session, ana: Person, work: Work) -> None:
    def ana_stops_it(request: object) -> object:
        runs.cancel(newest_run(session), ana)
        return call("note_order", order="7")

    actor.says(ana_stops_it)  # type: ignore[arg-type]
    messages.receive(session, "Note order 7")
    assert work() == ["cancelled"]
    assert "run.cancel_requested" in kinds(session)


def test_a_failed_turn_is_worked_again_on_retry(session: Session, ana: Person, work: Work) -> None:
    actor.says(ModelError("the server is away"), "Here I am.")
    messages.receive(session, "Help")
    assert work() == ["error"]
    assert "the server is away" in newest_run(session).error
    runs.retry(newest_run(session), ana)
    assert work() == ["completed"]
    assert newest_run(session).error == ""
    with pytest.raises(InvalidAction):
        runs.retry(newest_run(session), ana)


def test_only_the_newest_turn_can_be_retried(session: Session, ana: Person, work: Work) -> None:
    Queue.objects.update(hands_over_failures=False)
    actor.says(ModelError("away"), "Here I am.")
    messages.receive(session, "Help")
    work()
    failed = newest_run(session)
    messages.receive(session, "Hello?")
    assert work() == ["error", "completed"]
    with pytest.raises(InvalidAction):
        runs.retry(failed, ana)


def test_asking_again_drops_the_question_and_sees_what_was_said_since(session: Session, ana: Person, work: Work) -> None:
    model = actor.says(call("refund", order="7", cents=100), "Not refunded, as you wish.")
    messages.receive(session, "Refund order 7")
    assert work() == ["paused"]
    messages.receive(session, "No, do not")
    assert session.requirements.get().look_again
    runs.ask_again(newest_run(session), ana)
    assert work() == ["cancelled", "completed"]
    assert session.requirements.get().status == "superseded"
    assert [m.content for m in model.requests[1].messages if m.role == "user"] == ["Refund order 7\n\nNo, do not"]


def test_asking_again_without_news_answers_the_same_question(session: Session, ana: Person, work: Work) -> None:
    model = actor.says(call("refund", order="7", cents=100), "Let me explain.")
    messages.receive(session, "Refund order 7")
    work()
    runs.ask_again(newest_run(session), ana)
    assert work() == ["cancelled", "completed"]
    assert [m.content for m in model.requests[1].messages if m.role == "user"] == ["Refund order 7"]


def test_closing_drops_what_was_still_asked(session: Session, ana: Person, work: Work) -> None:
    actor.says(call("refund", order="7", cents=100))
    messages.receive(session, "Refund order 7")
    work()
    sessions.resolve(session, ana)
    assert session.requirements.get().status == "cancelled"
    assert newest_run(session).status == "cancelled"


def test_a_session_is_given_only_to_somebody_who_can_see_it(session: Session, ana: Person, ben: Person, cy: Person) -> None:
    sessions.assign(session, ana, ben)
    assert Session.objects.of(ben).get() == session
    with pytest.raises(InvalidAction):
        sessions.assign(session, ana, cy)
    sessions.assign(session, ana, None)
    assert Session.objects.unassigned().get() == session


def test_having_read_never_goes_back(session: Session, ana: Person) -> None:
    early = Session.objects.get(pk=session.pk)
    messages.receive(session, "Hello")
    late = Session.objects.get(pk=session.pk)
    sessions.mark_read(late, ana)
    sessions.mark_read(early, ana)
    assert SessionRead.objects.get(person=ana).last_change == late.last_change


@pytest.fixture
def broker_away() -> Iterator[None]:
    """Tasks are published to a broker that nobody runs."""
    Celery("away", broker=f"redis://127.0.0.1:{free_port()}/0", set_as_current=True)
    yield
    app.set_current()


def test_a_broker_that_is_away_fails_no_request(session: Session, broker_away: None, caplog: pytest.LogCaptureFixture) -> None:
    messages.receive(session, "Hello")
    assert Run.objects.due().count() == 1
    assert len([line for line in caplog.messages if "the sweep will" in line]) == 1


def test_notes_and_answers_have_their_authors(session: Session, ana: Person) -> None:
    note = messages.note(session, ana, "A note")
    reply = messages.reply(session, ana, "A reply", seen=seen(session))
    assert [(m.author_kind, m.author, m.internal) for m in (note, reply)] == [
        (Message.Author.PERSON, "Ana", True),
        (Message.Author.PERSON, "Ana", False),
    ]
