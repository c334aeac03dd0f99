"""A job that names conversations through the provider's Batch API, at half the price."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from sessions_app.actions import messages, names, sessions
from sessions_app.errors import InvalidAction
from sessions_app.infrastructure import clock
from sessions_app.jobs import control, planning
from sessions_app.jobs.planning import Wanted
from sessions_app.jobs.registry import ACTIONS
from sessions_app.models import Job, Person, Queue, Session
from tests.responses_server import ErrorReply, ResponsesServer, Text

Worked = Callable[[Job], Job]


@pytest.fixture
def server(settings: Settings) -> Iterator[ResponsesServer]:
    with ResponsesServer(delay=0.0) as running:
        settings.OPENAI_BASE_URL, settings.OPENAI_API_KEY = running.base_url, "local"
        running.reply_with(lambda request: Text(f"Parcel {which(request)} lost"))
        yield running


@pytest.fixture
def several(orders: Queue) -> list[Session]:
    """Four conversations in which was said which one it is."""
    found = [sessions.start_session(orders, user_id=f"kim-{number}") for number in range(4)]
    for number, session in enumerate(found):
        messages.receive(session, f"My parcel P{number}0000 is lost")
    return found


def which(request: dict[str, Any]) -> str:
    [digit] = {digit for digit in "0123" if f"P{digit}0000" in str(request["input"])}
    return digit


def started(several: list[Session], person: Person) -> Job:
    job = planning.plan("name-batch", [Wanted(session.pk) for session in several], {}, person=person)
    control.start(job)
    return job


def later(job: Job) -> None:
    """The time to look again has come."""
    job.rows.update(due_at=clock.now() - timedelta(seconds=1))


def the_names() -> list[str]:
    return list(Session.objects.order_by("pk").values_list("name", flat=True))


def test_what_is_sent_is_named_once_the_batch_is_over(
    server: ResponsesServer, several: list[Session], ana: Person, ben: Person, worked: Worked
) -> None:
    before = the_names()
    job = worked(started(several, ana))
    assert (job.state, job.to_do, the_names()) == ("running", 4, before)
    assert job.rest_until is not None
    later(job)
    assert worked(job).to_do == 4
    names.rename(several[3], ben, "By a person")
    server.batches.finish()
    later(job)
    job = worked(job)
    assert (job.state, job.done, job.skipped) == ("finished", 3, 1)
    assert the_names() == ["Parcel 0 lost", "Parcel 1 lost", "Parcel 2 lost", "By a person"]
    assert (len(server.batches.batches), server.requests) == (1, [])
    assert server.rejections == []


def test_it_is_estimated_at_half_the_price(server: ResponsesServer, several: list[Session], ana: Person) -> None:
    wanted = [Wanted(session.pk) for session in several]
    half, whole = (planning.plan(kind, wanted, {}, person=ana).estimate for kind in ("name-batch", "name"))
    assert float(half["cost"]) == pytest.approx(float(whole["cost"]) / 2)
    assert half["seconds"] is None


def test_a_worker_that_died_before_it_could_remember_sends_nothing_twice(
    server: ResponsesServer, several: list[Session], ana: Person, worked: Worked
) -> None:
    job = worked(started(several, ana))
    Job.objects.filter(pk=job.pk).update(memo={})
    later(job)
    worked(job)
    server.batches.finish()
    later(job)
    assert worked(job).done == 4
    assert len(server.batches.batches) == 1


def test_a_batch_whose_worker_died_is_found_and_has_only_what_was_sent_in_it(
    server: ResponsesServer, several: list[Session], ana: Person, worked: Worked
) -> None:
    job = started(several, ana)
    job.rows.filter(position=4).update(state="failed")
    job = worked(job)
    [batch] = server.batches.batches
    Job.objects.filter(pk=job.pk).update(memo={"sending": list(job.memo["sent"])})
    control.retry(job)
    later(job)
    job = worked(job)
    assert [job.memo["sent"][str(row.pk)] for row in job.rows.order_by("position")] == [batch, batch, batch, "batch_1"]
    server.batches.finish()
    later(job)
    job = worked(job)
    assert (job.done, job.failed) == (4, 0)


def test_what_a_worker_only_meant_to_send_is_sent(
    server: ResponsesServer, several: list[Session], ana: Person, worked: Worked
) -> None:
    job = started(several, ana)
    Job.objects.filter(pk=job.pk).update(memo={"sending": [str(row.pk) for row in job.rows.all()]})
    worked(job)
    server.batches.finish()
    later(job)
    assert worked(job).done == 4
    assert len(server.batches.batches) == 1


def test_a_cancelled_job_has_its_batch_cancelled_and_takes_what_was_answered(
    server: ResponsesServer, several: list[Session], ana: Person, worked: Worked
) -> None:
    before = the_names()
    job = worked(started(several, ana))
    control.cancel(job)
    assert worked(job).state == "cancelling"
    [batch] = server.batches.batches.values()
    assert batch["status"] == "cancelling"
    with pytest.raises(InvalidAction, match="Being cancelled"):
        control.resume(job)
    server.batches.finish(answered=1)
    later(job)
    job = worked(job)
    assert (job.state, job.done, job.failed, job.to_do) == ("cancelled", 1, 0, 3)
    assert the_names() == ["Parcel 0 lost", *before[1:]]
    control.resume(job)
    worked(job)
    server.batches.finish()
    later(job)
    assert (worked(job).state, job.done) == ("finished", 4)
    assert len(server.batches.batches) == 2


def test_a_batch_that_its_server_cannot_cancel_is_taken_when_it_is_over(
    server: ResponsesServer, several: list[Session], ana: Person, worked: Worked
) -> None:
    server.batches.can_cancel = False
    job = worked(started(several, ana))
    control.pause(job)
    control.cancel(job)
    job = worked(job)
    assert (job.state, job.rest_until is None) == ("cancelling", False)
    server.batches.finish()
    later(job)
    assert (worked(job).state, job.done) == ("finished", 4)


def test_a_batch_of_a_worker_that_died_is_cancelled_with_its_job(
    server: ResponsesServer, several: list[Session], ana: Person, worked: Worked
) -> None:
    job = worked(started(several, ana))
    Job.objects.filter(pk=job.pk).update(memo={"sending": list(job.memo["sent"])})
    control.cancel(job)
    worked(job)
    server.batches.finish(answered=0)
    later(job)
    assert (worked(job).state, job.to_do) == ("cancelled", 4)
    assert [batch["status"] for batch in server.batches.batches.values()] == ["cancelled"]


def test_a_job_that_has_sent_nothing_is_cancelled_at_once(server: ResponsesServer, several: list[Session], ana: Person) -> None:
    job = started(several, ana)
    control.cancel(job)
    assert job.state == "cancelled"


def test_rows_fail_with_a_reason_once_the_desk_has_no_such_model(
    server: ResponsesServer, several: list[Session], ana: Person, worked: Worked, settings: Settings
) -> None:
    job = worked(started(several, ana))
    settings.OPENAI_API_KEY = settings.OPENAI_BASE_URL = ""
    later(job)
    assert (worked(job).state, job.failed) == ("finished", 4)
    assert "no language model" in str(job.rows.values_list("reason", flat=True)[0])


def test_what_failed_or_was_not_reached_is_sent_again_when_it_is_tried_again(
    server: ResponsesServer, several: list[Session], ana: Person, worked: Worked
) -> None:
    server.reply_with(lambda request: ErrorReply(400, message="No.") if which(request) == "1" else Text("Lost parcel"))
    job = worked(started(several, ana))
    server.batches.finish(status="expired", answered=3)
    later(job)
    job = worked(job)
    assert (job.state, job.done, job.failed) == ("finished", 2, 2)
    reasons = " ".join(job.rows.order_by("position").values_list("reason", flat=True))
    assert "No." in reasons
    assert "expired" in reasons
    server.reply_with(lambda _: Text("Found parcel"))
    control.retry(job)
    worked(job)
    server.batches.finish()
    later(job)
    job = worked(job)
    assert (job.done, job.failed, len(server.batches.batches)) == (4, 0, 2)


def test_a_server_without_batches_says_so_on_every_row(
    server: ResponsesServer, several: list[Session], ana: Person, worked: Worked
) -> None:
    server.batches.is_open = False
    job = worked(started(several, ana))
    assert (job.state, job.failed) == ("finished", 4)
    assert "404" in str(job.rows.order_by("position").values_list("reason", flat=True)[0])


def test_without_a_language_model_there_are_no_batches(several: list[Session], ana: Person) -> None:
    assert not ACTIONS["name-batch"].is_offered()
    with pytest.raises(InvalidAction, match="no language model"):
        planning.plan("name-batch", [Wanted(several[0].pk)], {}, person=ana)
