"""Naming by the worker: when enough was said or it rests, never over a person's name, tried for a day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from kern.errors import ModelError
from kern.models.base import ModelRequest
from sessions_app.actions import messages, names, sessions
from sessions_app.models import Person, Queue, Session
from sessions_app.workers import naming
from tests.desk import actor
from tests.sessions_app.naming_rules import name_by

Work = Callable[[], list[str]]
AWAY = ModelError("the server is away")
WORDS = "My blue parcel from Monday is late"
BAD_KEY = ModelError("the key is wrong", permanent=True)


def now(session: Session) -> tuple[str, str]:
    row = Session.objects.get(pk=session.pk)
    return row.name, row.name_source


def waits(session: Session) -> timedelta:
    due = Session.objects.get(pk=session.pk).name_due_at
    assert due is not None
    return due - timezone.now()


def is_due(session: Session) -> bool:
    return Session.objects.get(pk=session.pk).name_due_at is not None


@pytest.fixture
def due(session: Session) -> Session:
    """A conversation in which enough was said, and whose naming is due now."""
    messages.receive(session, WORDS)
    Session.objects.update(name_due_at=timezone.now())
    return session


def wait_for_retry() -> None:
    Session.objects.update(name_due_at=timezone.now())


def test_a_name_is_due_after_enough_was_said_and_a_delay(session: Session, work: Work) -> None:
    actor.says("It is late.", "Tomorrow.", "Late blue parcel")
    messages.receive(session, "My parcel is late")
    work()
    assert waits(session) > timedelta(minutes=25)
    messages.receive(session, "When will it come?")
    work()
    assert waits(session) <= timedelta(seconds=10)
    naming.name(session.session_id)
    assert now(session) == ("My parcel is late", "provisional")
    wait_for_retry()
    assert naming.due() == [session.session_id]
    naming.name(session.session_id)
    assert now(session) == ("Late blue parcel", "auto")
    assert naming.due() == []


def test_one_question_with_one_answer_is_named_when_the_conversation_rests(session: Session, work: Work) -> None:
    actor.says("It comes tomorrow.", "Late parcel")
    messages.receive(session, "My parcel is late")
    work()
    assert timedelta(minutes=25) < waits(session) <= timedelta(minutes=30)
    wait_for_retry()
    naming.name(session.session_id)
    assert now(session) == ("Late parcel", "auto")


def test_a_reply_of_a_person_is_an_answer_too(session: Session, ben: Person) -> None:
    Session.objects.update(ai_mode="off")
    messages.receive(session, "My parcel is late")
    assert not is_due(session)
    messages.reply(session, ben, "It comes tomorrow.", seen=Session.objects.get(pk=session.pk).last_change)
    assert is_due(session)


def test_imported_conversations_are_named_after_all_others(session: Session, orders: Queue) -> None:
    Session.objects.create(session_id="old", queue=orders, channel="import", name_due_at=timezone.now() - timedelta(hours=1))
    Session.objects.filter(pk=session.pk).update(name_due_at=timezone.now())
    assert naming.due() == [session.session_id, "old"]


def test_the_namer_reads_what_was_said_and_no_notes(due: Session, ana: Person) -> None:
    model = actor.says("Late blue parcel")
    messages.note(due, ana, "Careful, this one shouts.")
    naming.name(due.session_id)
    asked = " ".join(message.content for message in model.requests[0].messages)
    assert "blue parcel" in asked
    assert "shouts" not in asked


def test_a_persons_name_is_never_overwritten(due: Session, ana: Person) -> None:
    def ana_is_faster(request: ModelRequest) -> str:
        names.rename(due, ana, "Ana's name")
        return "Late blue parcel"

    actor.says(ana_is_faster)
    naming.name(due.session_id)
    assert now(due) == ("Ana's name", "human")
    Session.objects.update(name_due_at=timezone.now())
    actor.says("Late blue parcel")
    naming.name(due.session_id)
    assert now(due) == ("Ana's name", "human")
    assert actor.script.requests == []
    assert not is_due(due)


def test_a_person_may_ask_for_a_name_instead_of_a_persons(due: Session, ana: Person, ben: Person) -> None:
    names.rename(due, ana, "Ana's name")
    names.generate(due, ben)
    actor.says("Late blue parcel")
    naming.name(due.session_id)
    assert now(due) == ("Late blue parcel", "auto")
    Session.objects.update(name_due_at=timezone.now())
    names.rename(due, ana, "Ana's name")
    Session.objects.update(name_due_at=timezone.now())
    naming.name(due.session_id)
    assert now(due) == ("Ana's name", "human")


def test_two_workers_ask_the_model_once(due: Session) -> None:
    def the_other_comes_too(request: ModelRequest) -> str:
        naming.name(due.session_id)
        return "Late blue parcel"

    model = actor.says(the_other_comes_too)
    naming.name(due.session_id)
    assert len(model.requests) == 1
    assert now(due) == ("Late blue parcel", "auto")


def test_a_model_that_is_away_is_asked_again_later(due: Session) -> None:
    actor.says(AWAY, AWAY, "Late blue parcel")
    naming.name(due.session_id)
    assert now(due) == (WORDS, "provisional")
    assert is_due(due)
    assert naming.due() == []
    assert Session.objects.get(pk=due.pk).name_problem == "the name could not be generated: the server is away"
    wait_for_retry()
    naming.name(due.session_id)
    assert now(due) == ("Late blue parcel", "auto")
    assert Session.objects.get(pk=due.pk).name_problem == ""


def test_it_is_tried_for_a_day_with_growing_delays(due: Session) -> None:
    actor.says(*[AWAY] * 80)
    delays: list[timedelta] = []
    begun = timezone.now()
    while len(delays) < 40:
        naming.name(due.session_id)
        row = Session.objects.get(pk=due.pk)
        if row.name_due_at is None or row.name_failed_at is None:
            break
        delays.append(row.name_due_at - timezone.now())
        # The wait, by moving what was before into the past.
        Session.objects.update(name_failed_at=row.name_failed_at - delays[-1], name_due_at=begun)
    minutes = [round(delay.total_seconds() / 60) for delay in delays]
    assert minutes[:8] == [1, 2, 4, 8, 16, 32, 64, 120]
    assert set(minutes[8:]) == {120}
    assert sum(minutes) <= 24 * 60
    assert now(due) == (WORDS, "provisional")
    told = [change.data["again"] for change in due.changes.filter(kind="name.failed")]
    assert told == [True, False]


@pytest.mark.parametrize(("wish", "least", "most"), [(600, 590, 600), (None, 50, 60), (10**9, 0, 0)])
def test_the_servers_wish_to_wait_is_kept(due: Session, wish: float | None, least: int, most: int) -> None:
    refusal = ModelError("too many requests", status=429, retry_after=wish)
    actor.says(refusal, refusal)
    naming.name(due.session_id)
    if most:
        assert least <= waits(due).total_seconds() <= most
    else:
        assert not is_due(due) or waits(due) <= timedelta(days=1)


def test_while_the_server_wants_a_pause_no_other_naming_asks_it_and_none_of_them_failed(due: Session, orders: Queue) -> None:
    other = sessions.start_session(orders, user_id="lou")
    messages.receive(other, "My bill is wrong")
    Session.objects.update(name_due_at=timezone.now())
    model = actor.says(ModelError("too many requests", status=429, retry_after=600), "Wrong bill")
    naming.name(due.session_id)
    naming.name(other.session_id)
    assert len(model.requests) == 1
    assert 590 <= waits(other).total_seconds() <= 601
    assert [row.name_failures for row in Session.objects.order_by("pk")] == [1, 0]


def test_a_failure_for_good_is_told_at_once_and_the_provisional_name_stays(due: Session, ana: Person) -> None:
    actor.says(BAD_KEY)
    naming.name(due.session_id)
    assert now(due) == (WORDS, "provisional")
    assert not is_due(due)
    assert "the key is wrong" in Session.objects.get(pk=due.pk).name_problem
    names.generate(due, ana)
    actor.says("Late blue parcel")
    naming.name(due.session_id)
    assert now(due) == ("Late blue parcel", "auto")


def test_a_name_asked_for_survives_the_retry(due: Session, ana: Person) -> None:
    names.rename(due, ana, "Ana's name")
    names.generate(due, ana)
    actor.says(AWAY, AWAY, "Late blue parcel")
    naming.name(due.session_id)
    wait_for_retry()
    naming.name(due.session_id)
    assert now(due) == ("Late blue parcel", "auto")


def test_a_session_with_a_name_keeps_it_when_generating_fails(due: Session, ana: Person) -> None:
    names.rename(due, ana, "Ana's name")
    names.generate(due, ana)
    actor.says(BAD_KEY)
    naming.name(due.session_id)
    assert now(due) == ("Ana's name", "human")
    assert due.changes.latest("pk").kind == "name.failed"
    assert not is_due(due)


def test_a_naming_whose_worker_died_becomes_due_again(due: Session) -> None:
    Session.objects.update(name_due_at=timezone.now() + timedelta(seconds=180))
    assert naming.due() == []
    Session.objects.update(name_due_at=timezone.now() - timedelta(seconds=1))
    assert naming.due() == [due.session_id]


def test_a_queue_that_does_not_name_is_left_alone(session: Session, orders: Queue, work: Work) -> None:
    name_by(enabled=False)
    actor.says("One.", "Two.")
    messages.receive(session, "First")
    work()
    messages.receive(session, "Second")
    work()
    assert not is_due(session)
