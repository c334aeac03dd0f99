"""Hand-overs to people: by the customer, the agent, rules and colleagues; and that none leads back to the AI by itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from kern.agent import Agent
from kern.errors import ModelError
from kern.testing import ScriptedModel, call
from sessions_app.actions import escalation, handover, messages, runs, sessions
from sessions_app.errors import InvalidAction
from sessions_app.infrastructure import clock
from sessions_app.models import HandOver, Person, Queue, Session
from sessions_app.store import DjangoDb
from sessions_app.workers import turns as turns_workers
from tests.desk import actor

Work = Callable[[], list[str]]
TOLD = "A person of our team takes over and answers you here. The AI assistant no longer writes."


def row(session: Session) -> Session:
    return Session.objects.get(pk=session.pk)


def seen(session: Session) -> int:
    return row(session).last_change


def read_by_customer(session: Session) -> list[str]:
    return [message.content for message in session.messages.for_customer().order_by("pk")]


def hands_over(**arguments: Any) -> Any:
    return call("hand_over", **{"reason": "The refund needs a person.", "because": "cannot", **arguments})


def must_be_with_people(session: Session, reason: str) -> None:
    now = row(session)
    assert (now.person_wanted_for, now.effective_ai_mode, now.waiting_for) == (reason, "off", "person")


def must_stay_with_people(session: Session, ben: Person, work: Work) -> None:
    """Whatever comes by itself, no turn begins."""
    before = session.runs.count()
    messages.receive(session, "Hello? Anybody?")
    sessions.snooze(session, ben, clock.now() + timedelta(hours=1))
    Session.objects.filter(pk=session.pk).update(snoozed_until=clock.now() - timedelta(seconds=1))
    turns_workers.wake()
    turns_workers.go_on()
    turns_workers.recover()
    work()
    assert session.runs.count() == before
    actor.says("I am back!")
    Agent(actor, name="Clerk", db=DjangoDb()).run("Me again", session_id=session.session_id, user_id=session.user_id or None)
    assert "I am back!" not in read_by_customer(session)
    assert row(session).waiting_for == "person"


def test_an_agent_hands_over_and_the_customer_is_told_at_once(session: Session, ben: Person, work: Work) -> None:
    script = actor.says([hands_over()], "never asked for")
    messages.receive(session, "I want my money back for order 7")
    waits_since = row(session).waiting_since
    assert work() == ["completed"]
    must_be_with_people(session, "cannot")
    assert row(session).waiting_since == waits_since
    assert read_by_customer(session)[-1] == TOLD
    assert len(script.requests) == 1
    [made] = HandOver.objects.all()
    assert (made.by, made.note) == ("Clerk", "The refund needs a person.")
    must_stay_with_people(session, ben, work)


def test_the_queues_own_words_say_when_people_answer(session: Session, work: Work) -> None:
    Queue.objects.filter(slug="orders").update(person_notice="A colleague answers within 20 minutes.")
    actor.says([hands_over()])
    messages.receive(session, "Please help")
    work()
    assert read_by_customer(session)[-1] == "A colleague answers within 20 minutes."


def test_where_the_ai_only_drafts_the_queues_words_need_no_review(session: Session, ben: Person, work: Work) -> None:
    handover.set_mode(session, ben, "draft")
    actor.says([hands_over()])
    messages.receive(session, "Please help")
    assert work() == ["completed"]
    assert read_by_customer(session)[-1] == TOLD
    must_be_with_people(session, "cannot")
    handover.hand_back(session, ben)
    assert row(session).effective_ai_mode == "draft"


def test_a_team_hands_over_as_an_agent_does(parcels: Queue, work: Work) -> None:
    session = sessions.start_session(parcels, customer_name="Kim")
    actor.says([hands_over(because="asked")])
    messages.receive(session, "A person, please")
    work()
    must_be_with_people(session, "asked")


def test_every_sentence_of_a_brief_has_its_message_and_what_has_none_is_left_out(session: Session, work: Work) -> None:
    actor.says([call("note_order", order="7")], "Noted.")
    messages.receive(session, "My order 7 is broken. I want   a new one.")
    work()
    brief = [
        {"part": "wants", "sentence": "A new one.", "source": "i want a NEW one"},
        {"part": "done", "sentence": "Order 7 was noted.", "source": "is written down"},
        {"part": "open", "sentence": "Nobody knows what broke.", "source": "what broke?"},
        {"part": "open", "sentence": "He is angry.", "source": ""},
    ]
    actor.says([hands_over(brief=brief)])
    messages.receive(session, "What broke? No idea.")
    work()
    lines = HandOver.objects.get().brief
    assert [(line["part"], line["text"]) for line in lines] == [
        ("wants", "A new one."),
        ("done", "Order 7 was noted."),
        ("open", "Nobody knows what broke."),
    ]
    wrote = list(session.messages.filter(author_kind="customer").order_by("pk"))
    assert [lines[0]["message"], lines[2]["message"]] == [message.pk for message in wrote]
    assert lines[1]["run"] == session.runs.earliest("pk").run_id


def test_without_an_agents_brief_it_is_made_of_the_words_that_are_there(session: Session, work: Work) -> None:
    actor.says([call("note_order", order="7")], "Noted.")
    messages.receive(session, "My order 7 is broken")
    work()
    escalation.ask_for_person(session)
    [made] = HandOver.objects.all()
    assert [(line["part"], line["text"]) for line in made.brief] == [
        ("wants", "My order 7 is broken"),
        ("done", "note_order: Order 7 is written down."),
    ]


def test_a_failed_turn_needs_a_person_and_a_retry_hands_back(session: Session, ben: Person, work: Work) -> None:
    actor.says(ModelError("away", permanent=True))
    messages.receive(session, "Hello?")
    work()
    must_be_with_people(session, "failed")
    actor.says("Hello!")
    runs.retry(session.runs.get(), ben)
    assert row(session).person_wanted_at is None
    work()
    assert read_by_customer(session)[-1] == "Hello!"


def test_a_failed_turn_stays_with_people_until_one_of_them_acts(session: Session, ben: Person, work: Work) -> None:
    actor.says(ModelError("away", permanent=True))
    messages.receive(session, "Hello?")
    work()
    must_stay_with_people(session, ben, work)


def test_where_the_queue_says_so_a_failure_leaves_the_ai_at_work(session: Session, work: Work) -> None:
    Queue.objects.filter(slug="orders").update(hands_over_failures=False)
    actor.says(ModelError("away", permanent=True))
    messages.receive(session, "Hello?")
    work()
    assert row(session).person_wanted_at is None
    actor.says("Hello!")
    messages.receive(session, "Hello??")
    assert work()[-1] == "completed"


def test_a_word_of_the_queues_list_calls_a_person_before_any_model_is_asked(session: Session, ben: Person, work: Work) -> None:
    Queue.objects.filter(slug="orders").update(hand_over_words="lawyer\nsafety recall")
    messages.receive(session, "Is my lawyers' bill paid?")
    assert row(session).person_wanted_at is None or row(session).person_wanted_for == "words"
    messages.receive(session, "I will call my LAWYER.")
    must_be_with_people(session, "words")
    assert "lawyer" in HandOver.objects.latest("pk").note
    assert not session.runs.due().exists()
    must_stay_with_people(session, ben, work)


def test_answers_without_progress_call_a_person(session: Session, ben: Person, work: Work) -> None:
    Queue.objects.filter(slug="orders").update(hand_over_after=2)
    actor.says("Have you tried again?", [call("note_order", order="7")], "Noted.", "Try again.", "And again.")
    for words in ("It is broken", "Yes", "Still broken"):
        messages.receive(session, words)
        work()
        assert row(session).person_wanted_at is None
    messages.receive(session, "No")
    work()
    must_be_with_people(session, "no_progress")
    must_stay_with_people(session, ben, work)


def test_a_colleague_asks_the_others_with_a_note(session: Session, ben: Person, work: Work) -> None:
    assert escalation.ask_colleagues(session, ben, " Can the next shift call him? ")
    must_be_with_people(session, "colleague")
    assert row(session).person_wanted_by == "Ben"
    assert HandOver.objects.get().note == "Can the next shift call him?"
    assert not escalation.ask_colleagues(session, ben, "Again")
    with pytest.raises(InvalidAction):
        escalation.ask_colleagues(session, ben, "x" * 1001)
    must_stay_with_people(session, ben, work)


def test_an_answer_a_hand_back_and_resolving_end_the_request(session: Session, ben: Person) -> None:
    ends: list[Callable[[], object]] = [
        lambda: messages.reply(session, ben, "Here I am.", seen=seen(session)),
        lambda: handover.hand_back(session, ben),
        lambda: sessions.resolve(session, ben),
    ]
    for end in ends:
        escalation.ask_colleagues(session, ben)
        assert row(session).person_wanted_for == "colleague"
        end()
        assert (row(session).person_wanted_at, row(session).person_wanted_for, row(session).person_wanted_by) == (None, "", "")
        handover.hand_back(session, ben)


def test_a_note_answers_nobody(session: Session, ben: Person) -> None:
    escalation.ask_for_person(session)
    messages.note(session, ben, "I look at it")
    must_be_with_people(session, "asked")


def test_an_agent_that_was_handed_back_is_told_so(session: Session, ben: Person, work: Work) -> None:
    script = actor.says([hands_over()], "I answer again.")
    messages.receive(session, "Please help")
    work()
    handover.hand_back(session, ben)
    messages.receive(session, "And now?")
    work()
    assert read_by_customer(session)[-1] == "I answer again."
    assert "handed it back to you" in script.requests[-1].messages[0].content
    assert "handed it back" not in script.requests[0].messages[0].content


def test_an_agent_cannot_hand_over_in_a_private_turn(session: Session, ben: Person, work: Work) -> None:
    from sessions_app.actions import private_turns

    messages.receive(session, "Please help")
    actor.says("Yes.")
    work()
    script = actor.says("A draft.")
    private_turns.draft(session, ben)
    work()
    assert "hand_over" not in [tool.name for tool in script.requests[0].tools]
    assert row(session).person_wanted_at is None


def test_a_worker_that_comes_again_hands_over_once(session: Session, work: Work) -> None:
    actor.says([hands_over()])
    messages.receive(session, "Please help")
    work()
    turns_workers.execute(session.runs.get().run_id)
    assert HandOver.objects.count() == 1
    assert read_by_customer(session).count(TOLD) == 1


def test_a_library_agent_outside_the_desk_fails_without_a_hand_over(rows: None) -> None:
    agent = Agent(ScriptedModel([ModelError("away"), "Here."]), db=DjangoDb(), name="Clerk")
    with pytest.raises(ModelError):
        agent.run("Hello?", session_id="lib")
    assert agent.run("Hello?", session_id="lib").content == "Here."
