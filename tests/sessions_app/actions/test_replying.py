"""A person's reply: whose the conversation becomes, the answer that the AI was writing, and who leads from then on."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from kern.models.base import ModelAnswer, ModelEvent, ModelRequest, TextDelta
from kern.testing import ScriptedModel, call
from sessions_app.actions import decisions, handover, messages, private_turns, sessions
from sessions_app.models import Person, Queue, Requirement, Session
from sessions_app.queries.presenters.after_reply import after_reply
from tests.desk import actor, ledger

Work = Callable[[], list[str]]


def row(session: Session) -> Session:
    return Session.objects.get(pk=session.pk)


def seen(session: Session) -> int:
    return row(session).last_change


def shown(session: Session) -> list[str]:
    return list(session.messages.for_customer().order_by("pk").values_list("content", flat=True))


class Interrupted(ScriptedModel):
    """Says some words, and goes on after something has happened."""

    def __init__(self, happens: Callable[[], object]) -> None:
        super().__init__([])
        self.happens = happens

    def stream(self, request: ModelRequest) -> Iterator[ModelEvent]:
        yield TextDelta("I will ")
        self.happens()
        yield ModelAnswer(content="I will refund you.", model=self.id)


@pytest.fixture
def people_lead(orders: Queue) -> None:
    """In this queue people lead after their reply."""
    Queue.objects.filter(pk=orders.pk).update(after_reply="people")


def test_a_reply_makes_the_conversation_the_persons_if_it_is_nobodys(session: Session, ana: Person, ben: Person) -> None:
    messages.reply(session, ben, "Hello", seen=seen(session))
    assert row(session).assignee == ben
    messages.reply(session, ana, "I help, too", seen=seen(session))
    assert row(session).assignee == ben
    assert list(session.changes.filter(kind="session.assigned").values_list("actor", flat=True)) == ["Ben"]


def test_a_note_and_a_question_to_the_agent_make_it_nobodys(session: Session, ben: Person) -> None:
    messages.note(session, ben, "Look at this")
    private_turns.ask_agent(session, ben, "What do you think?")
    assert row(session).assignee is None


def test_a_reply_stops_the_answer_that_waits_for_a_worker(session: Session, ben: Person, work: Work) -> None:
    actor.says("never said")
    messages.receive(session, "Where is it?")
    messages.reply(session, ben, "In Oslo.", seen=seen(session))
    assert work() == ["cancelled"]
    assert shown(session) == ["Where is it?", "In Oslo."]
    assert (row(session).waiting_for, row(session).effective_ai_mode) == ("customer", "autopilot")


def test_a_reply_stops_the_answer_that_is_being_written_and_keeps_its_words(session: Session, ben: Person, work: Work) -> None:
    actor.script = Interrupted(lambda: messages.reply(session, ben, "Done already.", seen=seen(session)))
    messages.receive(session, "Refund me")
    assert work() == ["cancelled"]
    assert shown(session) == ["Refund me", "Done already."]
    assert list(session.messages.filter(sent=False).values_list("content", flat=True)) == ["I will "]


def test_the_ai_goes_on_with_the_next_message_knowing_the_reply(session: Session, ben: Person, work: Work) -> None:
    messages.receive(session, "Where is it?")
    messages.reply(session, ben, "In Oslo.", seen=seen(session))
    model = actor.says("Tomorrow.")
    messages.receive(session, "When does it come?")
    assert work() == ["cancelled", "completed"]
    asked = [(m.role, m.content) for m in model.requests[0].messages if m.role in ("user", "assistant")]
    assert asked == [("user", "Where is it?"), ("assistant", "In Oslo."), ("user", "When does it come?")]


def test_where_people_lead_the_ai_is_silent_after_a_reply_until_it_is_handed_back(
    session: Session, ben: Person, work: Work, people_lead: None
) -> None:
    messages.receive(session, "Where is it?")
    messages.reply(session, ben, "In Oslo.", seen=seen(session))
    assert row(session).can_be_handed_back
    messages.receive(session, "When does it come?")
    assert (work(), row(session).waiting_for) == (["cancelled"], "person")
    actor.says("Tomorrow.")
    handover.hand_back(session, ben)
    assert work() == ["cancelled", "completed"]


def test_a_pending_decision_is_not_dropped_by_a_reply(
    asked: Callable[..., Requirement], session: Session, ana: Person, ben: Person, work: Work, people_lead: None
) -> None:
    question = asked(call("refund", order="7", cents=100))
    messages.reply(session, ben, "One moment, we look at it.", seen=seen(session))
    assert (row(session).effective_ai_mode, row(session).assignee) == ("autopilot", ben)
    decisions.approve(Requirement.objects.get(pk=question.pk), ana, seen=seen(session))
    assert (work(), len(ledger.lines)) == (["completed"], 1)


def test_a_persons_private_question_is_answered_although_somebody_replies(session: Session, ben: Person, work: Work) -> None:
    actor.says("Ask for the number.")
    private_turns.ask_agent(session, ben, "What now?")
    messages.reply(session, ben, "Which number?", seen=seen(session))
    assert work() == ["completed"]


def test_what_follows_is_said_before_sending(session: Session, ben: Person, orders: Queue) -> None:
    def said(status: str = "", purpose: str = "") -> str:
        return after_reply(Session.objects.select_related("queue").get(pk=session.pk), "Clerk", status, purpose)

    assert said() == "After you reply: Clerk answers the next message"
    assert said("running", "internal") == said()
    assert said("running", "answer") == f"Sending stops the answer being written. {said()}"
    Queue.objects.update(after_reply="people")
    assert said() == "After you reply: the AI stays silent"
    assert said("paused", "answer") == "After you reply: Clerk still waits for the decision"
    handover.set_mode(session, ben, "draft")
    assert said() == "After you reply: Clerk drafts, a person sends"
    handover.take_over(session, ben)
    assert said() == "After you reply: the AI stays silent"


def test_resolving_with_the_reply_leaves_the_conversation_the_persons(session: Session, ben: Person) -> None:
    messages.reply(session, ben, "Done.", seen=seen(session))
    sessions.resolve(session, ben)
    assert (row(session).assignee, row(session).status) == (ben, "closed")
