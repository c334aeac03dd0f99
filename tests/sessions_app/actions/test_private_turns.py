"""What people have the agent do for them: drafts for the composer, and private questions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from kern.errors import ModelError
from kern.records.history import NO_ANSWER
from kern.testing import ScriptedModel, call
from sessions_app.actions import handover, messages, private_turns, runs, sessions
from sessions_app.errors import InvalidAction
from sessions_app.models import Message, Person, Queue, Requirement, Run, Session
from sessions_app.views.live.customers import is_public
from sessions_app.workers import turns as turns_workers
from tests.desk import actor, ledger
from tests.sessions_app.naming_rules import name_by

Work = Callable[[], list[str]]


def fresh(session: Session) -> Session:
    return Session.objects.get(pk=session.pk)


def shown(session: Session) -> list[str]:
    return list(session.messages.for_customer().order_by("pk").values_list("content", flat=True))


def asked_of(model: ScriptedModel, request: int = -1) -> list[tuple[str, str]]:
    return [(m.role, m.content) for m in model.requests[request].messages if m.role in ("user", "assistant")]


def told(model: ScriptedModel) -> str:
    return " ".join(m.content for m in model.requests[-1].messages if m.role == "system")


@pytest.fixture
def led(session: Session, ana: Person) -> Session:
    """Ana leads; Kim wrote and waits for her."""
    handover.take_over(session, ana)
    messages.receive(session, "Where is order 7?")
    return session


def test_a_draft_is_for_the_person_alone(led: Session, ana: Person, work: Work) -> None:
    model = actor.says("It is on its way.")
    run = private_turns.draft(led, ana)
    assert work() == ["completed"]
    run.refresh_from_db()
    assert (run.purpose, run.asked_by, run.content) == ("draft", ana, "It is on its way.")
    assert asked_of(model) == [("user", "Where is order 7?")]
    assert "Ana can send" in told(model)
    assert "You work in a shop." in told(model)
    [words] = led.messages.filter(run=run)
    assert (words.internal, words.sent) == (True, False)
    assert shown(led) == ["Where is order 7?"]
    assert not is_public(run.run_id)


def test_a_draft_answers_nothing_and_is_no_part_of_the_conversation(led: Session, ana: Person, work: Work) -> None:
    actor.says("A draft nobody sent.")
    private_turns.draft(led, ana)
    work()
    model = actor.says("The answer.")
    handover.hand_back(led, ana)
    assert work() == ["completed", "completed"]
    assert asked_of(model) == [("user", "Where is order 7?")]
    assert shown(led) == ["Where is order 7?", "The answer."]


def test_a_draft_that_came_meanwhile_does_not_stop_a_reply(led: Session, ana: Person, work: Work) -> None:
    seen = fresh(led).last_change
    actor.says("A draft.")
    private_turns.draft(led, ana)
    work()
    messages.reply(led, ana, "In my own words.", seen=seen)
    assert shown(led)[-1] == "In my own words."


def test_there_is_nothing_to_draft_before_anybody_spoke_nor_while_the_agent_works(session: Session, ana: Person) -> None:
    with pytest.raises(InvalidAction, match="nothing to answer"):
        private_turns.draft(session, ana)
    messages.receive(session, "Hello")
    verbs: list[Callable[[], object]] = [
        lambda: private_turns.draft(session, ana),
        lambda: private_turns.ask_agent(session, ana, "Why?"),
    ]
    for verb in verbs:
        with pytest.raises(InvalidAction, match="working"):
            verb()
    assert Run.objects.count() == 1


def test_a_private_question_and_its_answer_stay_private(session: Session, ana: Person, work: Work) -> None:
    actor.says("Hello.", "The order is lost.", "I am looking into it.")
    model = actor.script
    messages.receive(session, "Hi")
    work()
    line = fresh(session).last_text
    run = private_turns.ask_agent(session, ana, "What happened to it really?")
    work()
    assert asked_of(model) == [("user", "Hi"), ("assistant", "Hello."), ("user", "What happened to it really?")]
    assert "Ana, a person of the team, asks you privately" in told(model)
    assert fresh(session).last_text == line
    messages.receive(session, "And?")
    work()
    assert asked_of(model) == [("user", "Hi"), ("assistant", "Hello."), ("user", "And?")]
    assert shown(session) == ["Hi", "Hello.", "And?", "I am looking into it."]
    assert not is_public(run.run_id)
    assert set(session.messages.filter(run=run).values_list("internal", "sent")) == {(True, False)}


def test_a_second_private_question_goes_on_from_the_first_and_sees_no_notes(session: Session, ana: Person, work: Work) -> None:
    model = actor.says("It is lost.", "Since Monday.")
    messages.note(session, ana, "A note")
    private_turns.ask_agent(session, ana, "Where is it?")
    work()
    private_turns.ask_agent(session, ana, "Since when?")
    work()
    assert asked_of(model) == [("user", "Where is it?"), ("assistant", "It is lost."), ("user", "Since when?")]


def test_private_talk_names_no_session(session: Session, orders: Queue, ana: Person, work: Work) -> None:
    name_by(after_messages=1, delay=0)
    actor.says("One.", "Two.")
    private_turns.ask_agent(session, ana, "First?")
    work()
    private_turns.ask_agent(session, ana, "Second?")
    work()
    assert fresh(session).name_due_at is None


def test_what_the_agent_would_do_for_a_person_is_asked_in_that_persons_name(
    session: Session, ana: Person, ben: Person, work: Work
) -> None:
    actor.says(call("refund", order="7", cents=100), "Done.")
    private_turns.ask_agent(session, ben, "Refund order 7 please")
    assert work() == ["paused"]
    question = Requirement.objects.get()
    assert question.asked_for_by == ben
    assert ledger.lines == []


def test_a_private_question_that_is_asked_again_begins_anew_in_the_name_of_who_asked_it(
    session: Session, ana: Person, ben: Person, work: Work
) -> None:
    actor.says(call("refund", order="7", cents=100))
    run = private_turns.ask_agent(session, ben, "Refund order 7 please")
    assert work() == ["paused"]
    messages.receive(session, "Do not!")
    model = actor.says(call("refund", order="7", cents=50), "It waits for Ana.")
    runs.ask_again(run, ana)
    assert work() == ["cancelled", "paused"]
    question, answer = ("user", "Refund order 7 please"), ("assistant", NO_ANSWER)
    assert asked_of(model) == [question, answer, ("user", "Do not!"), answer, question], "who said what stays apart"
    pending = session.requirements.pending().get()
    assert (pending.asked_for_by, pending.root.purpose, pending.arguments["cents"]) == (ben, "internal", 50)
    assert shown(session) == ["Do not!"]


def test_a_draft_that_is_asked_again_is_written_anew(led: Session, ana: Person, work: Work) -> None:
    actor.says(call("refund", order="7", cents=100))
    run = private_turns.draft(led, ana)
    assert work() == ["paused"]
    actor.says("It is on its way.")
    runs.ask_again(run, ana)
    assert work() == ["cancelled", "completed"]
    assert (Run.objects.latest("pk").purpose, Run.objects.latest("pk").asked_by) == ("draft", ana)


def test_a_message_that_comes_during_a_private_question_is_answered_after_it(session: Session, ana: Person, work: Work) -> None:
    model = actor.says("It is lost.", "We are looking.")
    private_turns.ask_agent(session, ana, "Where is it?")
    messages.receive(session, "Where is my order?")
    assert work() == ["completed", "completed"]
    assert asked_of(model) == [("user", "Where is my order?")]
    assert shown(session) == ["Where is my order?", "We are looking."]


def test_a_failed_draft_is_retried_while_the_person_leads(led: Session, ana: Person, work: Work) -> None:
    actor.says(ModelError("away"), "A draft.")
    run = private_turns.draft(led, ana)
    assert work() == ["error"]
    runs.retry(run, ana)
    assert work() == ["completed"]
    assert shown(led) == ["Where is order 7?"]


def test_the_private_words_of_a_cancelled_or_dead_worker_stay_private(session: Session, ana: Person, work: Work) -> None:
    run = private_turns.ask_agent(session, ana, "Where is it?")
    actor.says(lambda request: runs.cancel(run, ana) or "The order is lost.")  # type: ignore[func-returns-value]
    work()
    Run.objects.filter(pk=run.pk, status="running").update(lease_until=timezone.now() - timedelta(hours=1))
    turns_workers.recover()
    work()
    assert shown(session) == []
    assert not session.messages.filter(internal=False).exists()


def test_a_teams_members_work_privately_for_a_private_question(parcels: Queue, ana: Person, work: Work) -> None:
    actor.says(call("delegate_to_member", member="Packer", task="Look"), "It is broken.", "It is broken, Ana.")
    session = sessions.start_session(parcels, user_id="kim")
    private_turns.ask_agent(session, ana, "What is in it?")
    assert work() == ["completed"]
    assert set(Run.objects.values_list("purpose", flat=True)) == {"internal"}
    assert not Message.objects.filter(internal=False).exists()
