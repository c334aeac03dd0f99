"""Spam: what a customer writes there wakes nobody, and what taking the mark back gives again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from pytest_django.fixtures import Settings

from kern.testing import call
from sessions_app.actions import deleting, escalation, messages, sessions, spam
from sessions_app.customers import retention
from sessions_app.errors import InvalidAction
from sessions_app.infrastructure import clock
from sessions_app.models import Person, Queue, Requirement, Session
from sessions_app.queries import reports
from sessions_app.workers import naming as naming_workers
from sessions_app.workers import turns as turns_workers
from tests.desk import actor, ledger

Work = Callable[[], list[str]]


def row(session: Session) -> Session:
    return Session.objects.get(pk=session.pk)


def test_marking_ends_the_turn_and_drops_what_it_asked(
    asked: Callable[..., Requirement], session: Session, ben: Person, work: Work
) -> None:
    asked(call("refund", order="7", cents=100))
    spam.mark(session, ben)
    assert (row(session).status, row(session).waiting_for, row(session).waiting_since) == ("spam", "nobody", None)
    assert session.requirements.get().status == "superseded"
    assert (work(), ledger.lines) == (["cancelled"], [])


def test_whatever_the_customer_does_in_spam_wakes_nobody(session: Session, ben: Person, work: Work) -> None:
    Queue.objects.update(hand_over_words="lawyer")
    messages.receive(session, "Cheap watches!")
    spam.mark(session, ben)
    runs = session.runs.count()
    kept = messages.receive(session, "Buy now, or my lawyer writes")
    assert not escalation.ask_for_person(session)
    turns_workers.wake()
    turns_workers.go_on()
    work()
    now = row(session)
    assert (now.status, now.waiting_for, now.waiting_since, now.needs_person) == ("spam", "nobody", None, False)
    assert (session.runs.count(), session.messages.filter(pk=kept.pk).exists()) == (runs, True)
    assert session.session_id not in naming_workers.due()


def test_people_cannot_call_colleagues_to_spam(session: Session, ben: Person) -> None:
    spam.mark(session, ben)
    with pytest.raises(InvalidAction, match="marked as spam"):
        escalation.ask_colleagues(session, ben, "Look")


def test_no_spam_is_open_again_and_answered(session: Session, ben: Person, work: Work) -> None:
    messages.receive(session, "Cheap watches!")
    spam.mark(session, ben)
    messages.receive(session, "I mean, where is my watch?")
    actor.says("On its way.")
    spam.unmark(session, ben)
    assert (row(session).status, row(session).waiting_for) == ("open", "agent")
    assert work()[-1] == "completed"
    kinds = session.changes.filter(kind__in=("session.spam", "session.not_spam", "session.reopened")).order_by("pk")
    assert list(kinds.values_list("kind", flat=True)) == ["session.spam", "session.not_spam"]


def test_opening_again_is_the_same_as_no_spam_and_both_do_nothing_twice(session: Session, ben: Person) -> None:
    spam.unmark(session, ben)
    spam.mark(session, ben)
    spam.mark(session, ben)
    sessions.reopen(session, ben)
    assert row(session).status == "open"
    assert session.changes.filter(kind="session.spam").count() == 1


def test_spam_that_is_deleted_and_restored_is_spam(session: Session, ana: Person, work: Work) -> None:
    messages.receive(session, "Cheap watches!")
    spam.mark(session, ana)
    deleting.delete(session, ana)
    deleting.restore(row(session), ana)
    assert (row(session).status, work()) == ("spam", ["cancelled"])


def test_spam_is_erased_by_the_queues_rule_as_closed_conversations_are(session: Session, ben: Person) -> None:
    Queue.objects.update(erase_after_days=30)
    spam.mark(session, ben)
    long_ago = clock.now() - timedelta(days=31)
    Session.objects.update(activity_at=long_ago, updated_at=long_ago)
    assert retention.erase_due() == 1


def test_reports_leave_spam_out(asked: Callable[..., Requirement], session: Session, ana: Person, settings: Settings) -> None:
    asked(call("refund", order="7", cents=100))
    lines = reports.visible_to(ana)
    assert reports.report_on(lines, 7).total.asked == 1
    spam.mark(session, ana)
    assert reports.report_on(lines, 7).total.asked == 0
    assert lines.exists(), "the log itself keeps all of it"
