"""The pages of bulk jobs: from a list's selection to a dry run, a job, its outcomes."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from sessions_app.actions import sessions
from sessions_app.jobs import control, engine, planning
from sessions_app.jobs.planning import Wanted
from sessions_app.models import Job, Person, Queue, Session, TicketSystem
from tests.sessions_app.html import flat


@pytest.fixture
def several(orders: Queue) -> list[Session]:
    return [sessions.start_session(orders, user_id=f"kim-{number}", customer_name=f"Kim {number}") for number in range(3)]


def work(job: Job) -> None:
    while engine.work(job.pk):
        pass


def test_ticked_rows_become_a_dry_run_that_is_started_watched_and_undone(
    client: Client, several: list[Session], ben: Person
) -> None:
    client.force_login(ben)
    page = flat(client.get("/open/"))
    assert f'name="session" value="{several[0].pk}" form="bulk"' in page
    keys = [session.pk for session in several[:2]]
    begun = client.post("/jobs/", {"do": "resolve", "session": keys, "where": "open", "filter": "?"})
    job = Job.objects.get()
    assert begun["Location"] == f"/jobs/{job.pk}/"
    dry = flat(client.get(f"/jobs/{job.pk}/"))
    assert "Resolve 2 conversations" in dry
    assert "Nothing is changed yet" in dry
    assert Session.objects.closed().count() == 0
    assert client.post(f"/jobs/{job.pk}/", {"do": "start"}).status_code == 302
    assert f'hx-get="/jobs/{job.pk}/progress/"' in flat(client.get(f"/jobs/{job.pk}/progress/"))
    assert "1 running" in flat(client.get("/jobs/"))
    work(job)
    done = flat(client.get(f"/jobs/{job.pk}/"))
    assert "/progress/" not in done
    assert f'name="undo" value="{job.rows.earliest("pk").pk}"' in done
    client.post(f"/jobs/{job.pk}/", {"undo": job.rows.earliest("pk").pk})
    work(job)
    assert Session.objects.closed().count() == 1
    assert flat(client.get(f"/jobs/{job.pk}/?outcome=undone")).count("<tr>") == 2
    assert Job.objects.get().state == "finished"


def test_all_that_match_are_those_of_the_lists_filters_now(client: Client, several: list[Session], ben: Person) -> None:
    client.force_login(ben)
    client.post("/jobs/", {"do": "resolve", "scope": "matching", "where": "search", "filter": "?q=Kim+1"})
    assert Job.objects.get().rows.get().session == several[1]
    assert Job.objects.get().source == "Search, filtered"


def test_an_action_with_parameters_asks_for_them_and_says_what_is_wrong(
    client: Client, several: list[Session], ana: Person
) -> None:
    client.force_login(ana)
    chosen = {"session": several[0].pk, "where": "open", "filter": "?"}
    asked = flat(client.post("/jobs/", {"do": "rename", **chosen}))
    assert 'name="template"' in asked
    refused = client.post("/jobs/", {"do": "rename", "ready": "1", "template": "{what}", **chosen})
    assert refused.status_code == 422
    assert "There is no field {what}" in flat(refused)
    assert 'value="{what}"' in flat(refused)
    assert not Job.objects.exists()
    for do in ("assign", "move", "link"):
        assert client.post("/jobs/", {"do": do, **chosen}).status_code == 200
    client.post("/jobs/", {"do": "assign", "ready": "1", "assignee": "", **chosen})
    job = Job.objects.get()
    assert job.skipped == 1
    assert 'value="start"' not in flat(client.get(f"/jobs/{job.pk}/"))


def test_nothing_selected_and_unknown_actions_are_said(client: Client, several: list[Session], ben: Person) -> None:
    client.force_login(ben)
    assert "Select conversations first" in flat(client.post("/jobs/", {"do": "resolve"}))
    assert client.post("/jobs/", {"do": "explode", "session": several[0].pk}).status_code == 422
    assert client.post("/jobs/", {"do": "delete", "session": several[0].pk}).status_code == 403
    assert "Delete" not in flat(client.get("/open/"))


def test_a_csv_is_pasted_or_uploaded_and_bad_lines_can_be_left_out(client: Client, several: list[Session], ben: Person) -> None:
    TicketSystem.objects.create(slug="crm", name="CRM", url_template="https://crm.example/{id}", pattern="C[0-9]+")
    client.force_login(ben)
    text = f"{several[0].session_id},C1\nnobody,C2"
    refused = client.post("/jobs/tickets/", {"lines": text})
    assert refused.status_code == 422
    assert "Line 2" in flat(refused)
    assert "There is no conversation “nobody”" in flat(refused)
    client.post("/jobs/tickets/", {"lines": text, "partly": "1"})
    assert Job.objects.get().to_do == 1
    client.post("/jobs/tickets/", {"file": SimpleUploadedFile("a.csv", "kim-1;C3".encode("utf-16"))})
    assert Job.objects.count() == 2
    binary = client.post("/jobs/tickets/", {"file": SimpleUploadedFile("a.csv", b"\xff\x00\x9f")})
    assert "no text in UTF-8" in flat(binary)


def test_outcomes_can_be_downloaded(client: Client, several: list[Session], ben: Person) -> None:
    client.force_login(ben)
    job = planning.plan("resolve", [Wanted(session.pk) for session in several], {}, person=ben)
    answer = client.get(f"/jobs/{job.pk}/outcomes.csv")
    lines = b"".join(answer.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert len(lines) == 4
    assert several[0].session_id in lines[1]


def test_words_of_sessions_in_other_peoples_queues_are_not_shown(
    client: Client, several: list[Session], ben: Person, parcels: Queue
) -> None:
    client.force_login(ben)
    job = planning.plan("resolve", [Wanted(session.pk) for session in several], {}, person=ben)
    Session.objects.filter(pk=several[0].pk).update(queue=parcels)
    page = flat(client.get(f"/jobs/{job.pk}/"))
    assert several[0].session_id not in page
    assert several[1].session_id in page


def test_pages_of_jobs_need_few_queries(client: Client, several: list[Session], ana: Person) -> None:
    client.force_login(ana)
    for kind in ("resolve", "reopen", "assign", "rename"):
        parameters = {"template": "{name}!"} if kind == "rename" else {"assignee": str(ana.pk)}
        job = planning.plan(kind, [Wanted(session.pk) for session in several], parameters, person=ana)
        Job.objects.filter(pk=job.pk).update(state="finished")
    client.get("/jobs/")
    for path in ("/jobs/", f"/jobs/{job.pk}/"):
        with CaptureQueriesContext(connection) as asked:
            client.get(path)
        assert len(asked) <= 8, [query["sql"][:120] for query in asked]


def test_a_dry_run_can_be_discarded(client: Client, several: list[Session], ben: Person) -> None:
    client.force_login(ben)
    job = planning.plan("resolve", [Wanted(several[0].pk)], {}, person=ben)
    client.post(f"/jobs/{job.pk}/", {"do": "discard"})
    assert not Job.objects.exists()
    started = planning.plan("resolve", [Wanted(several[0].pk)], {}, person=ben)
    control.start(started)
    client.post(f"/jobs/{started.pk}/", {"do": "discard"})
    assert Job.objects.exists()
