"""Approvals in advance: offered after equal approvals, for some days, never for what is risky, and always in the record."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from kern.models.base import ModelRequest
from kern.records.message import ToolCall
from kern.testing import call
from sessions_app.actions import decisions, handover, messages, private_turns, runs, sessions, standing_approvals
from sessions_app.errors import Forbidden, InvalidAction
from sessions_app.models import Decision, Person, Queue, Requirement, Run, Session, StandingApproval
from sessions_app.workers import expiry
from sessions_app.workers import turns as turns_workers
from tests.deciding import all_at_once, die_during, rule_of, seen, tighten, time_is_up, verdicts
from tests.desk import actor, ledger

Ask = Callable[..., Requirement]
Work = Callable[[], list[str]]


@pytest.fixture
def tomorrow() -> datetime:
    return timezone.now() + timedelta(days=1)


@pytest.fixture
def approve_five(session: Session, asked: Ask, ben: Person, work: Work) -> Callable[[], Requirement]:
    """Ben approves five refunds as they are; returns the last."""

    def approve() -> Requirement:
        for order in range(5):
            question = asked(call("refund", order=str(order), cents=100))
            question = decisions.approve(question, ben, seen=seen(session))
            work()
        ledger.lines.clear()
        return question

    return approve


def test_with_a_rule_a_tool_runs_without_asking(
    session: Session, orders: Queue, ben: Person, tomorrow: datetime, work: Work
) -> None:
    rule_of(ben, orders, tomorrow)
    actor.says(call("refund", order="7", cents=100), "Paid.")
    messages.receive(session, "Please help")
    assert work() == ["completed"]
    assert ledger.lines == ["refund 7 100"]
    question = session.requirements.get()
    assert (question.status, question.decided_by) == ("executed", None)
    assert verdicts(question) == ["asked", "approved", "executed"]
    assert question.decisions.get(verdict="approved").actor.startswith("standing approval of Ben until ")


def test_a_worker_goes_on_at_once_with_what_a_rule_approved(
    session: Session, orders: Queue, ben: Person, tomorrow: datetime
) -> None:
    rule_of(ben, orders, tomorrow)
    actor.says(call("refund", order="7", cents=100), "Paid.")
    messages.receive(session, "Please help")
    run_id = Run.objects.due().get().run_id
    turns_workers.execute(run_id)
    assert turns_workers.next_due(run_id) == [run_id]


def test_where_a_rule_covers_one_of_two_questions_the_other_is_still_asked(
    session: Session, orders: Queue, ben: Person, tomorrow: datetime, work: Work
) -> None:
    rule_of(ben, orders, tomorrow)
    actor.says([call("refund", order="7", cents=100), call("count_stock", article="Lamp")], "Done.")
    messages.receive(session, "Please help")
    assert work() == ["paused"]
    assert session.requirements.pending().get().tool_name == "count_stock"


def test_a_rule_ends_by_itself_and_when_it_is_revoked(
    session: Session, orders: Queue, ana: Person, ben: Person, tomorrow: datetime, asked: Ask
) -> None:
    rule = rule_of(ben, orders, tomorrow)
    standing_approvals.revoke(rule, ana)
    assert (rule.revoked_by, StandingApproval.objects.in_force().count()) == (ana, 0)
    with pytest.raises(InvalidAction):
        standing_approvals.revoke(rule, ana)
    again = rule_of(ben, orders, tomorrow)
    StandingApproval.objects.filter(pk=again.pk).update(until=timezone.now())
    assert asked(call("refund", order="7", cents=100)).status == "pending"
    assert rule_of(ben, orders, tomorrow).pk != again.pk


def test_rules_are_in_the_record(orders: Queue, ana: Person, ben: Person, tomorrow: datetime) -> None:
    standing_approvals.revoke(rule_of(ben, orders, tomorrow), ana)
    lines = Decision.objects.exclude(verdict="approved").values_list("verdict", "actor", "tool_name", "queue_slug")
    assert list(lines) == [("rule_made", "Ben", "refund", "orders"), ("rule_ended", "Ana", "refund", "orders")]


@pytest.mark.parametrize("terms", [{"risk": "high"}, {"approvers": 2}], ids=str)
def test_what_is_risky_gets_no_rule_and_an_older_rule_does_not_cover_it(
    session: Session, orders: Queue, ben: Person, tomorrow: datetime, asked: Ask, terms: dict[str, Any]
) -> None:
    rule_of(ben, orders, tomorrow)
    tighten(session, **terms)
    assert asked(call("refund", order="7", cents=100)).status == "pending"
    StandingApproval.objects.all().delete()
    with pytest.raises(InvalidAction, match="risky"):
        standing_approvals.allow(orders, "refund", ben, tomorrow)


def test_a_call_past_a_threshold_is_asked_about_in_spite_of_the_rule(
    session: Session, orders: Queue, ben: Person, tomorrow: datetime, asked: Ask
) -> None:
    tighten(session, thresholds=["cents > 500"])
    rule_of(ben, orders, tomorrow)
    question = asked(call("refund", order="7", cents=900), call("refund", order="8", cents=100))
    assert (question.arguments["cents"], question.risk) == (900, "high")
    assert list(session.requirements.order_by("pk").values_list("status", flat=True)) == ["pending", "approved"]


def test_a_rule_approves_nothing_that_its_maker_may_not(
    session: Session, orders: Queue, ben: Person, tomorrow: datetime, asked: Ask
) -> None:
    rule_of(ben, orders, tomorrow)
    orders.members.remove(ben)
    assert asked(call("refund", order="7", cents=100)).status == "pending"


def test_a_rule_does_not_approve_what_its_maker_had_the_agent_do(
    session: Session, orders: Queue, ana: Person, ben: Person, tomorrow: datetime, work: Work
) -> None:
    rule_of(ben, orders, tomorrow)
    for person, status in ((ben, "pending"), (ana, "executed")):
        actor.says(call("refund", order="7", cents=100), "Done.")
        private_turns.ask_agent(session, person, "Pay it back")
        work()
        question = session.requirements.latest("pk")
        assert (question.asked_for_by, question.status) == (person, status)
        if status == "pending":
            runs.cancel(question.root, ana)


def test_a_rule_sends_no_drafts_fills_nothing_in_and_answers_no_uncertain_calls(
    session: Session, orders: Queue, ana: Person, ben: Person, tomorrow: datetime, work: Work
) -> None:
    for tool in ("send_answer", "note_order", "change_address"):
        StandingApproval.objects.create(queue=orders, tool_name=tool, until=tomorrow, made_by=ana)
    actor.says("It is on its way.")
    handover.set_mode(session, ben, "draft")
    messages.receive(session, "Where is it?")
    assert work() == ["paused"]
    other = sessions.start_session(orders, user_id="lee")
    die_during(other, call("note_order", order="7"))
    assert work() == ["paused", "paused"]
    actor.says(call("change_address", order="7"))
    messages.receive(sessions.start_session(orders, user_id="mo"), "I have moved")
    assert work() == ["paused"] * 3
    assert set(Requirement.objects.values_list("reason", "status")) == {
        ("draft", "pending"),
        ("uncertain", "pending"),
        ("policy", "pending"),
    }


def test_a_rule_approves_nothing_while_the_customers_newest_words_are_unread(
    session: Session, orders: Queue, ben: Person, tomorrow: datetime, work: Work
) -> None:
    def while_it_works(_request: ModelRequest) -> ToolCall:
        messages.receive(session, "STOP, do not refund!")
        return call("refund", order="7", cents=100)

    rule_of(ben, orders, tomorrow)
    actor.says(while_it_works, "Done.")
    messages.receive(session, "Please refund")
    assert work() == ["paused"]
    question = session.requirements.get()
    assert (question.status, question.look_again) == ("pending", True)


def test_who_makes_and_ends_rules(orders: Queue, ben: Person, cy: Person, tomorrow: datetime) -> None:
    with pytest.raises(Forbidden):
        standing_approvals.allow(orders, "refund", cy, tomorrow)
    rule = rule_of(ben, orders, tomorrow)
    with pytest.raises(Forbidden):
        standing_approvals.revoke(rule, cy)


@pytest.mark.parametrize("days", [-1, 0, 15])
def test_a_rule_has_an_end_that_is_near(orders: Queue, ben: Person, days: int) -> None:
    with pytest.raises(InvalidAction):
        standing_approvals.allow(orders, "refund", ben, timezone.now() + timedelta(days=days))


@pytest.mark.parametrize("tool", ["note_order", "count_stock", "no_such_tool"])
def test_a_tool_that_nobody_approves_needs_no_rule(orders: Queue, ben: Person, tomorrow: datetime, tool: str) -> None:
    with pytest.raises(InvalidAction):
        standing_approvals.allow(orders, tool, ben, tomorrow)


def test_of_many_who_make_the_same_rule_one_does(orders: Queue, ana: Person, ben: Person, tomorrow: datetime) -> None:
    standing_approvals.revoke(rule_of(ben, orders, tomorrow), ana)
    outcomes = all_at_once([lambda: standing_approvals.allow(orders, "refund", ben, tomorrow)] * 4)
    assert sorted(outcomes) == ["InvalidAction"] * 3 + ["done"]


def test_whoever_ended_a_rule_is_not_offered_it_at_once_again(
    orders: Queue, ben: Person, approve_five: Callable[[], Requirement]
) -> None:
    offer = decisions.offer_for(approve_five())
    assert offer is not None
    standing_approvals.revoke(standing_approvals.allow(orders, "refund", ben, offer.until), ben)
    last = Requirement.objects.latest("pk")
    assert decisions.offer_for(last) is None
    assert decisions.offer_for(approve_five()) is not None


def test_five_equal_approvals_in_a_row_make_an_offer(
    session: Session, orders: Queue, ben: Person, approve_five: Callable[[], Requirement], asked: Ask, work: Work
) -> None:
    early = asked(call("refund", order="7", cents=100))
    assert decisions.offer_for(decisions.approve(early, ben, seen=seen(session))) is None
    work()
    offer = decisions.offer_for(approve_five())
    assert offer is not None
    assert (offer.queue, offer.tool_name, offer.approvals) == (orders, "refund", 5)
    standing_approvals.allow(offer.queue, offer.tool_name, ben, offer.until)
    assert decisions.offer_for(session.requirements.latest("pk")) is None


@pytest.mark.parametrize("how", ["edit", "reject", "respond", "first", "expire", "risk"])
def test_whatever_is_no_plain_approval_ends_the_row(
    session: Session,
    orders: Queue,
    ana: Person,
    ben: Person,
    tomorrow: datetime,
    approve_five: Callable[[], Requirement],
    asked: Ask,
    how: str,
) -> None:
    last = approve_five()
    if how == "risk":
        tighten(session, risk="high")
    else:
        other = asked(call("refund", order="7", cents=100))
        if how == "edit":
            last = decisions.approve(other, ben, arguments={"order": "7", "cents": 99}, seen=seen(session))
        elif how == "reject":
            decisions.reject(other, ben, seen=seen(session))
        elif how == "respond":
            decisions.respond(other, ben, text="Paid in cash.", seen=seen(session))
        elif how == "first":
            policy = tighten(session, approvers=2)
            decisions.approve(other, ben, seen=seen(session))
            policy.delete()
        else:
            time_is_up(other)
            expiry.expire()
    assert decisions.offer_for(last) is None
    with pytest.raises(InvalidAction):
        standing_approvals.allow(orders, "refund", ben, tomorrow)


def test_a_rule_is_earned_by_people_and_not_by_the_rule_before_it(
    session: Session, orders: Queue, ana: Person, ben: Person, tomorrow: datetime, work: Work
) -> None:
    rule = rule_of(ben, orders, tomorrow)
    actor.says(call("refund", order="7", cents=100), "Paid.")
    messages.receive(session, "Please help")
    assert work() == ["completed"]
    standing_approvals.revoke(rule, ana)
    assert decisions.offer_for(session.requirements.get()) is None
    with pytest.raises(InvalidAction, match="in a row"):
        standing_approvals.allow(orders, "refund", ben, tomorrow)


@pytest.mark.parametrize("approvals", [0, 4])
def test_nobody_makes_a_rule_before_it_is_offered(
    session: Session, orders: Queue, ana: Person, ben: Person, tomorrow: datetime, asked: Ask, work: Work, approvals: int
) -> None:
    for order in range(approvals):
        decisions.approve(asked(call("refund", order=str(order), cents=1)), ben, seen=seen(session))
        work()
    for person in (ana, ben):
        with pytest.raises(InvalidAction, match="in a row"):
            standing_approvals.allow(orders, "refund", person, tomorrow)
    assert not StandingApproval.objects.exists()


def test_a_rule_is_offered_until_friday_evening() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    with timezone.override(berlin):
        offers = {
            (2026, 11, 23, 9): datetime(2026, 11, 27, 18, tzinfo=berlin),
            (2026, 11, 26, 17): datetime(2026, 11, 27, 18, tzinfo=berlin),
            (2026, 11, 26, 19): datetime(2026, 12, 4, 18, tzinfo=berlin),
            (2026, 11, 27, 20): datetime(2026, 12, 4, 18, tzinfo=berlin),
            (2026, 10, 24, 12): datetime(2026, 10, 30, 18, tzinfo=berlin),
        }
        for day, friday in offers.items():
            assert standing_approvals.end_of_week(datetime(*day, tzinfo=berlin).astimezone(UTC)) == friday
