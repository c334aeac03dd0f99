"""Turns on real workers: they are answered, they survive the death of a worker or of Redis, and nothing is done twice."""

from __future__ import annotations

import pytest

from sessions_app.actions import decisions, messages
from sessions_app.models import Person, Run, Session
from sessions_app.workers.tasks import execute_turn
from tests.faults.conftest import Installation
from tests.responses_server import Calls, Hang, Slow, Text

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]


def note(order: str, seconds: float = 0.0) -> Calls:
    return Calls([("note_order", {"order": order, "seconds": seconds})])


def is_(status: str, session: Session) -> bool:
    return session.runs.roots().latest("pk").status == status


def said(session: Session) -> list[str]:
    return list(session.messages.said().order_by("pk").values_list("content", flat=True))


def test_a_message_is_answered_by_a_worker(installation: Installation, session: Session) -> None:
    installation.model.reply_with(note("7"), Text("Order 7 is noted."))
    installation.start_worker()
    messages.receive(session, "Note order 7")
    installation.until(lambda: is_("completed", session))
    assert said(session) == ["Note order 7", "Order 7 is noted."]
    assert installation.ledger() == ["order 7"]
    assert installation.model.rejections == []


def test_another_worker_finishes_what_a_dead_one_began_and_repeats_nothing(
    installation: Installation, session: Session
) -> None:
    installation.model.reply_with(note("7"), Hang())
    installation.start_scheduler()
    worker = installation.start_worker()
    messages.receive(session, "Note order 7")
    assert installation.model.wait_for(lambda server: server.replies == 2, 60)
    installation.kill(worker)
    installation.model.reply_with(Text("Order 7 is noted."))
    installation.start_worker()
    installation.until(lambda: is_("completed", session))
    assert said(session) == ["Note order 7", "Order 7 is noted."]
    assert installation.ledger() == ["order 7"]
    assert Run.objects.get().attempts == 2


def test_a_tool_in_which_a_worker_died_is_asked_about_and_not_repeated(installation: Installation, session: Session) -> None:
    ana = Person.objects.create_superuser("ana@example.com", "secret", display_name="Ana")
    installation.model.reply_with(note("7", seconds=600.0), Text("Order 7 is noted."))
    installation.start_scheduler()
    worker = installation.start_worker()
    messages.receive(session, "Note order 7")
    installation.until(lambda: installation.ledger() == ["order 7"])
    installation.kill(worker)
    installation.start_worker()
    installation.until(lambda: is_("paused", session))
    question = session.requirements.get()
    assert question.reason == "uncertain"
    decisions.give_result(question, ana, result="I looked: it is written down.", seen=10**9)
    installation.until(lambda: is_("completed", session))
    assert installation.ledger() == ["order 7"]


def test_a_restart_of_redis_loses_no_message(installation: Installation, session: Session) -> None:
    installation.start_scheduler()
    installation.start_worker()
    installation.model.reply_with(Slow(2, Text("One.")), Text("Two."))
    messages.receive(session, "First")
    assert installation.model.wait_for(lambda server: server.replies == 1, 60)
    installation.redis.kill()
    messages.receive(session, "Second, while Redis is away")
    installation.redis.start()
    installation.until(lambda: is_("completed", session) and len(said(session)) == 4)
    assert sorted(said(session)) == sorted(["First", "One.", "Second, while Redis is away", "Two."])
    assert Run.objects.count() == 2


def test_two_workers_and_many_hints_make_one_turn(installation: Installation, session: Session) -> None:
    installation.model.reply_with(note("7", seconds=1.0), Text("Order 7 is noted."))
    installation.start_worker()
    installation.start_worker()
    messages.receive(session, "Note order 7")
    run = Run.objects.get()
    for _ in range(20):
        execute_turn.hint(run.run_id)
    installation.until(lambda: is_("completed", session))
    assert installation.ledger() == ["order 7"]
    assert len(installation.model.requests) == 2
    assert Run.objects.get().attempts == 1
