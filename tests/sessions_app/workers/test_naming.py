"""Naming by the worker: after enough was said, never over a person's name, with a fallback that says why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from kern.errors import ModelError
from kern.models.base import ModelRequest
from sessions_app.actions import messages, names, tickets
from sessions_app.models import Person, Queue, Session
from sessions_app.workers import naming
from tests.desk import actor
from tests.sessions_app.naming_rules import name_by

Work = Callable[[], list[str]]
AWAY = ModelError("the server is away")
BAD_KEY = ModelError("the key is wrong", permanent=True)


def now(session: Session) -> tuple[str, str]:
    row = Session.objects.get(pk=session.pk)
    return row.name, row.name_source


def is_due(session: Session) -> bool:
    return Session.objects.get(pk=session.pk).name_due_at is not None


@pytest.fixture
def due(session: Session) -> Session:
    """A conversation in which enough was said, and whose naming is due now."""
    messages.receive(session, "My blue parcel from Monday is late")
    Session.objects.update(name_due_at=timezone.now())
    return session


def wait_for_retry() -> None:
    Session.objects.update(name_due_at=timezone.now())


def test_a_name_is_due_after_enough_was_said_and_a_delay(session: Session, work: Work) -> None:
    actor.says("It is late.", "Tomorrow.", "Late blue parcel")
    messages.receive(session, "My parcel is late")
    work()
    assert not is_due(session)
    messages.receive(session, "When will it come?")
    work()
    assert is_due(session)
    naming.name(session.session_id)
    assert now(session) == ("", "provisional")
    wait_for_retry()
    assert naming.due() == [session.session_id]
    naming.name(session.session_id)
    assert now(session) == ("Late blue parcel", "auto")
    assert naming.due() == []


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


def test_a_model_that_is_away_is_asked_once_more_later(due: Session) -> None:
    actor.says(AWAY, "Late blue parcel")
    naming.name(due.session_id)
    assert now(due) == ("", "provisional")
    assert is_due(due)
    assert naming.due() == []
    wait_for_retry()
    naming.name(due.session_id)
    assert now(due) == ("Late blue parcel", "auto")


def test_a_name_asked_for_survives_the_retry(due: Session, ana: Person) -> None:
    names.rename(due, ana, "Ana's name")
    names.generate(due, ana)
    actor.says(AWAY, "Late blue parcel")
    naming.name(due.session_id)
    wait_for_retry()
    naming.name(due.session_id)
    assert now(due) == ("Late blue parcel", "auto")


def test_after_the_second_failure_it_falls_back_to_the_first_words(due: Session) -> None:
    actor.says(AWAY, AWAY)
    naming.name(due.session_id)
    wait_for_retry()
    naming.name(due.session_id)
    assert now(due) == ("My blue parcel from Monday", "provisional")
    assert "the server is away" in due.names.get().note
    assert not is_due(due)


def test_a_failure_for_good_falls_back_at_once_and_to_the_ticket_first(due: Session, ana: Person) -> None:
    actor.says(BAD_KEY)
    tickets.link(due, ana, "HD-12")
    naming.name(due.session_id)
    assert now(due) == ("HD-12", "ticket")
    assert "the key is wrong" in due.names.get().note


def test_a_session_with_a_name_keeps_it_when_generating_fails(due: Session, ana: Person) -> None:
    names.rename(due, ana, "Ana's name")
    names.generate(due, ana)
    actor.says(BAD_KEY)
    naming.name(due.session_id)
    assert now(due) == ("Ana's name", "human")
    assert due.changes.latest("pk").kind == "name.failed"
    assert not is_due(due)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("x" * 500, "x" * 60),
        ("Hello\n\n  there,  my dear people of the shop", "Hello there, my dear people"),
        ("می‌خواهم 👨‍👩‍👧 Reise\u2028heute", "می‌خواهم 👨‍👩‍👧 Reise heute"),
    ],
)
def test_first_words_make_one_short_line(session: Session, text: str, name: str) -> None:
    messages.receive(session, text)
    Session.objects.update(name_due_at=timezone.now())
    actor.says(BAD_KEY)
    naming.name(session.session_id)
    assert now(session) == (name, "provisional")


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
