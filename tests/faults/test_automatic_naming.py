"""Automatic naming by real processes: the scheduler finds what is due, the server refuses at first, people win."""

from __future__ import annotations

import pytest

from sessions_app.actions import messages, names, sessions
from sessions_app.changes.kinds import Kind
from sessions_app.infrastructure import clock
from sessions_app.models import Person, Queue, Session
from tests.faults.conftest import Installation
from tests.responses_server import ErrorReply, Slow, Text

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]


@pytest.fixture
def due(installation: Installation) -> list[Session]:
    """Conversations that were answered and whose naming is due."""
    orders = Queue.objects.get(slug="orders")
    found = [sessions.start_session(orders, user_id=f"kim-{number}") for number in range(4)]
    for session in found:
        messages.receive(session, "My parcel is lost")
        session.runs.update(status="completed")
    Session.objects.update(name_due_at=clock.now())
    return found


def times_named(several: list[Session]) -> set[int]:
    return {session.changes.filter(kind=Kind.NAME_CHANGED).count() for session in several}


def test_what_is_due_is_named_once_though_the_server_refuses_at_first(installation: Installation, due: list[Session]) -> None:
    refusals = iter([ErrorReply(429, "rate_limit_exceeded", retry_after=1), ErrorReply(429, retry_after="soon")])
    installation.model.reply_with(lambda request: next(refusals, Text("Lost parcel")))
    installation.start_worker()
    installation.start_scheduler()
    installation.until(lambda: Session.objects.filter(name="Lost parcel", name_source="auto").count() == len(due))
    assert times_named(due) == {1}
    assert set(Session.objects.values_list("name_due_at", "name_problem")) == {(None, "")}


def test_a_person_who_renames_while_the_model_thinks_wins(installation: Installation, due: list[Session]) -> None:
    ana = Person.objects.create_superuser("ana@example.com", "secret", display_name="Ana")
    installation.model.reply_with(lambda request: Slow(1.0, Text("Lost parcel")))
    worker = installation.start_worker()
    installation.start_scheduler()
    installation.until(lambda: len(installation.model.requests) == len(due))
    for session in due:
        names.rename(session, ana, "By hand")
    # A worker that is asked to end finishes its tasks: every answer of the model was read.
    assert installation.end(worker) == 0
    assert all(Session.objects.values_list("naming_tokens", flat=True))
    assert set(Session.objects.values_list("name", "name_source", "name_locked")) == {("By hand", "human", True)}
    assert times_named(due) == {1}
