"""Policies: who may decide, how many must agree, and that no door lets anybody around them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group

from kern.errors import InvalidAnswerError, UnresolvedRequirementsError
from kern.testing import call
from sessions_app import desk
from sessions_app.actions import decisions, messages
from sessions_app.errors import AlreadyDecided, Forbidden, InvalidAction, StaleError
from sessions_app.models import Person, Requirement, Run, Session
from sessions_app.policy.in_force import policy_of
from sessions_app.queries.decision_list import decisions_page
from sessions_app.store import DjangoDb
from tests.deciding import all_at_once, seen, tighten, verdicts
from tests.desk import actor, ledger

Ask = Callable[..., Requirement]
Work = Callable[[], list[str]]


def test_two_different_people_must_agree(session: Session, asked: Ask, ana: Person, ben: Person, work: Work) -> None:
    tighten(session, approvers=2)
    question = asked(call("refund", order="7", cents=100))
    assert question.approvers == 2
    decisions.approve(question, ben, seen=seen(session))
    assert work() == ["paused"]
    with pytest.raises(InvalidAction, match="Another person"):
        decisions.approve(question, ben, seen=seen(session))
    assert ledger.lines == []
    decided = decisions.approve(question, ana, seen=seen(session))
    assert decided.decided_by == ana
    assert work() == ["completed"]
    assert ledger.lines == ["refund 7 100"]
    assert verdicts(question) == ["asked", "first", "approved", "executed"]


def test_one_person_who_approves_ten_times_at_once_is_one_person(session: Session, asked: Ask, ben: Person, work: Work) -> None:
    tighten(session, approvers=2)
    question = asked(call("refund", order="7", cents=100))
    number = seen(session)
    outcomes = all_at_once([lambda: decisions.approve(question, ben, seen=number)] * 10)
    assert sorted(outcomes) == ["InvalidAction"] * 9 + ["done"]
    assert work() == ["paused"]
    assert verdicts(question) == ["asked", "first"]


def test_of_two_different_edits_none_is_approved_by_two(
    session: Session, asked: Ask, ana: Person, ben: Person, work: Work
) -> None:
    tighten(session, approvers=2)
    question = asked(call("refund", order="7", cents=100))
    decisions.approve(question, ben, arguments={"order": "7", "cents": 90}, seen=seen(session))
    decisions.approve(question, ana, arguments={"order": "7", "cents": 80}, seen=seen(session))
    assert work() == ["paused"]
    decisions.approve(question, ben, seen=seen(session))
    assert work() == ["completed"]
    assert ledger.lines == ["refund 7 80"]
    assert verdicts(question) == ["asked", "first", "first", "approved", "executed"]


def test_the_second_person_may_go_back_to_what_the_model_asked(
    session: Session, asked: Ask, ana: Person, ben: Person, work: Work
) -> None:
    tighten(session, approvers=2)
    question = asked(call("refund", order="7", cents=100))
    decisions.approve(question, ben, arguments={"order": "7", "cents": 90}, seen=seen(session))
    decisions.approve(question, ana, arguments={"order": "7", "cents": 100}, seen=seen(session))
    decisions.approve(question, ben, seen=seen(session))
    work()
    question.refresh_from_db()
    assert (ledger.lines, question.edited_arguments) == (["refund 7 100"], None)


def test_the_second_person_approves_nothing_they_have_not_seen(
    session: Session, asked: Ask, ana: Person, ben: Person, work: Work
) -> None:
    tighten(session, approvers=2)
    question = asked(call("refund", order="7", cents=100))
    opened = seen(session)
    decisions.approve(question, ben, arguments={"order": "ben", "cents": 90000}, seen=opened)
    with pytest.raises(StaleError, match="Ben approved this with other arguments") as stopped:
        decisions.approve(question, ana, seen=opened)
    ((_row, problem),) = decisions.approve_many([question], ana, seen={question.pk: opened})
    assert isinstance(problem, StaleError)
    assert work() == ["paused"]
    decisions.approve(question, ana, seen=stopped.value.changes[-1].pk)
    assert work() == ["completed"]
    assert ledger.lines == ["refund ben 90000"]


def test_who_becomes_the_second_without_knowing_is_told_first(session: Session, asked: Ask, ana: Person, ben: Person) -> None:
    tighten(session, approvers=2)
    asked(call("refund", order="7", cents=100), call("refund", order="8", cents=100))
    first, other = session.requirements.order_by("pk")
    opened = seen(session)
    decisions.approve(first, ben, seen=opened)
    with pytest.raises(StaleError, match=r"Ben approved this[.]"):
        decisions.approve(first, ana, seen=opened)
    assert decisions.approve(other, ana, seen=opened).status == "pending"
    messages.receive(session, "Please not!")
    with pytest.raises(StaleError, match=r"customer wrote .* Ben approved this[.]"):
        decisions.approve(first, ana, seen=opened)


def test_a_first_approval_is_void_once_the_customer_writes(
    session: Session, asked: Ask, ana: Person, ben: Person, work: Work
) -> None:
    tighten(session, approvers=2)
    question = asked(call("refund", order="7", cents=100))
    decisions.approve(question, ben, seen=seen(session))
    messages.receive(session, "No! Do not pay!")
    decisions.approve(question, ana, seen=seen(session))
    assert work() == ["paused"]
    assert ledger.lines == []
    decisions.approve(question, ben, seen=seen(session))
    actor.says("Paid.", "I saw your message.")
    assert work() == ["completed", "completed"]
    assert verdicts(question) == ["asked", "first", "first", "approved", "executed"]


@pytest.mark.parametrize("leaves", ["the queue", "the company"])
def test_the_first_approval_of_who_left_does_not_count(
    session: Session, asked: Ask, ana: Person, ben: Person, work: Work, leaves: str
) -> None:
    tighten(session, approvers=2)
    question = asked(call("refund", order="7", cents=100))
    decisions.approve(question, ben, seen=seen(session))
    (row,) = decisions_page(Session.objects.all(), ana, "").rows
    assert row.first_approver == ben.pk  # type: ignore[attr-defined]
    if leaves == "the queue":
        session.queue.members.remove(ben)
    else:
        Person.objects.filter(pk=ben.pk).update(is_active=False)
    (row,) = decisions_page(Session.objects.all(), ana, "").rows
    assert row.first_approver is None  # type: ignore[attr-defined]
    decisions.approve(question, ana, seen=seen(session))
    assert work() == ["paused"]
    assert ledger.lines == []
    assert verdicts(question) == ["asked", "first", "first"]


def test_one_of_two_may_reject(session: Session, asked: Ask, ana: Person, ben: Person, work: Work) -> None:
    tighten(session, approvers=2)
    question = asked(call("refund", order="7", cents=100))
    decisions.approve(question, ben, seen=seen(session))
    decisions.reject(question, ana, note="Not today.", seen=seen(session))
    with pytest.raises(AlreadyDecided, match="Ana"):
        decisions.approve(question, ben, seen=seen(session))
    assert work() == ["completed"]
    assert ledger.lines == []


def test_an_edit_past_a_threshold_needs_a_second_person(
    session: Session, asked: Ask, ana: Person, ben: Person, work: Work
) -> None:
    tighten(session, thresholds=["cents > 500"])
    question = asked(call("refund", order="7", cents=100))
    assert (question.approvers, question.risk) == (1, "medium")
    more = {"order": "7", "cents": 900}
    kept = decisions.approve(question, ben, arguments=more, seen=seen(session))
    assert (kept.status, kept.approvers, kept.risk) == ("pending", 2, "high")
    assert work() == ["paused"]
    decisions.approve(question, ana, arguments=more, seen=seen(session))
    assert work() == ["completed"]
    assert ledger.lines == ["refund 7 900"]


def test_an_argument_that_is_left_out_counts_as_its_default(session: Session, asked: Ask, ben: Person, work: Work) -> None:
    tighten(session, "buy", thresholds=["cents > 500"])
    left_out = asked(call("buy", article="Lamp"))
    assert (left_out.approvers, left_out.risk) == (2, "high")
    assert decisions.approve(left_out, ben, seen=seen(session)).status == "pending"
    decisions.reject(left_out, ben, seen=seen(session))
    work()
    emptied = asked(call("buy", article="Lamp", cents=600))
    kept = decisions.approve(emptied, ben, arguments={"article": "Lamp"}, seen=seen(session))
    assert (kept.status, kept.approvers) == ("pending", 2)
    assert ledger.lines == []


def test_an_input_past_a_threshold_needs_a_second_person(
    session: Session, asked: Ask, ana: Person, ben: Person, work: Work
) -> None:
    tighten(session, "change_address", thresholds=["street == Castle"])
    question = asked(call("change_address", order="7"))
    decisions.provide_input(question, ben, values={"street": "Castle"}, seen=seen(session))
    with pytest.raises(InvalidAction):
        decisions.provide_input(question, ben, values={"street": "Castle"}, seen=seen(session))
    assert work() == ["paused"]
    decisions.provide_input(question, ana, values={"street": "Castle"}, seen=seen(session))
    assert work() == ["completed"]
    assert ledger.lines == ["address 7 Castle"]


def test_only_a_role_decides_and_admins_always_may(session: Session, asked: Ask, ana: Person, ben: Person) -> None:
    tighten(session, roles=["Managers"])
    first, second = asked(call("refund", order="7", cents=100), call("refund", order="8", cents=1)), None
    second = session.requirements.latest("pk")
    for decision in (decisions.approve, decisions.reject):
        with pytest.raises(Forbidden, match="Managers"):
            decision(first, ben, seen=seen(session))
    decisions.approve(first, ana, seen=seen(session))
    ben.groups.add(Group.objects.create(name="Managers"))
    assert decisions.approve(second, ben, seen=seen(session)).status == "approved"


def test_a_closed_account_decides_nothing(session: Session, asked: Ask, ben: Person) -> None:
    question = asked(call("refund", order="7", cents=100))
    ben.is_active = False
    ben.save()
    with pytest.raises(Forbidden, match="closed"):
        decisions.approve(question, ben, seen=seen(session))


def test_what_the_queue_tightens_later_holds_for_what_is_open(session: Session, asked: Ask, ben: Person) -> None:
    question = asked(call("refund", order="7", cents=100))
    tighten(session, roles=["Managers"], approvers=2)
    with pytest.raises(Forbidden):
        decisions.approve(question, ben, seen=seen(session))
    assert policy_of(question).approvers == 2


def test_nobody_approves_what_they_had_the_agent_do(session: Session, asked: Ask, ana: Person, ben: Person) -> None:
    question = asked(call("refund", order="7", cents=100))
    Requirement.objects.update(asked_for_by=ana)
    question.refresh_from_db()
    with pytest.raises(Forbidden, match="somebody else"):
        decisions.approve(question, ana, seen=seen(session))
    assert decisions.approve(question, ben, seen=seen(session)).status == "approved"


def test_nobody_fills_in_what_they_had_the_agent_do(session: Session, asked: Ask, ben: Person, ana: Person) -> None:
    question = asked(call("change_address", order="7"))
    Requirement.objects.update(asked_for_by=ben)
    question.refresh_from_db()
    with pytest.raises(Forbidden, match="somebody else"):
        decisions.provide_input(question, ben, values={"street": "Ben's street 1"}, seen=seen(session))
    assert decisions.provide_input(question, ana, values={"street": "Side St 1"}, seen=seen(session)).status == "answered"


def test_the_person_a_turn_works_for_is_kept_with_what_it_asks(session: Session, ben: Person, work: Work, asked: Ask) -> None:
    asked(call("refund", order="7", cents=100))
    Run.objects.update(asked_by=ben)
    decisions.reject(session.requirements.get(), ben, seen=seen(session))
    actor.says(call("refund", order="8", cents=1), "Done.")
    assert work() == ["paused"]
    assert session.requirements.latest("pk").asked_for_by == ben


@pytest.mark.parametrize("terms", [{"approvers": 2}, {"roles": ["Managers"]}, {"thresholds": ["cents >= 100"]}], ids=str)
def test_a_program_gets_around_no_policy(session: Session, asked: Ask, work: Work, terms: dict[str, Any]) -> None:
    tighten(session, **terms)
    question = asked(call("refund", order="7", cents=100))
    run_id = question.root.run_id
    loaded = DjangoDb().load_run(run_id)
    assert loaded is not None
    (record,) = loaded.requirements
    record.status, record.approved_by = "approved", ["Ana", "Ben"]
    with pytest.raises(InvalidAnswerError):
        DjangoDb().answer_run(run_id, [record])
    assert work() == ["paused"]
    assert verdicts(question) == ["asked"]


def approved_by_a_program(question: Requirement) -> Callable[[], None]:
    loaded = DjangoDb().load_run(question.root.run_id)
    assert loaded is not None
    (record,) = loaded.requirements
    record.confirm()
    return lambda: DjangoDb().answer_run(question.root.run_id, [record])


def test_a_program_gets_around_nothing_that_was_tightened_later(session: Session, asked: Ask) -> None:
    question = asked(call("refund", order="7", cents=100))
    approve = approved_by_a_program(question)
    tighten(session, approvers=2)
    with pytest.raises(InvalidAnswerError, match="two people"):
        approve()
    assert verdicts(question) == ["asked"]


def test_a_program_approves_nothing_that_a_person_had_the_agent_do(session: Session, asked: Ask, ben: Person) -> None:
    question = asked(call("refund", order="7", cents=100))
    Requirement.objects.update(asked_for_by=ben)
    with pytest.raises(InvalidAnswerError, match="another person"):
        approved_by_a_program(question)()
    assert verdicts(question) == ["asked"]


def test_a_program_can_edit_only_within_the_schema_and_the_thresholds(session: Session, asked: Ask) -> None:
    tighten(session, thresholds=["cents > 500"])
    question = asked(call("refund", order="7", cents=100))
    agent, run_id = desk.agent_for("clerk"), question.root.run_id
    for cents in (900, "many"):
        loaded = DjangoDb().load_run(run_id)
        assert loaded is not None
        (record,) = loaded.requirements
        record.confirm()
        record.edited_arguments = {"order": "7", "cents": cents}
        with pytest.raises(InvalidAnswerError):
            agent.continue_run(run_id, [record])
    assert ledger.lines == []


def test_a_program_can_not_say_that_a_tool_ran(session: Session, asked: Ask) -> None:
    question = asked(call("refund", order="7", cents=100))
    loaded = DjangoDb().load_run(question.root.run_id)
    assert loaded is not None
    (record,) = loaded.requirements
    record.status = "executed"
    with pytest.raises((InvalidAnswerError, UnresolvedRequirementsError)):
        DjangoDb().answer_run(question.root.run_id, [record])
    assert verdicts(question) == ["asked"]


def test_a_programs_answer_is_in_the_record_as_the_librarys(session: Session, asked: Ask, work: Work) -> None:
    question = asked(call("refund", order="7", cents=100))
    loaded = DjangoDb().load_run(question.root.run_id)
    assert loaded is not None
    (record,) = loaded.requirements
    record.confirm()
    DjangoDb().answer_run(question.root.run_id, [record])
    assert work() == ["completed"]
    assert list(question.decisions.values_list("verdict", "actor")) == [
        ("asked", "Clerk"),
        ("approved", "library"),
        ("executed", "Clerk"),
    ]
