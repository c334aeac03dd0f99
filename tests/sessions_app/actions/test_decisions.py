"""People's answers to what the AI asks: the first counts, the last missing one lets the turn go on."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kern.errors import InvalidAnswerError
from kern.models.base import ModelRequest
from kern.records.message import ToolCall
from kern.testing import call
from sessions_app.actions import decisions, handover, messages, private_turns, runs, sessions
from sessions_app.customers.erasing import erase
from sessions_app.customers.whom import Customer
from sessions_app.errors import AlreadyDecided, Forbidden, InvalidAction, StaleError
from sessions_app.models import Person, Queue, Requirement, Session
from sessions_app.policy.in_force import same
from tests.deciding import all_at_once, die_during, seen, tighten, time_is_up, verdicts
from tests.desk import actor, ledger

Work = Callable[[], list[str]]


Ask = Callable[..., Requirement]


def test_an_approved_tool_runs_once_with_the_stored_arguments(session: Session, asked: Ask, ana: Person, work: Work) -> None:
    question = asked(call("refund", order="7", cents=100))
    assert ledger.lines == []
    decided = decisions.approve(question, ana, seen=seen(session))
    assert (decided.status, decided.decided_by) == ("approved", ana)
    assert work() == ["completed"]
    assert ledger.lines == ["refund 7 100"]
    assert Requirement.objects.get().status == "executed"


def test_edited_arguments_run_and_the_models_are_kept(session: Session, asked: Ask, ana: Person, work: Work) -> None:
    question = asked(call("refund", order="7", cents=100))
    decisions.approve(question, ana, arguments={"order": "7", "cents": 50}, seen=seen(session))
    work()
    assert ledger.lines == ["refund 7 50"]
    kept = Requirement.objects.get()
    assert (kept.arguments, kept.edited_arguments) == ({"order": "7", "cents": 100}, {"order": "7", "cents": 50})


def test_arguments_that_break_the_schema_decide_nothing(session: Session, asked: Ask, ana: Person) -> None:
    question = asked(call("refund", order="7", cents=100))
    with pytest.raises(InvalidAnswerError) as wrong:
        decisions.approve(question, ana, arguments={"order": "7", "cents": "many"}, seen=seen(session))
    assert "cents" in wrong.value.errors
    assert Requirement.objects.get().status == "pending"


def test_a_rejected_tool_does_not_run_and_the_model_learns_why(session: Session, asked: Ask, ana: Person, work: Work) -> None:
    question = asked(call("refund", order="7", cents=100))
    decisions.reject(question, ana, note="Ask for the receipt first.", seen=seen(session))
    assert work() == ["completed"]
    assert ledger.lines == []
    assert "Ask for the receipt first." in actor.script.requests[-1].messages[-1].content


def test_input_options_and_results_reach_the_turn(session: Session, asked: Ask, ana: Person, work: Work) -> None:
    asked(
        call("change_address", order="7"),
        call("ask_user", question="Which parcel service?", options=["Mail", "Bike"]),
        call("count_stock", article="Lamp"),
    )
    address, service, stock = session.requirements.order_by("pk")
    with pytest.raises(InvalidAnswerError):
        decisions.provide_input(address, ana, values={}, seen=seen(session))
    decisions.provide_input(address, ana, values={"street": "Side St 1"}, seen=seen(session))
    with pytest.raises(InvalidAnswerError):
        decisions.choose(service, ana, choice=["Rocket"], seen=seen(session))
    decisions.choose(service, ana, choice=["Bike"], seen=seen(session))
    assert work() == ["paused"]
    with pytest.raises(InvalidAnswerError):
        decisions.give_result(stock, ana, result="  ", seen=seen(session))
    decisions.give_result(stock, ana, result="12 lamps", seen=seen(session))
    assert work() == ["completed"]
    assert ledger.lines == ["address 7 Side St 1"]
    outputs = [m.content for m in actor.script.requests[-1].messages if m.role == "tool"]
    assert outputs == ["Goes to Side St 1.", '{"chosen": ["Bike"]}', "12 lamps"]


def test_an_answer_of_another_kind_is_refused(session: Session, asked: Ask, ana: Person) -> None:
    question = asked(call("count_stock", article="Lamp"))
    with pytest.raises(InvalidAnswerError):
        decisions.approve(question, ana, seen=seen(session))
    assert Requirement.objects.get().status == "pending"


def test_of_two_people_who_decide_at_once_one_counts(
    session: Session, asked: Ask, ana: Person, ben: Person, work: Work
) -> None:
    question = asked(call("refund", order="7", cents=100))
    number = seen(session)
    yes, no = all_at_once(
        [
            lambda: decisions.approve(question, ana, seen=number),
            lambda: decisions.reject(question, ben, note="No.", seen=number),
        ]
    )
    assert {yes, no} == {"done", "AlreadyDecided"}
    work()
    assert len(ledger.lines) == (yes == "done")
    assert verdicts(question) == ["asked", "approved", "executed"] if yes == "done" else ["asked", "rejected"]


def test_twenty_decisions_at_once_run_the_tool_once(session: Session, asked: Ask, ana: Person, ben: Person, work: Work) -> None:
    question = asked(call("refund", order="7", cents=100))
    number = seen(session)
    people = [ana, ben] * 10
    deeds = [lambda who=who: decisions.approve(question, who, seen=number) for who in people]
    outcomes = all_at_once(deeds)
    assert sorted(outcomes) == ["AlreadyDecided"] * 19 + ["done"]
    assert work() == ["completed"]
    assert ledger.lines == ["refund 7 100"]
    assert verdicts(question) == ["asked", "approved", "executed"]


def test_a_customers_message_and_a_decision_at_once_leave_nothing_undecided(
    session: Session, asked: Ask, ana: Person, work: Work
) -> None:
    question = asked(call("refund", order="7", cents=100))
    number = seen(session)
    actor.says("Refunded.", "I saw your message.")
    wrote, decided = all_at_once(
        [lambda: messages.receive(session, "Please not!"), lambda: decisions.approve(question, ana, seen=number)]
    )
    assert wrote == "done"
    question.refresh_from_db()
    if decided == "done":
        assert work() == ["completed", "completed"]
        assert ledger.lines == ["refund 7 100"]
    else:
        assert (decided, question.status, question.look_again) == ("StaleError", "pending", True)
        assert ledger.lines == []


def test_who_was_late_learns_who_was_faster(session: Session, asked: Ask, ana: Person, ben: Person) -> None:
    question = asked(call("refund", order="7", cents=100))
    decisions.reject(question, ben, note="No.", seen=seen(session))
    with pytest.raises(AlreadyDecided) as late:
        decisions.approve(question, ana, seen=seen(session))
    assert "Ben" in late.value.message
    assert late.value.requirement.status == "rejected"


def test_a_decision_that_missed_the_customer_is_stopped_once(session: Session, asked: Ask, ana: Person, work: Work) -> None:
    question = asked(call("refund", order="7", cents=100))
    old = seen(session)
    messages.note(session, ana, "A note of the team does not stop it")
    messages.receive(session, "Please not!")
    with pytest.raises(StaleError):
        decisions.approve(question, ana, seen=old)
    assert ledger.lines == []
    actor.says("Refunded.", "I saw your message.")
    decisions.approve(question, ana, seen=seen(session))
    assert work() == ["completed", "completed"]


def test_the_turn_goes_on_only_after_the_last_answer(
    session: Session, asked: Ask, ana: Person, ben: Person, work: Work
) -> None:
    asked(call("refund", order="7", cents=100), call("refund", order="8", cents=200))
    first, second = session.requirements.order_by("pk")
    decisions.approve(first, ana, seen=seen(session))
    assert work() == ["paused"]
    decisions.reject(second, ben, note="", seen=seen(session))
    assert work() == ["completed"]
    assert ledger.lines == ["refund 7 100"]


def test_what_was_dropped_can_not_be_decided(session: Session, asked: Ask, ana: Person) -> None:
    question = asked(call("refund", order="7", cents=100))
    handover.take_over(session, ana)
    with pytest.raises((AlreadyDecided, InvalidAction)):
        decisions.approve(question, ana, seen=seen(session))
    assert ledger.lines == []


def test_a_members_question_pauses_and_continues_the_team(parcels: Queue, ana: Person, work: Work) -> None:
    actor.says(
        call("delegate_to_member", member="Packer", task="Refund 9"), call("refund", order="9", cents=5), "Paid.", "All done."
    )
    session = sessions.start_session(parcels, user_id="kim")
    messages.receive(session, "Refund 9")
    assert work() == ["paused"]
    question = session.requirements.get()
    assert question.agent_name == "Packer"
    decisions.approve(question, ana, seen=seen(session))
    assert work() == ["completed"]
    assert ledger.lines == ["refund 9 5"]


def test_a_person_answers_in_the_tools_place(session: Session, asked: Ask, ana: Person, work: Work) -> None:
    question = asked(call("refund", order="7", cents=100))
    with pytest.raises(InvalidAnswerError):
        decisions.respond(question, ana, text="  ", seen=seen(session))
    decisions.respond(question, ana, text="The customer got a voucher.", seen=seen(session))
    assert work() == ["completed"]
    assert ledger.lines == []
    assert "The customer got a voucher." in actor.script.requests[-1].messages[-1].content
    assert verdicts(question)[:2] == ["asked", "responded"]


def test_calls_of_one_tool_are_approved_together_each_by_itself(
    session: Session, asked: Ask, ana: Person, ben: Person, work: Work
) -> None:
    asked(call("refund", order="7", cents=100), call("refund", order="8", cents=200), call("refund", order="9", cents=900))
    tighten(session, thresholds=["cents > 500"])
    first, second, third = session.requirements.order_by("pk")
    decisions.reject(second, ben, seen=seen(session))
    number = seen(session)
    outcomes = decisions.approve_many([first, second, third], ana, seen={row.pk: number for row in (first, second, third)})
    assert [(row.status, type(problem).__name__) for row, problem in outcomes] == [
        ("approved", "NoneType"),
        ("rejected", "AlreadyDecided"),
        ("pending", "NoneType"),
    ]
    assert verdicts(third) == ["asked", "first"]
    assert ledger.lines == []


@pytest.mark.parametrize("late", [0, 2], ids=["the first", "the last"])
def test_together_one_whose_time_is_up_expires_and_the_turn_goes_on_once(
    session: Session, asked: Ask, ana: Person, work: Work, late: int
) -> None:
    asked(*(call("refund", order=str(number), cents=100) for number in range(3)))
    questions = list(session.requirements.order_by("pk"))
    time_is_up(questions[late])
    number = seen(session)
    outcomes = decisions.approve_many(questions, ana, seen={row.pk: number for row in questions})
    wanted = ["approved"] * 3
    wanted[late] = "expired"
    assert [row.status for row, _problem in outcomes] == wanted
    assert isinstance(outcomes[late][1], AlreadyDecided)
    told = session.changes.exclude(kind="session.waiting")
    assert list(told.filter(kind="run.pending", pk__gt=number)) == [told.latest("pk")]
    assert work() == ["completed"]
    assert len(ledger.lines) == 2


def test_together_calls_of_several_sessions_are_each_checked_by_their_own_queues_policy(
    session: Session, asked: Ask, orders: Queue, parcels: Queue, ben: Person, work: Work
) -> None:
    first = asked(call("refund", order="1", cents=100))
    actor.says(call("refund", order="2", cents=100), "Done.")
    elsewhere = sessions.start_session(orders, user_id="lee")
    messages.receive(elsewhere, "Me too")
    work()
    second = elsewhere.requirements.get()
    Session.objects.filter(pk=elsewhere.pk).update(queue=parcels)
    outcomes = decisions.approve_many([second, first], ben, seen={row.pk: seen(row.session) for row in (first, second)})
    assert [(row.pk, row.status, type(problem).__name__) for row, problem in outcomes] == [
        (second.pk, "pending", "Forbidden"),
        (first.pk, "approved", "NoneType"),
    ]


def test_together_an_erased_conversation_keeps_no_other_call_from_being_approved(
    session: Session, asked: Ask, orders: Queue, ana: Person, work: Work
) -> None:
    first = asked(call("refund", order="1", cents=100))
    actor.says(call("refund", order="2", cents=100), "Done.")
    elsewhere = sessions.start_session(orders, user_id="lee")
    messages.receive(elsewhere, "Me too")
    work()
    gone = elsewhere.requirements.get()
    number = seen(elsewhere)
    erase(Customer.of("user_id", "lee"))
    outcomes = decisions.approve_many([gone, first], ana, seen={gone.pk: number, first.pk: seen(session)})
    assert [(row.pk, row.status, str(problem or "")[:30]) for row, problem in outcomes] == [
        (gone.pk, "pending", "This conversation was erased, "),
        (first.pk, "approved", ""),
    ]
    assert work() == ["completed"]


def test_two_people_who_approve_the_same_calls_in_opposite_order_do_not_wait_for_each_other(
    orders: Queue, ana: Person, ben: Person, work: Work
) -> None:
    for number in range(6):
        actor.says(call("refund", order=str(number), cents=100), "Done.")
        messages.receive(sessions.start_session(orders, user_id=f"user {number}"), "Pay it back")
        work()
    asked = list(Requirement.objects.order_by("pk"))
    known = {row.pk: seen(row.session) for row in asked}
    approve = [
        lambda: decisions.approve_many(asked, ana, seen=known),
        lambda: decisions.approve_many(asked[::-1], ben, seen=known),
        lambda: decisions.approve(asked[3], ana, seen=known[asked[3].pk]),
    ]
    outcomes = all_at_once(approve)
    assert set(outcomes) <= {"done", "AlreadyDecided"}
    assert outcomes[:2] == ["done", "done"]
    assert [verdicts(row) for row in asked] == [["asked", "approved"]] * 6
    actor.says(*["Done."] * 6)
    assert work() == ["completed"] * 6
    assert len(ledger.lines) == 6


def test_calls_of_several_tools_are_not_approved_together(session: Session, asked: Ask, ana: Person) -> None:
    asked(call("refund", order="7", cents=100), call("count_stock", article="Lamp"))
    both = list(session.requirements.all())
    with pytest.raises(InvalidAction):
        decisions.approve_many(both, ana, seen={row.pk: seen(session) for row in both})
    assert session.requirements.pending().count() == 2


def test_together_a_customers_new_words_stop_each_call(session: Session, asked: Ask, ana: Person) -> None:
    question = asked(call("refund", order="7", cents=100))
    old = seen(session)
    messages.receive(session, "Please not!")
    ((row, problem),) = decisions.approve_many([question], ana, seen={question.pk: old})
    assert isinstance(problem, StaleError)
    assert row.status == "pending"


def test_together_nothing_is_approved_that_needs_a_look_of_its_own(
    session: Session, asked: Ask, ana: Person, work: Work
) -> None:
    question = asked(call("refund", order="7", cents=100))
    messages.receive(session, "Please not!")
    question.refresh_from_db()
    turn = session.runs.get()
    ((_row, problem),) = decisions.approve_many([question], ana, seen={question.pk: seen(session)})
    assert "customer wrote" in str(problem)
    runs.cancel(turn, ana)
    die_during(session, call("note_order", order="7"))
    assert work()[-1] == "paused"
    uncertain = session.requirements.pending().get()
    ((row, problem),) = decisions.approve_many([uncertain], ana, seen={uncertain.pk: seen(session)})
    assert isinstance(problem, InvalidAction)
    assert (row.reason, row.status, ledger.lines) == ("uncertain", "pending", [])


def test_what_the_customer_wrote_while_the_agent_worked_is_pointed_out(session: Session, ben: Person, work: Work) -> None:
    def while_it_works(_request: ModelRequest) -> ToolCall:
        messages.receive(session, "STOP, do not refund!")
        return call("refund", order="7", cents=100)

    actor.says(while_it_works, "Done.", call("refund", order="8", cents=100))
    messages.receive(session, "Please refund")
    work()
    question = session.requirements.get()
    assert question.look_again
    decisions.reject(question, ben, seen=seen(session))
    assert work() == ["completed", "paused"]
    assert not session.requirements.pending().get().look_again


def test_a_private_turn_has_read_what_was_written_before_it(session: Session, ben: Person, work: Work) -> None:
    def while_it_works(_request: ModelRequest) -> ToolCall:
        messages.receive(session, "STOP, do not refund!")
        return call("refund", order="8", cents=100)

    handover.take_over(session, ben)
    messages.receive(session, "Please refund")
    for reply, look_again in ((call("refund", order="7", cents=100), False), (while_it_works, True)):
        actor.says(reply)
        private_turns.ask_agent(session, ben, "Pay it back")
        work()
        question = session.requirements.pending().get()
        assert question.look_again is look_again
        runs.cancel(question.root, ben)


def test_nobody_has_seen_what_has_not_happened(session: Session, asked: Ask, ana: Person, ben: Person) -> None:
    tighten(session, approvers=2)
    question = asked(call("refund", order="7", cents=100))
    number = seen(session)
    decisions.approve(question, ben, seen=2**63 - 1)
    assert question.decisions.get(verdict="first").seen == number
    messages.receive(session, "Please not!")
    decisions.approve(question, ana, seen=2**63 - 1)
    assert verdicts(question) == ["asked", "first", "first"]


def test_nobody_decides_for_a_queue_they_do_not_work(session: Session, asked: Ask, cy: Person) -> None:
    question = asked(call("refund", order="7", cents=100))
    verbs: list[Callable[[], object]] = [
        lambda: decisions.approve(question, cy, seen=seen(session)),
        lambda: decisions.reject(question, cy, seen=seen(session)),
        lambda: decisions.respond(question, cy, text="Hm.", seen=seen(session)),
    ]
    for verb in verbs:
        with pytest.raises(Forbidden):
            verb()
    assert verdicts(question) == ["asked"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(JSON)
def test_a_value_is_the_same_only_as_itself_and_its_text_never(value: Any) -> None:
    assert same(value, json.loads(json.dumps(value)))
    assert not same(value, [value])
    if not isinstance(value, str):
        assert not same(value, json.dumps(value))


@pytest.mark.parametrize(
    "changed",
    [
        {"text": "other"},
        {"number": 2},
        {"share": 0.25},
        {"flag": True},
        {"size": "large"},
        {"day": "2026-12-24"},
        {"items": [1, 2, 3]},
        {"items": []},
        {"place": {"street": "Side St 1", "floor": None}},
        {"place": {"street": "Side St 1", "floor": 0}},
        {"maybe": "a word"},
        {"maybe": None},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_edited_arguments_keep_their_json_types(
    session: Session, asked: Ask, ana: Person, work: Work, changed: dict[str, Any]
) -> None:
    given = {
        "text": "a",
        "number": 1,
        "share": 0.5,
        "flag": False,
        "size": "small",
        "day": "2026-11-23",
        "items": [1],
        "place": {"street": "Main St 1", "floor": 1},
        "maybe": "x",
    }
    question = asked(call("send_parcel", **given))
    edited = {**given, **changed}
    decisions.approve(question, ana, arguments=edited, seen=seen(session))
    assert work() == ["completed"]
    question.refresh_from_db()
    assert json.dumps(question.edited_arguments, sort_keys=True) == json.dumps(edited, sort_keys=True)
    ran: list[Any] = [*edited.values()]
    ran[5] = date.fromisoformat(ran[5])
    assert ledger.lines == [repr(ran)]
