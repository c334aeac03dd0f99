"""Calls that were made, or perhaps made, when their turn was taken away: nothing is lost, and nothing is done twice unseen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from kern.errors import LeaseLostError
from kern.loop.repeats import QUESTION
from kern.records.message import ToolCall as ToolCallRecord
from kern.records.outcomes import UNKNOWN
from kern.records.requirement import Requirement as Question
from kern.testing import ScriptedModel, call
from sessions_app.actions import decisions, handover, runs, sessions
from sessions_app.actions import messages as message_actions
from sessions_app.models import Person, Queue, Requirement, Run, Session, StandingApproval, ToolCall
from sessions_app.store import DjangoDb
from sessions_app.workers import turns as turns_workers
from tests.deciding import seen, verdicts
from tests.desk import actor, ledger
from tests.dying import begins, claims, dies, dies_in, output_of

Work = Callable[[], list[str]]
Asked = Callable[..., Requirement]


def read_by(model: ScriptedModel) -> list[tuple[str, str]]:
    """What the model read of calls and their outputs when it was asked first."""
    messages = model.requests[0].messages
    made = [("call", item.name) for message in messages for item in message.tool_calls]
    return made + [("output", message.content) for message in messages if message.role == "tool"]


def journal(session: Session) -> list[tuple[str, str, str]]:
    lines = ToolCall.objects.filter(run__session=session).order_by("pk")
    return list(lines.values_list("tool_name", "status", "result"))


def kinds(session: Session) -> list[str]:
    return list(session.changes.order_by("pk").values_list("kind", flat=True))


def dropped(session: Session) -> list[tuple[str, str, str]]:
    found = session.changes.filter(kind__in=["requirement.superseded", "requirement.cancelled"]).order_by("pk")
    return [(change.kind, change.data["tool"], change.data["before"]) for change in found]


def taken_over(session: Session, person: Person) -> Callable[[], None]:
    return lambda: handover.take_over(Session.objects.get(pk=session.pk), person)


# While a tool runs ----------------------------------------------------------------------------------------------------


def test_what_an_approved_tool_did_while_a_person_took_over_lands_and_the_next_turn_reads_it(
    session: Session, asked: Asked, ana: Person, work: Work
) -> None:
    question = asked(call("refund", order="7", cents=100))
    ledger.meanwhile = taken_over(session, ana)
    decisions.approve(question, ana, seen=seen(session))
    assert work() == ["cancelled"]
    question.refresh_from_db()
    assert (question.status, verdicts(question)) == ("executed", ["asked", "approved", "executed"])
    assert journal(session) == [("refund", "finished", "100 cents are on their way.")]
    assert dropped(session) == []
    model = actor.says("It was paid back.")
    handover.hand_back(session, ana)
    assert work() == ["cancelled", "completed"]
    assert read_by(model) == [("call", "refund"), ("output", "100 cents are on their way.")]
    assert ledger.lines == ["refund 7 100"]


def test_of_a_turn_that_was_taken_over_the_outcome_of_the_running_call_lands_and_nothing_else(
    session: Session, ana: Person, work: Work
) -> None:
    model = actor.says([call("note_order", order="7"), call("note_order", order="8")], "Both are noted.")
    ledger.meanwhile = taken_over(session, ana)
    message_actions.receive(session, "Note 7 and 8")
    assert work() == ["cancelled"]
    assert ledger.lines == ["order 7"]
    assert journal(session) == [("note_order", "finished", "Order 7 is written down."), ("note_order", "proposed", "")]
    assert (len(model.requests), Run.objects.get().lease_until) == (1, None)
    assert kinds(session)[-1] == "run.outcome_kept"
    again = actor.says("Only 7 is noted.")
    handover.hand_back(session, ana)
    assert work() == ["cancelled", "completed"]
    assert read_by(again) == [("call", "note_order"), ("output", "Order 7 is written down.")]


def test_a_tool_that_failed_while_a_person_took_over_has_failed(
    session: Session, asked: Asked, ana: Person, work: Work
) -> None:
    def breaks() -> None:
        handover.take_over(Session.objects.get(pk=session.pk), ana)
        raise RuntimeError("the bank is closed")

    question = asked(call("refund", order="7", cents=100))
    ledger.meanwhile = breaks
    decisions.approve(question, ana, seen=seen(session))
    work()
    question.refresh_from_db()
    assert (question.status, ToolCall.objects.get().failed) == ("failed", True)
    assert "the bank is closed" in ToolCall.objects.get().result


def test_a_tool_that_a_person_let_finish_while_cancelling_is_read_by_the_next_turn(
    session: Session, ana: Person, work: Work
) -> None:
    actor.says([call("note_order", order="7"), call("note_order", order="8")], "Noted.")
    ledger.meanwhile = lambda: runs.cancel(Run.objects.get(), ana)
    message_actions.receive(session, "Note 7 and 8")
    assert (work(), ledger.lines) == (["cancelled"], ["order 7"])
    model = actor.says("It is noted.")
    message_actions.receive(session, "Is it noted?")
    work()
    assert read_by(model) == [("call", "note_order"), ("output", "Order 7 is written down.")]


def test_a_turn_that_begins_while_the_tool_of_a_stopped_one_runs_on_is_told_that_nobody_knows_yet(
    session: Session, ana: Person, work: Work
) -> None:
    message_actions.receive(session, "Note 7")
    made = call("note_order", order="7")
    claim = begins(session, made)
    handover.take_over(session, ana)
    model = actor.says("I ask somebody.", "It is noted.")
    handover.hand_back(session, ana)
    assert work() == ["cancelled", "completed"]
    assert read_by(model) == [("call", "note_order"), ("output", UNKNOWN)]
    with pytest.raises(LeaseLostError):
        DjangoDb().finish_call(claim, output_of(claim, made, "Written down."), failed=False)
    message_actions.receive(session, "And now?")
    work()
    assert [m.content for m in model.requests[1].messages if m.role == "tool"] == ["Written down."]
    assert [m.role for m in model.requests[1].messages if m.role != "system"][:3] == ["user", "assistant", "tool"]


# A team ---------------------------------------------------------------------------------------------------------------


def test_a_leader_is_told_what_a_member_did_before_the_team_was_taken_over(parcels: Queue, ana: Person, work: Work) -> None:
    session = sessions.start_session(parcels, user_id="kim")
    actor.says(call("delegate_to_member", member="Packer", task="Note 7"), call("note_order", order="7"))
    ledger.meanwhile = taken_over(session, ana)
    message_actions.receive(session, "Note 7")
    assert work() == ["cancelled"]
    model = actor.says("It is noted.")
    handover.hand_back(session, ana)
    work()
    [delegated, (_, told)] = read_by(model)
    assert delegated == ("call", "delegate_to_member")
    assert "do not repeat them" in told
    assert 'note_order({"order": "7"}): Order 7 is written down.' in told
    assert ledger.lines == ["order 7"]


def test_a_leader_is_told_of_a_members_call_that_nobody_knows_about(parcels: Queue, ana: Person, work: Work) -> None:
    session = sessions.start_session(parcels, user_id="kim")
    actor.says(
        call("delegate_to_member", member="Packer", task="Note 7"),
        [call("note_order", order="7"), call("refund", order="7", cents=1)],
    )
    message_actions.receive(session, "Note 7")
    assert work() == ["paused"]
    ToolCall.objects.filter(tool_name="note_order").update(status="started", result="")
    runs.ask_again(Run.objects.roots().get(), ana)
    model = actor.says("I ask somebody.")
    work()
    assert f'note_order({{"order": "7"}}): {UNKNOWN}' in read_by(model)[1][1]
    assert "refund" not in read_by(model)[1][1]


def test_a_cancelled_team_is_cancelled_as_a_whole(parcels: Queue, ana: Person, work: Work) -> None:
    session = sessions.start_session(parcels, user_id="kim")
    actor.says(call("delegate_to_member", member="Packer", task="Refund"), call("refund", order="7", cents=1))
    message_actions.receive(session, "Refund 7")
    assert work() == ["paused"]
    member = Run.objects.get(parent__isnull=False)
    runs.cancel(Run.objects.roots().get(), ana)
    member.refresh_from_db()
    assert (work(), member.status, session.requirements.get().status) == (["cancelled"], "cancelled", "cancelled")
    assert ledger.lines == []
    model = actor.says("Nothing was done.")
    message_actions.receive(session, "And?")
    work()
    assert read_by(model) == []


# While nobody knows ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["ask again", "cancel", "take over"])
def test_dropping_the_question_whether_a_call_happened_leaves_the_next_turn_knowing_that_nobody_knows(
    session: Session, ana: Person, work: Work, how: str
) -> None:
    message_actions.receive(session, "Note 7")
    dies_in(session, call("note_order", order="7"))
    assert work() == ["paused"]
    question, run = session.requirements.get(), Run.objects.get()
    message_actions.receive(session, "Did you note it?")
    if how == "ask again":
        runs.ask_again(run, ana)
    elif how == "cancel":
        runs.cancel(run, ana)
    else:
        handover.take_over(session, ana)
        handover.hand_back(session, ana)
    model = actor.says("I ask somebody.")
    assert work() == ["cancelled", "completed"]
    assert read_by(model) == [("call", "note_order"), ("output", UNKNOWN)]
    assert ledger.lines == []
    status = "cancelled" if how == "cancel" else "superseded"
    assert dropped(session) == [(f"requirement.{status}", "note_order", "pending")]
    assert verdicts(question) == ["asked", status]


def test_a_call_whose_worker_died_after_somebody_asked_it_to_stop_is_not_forgotten(
    session: Session, ana: Person, work: Work
) -> None:
    message_actions.receive(session, "Note 7")
    dies_in(session, call("note_order", order="7"))
    Run.objects.update(cancel_requested=True)
    assert work() == ["cancelled"]
    model = actor.says("I ask somebody.")
    message_actions.receive(session, "Did you note it?")
    work()
    assert read_by(model) == [("call", "note_order"), ("output", UNKNOWN)]


def test_what_a_person_found_out_counts_though_the_turn_was_cancelled_before_a_worker_passed_it_on(
    session: Session, ana: Person, work: Work
) -> None:
    message_actions.receive(session, "Note 7")
    dies_in(session, call("note_order", order="7"))
    work()
    decisions.give_result(session.requirements.get(), ana, result="I looked: it is noted.", seen=seen(session))
    runs.cancel(Run.objects.get(), ana)
    model = actor.says("It is noted.")
    message_actions.receive(session, "Is it noted?")
    work()
    assert read_by(model) == [("call", "note_order"), ("output", "I looked: it is noted.")]
    assert session.requirements.get().status == "answered"


def test_giving_up_on_an_uncertain_call_never_says_that_it_did_not_run(session: Session, ana: Person, work: Work) -> None:
    message_actions.receive(session, "Note 7")
    dies_in(session, call("note_order", order="7"))
    work()
    decisions.reject(session.requirements.get(), ana, note="The list is gone.", seen=seen(session))
    model = actor.says("I am sorry.")
    assert work() == ["completed"]
    assert read_by(model) == [("call", "note_order"), ("output", f"{UNKNOWN} A person says: The list is gone.")]


def test_the_approval_of_a_call_that_was_asked_about_again_has_an_outcome_too(
    session: Session, asked: Asked, ana: Person, work: Work
) -> None:
    approved = asked(call("refund", order="7", cents=100))
    decisions.approve(approved, ana, seen=seen(session))
    claim, db = claims(session), DjangoDb()
    assert db.start_call(claim, claim.run_id, approved.call_id, approved.arguments)
    dies(claim)
    assert work() == ["paused"]
    actor.says("Done.")
    decisions.give_result(session.requirements.pending().get(), ana, result="It is paid.", seen=seen(session))
    assert work() == ["completed"]
    assert list(session.requirements.order_by("pk").values_list("status", flat=True)) == ["executed", "executed"]
    assert verdicts(approved) == ["asked", "approved", "executed"]


# A model that does not listen -----------------------------------------------------------------------------------------


def asked_again(session: Session, person: Person, work: Work, *made: ToolCallRecord) -> None:
    """A worker died in the first call, people dropped the question, and the model makes the second one all the same."""
    message_actions.receive(session, "Please help")
    dies_in(session, made[0])
    work()
    runs.ask_again(Run.objects.get(), person)
    actor.says(made[1], "Done.")


def test_a_model_that_makes_a_doubtful_call_again_has_a_person_asked_first(session: Session, ana: Person, work: Work) -> None:
    asked_again(session, ana, work, call("note_order", order="7", seconds=0.0), call("note_order", seconds=0, order="7"))
    assert (work(), ledger.lines) == (["cancelled", "paused"], [])
    question = session.requirements.pending().get()
    assert (question.kind, question.reason, question.risk, question.question) == ("confirmation", "policy", "high", QUESTION)
    decisions.approve(question, ana, seen=seen(session))
    assert (work(), ledger.lines) == (["cancelled", "completed"], ["order 7"])


def test_another_call_of_the_tool_needs_nobody(session: Session, ana: Person, work: Work) -> None:
    asked_again(session, ana, work, call("note_order", order="7"), call("note_order", order="8"))
    assert (work(), ledger.lines) == (["cancelled", "completed"], ["order 8"])


def test_no_approval_in_advance_answers_for_a_call_that_may_have_happened(
    session: Session, orders: Queue, ana: Person, ben: Person, work: Work
) -> None:
    rule = {"until": timezone.now() + timedelta(days=1), "made_by": ben}
    StandingApproval.objects.create(queue=orders, tool_name="refund", **rule)
    asked_again(session, ana, work, call("refund", order="7", cents=1), call("refund", order="7", cents=1))
    assert (work(), ledger.lines) == (["cancelled", "paused"], [])


def test_a_member_that_gets_the_task_again_asks_about_a_doubtful_call_too(parcels: Queue, ana: Person, work: Work) -> None:
    session = sessions.start_session(parcels, user_id="kim")
    given = call("delegate_to_member", member="Packer", task="Note 7")
    actor.says(given, [call("note_order", order="7"), call("refund", order="7", cents=1)])
    message_actions.receive(session, "Note 7")
    work()
    ledger.lines.clear()
    ToolCall.objects.filter(tool_name="note_order").update(status="started", result="")
    runs.ask_again(Run.objects.roots().get(), ana)
    actor.says(given, call("note_order", order="7"))
    assert (work(), ledger.lines) == (["cancelled", "paused"], [])
    assert session.requirements.pending().get().question == QUESTION


def test_a_model_that_repeats_what_a_person_gave_up_on_in_the_same_turn_has_a_person_asked_first(
    session: Session, ana: Person, work: Work
) -> None:
    message_actions.receive(session, "Note 7")
    dies_in(session, call("note_order", order="7"))
    work()
    decisions.reject(session.requirements.get(), ana, seen=seen(session))
    actor.says(call("note_order", order="7"))
    assert (work(), ledger.lines) == (["paused"], [])


# A worker that comes back ---------------------------------------------------------------------------------------------


def test_a_worker_that_comes_back_with_the_outcome_answers_the_question_whether_it_happened(
    session: Session, ana: Person, work: Work
) -> None:
    message_actions.receive(session, "Note 7")
    made = call("note_order", order="7")
    claim = dies_in(session, made)
    assert work() == ["paused"]
    with pytest.raises(LeaseLostError):
        DjangoDb().finish_call(claim, output_of(claim, made, "Written down."), failed=False)
    assert dropped(session) == [("requirement.superseded", "note_order", "pending")]
    actor.says("It is noted.")
    assert work() == ["completed"]
    assert journal(session) == [("note_order", "finished", "Written down.")]


def test_nobody_is_asked_about_a_call_whose_outcome_came_just_before(session: Session, work: Work) -> None:
    message_actions.receive(session, "Note 7")
    made = call("note_order", order="7")
    first = dies_in(session, made)
    db, second = DjangoDb(), claims(session)
    loaded = db.load_run(second.run_id)
    assert loaded is not None
    with pytest.raises(LeaseLostError):
        db.finish_call(first, output_of(first, made, "Written down."), failed=False)
    asks = Question(
        "external_execution", first.run_id, first.run_id, session.session_id, made.id, made.name, reason="uncertain"
    )
    db.pause_run(second, [asks], loaded.metrics)
    assert not session.requirements.exists()
    actor.says("It is noted.")
    assert work() == ["completed"]


@pytest.mark.parametrize("whose", ["a stranger", "not started", "started again by another", "finished"])
def test_no_other_outcome_lands_without_a_claim(session: Session, ana: Person, work: Work, whose: str) -> None:
    message_actions.receive(session, "Note 7")
    made, db = call("note_order", order="7"), DjangoDb()
    claim = dies_in(session, made)
    if whose == "a stranger":
        claim.owner = "stranger"
    elif whose == "not started":
        ToolCall.objects.update(status="proposed")
    elif whose == "started again by another":
        work()
        decisions.approve(session.requirements.get(), ana, seen=seen(session))
        again = claims(session)
        question = session.requirements.get().requirement_id
        assert db.start_call(again, claim.run_id, made.id, {"order": "7"}, requirement_id=question)
    else:
        with pytest.raises(LeaseLostError):
            db.finish_call(claim, output_of(claim, made, "Written down."), failed=False)
    before = journal(session)
    with pytest.raises(LeaseLostError):
        db.finish_call(claim, output_of(claim, made, "Too late."), failed=True)
    assert journal(session) == before
    assert not session.messages.filter(content="Too late.").exists()


# Approved, and not begun ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("how", "status"), [("cancel", "cancelled"), ("take over", "superseded"), ("queue off", "cancelled")])
def test_what_was_approved_and_not_begun_is_dropped_with_its_turn_and_the_record_says_so(
    session: Session, asked: Asked, orders: Queue, ana: Person, work: Work, how: str, status: str
) -> None:
    question = asked(call("refund", order="7", cents=100))
    decisions.approve(question, ana, seen=seen(session))
    if how == "cancel":
        runs.cancel(Run.objects.get(), ana)
    elif how == "take over":
        handover.take_over(session, ana)
    else:
        Queue.objects.filter(pk=orders.pk).update(ai_mode="off")
    assert (work(), ledger.lines) == (["cancelled"], [])
    question.refresh_from_db()
    assert (question.status, question.decided_by) == (status, ana)
    assert verdicts(question) == ["asked", "approved", status]
    assert dropped(session) == [(f"requirement.{status}", "refund", "approved")]
    last = question.decisions.latest("pk")
    assert (last.waited, last.note) == (None, "not done, though approved before")


def test_a_failed_turn_keeps_what_people_approved_for_whoever_tries_it_again(
    session: Session, asked: Asked, ana: Person, work: Work
) -> None:
    decisions.approve(asked(call("refund", order="7", cents=100)), ana, seen=seen(session))
    Run.objects.update(attempts=3, status="running", lease_owner="dead", lease_until="2020-01-01T00:00Z")
    turns_workers.recover()
    assert Run.objects.get().status == "error"
    runs.retry(Run.objects.get(), ana)
    assert (work(), ledger.lines) == (["completed"], ["refund 7 100"])


def test_an_input_that_no_tool_was_run_with_is_dropped_and_what_a_person_said_in_its_place_is_not(
    session: Session, asked: Asked, ana: Person, work: Work
) -> None:
    first = asked(call("change_address", order="7"), call("change_address", order="8"))
    second = session.requirements.pending().exclude(pk=first.pk).get()
    decisions.provide_input(first, ana, values={"street": "High Street 1"}, seen=seen(session))
    decisions.respond(second, ana, text="They moved back.", seen=seen(session))
    runs.cancel(Run.objects.get(), ana)
    assert list(session.requirements.order_by("pk").values_list("status", flat=True)) == ["cancelled", "answered"]
    model = actor.says("I see.")
    message_actions.receive(session, "And?")
    work()
    assert read_by(model) == [("call", "change_address"), ("output", "A person answered in the tool's place: They moved back.")]


def test_an_approval_of_a_tool_that_is_gone_by_then_has_failed(
    session: Session, asked: Asked, parcels: Queue, ana: Person, work: Work
) -> None:
    question = asked(call("refund", order="7", cents=100))
    Run.objects.update(agent_id=parcels.agent_id)  # whose leader has no such tool
    decisions.approve(question, ana, seen=seen(session))
    assert work() == ["completed"]
    question.refresh_from_db()
    assert (question.status, verdicts(question)) == ("failed", ["asked", "approved", "failed"])


def test_a_call_that_was_started_and_whose_tool_is_gone_since_is_no_call_that_never_happened(
    session: Session, parcels: Queue, work: Work
) -> None:
    message_actions.receive(session, "Note 7")
    dies_in(session, call("note_order", order="7"))
    Run.objects.update(agent_id=parcels.agent_id)
    model = actor.says("I ask somebody.")
    assert work() == ["completed"]
    assert read_by(model)[1][1].endswith(UNKNOWN)
