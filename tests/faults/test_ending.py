"""Every process ends when it is asked to, whatever runs in it, and what it was doing goes on elsewhere."""

from __future__ import annotations

import signal
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from sessions_app.actions import messages, sessions
from sessions_app.models import Leader, Process, Queue, Run, Session
from tests.faults.conftest import Installation
from tests.responses_server import Calls, Hang, Text

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]


@pytest.fixture
def hanging(installation: Installation) -> Installation:
    """An installation whose tools hang; turns last ten seconds and processes have five to end."""
    installation.configure(KERN_DESK="tests.faults.hanging_desk:desk", KERN_TURN_SECONDS="10", KERN_GRACE_SECONDS="5")
    return installation


def asks_for(name: str) -> Calls:
    return Calls([(name, {})])


def another(user_id: str) -> Session:
    return sessions.start_session(Queue.objects.get(slug="orders"), user_id=user_id)


def has_begun(session: Session) -> bool:
    return session.runs.filter(tool_calls__status="started").exists()


@pytest.mark.parametrize("tool", ["sleep_on", "wait_for_lock"])
def test_a_worker_whose_tool_hangs_ends_when_asked_and_hands_its_turn_over(
    hanging: Installation, session: Session, tool: str
) -> None:
    hanging.configure(KERN_TURN_SECONDS="3600")
    hanging.model.reply_with(asks_for(tool))
    worker = hanging.start_worker()
    messages.receive(session, "Help")
    hanging.until(lambda: has_begun(session))
    assert hanging.end(worker) == 0
    run = Run.objects.get()
    assert (run.status, run.lease_until, run.attempts) == ("pending", None, 0)
    assert not Process.objects.exists()


def test_a_worker_whose_tool_keeps_the_interpreter_is_gone_too(hanging: Installation, session: Session) -> None:
    hanging.configure(KERN_TURN_SECONDS="3600")
    hanging.model.reply_with(asks_for("compute"))
    worker = hanging.start_worker()
    messages.receive(session, "Help")
    hanging.until(lambda: has_begun(session))
    assert hanging.end(worker) == 1
    assert "hanging_desk.py" in hanging.said(worker)


def test_another_worker_takes_over_at_once_from_one_that_ends_while_its_model_is_silent(
    hanging: Installation, session: Session
) -> None:
    hanging.configure(KERN_TURN_SECONDS="3600")
    hanging.model.reply_with(Hang(), Text("Here I am."))
    worker = hanging.start_worker()
    messages.receive(session, "Help")
    assert hanging.model.wait_for(lambda server: server.replies == 1, 60)
    hanging.start_worker()
    assert hanging.end(worker) == 0
    # No scheduler runs: the worker that ended told the other one.
    hanging.until(lambda: Run.objects.get().status == "completed")
    assert Run.objects.get().attempts == 1


def test_a_worker_ends_while_redis_hangs(hanging: Installation, session: Session) -> None:
    hanging.model.reply_with(asks_for("sleep_on"))
    worker = hanging.start_worker()
    messages.receive(session, "Help")
    hanging.until(lambda: has_begun(session))
    assert hanging.redis.process is not None
    hanging.redis.process.send_signal(signal.SIGSTOP)
    try:
        assert hanging.end(worker) == 0
    finally:
        hanging.redis.process.send_signal(signal.SIGCONT)
    assert Run.objects.get().status == "pending"


def test_worker_and_scheduler_end_while_the_database_is_locked(hanging: Installation, session: Session) -> None:
    hanging.model.reply_with(asks_for("sleep_on"))
    worker, scheduler = hanging.start_worker(), hanging.start_scheduler()
    messages.receive(session, "Help")
    hanging.until(lambda: has_begun(session) and Leader.objects.exclude(holder="").exists())
    with transaction.atomic():
        list(Session.objects.select_for_update())
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("LOCK TABLE sessions_app_process, sessions_app_leader")
        assert hanging.end(worker) in (0, 1)
        assert hanging.end(scheduler) in (0, 1)


def test_a_worker_that_lost_too_many_threads_begins_anew_and_the_next_customer_is_answered(
    hanging: Installation, session: Session
) -> None:
    """Six tools that never return, on a worker of four threads, and nobody beside it that would restart it."""
    hanging.model.reply_with(lambda request: Text("Here I am.") if "well" in str(request["input"]) else asks_for("sleep_on"))
    hanging.start_scheduler()
    worker = hanging.start_worker()
    everybody = [session, *(another(f"kim-{number}") for number in range(5))]
    for each in everybody:
        messages.receive(each, "Help")
    hanging.until(lambda: Run.objects.filter(status="error").count() == len(everybody))
    hanging.until(lambda: Process.objects.filter(kind="worker", restarts__gte=1).exists())
    late = another("late")
    messages.receive(late, "All well?")
    hanging.until(lambda: late.runs.filter(status="completed").exists())
    assert worker.poll() is None
    assert hanging.end(worker) == 0


def test_of_two_schedulers_one_leads_and_the_other_takes_over_when_it_dies(installation: Installation) -> None:
    first = installation.start_scheduler()
    installation.until(lambda: Leader.objects.filter(holder__endswith=f"/{first.pid}").exists())
    second = installation.start_scheduler()
    installation.until(lambda: Process.objects.filter(kind="scheduler").count() == 2)
    assert Leader.objects.get().holder.endswith(f"/{first.pid}")
    installation.kill(first)
    installation.until(lambda: Leader.objects.get().holder.endswith(f"/{second.pid}"))
    assert installation.end(second) == 0
    assert Leader.objects.get().holder == ""


def test_the_scheduler_goes_on_while_redis_hangs(installation: Installation, session: Session) -> None:
    assert installation.redis.process is not None
    messages.receive(session, "Nobody hears of this")
    Session.objects.filter(pk=session.pk).update(status="snoozed", snoozed_until=timezone.now() + timedelta(seconds=2))
    installation.redis.process.send_signal(signal.SIGSTOP)
    try:
        scheduler = installation.start_scheduler()
        installation.until(lambda: Session.objects.get(pk=session.pk).status == "open")
        swept = Leader.objects.get().done_at
        installation.until(lambda: Leader.objects.get().done_at not in (None, swept))
        assert installation.end(scheduler) == 0
    finally:
        installation.redis.process.send_signal(signal.SIGCONT)
