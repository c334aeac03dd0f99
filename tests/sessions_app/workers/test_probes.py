"""What machines are told: whether requests can be served, whether the work is being done, and what was measured."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families
from pytest_django.fixtures import Settings

from kern_inbox.observability import probes
from sessions_app.actions import messages
from sessions_app.models import Leader, Process, Run, Session
from sessions_app.workers import processes

WELL = dict.fromkeys(("database", "desk", "workers", "naming", "scheduler", "queue", "threads", "clock"), "ok")


@pytest.fixture
def works(rows: None) -> None:
    """A worker of turns and one of names live, and everything was found a moment ago."""
    Process.objects.create(name="here/1", kind="worker", queues="turns", threads=4, busy=1)
    Process.objects.create(name="there/1", kind="worker", queues="naming", threads=4)
    Process.objects.create(name="here/2", kind="scheduler")
    Leader.objects.create(name="sweep", holder="here/2", done_at=Now())


def ready(client: Client) -> dict[str, str]:
    response = client.get("/health/ready/")
    assert response.status_code == (503 if response.json()["status"] == "unready" else 200)
    told: dict[str, str] = response.json()
    return told


def work(client: Client) -> tuple[int, dict[str, str]]:
    response = client.get("/health/work/")
    return response.status_code, response.json()


def measured(client: Client, settings: Settings) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
    settings.METRICS_TOKEN = "right"
    text = client.get("/metrics", headers={"Authorization": "Bearer right"}).content.decode()
    found: dict[str, dict[tuple[tuple[str, str], ...], float]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sorted(sample.labels.items()))] = sample.value
    return found


def test_everything_is_well(client: Client, works: None) -> None:
    told = ready(client)
    assert {name: told[name] for name in WELL} == WELL
    assert told["redis"] == "none needed"
    assert work(client)[0] == 200


def test_requests_are_served_while_nobody_works_but_the_work_is_not_done(client: Client, rows: None) -> None:
    told = ready(client)
    assert (told["status"], told["workers"], told["scheduler"]) == ("degraded", "none", "silent")
    status, told = work(client)
    assert (status, told["status"]) == (503, "stopped")


@pytest.mark.parametrize("missing", ["worker", "scheduler"])
def test_who_was_silent_for_long_is_dead(client: Client, works: None, missing: str) -> None:
    Process.objects.filter(kind=missing).update(beat_at=timezone.now() - timedelta(minutes=1))
    Leader.objects.update(done_at=timezone.now() - timedelta(minutes=1 if missing == "scheduler" else 0))
    assert work(client)[0] == 503


def test_a_worker_of_names_alone_answers_nobody(client: Client, works: None) -> None:
    Process.objects.filter(queues="turns").delete()
    status, told = work(client)
    assert (status, told["workers"], told["naming"]) == (503, "none", "ok")


def test_turns_that_nobody_takes_are_late_and_then_a_reason_to_wake_somebody(
    client: Client, works: None, session: Session, settings: Settings
) -> None:
    settings.KERN_TURN_SECONDS = 180
    messages.receive(session, "Hello?")
    assert work(client)[1]["queue"] == "ok"
    Run.objects.update(updated_at=timezone.now() - timedelta(seconds=100))
    assert (work(client)[0], work(client)[1]["queue"], ready(client)["status"]) == (200, "late", "degraded")
    Run.objects.update(updated_at=timezone.now() - timedelta(seconds=300))
    assert (work(client)[0], work(client)[1]["queue"]) == (503, "stopped")
    assert measured(client, settings)["kern_turns_waiting_oldest_seconds"][()] >= 300


def test_threads_that_hang_and_clocks_that_are_off_are_told_and_serve_requests(client: Client, works: None) -> None:
    Process.objects.filter(name="here/1").update(stuck=1, clock_skew=-120.0)
    told = ready(client)
    assert (told["status"], told["threads"], told["clock"]) == ("degraded", "stuck", "off")
    assert work(client)[0] == 200


def test_a_full_disk_is_told(client: Client, rows: None, settings: Settings) -> None:
    assert probes.disk_state() in ("ok", "low", "full")
    settings.KERN_VAR = settings.KERN_VAR / "gone"
    assert ready(client)["disk"] == "unreachable"


def test_without_a_database_probes_and_measurements_answer_still(
    client: Client, database_away: None, settings: Settings
) -> None:
    assert ready(client)["database"] == "unreachable"
    status, told = work(client)
    assert (status, told["workers"]) == (503, "unknown")
    known = measured(client, settings)
    assert known["kern_database_up"][()] == 0
    assert "kern_disk_free_bytes" in known


def test_measurements_know_the_workers_of_every_machine(client: Client, works: None, settings: Settings) -> None:
    counted = '# TYPE kern_turns_total counter\nkern_turns_total{end="completed"} 7.0\n'
    Process.objects.filter(name="there/1").update(measurements=counted, stuck=3, restarts=2)
    known = measured(client, settings)
    assert known["kern_turns_total"][(("end", "completed"), ("process", "there/1"))] == 7
    assert known["kern_stuck_threads"][(("kind", "worker"), ("process", "there/1"))] == 3
    assert known["kern_process_restarts"][(("kind", "worker"), ("process", "there/1"))] == 2
    assert known["kern_processes_alive"][(("kind", "worker"), ("queues", "turns"))] == 1
    assert known["kern_sweep_age_seconds"][()] < 30


def test_measurements_that_were_cut_off_spoil_nothing(client: Client, works: None, settings: Settings) -> None:
    Process.objects.filter(name="there/1").update(measurements='# TYPE kern_turns_total counter\nkern_turns_total{end="com')
    assert measured(client, settings)["kern_worker_threads"][(("kind", "worker"), ("process", "there/1"))] == 4


def test_a_process_tells_what_it_counted_and_goes_without_a_trace(rows: None) -> None:
    processes.beat(processes.State(Process.Kind.WORKER, "turns", threads=4, stuck=1))
    told = Process.objects.get()
    assert (told.name, told.threads, told.stuck) == (processes.own_name(), 4, 1)
    assert abs(told.clock_skew) < 60
    assert "kern_" in told.measurements
    assert all(line.startswith(("kern_", "# TYPE kern_")) for line in told.measurements.split("\n")[:-1])
    processes.leave()
    assert not Process.objects.exists()


def test_probes_tell_words_and_no_names(client: Client, works: None) -> None:
    for path in ("/health/ready/", "/health/work/"):
        said = client.get(path).content.decode()
        assert "here" not in said
        assert not any(sign.isdigit() for sign in said)
