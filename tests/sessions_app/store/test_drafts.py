"""Draft mode: the answer itself is what people are asked about; nothing reaches the customer before they send it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kern.errors import InvalidAnswerError
from kern.testing import ScriptedModel
from sessions_app.actions import decisions, handover, messages, runs
from sessions_app.errors import AlreadyDecided, StaleError
from sessions_app.models import Message, Person, Queue, Requirement, Session
from sessions_app.store import DjangoDb
from tests.deciding import tighten, verdicts
from tests.desk import actor

Work = Callable[[], list[str]]


def seen(session: Session) -> int:
    return Session.objects.get(pk=session.pk).last_change


def shown(session: Session) -> list[str]:
    return list(session.messages.for_customer().order_by("pk").values_list("content", flat=True))


@pytest.fixture
def drafting(session: Session, orders: Queue) -> Session:
    """Kim's conversation in a queue where the AI only drafts."""
    orders.ai_mode = "draft"
    orders.save()
    return session


Drafted = Callable[..., Requirement]


@pytest.fixture
def drafted(drafting: Session, work: Work) -> Drafted:
    """Have the agent draft an answer to Kim; returns the question that people got."""

    def draft(*replies: str) -> Requirement:
        actor.says(*replies)
        messages.receive(drafting, "Where is order 7?")
        assert work() == ["paused"]
        return drafting.requirements.get()

    return draft


def test_a_draft_waits_for_a_person_and_is_sent_as_it_is(drafting: Session, drafted: Drafted, ana: Person, work: Work) -> None:
    question = drafted("It is on its way.")
    assert (question.kind, question.reason, question.arguments) == ("confirmation", "draft", {"text": "It is on its way."})
    assert shown(drafting) == ["Where is order 7?"]
    decisions.approve(question, ana, seen=seen(drafting))
    assert shown(drafting) == ["Where is order 7?"]
    assert work() == ["completed"]
    assert shown(drafting) == ["Where is order 7?", "It is on its way."]
    assert Session.objects.get(pk=drafting.pk).last_text == "It is on its way."


def test_a_draft_that_two_must_approve_is_not_replaced_by_one(
    drafting: Session, drafted: Drafted, ana: Person, ben: Person, work: Work
) -> None:
    tighten(drafting, "send_answer", approvers=2)
    question = drafted("It is on its way.")
    decisions.respond(question, ben, text="One person's words.", seen=seen(drafting))
    assert work() == ["paused"]
    assert shown(drafting) == ["Where is order 7?"]
    decisions.approve(question, ana, seen=seen(drafting))
    assert work() == ["completed"]
    assert shown(drafting) == ["Where is order 7?", "One person's words."]


def test_an_answer_in_the_place_of_a_draft_is_that_draft_edited(
    drafting: Session, drafted: Drafted, ana: Person, work: Work
) -> None:
    question = drafted("It is on its way.")
    decisions.respond(question, ana, text="It comes on Monday.", seen=seen(drafting))
    assert work() == ["completed"]
    assert shown(drafting) == ["Where is order 7?", "It comes on Monday."]
    assert verdicts(question) == ["asked", "approved", "executed"]


def test_a_draft_is_not_edited_to_nothing(drafting: Session, drafted: Drafted, ana: Person) -> None:
    question = drafted("It is on its way.")
    with pytest.raises(InvalidAnswerError):
        decisions.approve(question, ana, arguments={"text": " \n"}, seen=seen(drafting))
    assert verdicts(question) == ["asked"]


def test_a_program_does_not_write_in_the_place_of_a_draft_that_two_must_approve(drafting: Session, drafted: Drafted) -> None:
    tighten(drafting, "send_answer", approvers=2)
    run_id = drafted("It is on its way.").root.run_id
    loaded = DjangoDb().load_run(run_id)
    assert loaded is not None
    (record,) = loaded.requirements
    record.respond("A program's words.")
    with pytest.raises(InvalidAnswerError, match="two people"):
        DjangoDb().answer_run(run_id, [record])


def test_an_edited_draft_is_sent_and_both_versions_are_kept(
    drafting: Session, drafted: Drafted, ana: Person, work: Work
) -> None:
    question = drafted("It is on its way.")
    decisions.approve(question, ana, arguments={"text": "It comes on Monday."}, seen=seen(drafting))
    assert work() == ["completed"]
    assert shown(drafting) == ["Where is order 7?", "It comes on Monday."]
    kept = Requirement.objects.get()
    assert (kept.arguments, kept.edited_arguments) == ({"text": "It is on its way."}, {"text": "It comes on Monday."})
    model = actor.says("At noon.")
    messages.receive(drafting, "When?")
    work()
    said = [(m.role, m.content) for m in model.requests[0].messages if m.role != "system"]
    assert said == [("user", "Where is order 7?"), ("assistant", "It comes on Monday."), ("user", "When?")]


def test_a_rejected_draft_is_written_again_as_instructed(drafting: Session, drafted: Drafted, ana: Person, work: Work) -> None:
    question = drafted("No idea.", "I am sorry, let me look.")
    model: ScriptedModel = actor.script
    decisions.reject(question, ana, note="Be kind.", seen=seen(drafting))
    assert work() == ["paused"]
    assert "Be kind." in " ".join(m.content for m in model.requests[1].messages)
    again = Requirement.objects.pending().get()
    assert again.arguments == {"text": "I am sorry, let me look."}
    decisions.approve(again, ana, seen=seen(drafting))
    assert work() == ["completed"]
    assert shown(drafting) == ["Where is order 7?", "I am sorry, let me look."]
    assert not drafting.messages.filter(content="No idea.", sent=True).exists()


def test_a_draft_is_not_sent_past_what_the_customer_wrote_since(drafting: Session, drafted: Drafted, ana: Person) -> None:
    question, looked = drafted("It is on its way."), seen(drafting)
    messages.receive(drafting, "Never mind, cancel it")
    with pytest.raises(StaleError):
        decisions.approve(question, ana, seen=looked)


def test_a_draft_is_written_anew_with_what_the_customer_wrote_since(
    drafting: Session, drafted: Drafted, ana: Person, work: Work
) -> None:
    question = drafted("It is on its way.", "Cancelled, as you wish.")
    messages.receive(drafting, "Never mind, cancel it")
    runs.ask_again(question.root, ana)
    assert work() == ["cancelled", "paused"]
    question.refresh_from_db()
    assert question.status == "superseded"
    assert Requirement.objects.pending().get().arguments == {"text": "Cancelled, as you wish."}


def test_of_two_people_one_sends_the_draft(drafting: Session, drafted: Drafted, ana: Person, ben: Person, work: Work) -> None:
    question = drafted("It is on its way.")
    decisions.approve(question, ben, seen=seen(drafting))
    with pytest.raises(AlreadyDecided):
        decisions.approve(question, ana, arguments={"text": "Mine."}, seen=seen(drafting))
    work()
    assert shown(drafting) == ["Where is order 7?", "It is on its way."]


def test_a_takeover_leaves_the_draft_unsent(drafting: Session, drafted: Drafted, ana: Person, ben: Person, work: Work) -> None:
    question = drafted("It is on its way.")
    decisions.approve(question, ben, seen=seen(drafting))
    handover.take_over(drafting, ana)
    assert work() == ["cancelled"]
    assert shown(drafting) == ["Where is order 7?"]


def test_a_draft_asked_about_is_looked_through_also_after_the_mode_changed(
    drafting: Session, drafted: Drafted, ana: Person, work: Work
) -> None:
    question = drafted("No.", "Yes.")
    handover.set_mode(drafting, ana, "autopilot")
    decisions.reject(question, ana, note="Say yes.", seen=seen(drafting))
    assert work() == ["paused"]
    assert shown(drafting) == ["Where is order 7?"]
    assert not Message.objects.filter(role="assistant", sent=True).exclude(content="").exists()
