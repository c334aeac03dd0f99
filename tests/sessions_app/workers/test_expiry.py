"""Questions whose time runs out: nobody decided, which is no rejection, and somebody may still ask again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from prometheus_client import REGISTRY
from pytest_django.fixtures import Settings

from kern.testing import call
from sessions_app.actions import decisions, handover, messages, sessions
from sessions_app.changes.kinds import Kind
from sessions_app.errors import AlreadyDecided, Forbidden, InvalidAction
from sessions_app.models import Message, Person, Queue, Requirement, Run, Session
from sessions_app.workers import duties, expiry
from tests.deciding import all_at_once, die_during, seen, tighten, time_is_up, verdicts
from tests.desk import actor, ledger

Ask = Callable[..., Requirement]
Work = Callable[[], list[str]]


def test_a_queue_may_shorten_the_time_for_a_decision(session: Session, asked: Ask) -> None:
    tighten(session, expires_after=600)
    question = asked(call("refund", order="7", cents=100))
    assert question.expires_at == question.created_at + timedelta(seconds=600)
    assert question.policy["expires_after"] == 600


def test_whether_something_happened_waits_for_as_long_as_it_takes(session: Session, work: Work) -> None:
    tighten(session, "note_order", expires_after=600)
    die_during(session, call("note_order", order="7"))
    assert work() == ["paused"]
    question = session.requirements.get()
    assert (question.reason, question.expires_at, question.remind_at) == ("uncertain", None, None)


def test_what_nobody_decided_expires_and_the_model_learns_that_it_was_not_rejected(
    session: Session, asked: Ask, work: Work
) -> None:
    question = asked(call("refund", order="7", cents=100))
    expiry.expire()
    assert work() == ["paused"]
    time_is_up(question)
    expiry.expire()
    expiry.expire()
    assert work() == ["completed"]
    assert ledger.lines == []
    told = actor.script.requests[-1].messages[-1].content
    assert "Nobody decided" in told
    assert "not rejected" in told
    assert verdicts(question) == ["asked", "expired"]
    assert session.changes.filter(kind="requirement.expired").count() == 1


def test_a_draft_that_nobody_looks_at_ends_the_turn_and_can_be_asked_again(
    session: Session, orders: Queue, ana: Person, work: Work
) -> None:
    Queue.objects.filter(pk=orders.pk).update(ai_mode="draft")
    actor.says("It is on its way.", "It is on its way, I say.")
    messages.receive(session, "Where is it?")
    assert work() == ["paused"]
    time_is_up(session.requirements.get())
    expiry.expire()
    assert work() == ["completed"]
    assert len(actor.script.requests) == 1
    assert not session.messages.for_customer().filter(author_kind="agent").exists()
    again = decisions.reopen(session.requirements.get(), ana)
    decisions.approve(again, ana, seen=seen(session))
    assert work()[-1] == "completed"
    assert session.messages.for_customer().latest("pk").content == "It is on its way."


def test_what_is_asked_again_past_the_customers_words_is_to_be_looked_at(
    session: Session, expired: Requirement, ana: Person, work: Work
) -> None:
    actor.says("As you like.")
    messages.receive(session, "No wait, do not refund!")
    work()
    assert decisions.reopen(expired, ana).look_again


def test_every_expired_question_of_a_turn_can_be_asked_again(
    client: Client, session: Session, asked: Ask, ana: Person, work: Work
) -> None:
    first = asked(call("refund", order="7", cents=100), call("refund", order="8", cents=200))
    second = session.requirements.latest("pk")
    time_is_up(first)
    time_is_up(second)
    expiry.expire()
    work()
    client.force_login(ana)
    page = f"/open/{session.session_id}/"
    assert all(f"/requirements/{row.pk}/reopen/" in client.get(page).content.decode() for row in (first, second))
    again = decisions.reopen(second, ana)
    actor.says("As you like.")
    decisions.reject(again, ana, note="no", seen=seen(session))
    work()
    assert f"/requirements/{first.pk}/reopen/" in client.get(page).content.decode()


def test_where_nobody_says_when_to_remind_it_is_in_the_last_quarter(session: Session, asked: Ask) -> None:
    tighten(session, expires_after=600)
    question = asked(call("refund", order="7", cents=100))
    assert question.remind_at == question.created_at + timedelta(seconds=450)


def test_the_turn_goes_on_only_when_its_last_open_question_expired(
    session: Session, asked: Ask, ana: Person, work: Work
) -> None:
    first = asked(call("refund", order="7", cents=100), call("refund", order="8", cents=200))
    second = session.requirements.latest("pk")
    time_is_up(first)
    expiry.expire()
    assert work() == ["paused"]
    decisions.approve(second, ana, seen=seen(session))
    assert work() == ["completed"]
    assert ledger.lines == ["refund 8 200"]


def test_a_decision_that_comes_too_late_does_not_count_even_before_the_clock_came_by(
    session: Session, asked: Ask, ana: Person, work: Work
) -> None:
    question = asked(call("refund", order="7", cents=100))
    time_is_up(question)
    with pytest.raises(AlreadyDecided) as late:
        decisions.approve(question, ana, seen=seen(session))
    assert late.value.requirement.status == "expired"
    assert work() == ["completed"]
    assert ledger.lines == []


def test_expiry_and_approvals_at_once_have_one_outcome(
    session: Session, asked: Ask, ana: Person, ben: Person, work: Work
) -> None:
    question = asked(call("refund", order="7", cents=100))
    number = seen(session)
    soon = timezone.now() + timedelta(milliseconds=20)
    Requirement.objects.filter(pk=question.pk).update(expires_at=soon)
    approvals = [
        lambda: decisions.approve(question, ana, seen=number),
        lambda: decisions.approve(question, ben, seen=number),
    ] * 2
    outcomes = all_at_once([*approvals, *[expiry.expire] * 4])
    time_is_up(question)
    expiry.expire()
    assert work() == ["completed"]
    question.refresh_from_db()
    approved = outcomes[:4].count("done")
    assert approved in (0, 1)
    assert len(ledger.lines) == approved
    assert verdicts(question) == (["asked", "approved", "executed"] if approved else ["asked", "expired"])


def test_a_scheduler_that_sweeps_sets_it_off(session: Session, asked: Ask, work: Work) -> None:
    question = asked(call("refund", order="7", cents=100))
    time_is_up(question)
    duties.sweep()
    assert work() == ["completed"]
    assert verdicts(question) == ["asked", "expired"]


def test_the_time_of_a_decided_question_does_not_run_out(session: Session, asked: Ask, ana: Person, work: Work) -> None:
    question = asked(call("refund", order="7", cents=100))
    decisions.approve(question, ana, seen=seen(session))
    time_is_up(question)
    expiry.expire()
    work()
    assert verdicts(question) == ["asked", "approved", "executed"]


# Asked again --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def expired(asked: Ask, work: Work) -> Requirement:
    """A refund that nobody decided about in time; its turn has ended."""
    question = asked(call("refund", order="7", cents=100))
    time_is_up(question)
    expiry.expire()
    assert work() == ["completed"]
    question.refresh_from_db()
    return question


def test_a_reopened_question_is_asked_in_a_new_turn_and_runs_once(
    session: Session, expired: Requirement, ana: Person, work: Work
) -> None:
    again = decisions.reopen(expired, ana)
    assert (again.status, again.reopened_from, again.arguments) == ("pending", expired, expired.arguments)
    assert again.root != expired.root
    assert work() == ["completed", "paused"]
    actor.says("Paid after all.")
    decisions.approve(again, ana, seen=seen(session))
    assert work() == ["completed", "completed"]
    assert ledger.lines == ["refund 7 100"]
    assert session.messages.for_customer().latest("pk").content == "Paid after all."
    assert verdicts(expired) == ["asked", "expired", "reopened"]
    assert verdicts(again) == ["asked", "approved", "executed"]


@pytest.mark.parametrize("put_away", [sessions.resolve, lambda session, person: sessions.snooze(session, person, None)])
def test_a_question_that_is_reopened_opens_its_conversation_as_every_other_way_does(
    session: Session, expired: Requirement, ana: Person, put_away: Callable[[Session, Person], None]
) -> None:
    put_away(session, ana)
    decisions.reopen(expired, ana)
    session.refresh_from_db()
    assert (session.status, session.snoozed_until) == ("open", None)
    opened = session.changes.get(kind=Kind.SESSION_REOPENED)
    assert (opened.person, opened.actor) == (ana, "Ana")


def test_a_question_that_is_reopened_in_an_open_conversation_opens_nothing(
    session: Session, expired: Requirement, ana: Person
) -> None:
    decisions.reopen(expired, ana)
    assert not session.changes.filter(kind=Kind.SESSION_REOPENED).exists()


def test_a_reopened_question_has_its_time_again_and_may_expire_again(
    session: Session, asked: Ask, ana: Person, work: Work
) -> None:
    tighten(session, expires_after=600)
    question = asked(call("refund", order="7", cents=100))
    time_is_up(question)
    expiry.expire()
    work()
    again = decisions.reopen(question, ana)
    assert again.expires_at is not None
    assert again.expires_at > timezone.now() + timedelta(seconds=500)
    time_is_up(again)
    expiry.expire()
    actor.says("Nobody decided.")
    assert work() == ["completed", "completed"]
    assert decisions.reopen(again, ana).status == "pending"


def test_it_is_reopened_once_however_many_people_press(
    session: Session, expired: Requirement, ana: Person, ben: Person
) -> None:
    outcomes = all_at_once([lambda: decisions.reopen(expired, ana), lambda: decisions.reopen(expired, ben)] * 3)
    assert sorted(outcomes) == ["AlreadyDecided"] * 5 + ["done"]
    assert session.runs.active().count() == 1


def test_nothing_is_reopened_beside_an_active_turn(session: Session, expired: Requirement, ana: Person, work: Work) -> None:
    messages.receive(session, "Are you there?")
    with pytest.raises(InvalidAction):
        decisions.reopen(expired, ana)
    actor.says("Yes.")
    work()
    assert decisions.reopen(expired, ana).status == "pending"


def test_nothing_is_reopened_while_a_person_leads(session: Session, expired: Requirement, ana: Person) -> None:
    handover.take_over(session, ana)
    with pytest.raises(InvalidAction, match="person leads"):
        decisions.reopen(expired, ana)
    handover.hand_back(session, ana)
    assert decisions.reopen(expired, ana).status == "pending"


def test_who_had_the_agent_ask_approves_it_no_more_when_it_is_reopened(
    session: Session, expired: Requirement, ana: Person, ben: Person
) -> None:
    Requirement.objects.update(asked_for_by=ben)
    again = decisions.reopen(expired, ben)
    assert again.asked_for_by == ben
    with pytest.raises(Forbidden, match="somebody else"):
        decisions.approve(again, ben, seen=seen(session))
    assert decisions.approve(again, ana, seen=seen(session)).status == "approved"


def test_outsiders_reopen_nothing_and_what_was_decided_stays_decided(
    session: Session, expired: Requirement, asked: Ask, ana: Person, cy: Person, work: Work
) -> None:
    with pytest.raises(Forbidden):
        decisions.reopen(expired, cy)
    question = asked(call("refund", order="8", cents=1))
    decisions.reject(question, ana, seen=seen(session))
    work()
    with pytest.raises(AlreadyDecided):
        decisions.reopen(question, ana)


def test_a_members_expired_question_is_reopened_within_its_team(parcels: Queue, ana: Person, work: Work) -> None:
    actor.says(
        call("delegate_to_member", member="Packer", task="Refund 9"),
        call("refund", order="9", cents=5),
        "Nobody decided.",
        "Sorry.",
    )
    session = sessions.start_session(parcels, user_id="kim")
    messages.receive(session, "Refund 9")
    assert work() == ["paused"]
    question = session.requirements.get()
    time_is_up(question)
    expiry.expire()
    assert work() == ["completed"]
    again = decisions.reopen(question, ana)
    actor.says("Paid.", "All done.")
    decisions.approve(again, ana, seen=seen(session))
    assert work() == ["completed", "completed"]
    assert ledger.lines == ["refund 9 5"]
    assert [run.status for run in Run.objects.filter(session=session)] == ["completed"] * 4
    assert Message.objects.filter(session=session, run__parent=None, role="assistant").latest("pk").content == "All done."


# Reminders ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def soon_over(session: Session, asked: Ask) -> Requirement:
    """A question of which the assignee is to be reminded now."""
    question = asked(call("refund", order="7", cents=100))
    now = timezone.now()
    Requirement.objects.update(remind_at=now, expires_at=now + timedelta(minutes=24))
    return question


def test_the_assignee_is_reminded_once(session: Session, soon_over: Requirement, ana: Person, ben: Person) -> None:
    expiry.remind()
    assert mail.outbox == []
    sessions.assign(session, ana, ben)
    all_at_once([expiry.remind] * 4)
    expiry.remind()
    (sent,) = mail.outbox
    assert sent.to == ["ben@example.com"]
    assert "refund" in sent.subject
    assert "24 min" in sent.subject
    assert verdicts(soon_over) == ["asked", "reminded"]
    assert session.changes.filter(kind="requirement.reminder").count() == 1


def test_a_mail_server_that_is_away_harms_nothing(
    session: Session, soon_over: Requirement, ben: Person, settings: Settings, work: Work
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    sessions.assign(session, ben, ben)
    failed = {"about": "reminder", "outcome": "failed"}
    before = REGISTRY.get_sample_value("kern_mails_total", failed) or 0
    expiry.remind()
    assert verdicts(soon_over) == ["asked", "reminded"]
    assert REGISTRY.get_sample_value("kern_mails_total", failed) == before + 1


def test_nobody_is_reminded_of_what_is_decided(session: Session, soon_over: Requirement, ben: Person) -> None:
    sessions.assign(session, ben, ben)
    decisions.reject(soon_over, ben, seen=seen(session))
    soon_over.refresh_from_db()
    assert soon_over.remind_at is None
    expiry.remind()
    assert mail.outbox == []
