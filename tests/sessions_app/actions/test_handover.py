"""Who leads: taking over, handing back, the AI's mode, and turns that are stopped under a worker's hands."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from kern.db.base import Claim
from kern.errors import ModelError
from kern.models.base import ModelAnswer, ModelEvent, ModelRequest, TextDelta
from kern.testing import ScriptedModel, call
from sessions_app.actions import decisions, handover, messages, private_turns, runs, sessions
from sessions_app.errors import InvalidAction
from sessions_app.models import Message, Person, Queue, Run, Session
from sessions_app.store import DjangoDb
from sessions_app.views.live.customers import is_public
from sessions_app.workers import turns as turns_workers
from tests.desk import actor, ledger

Work = Callable[[], list[str]]


class InterruptedModel(ScriptedModel):
    """Says some words, waits for what happens then, and goes on for longer than the work is left unlooked at."""

    def __init__(self, happens: Callable[[], object]) -> None:
        super().__init__([])
        self.happens = happens

    def stream(self, request: ModelRequest) -> Iterator[ModelEvent]:
        yield TextDelta("I will ")
        self.happens()
        time.sleep(0.6)
        yield TextDelta("refund you.")
        yield ModelAnswer(content="I will refund you.", model=self.id)


def fresh(session: Session) -> Session:
    return Session.objects.get(pk=session.pk)


def shown(session: Session) -> list[str]:
    return list(session.messages.for_customer().order_by("pk").values_list("content", flat=True))


def unsent(session: Session) -> list[str]:
    return list(session.messages.filter(sent=False).order_by("pk").values_list("content", flat=True))


def kinds(session: Session) -> list[str]:
    return list(session.changes.order_by("pk").values_list("kind", flat=True))


def asked_of(model: ScriptedModel, request: int = -1) -> list[tuple[str, str]]:
    return [(m.role, m.content) for m in model.requests[request].messages if m.role in ("user", "assistant")]


def test_what_the_ai_was_saying_at_a_takeover_is_kept_and_never_sent(session: Session, ana: Person, work: Work) -> None:
    actor.script = InterruptedModel(lambda: handover.take_over(session, ana))
    messages.receive(session, "Refund me")
    assert work() == ["cancelled"]
    assert unsent(session) == ["I will "]
    assert shown(session) == ["Refund me"]
    run = Run.objects.get()
    assert (run.content, run.lease_owner) == ("I will ", "")
    assert not is_public(run.run_id)


def test_words_are_handed_in_once_and_only_by_the_worker_they_were_taken_from(session: Session, ana: Person) -> None:
    messages.receive(session, "Help")
    db, claim = DjangoDb(), Claim(Run.objects.get().run_id)
    assert db.claim_run(claim) is not None
    assert not db.keep_words(claim, "Not ended yet")
    handover.take_over(session, ana)
    assert not db.keep_words(Claim(claim.run_id), "A stranger's")
    assert not db.keep_words(claim, "")
    assert db.keep_words(claim, "Half an ans")
    assert not db.keep_words(claim, "Half an ans")
    assert unsent(session) == ["Half an ans"]


def test_a_takeover_drops_what_was_asked_and_runs_no_tool(session: Session, ana: Person, ben: Person, work: Work) -> None:
    actor.says(call("refund", order="7", cents=100))
    messages.receive(session, "Refund order 7")
    assert work() == ["paused"]
    question = session.requirements.get()
    handover.take_over(session, ana)
    assert session.requirements.get().status == "superseded"
    with pytest.raises(Exception, match="Superseded"):
        decisions.approve(question, ben, seen=fresh(session).last_change)
    assert (work(), ledger.lines) == (["cancelled"], [])


def test_a_handed_back_agent_reads_what_the_person_wrote_and_not_its_own_unsent_words(
    session: Session, ana: Person, work: Work
) -> None:
    actor.script = InterruptedModel(lambda: handover.take_over(session, ana))
    messages.receive(session, "Where is it?")
    work()
    messages.reply(session, ana, "In Oslo.", seen=fresh(session).last_change)
    messages.receive(session, "When does it come?")
    model = actor.says("Tomorrow.")
    handover.hand_back(session, ana)
    assert work() == ["cancelled", "completed"]
    assert asked_of(model) == [("user", "Where is it?"), ("assistant", "In Oslo."), ("user", "When does it come?")]
    assert shown(session) == ["Where is it?", "In Oslo.", "When does it come?", "Tomorrow."]


def test_a_takeover_meets_a_finishing_run_and_its_answer_is_either_sent_before_or_not_at_all(
    orders: Queue, ana: Person
) -> None:
    for number in range(12):
        session = sessions.start_session(orders, user_id=f"kim-{number}")
        messages.receive(session, "Help")
        run_id, gate = session.runs.get().run_id, threading.Barrier(2)

        def answers(request: ModelRequest, gate: threading.Barrier = gate) -> str:
            gate.wait()
            return "Here is your answer."

        def takes_over(gate: threading.Barrier = gate, session: Session = session, late: float = number / 2000) -> None:
            gate.wait()
            time.sleep(late)
            try:
                handover.take_over(session, ana)
            finally:
                connections.close_all()

        def works(run_id: str = run_id) -> None:
            try:
                turns_workers.execute(run_id)
            finally:
                connections.close_all()

        actor.says(answers)
        with ThreadPoolExecutor(2) as pool:
            for job in [pool.submit(works), pool.submit(takes_over)]:
                job.result()
        happened = kinds(session)
        if session.runs.get().status == "completed":
            assert shown(session) == ["Help", "Here is your answer."]
            assert happened.index("run.completed") < happened.index("session.taken_over")
        else:
            assert session.runs.get().status == "cancelled"
            assert shown(session) == ["Help"]
            assert "run.completed" not in happened
            assert len(unsent(session)) <= 1
            assert all("Here is your answer.".startswith(words) for words in unsent(session))
        assert fresh(session).led_by_person


def test_two_people_who_take_over_at_once_fence_once(session: Session, ana: Person, ben: Person) -> None:
    gate = threading.Barrier(2)

    def takes_over(person: Person) -> None:
        gate.wait()
        try:
            handover.take_over(session, person)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(takes_over, [ana, ben]))
    assert kinds(session).count("session.taken_over") == 1
    assert fresh(session).fence == 1


def test_the_mode_of_a_session_comes_before_its_queues(session: Session, ana: Person, work: Work) -> None:
    handover.set_mode(session, ana, "draft")
    assert fresh(session).effective_ai_mode == "draft"
    handover.set_mode(session, ana, "")
    assert fresh(session).effective_ai_mode == "autopilot"
    handover.set_mode(session, ana, "off")
    assert fresh(session).led_by_person
    messages.receive(session, "Hello?")
    assert work() == []
    actor.says("Hello.")
    handover.set_mode(session, ana, "autopilot")
    assert work() == ["completed"]
    with pytest.raises(InvalidAction):
        handover.set_mode(session, ana, "turbo")
    assert kinds(session).count("session.handed_back") == 1


def test_a_turn_that_began_to_answer_by_itself_is_looked_through_where_the_ai_shall_only_draft(
    session: Session, ana: Person, work: Work
) -> None:
    actor.script = InterruptedModel(lambda: handover.set_mode(session, ana, "draft"))
    messages.receive(session, "Refund me")
    assert work() == ["paused"]
    assert shown(session) == ["Refund me"]
    question = session.requirements.get()
    assert (question.reason, question.arguments) == ("draft", {"text": "I will refund you."})
    actor.says("Let me look.")
    decisions.reject(question, ana, note="Promise nothing.", seen=fresh(session).last_change)
    assert work() == ["paused"]
    decisions.approve(session.requirements.pending().get(), ana, seen=fresh(session).last_change)
    assert work() == ["completed"]
    assert shown(session) == ["Refund me", "Let me look."]


@pytest.mark.parametrize(("mode", "becomes"), [("draft", "paused"), ("off", "cancelled")])
def test_a_queue_whose_mode_changes_in_the_middle_of_a_turn_lets_no_words_out(
    session: Session, orders: Queue, work: Work, mode: str, becomes: str
) -> None:
    actor.script = InterruptedModel(lambda: Queue.objects.filter(pk=orders.pk).update(ai_mode=mode))
    messages.receive(session, "Refund me")
    assert work() == [becomes]
    assert shown(session) == ["Refund me"]


def test_a_waiting_turn_stays_when_the_ai_shall_only_draft_and_its_answer_is_looked_through(
    session: Session, ana: Person, work: Work
) -> None:
    actor.says(call("refund", order="7", cents=100), "Refunded.")
    messages.receive(session, "Refund order 7")
    work()
    handover.set_mode(session, ana, "draft")
    decisions.approve(session.requirements.get(), ana, seen=fresh(session).last_change)
    assert work() == ["paused"]
    assert ledger.lines == ["refund 7 100"]
    assert shown(session) == ["Refund order 7"]


@pytest.mark.parametrize("before", ["", "draft", "autopilot"])
def test_handing_back_gives_a_session_the_mode_it_had_before_the_takeover(session: Session, ana: Person, before: str) -> None:
    handover.set_mode(session, ana, before)
    handover.take_over(session, ana)
    handover.take_over(session, ana)
    handover.hand_back(session, ana)
    assert (fresh(session).ai_mode, fresh(session).ai_mode_before) == (before, "")


def test_a_page_that_is_out_of_date_hands_nothing_back_and_lifts_no_mode(session: Session, ana: Person, ben: Person) -> None:
    handover.take_over(session, ben)
    handover.set_mode(session, ana, "draft")
    handover.hand_back(session, ben)
    assert fresh(session).ai_mode == "draft"
    handover.take_over(session, ben)
    handover.set_mode(session, ana, "")
    handover.hand_back(session, ben)
    assert fresh(session).ai_mode == ""
    assert kinds(session).count("session.handed_back") == 2


def test_a_queue_that_is_set_to_off_stops_its_turns_before_their_next_tool(session: Session, orders: Queue, work: Work) -> None:
    actor.says([call("note_order", order="7"), call("note_order", order="8")], "Noted.")
    ledger.meanwhile = lambda: Queue.objects.filter(pk=orders.pk).update(ai_mode="off")
    messages.receive(session, "Note 7 and 8")
    assert work() == ["cancelled"]
    assert ledger.lines == ["order 7"]


def test_a_queue_that_is_set_to_off_lets_people_have_the_agent_work_for_them(
    session: Session, orders: Queue, ana: Person, work: Work
) -> None:
    messages.receive(session, "Where is it?")
    Queue.objects.filter(pk=orders.pk).update(ai_mode="off")
    assert work() == ["cancelled"]
    actor.says(call("note_order", order="7"), "It is noted.")
    private_turns.ask_agent(fresh(session), ana, "Note 7")
    assert work() == ["cancelled", "completed"]
    assert ledger.lines == ["order 7"]


def test_a_takeover_says_of_each_call_that_is_not_made_any_more(session: Session, ana: Person, ben: Person, work: Work) -> None:
    actor.says([call("refund", order="7", cents=100), call("refund", order="8", cents=100)])
    messages.receive(session, "Refund 7 and 8")
    work()
    first, second = session.requirements.order_by("pk")
    decisions.approve(first, ben, seen=fresh(session).last_change)
    handover.take_over(session, ana)
    changes = session.changes.filter(kind="requirement.superseded").order_by("pk")
    assert [(change.person, change.actor, change.data) for change in changes] == [
        (ana, "Ana", {"requirement": first.pk, "tool": "refund", "before": "approved"}),
        (ana, "Ana", {"requirement": second.pk, "tool": "refund", "before": "pending"}),
    ]
    messages.reply(session, ana, "I look at it.", seen=changes[0].pk - 1)


def test_a_failed_answer_is_not_retried_under_a_persons_or_another_turns_feet(
    session: Session, ana: Person, work: Work
) -> None:
    Queue.objects.update(hands_over_failures=False)
    actor.says(ModelError("the server is away"))
    messages.receive(session, "Help")
    assert work() == ["error"]
    failed = Run.objects.get()
    private_turns.ask_agent(session, ana, "What is wrong?")
    with pytest.raises(InvalidAction, match="working"):
        runs.retry(failed, ana)
    runs.cancel(session.runs.latest("pk"), ana)
    handover.take_over(session, ana)
    with pytest.raises(InvalidAction, match="leads"):
        runs.retry(failed, ana)
    handover.hand_back(session, ana)
    assert Message.objects.filter(content="Help").count() == 1
