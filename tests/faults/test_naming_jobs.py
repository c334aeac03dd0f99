"""Naming jobs and real processes that die: every conversation is named exactly once, and no person's name is touched."""

from __future__ import annotations

from typing import Any

import pytest

from sessions_app.actions import messages, names, sessions
from sessions_app.changes.kinds import Kind
from sessions_app.jobs import control, planning
from sessions_app.jobs.planning import Wanted
from sessions_app.models import Job, Person, Queue, Session
from tests.faults.conftest import Installation
from tests.responses_server import Slow, Text

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]
COUNT = 60


@pytest.fixture
def ana(installation: Installation) -> Person:
    return Person.objects.create_superuser("ana@example.com", "secret", display_name="Ana")


@pytest.fixture
def several(installation: Installation) -> list[Session]:
    """Conversations that want a name; the model takes a moment for each, and few are asked at once."""
    installation.configure(KERN_NAMING_AT_ONCE="4")
    installation.model.reply_with(lambda request: Slow(0.2, Text("Lost parcel")))
    orders = Queue.objects.get(slug="orders")
    found = [sessions.start_session(orders, user_id=f"kim-{number}") for number in range(COUNT)]
    for session in found:
        messages.receive(session, "My parcel is lost")
    # What the customers asked is not what these tests are about.
    for session in found:
        session.runs.update(status="completed")
    return found


def started(several: list[Session], person: Person) -> Job:
    job = planning.plan("name", [Wanted(session.pk) for session in several], {}, person=person)
    control.start(job)
    return job


def done(job: Job) -> int:
    return job.rows.filter(state="done").count()


def is_over(job: Job) -> bool:
    job.refresh_from_db()
    return not job.is_working


def times_named(several: list[Session]) -> set[int]:
    return {session.changes.filter(kind=Kind.NAME_CHANGED).count() for session in several}


def test_a_job_outlives_its_worker_and_redis(installation: Installation, several: list[Session], ana: Person) -> None:
    installation.start_scheduler()
    worker = installation.start_worker()
    names.rename(several[-1], ana, "By hand")
    job = started(several[:-1], ana)
    installation.until(lambda: done(job) >= 5)
    installation.kill(worker)
    installation.redis.kill()
    before = done(job)
    installation.redis.start()
    installation.start_worker()
    installation.until(lambda: is_over(job))
    assert before < COUNT - 1
    assert (job.state, job.done, job.failed) == ("finished", COUNT - 1, 0)
    assert times_named(several[:-1]) == {1}
    assert Session.objects.get(pk=several[-1].pk).name == "By hand"


def test_a_person_who_renames_during_a_job_wins_always(installation: Installation, several: list[Session], ana: Person) -> None:
    installation.start_worker()
    job = started(several, ana)
    installation.until(lambda: done(job) >= 3)
    for session in several:
        names.rename(session, ana, "By hand")
    installation.until(lambda: is_over(job))
    assert set(Session.objects.values_list("name", "name_source")) == {("By hand", "human")}
    assert job.done + job.skipped == COUNT


def test_two_jobs_at_once_over_the_same_conversations_name_each_once(
    installation: Installation, several: list[Session], ana: Person
) -> None:
    installation.start_worker()
    installation.start_worker()
    jobs = [started(several, ana) for _ in range(2)]
    installation.until(lambda: all(is_over(job) for job in jobs))
    assert sum(job.done for job in jobs) == COUNT
    assert [job.done + job.skipped for job in jobs] == [COUNT, COUNT]
    assert times_named(several) == {1}


def test_a_job_is_cancelled_at_work_and_resumed(installation: Installation, several: list[Session], ana: Person) -> None:
    installation.start_worker()
    job = started(several, ana)
    installation.until(lambda: done(job) >= 5)
    control.cancel(job)
    # The worker gives the job back: from then on nothing is named any more.
    installation.until(lambda: not Job.objects.get(pk=job.pk).lease_owner)
    named = done(job)
    assert 5 <= named < COUNT
    assert times_named(several) == {0, 1}
    # Answers that were on their way are paid, so they are kept; nothing else was sent.
    assert len(installation.model.requests) == named
    control.resume(job)
    installation.until(lambda: is_over(job))
    assert (job.state, job.done) == ("finished", COUNT)
    assert times_named(several) == {1}
    assert len(installation.model.requests) == COUNT


def test_a_customer_is_answered_while_a_job_is_at_work(installation: Installation, several: list[Session], ana: Person) -> None:
    def answer(request: dict[str, Any]) -> Any:
        return Text("Here you are.") if "Where is it" in str(request["input"]) else Slow(1.0, Text("Lost parcel"))

    installation.model.reply_with(answer)
    installation.start_worker()
    job = started(several, ana)
    installation.until(lambda: done(job) >= 1)
    session = sessions.start_session(Queue.objects.get(slug="orders"), user_id="lou")
    messages.receive(session, "Where is it?")
    installation.until(lambda: session.messages.filter(role="assistant").exists())
    assert not is_over(job)
