"""A job that names conversations with AI, over a real Responses server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from sessions_app.actions import messages, names, sessions
from sessions_app.changes.kinds import Kind
from sessions_app.jobs import control, planning
from sessions_app.jobs.planning import Wanted
from sessions_app.models import Job, NameRecord, NamingSpend, Person, Queue, Session
from tests.responses_server import ErrorReply, Reply, ResponsesServer, Text

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
    found = [sessions.start_session(orders, user_id=f"kim-{number}", customer_name=f"Kim {number}") for number in range(4)]
    for number, session in enumerate(found):
        messages.receive(session, f"My parcel P{number}0000 is lost")
    return found


def which(request: dict[str, Any]) -> str:
    [digit] = {digit for digit in "0123" if f"P{digit}0000" in str(request["input"])}
    return digit


def planned(several: list[Session], person: Person) -> Job:
    return planning.plan("name", [Wanted(session.pk) for session in several], {}, person=person)


def started(several: list[Session], person: Person) -> Job:
    job = planned(several, person)
    control.start(job)
    return job


def the_names() -> list[tuple[str, str]]:
    return list(Session.objects.order_by("pk").values_list("name", "name_source"))


def reasons(job: Job) -> list[str]:
    return list(job.rows.exclude(reason="").order_by("position").values_list("reason", flat=True))


def test_each_conversation_gets_one_generated_name(
    server: ResponsesServer, several: list[Session], ana: Person, worked: Worked
) -> None:
    job = worked(started(several, ana))
    assert (job.state, job.done, job.failed, job.skipped) == ("finished", 4, 0, 0)
    assert the_names() == [(f"Parcel {number} lost", "auto") for number in range(4)]
    records = NameRecord.objects.filter(job=job, source="auto")
    assert {(record.version, record.model) for record in records} == {(1, "gpt-5.2")}
    assert job.tokens == sum(record.tokens for record in records) > 0
    assert job.tokens == sum(NamingSpend.objects.values_list("tokens", flat=True))
    assert job.tokens == sum(Session.objects.values_list("naming_tokens", flat=True))
    assert all(session.changes.filter(kind=Kind.NAME_CHANGED).count() == 1 for session in several)
    assert server.rejections == []


def test_the_dry_run_asks_no_model_and_says_what_it_would_use(
    server: ResponsesServer, several: list[Session], orders: Queue, ana: Person
) -> None:
    names.rename(several[0], ana, "By hand")
    silent = sessions.start_session(orders, user_id="lou", customer_name="Lou")
    job = planned([*several, silent], ana)
    assert (job.to_do, reasons(job)) == (3, ["A person named it", "Nothing was said yet"])
    assert job.estimate["tokens"] == 1_200
    assert job.estimate["seconds"] > 0
    assert {row.after for row in planning.examples(job)} == {"A name by gpt-5.2"}
    assert server.requests == []


def test_a_person_who_renames_meanwhile_wins(
    server: ResponsesServer, several: list[Session], ana: Person, ben: Person, worked: Worked
) -> None:
    job = planned(several, ana)
    names.rename(several[1], ben, "Between dry run and start")
    control.start(job)

    def person_is_faster(request: dict[str, Any]) -> Reply:
        return Text(f"Parcel {which(request)} lost")

    server.reply_with(person_is_faster)
    job = worked(job)
    assert (job.done, reasons(job)) == (3, ["A person named it"])
    assert the_names()[1] == ("Between dry run and start", "human")


def test_of_two_jobs_over_the_same_conversations_one_names_each(
    server: ResponsesServer, several: list[Session], ana: Person, ben: Person, worked: Worked
) -> None:
    first, second = started(several, ana), started(several, ben)
    first, second = worked(first), worked(second)
    assert (first.done, second.done, second.skipped) == (4, 0, 4)
    assert set(reasons(second)) == {"Renamed meanwhile"}
    assert set(Session.objects.values_list("name_version", flat=True)) == {1}


def test_one_failure_stops_no_other_and_is_tried_again(
    server: ResponsesServer, several: list[Session], ana: Person, worked: Worked
) -> None:
    server.reply_with(lambda request: ErrorReply(400, message="No.") if which(request) == "2" else Text("Lost parcel"))
    job = worked(started(several, ana))
    assert (job.state, job.done, job.failed) == ("finished", 3, 1)
    assert "No." in job.rows.get(state="failed").reason
    server.reply_with(lambda _: Text("Found parcel"))
    control.retry(job)
    job = worked(job)
    assert (job.done, job.failed) == (4, 0)
    assert the_names()[2] == ("Found parcel", "auto")


def test_forbidden_words_hold_here_too(
    server: ResponsesServer, several: list[Session], orders: Queue, ana: Person, worked: Worked
) -> None:
    orders.forbidden_words = "lost"
    orders.save()
    server.reply_with(lambda _: Text("Parcel lost"))
    job = worked(started(several, ana))
    assert (job.done, job.failed) == (0, 4)
    assert "not allowed" in job.rows.first().reason


def test_names_are_taken_back_unless_they_changed_since(
    server: ResponsesServer, several: list[Session], ana: Person, worked: Worked
) -> None:
    before = the_names()
    job = worked(started(several, ana))
    names.rename(several[3], ana, "Better")
    control.undo(job)
    job = worked(job)
    assert (job.state, job.undone, job.kept, reasons(job)) == ("undone", 3, 1, ["Named “Better” since"])
    assert the_names() == [*before[:3], ("Better", "human")]


def test_a_job_that_is_paused_and_resumed_asks_for_each_name_once(
    server: ResponsesServer, several: list[Session], ana: Person, worked: Worked, settings: Settings
) -> None:
    settings.KERN_NAMING_AT_ONCE = 1
    job = started(several, ana)

    def pause_at_the_second(request: dict[str, Any]) -> Reply:
        if which(request) == "1":
            control.pause(Job.objects.get(pk=job.pk))
        return Text(f"Parcel {which(request)} lost")

    server.reply_with(pause_at_the_second)
    assert worked(job).state == "paused"
    server.reply_with(lambda request: Text(f"Parcel {which(request)} lost"))
    control.resume(job)
    job = worked(job)
    assert (job.state, job.done) == ("finished", 4)
    assert set(Session.objects.values_list("name_version", flat=True)) == {1}


def test_without_a_language_model_a_job_costs_nothing(several: list[Session], ana: Person) -> None:
    job = planned(several, ana)
    assert (job.estimate["tokens"], job.estimate["cost"]) == (0, "0")
