"""The pages of bulk jobs: from a list's selection to a dry run, a job, its outcomes."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from sessions_app.actions import deleting, sessions
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


def test_a_dry_run_tells_of_other_jobs_at_work_on_the_same_conversations(
    client: Client, several: list[Session], ana: Person, ben: Person
) -> None:
    other = planning.plan("assign", [Wanted(session.pk) for session in several], {"assignee": str(ben.pk)}, person=ana)
    job = planning.plan("resolve", [Wanted(session.pk) for session in several[:2]], {}, person=ben)
    client.force_login(ben)
    assert "at this moment" not in flat(client.get(f"/jobs/{job.pk}/"))
    control.start(other)
    page = flat(client.get(f"/jobs/{job.pk}/"))
    assert "2 of these are in a job of Ana at this moment: Assign 3 conversations to Ben." in page
    work(other)
    assert "at this moment" not in flat(client.get(f"/jobs/{job.pk}/"))


def deleted_by(person: Person, several: list[Session]) -> None:
    for session in several:
        deleting.delete(session, person)


def test_admins_see_what_was_deleted_by_whom_and_how_long_it_can_be_restored(
    client: Client, several: list[Session], ana: Person, ben: Person
) -> None:
    deleted_by(ana, several[:2])
    client.force_login(ana)
    assert 'href="/deleted/"' in flat(client.get("/jobs/"))
    page = flat(client.get("/deleted/"))
    assert page.count("deleted by Ana") == 2
    assert re.search(r"(29|30) d left<", page)
    assert ("Kim 1" in page, "Kim 2" in page) == (True, False)
    found = flat(client.get("/deleted/?q=Kim+1"))
    assert ("Kim 1" in found, "Kim 0" in found) == (True, False)
    assert "No deleted conversation matches" in flat(client.get("/deleted/?q=Lee"))
    client.force_login(ben)
    assert client.get("/deleted/").status_code == 404
    assert 'href="/deleted/"' not in flat(client.get("/jobs/"))
    assert client.post("/deleted/", {"restore": several[0].pk}).status_code == 404
    assert client.post("/jobs/", {"do": "restore", "session": [several[0].pk]}).status_code == 403
    assert Session.objects.deleted().count() == 2


def test_one_deleted_conversation_is_restored_by_its_button(client: Client, several: list[Session], ana: Person) -> None:
    deleted_by(ana, several[:1])
    client.force_login(ana)
    restored = client.post("/deleted/", {"restore": several[0].pk})
    assert restored["Location"] == f"/open/{several[0].session_id}/"
    assert client.post("/deleted/", {"restore": several[0].pk}).status_code == 302
    assert client.get(restored["Location"]).status_code == 200
    assert "Nothing was deleted of late" in flat(client.get("/deleted/"))
    assert client.post("/deleted/", {"restore": "9" * 30}).status_code == 404


def test_several_deleted_conversations_are_restored_by_a_job_that_can_be_undone(
    client: Client, several: list[Session], ana: Person
) -> None:
    sessions.resolve(several[0], ana)
    deleted_by(ana, several)
    client.force_login(ana)
    client.post("/jobs/", {"do": "restore", "session": [session.pk for session in several[:2]]})
    job = Job.objects.get()
    assert {(row.before, row.after) for row in job.rows.all()} == {("Deleted", "Closed"), ("Deleted", "Open")}
    control.start(job)
    work(job)
    assert list(Session.objects.order_by("pk").values_list("status", flat=True)) == ["closed", "open", "deleted"]
    job.refresh_from_db()
    control.undo(job)
    work(job)
    assert Session.objects.deleted().count() == 3


def test_all_deleted_conversations_that_match_are_restored_together(
    client: Client, orders: Queue, several: list[Session], ana: Person, ben: Person
) -> None:
    more = [sessions.start_session(orders, customer_name=f"Lee {number}") for number in range(60)]
    deleted_by(ana, [*several, *more])
    client.force_login(ana)
    assert "All that match: 60" in flat(client.get("/deleted/?q=Lee"))
    client.post("/jobs/", {"do": "restore", "scope": "matching", "q": "Lee"})
    job = Job.objects.get()
    assert (job.to_do, job.source) == (60, "Deleted conversations")
    client.force_login(ben)
    assert client.post("/jobs/", {"do": "restore", "scope": "matching", "q": "Lee"}).status_code == 422
    assert Job.objects.count() == 1


def test_a_job_that_is_watched_tells_the_sidebar_how_many_are_at_work(
    client: Client, several: list[Session], ben: Person
) -> None:
    client.force_login(ben)
    job = planning.plan("resolve", [Wanted(several[0].pk)], {}, person=ben)
    control.start(job)
    assert re.search(r'<hx-partial hx-target="#rail-jobs".*1 running', flat(client.get(f"/jobs/{job.pk}/progress/")))
    assert "1 running" in flat(client.get("/list/open/"))
    work(job)
    watched = flat(client.get(f"/jobs/{job.pk}/progress/"))
    assert 'id="rail-jobs"' in watched
    assert "running" not in watched
    assert "running" not in flat(client.get("/list/open/"))


def test_the_list_of_what_was_deleted_goes_on_and_asks_few_queries(
    client: Client, orders: Queue, several: list[Session], ana: Person
) -> None:
    deleted_by(ana, several)
    client.force_login(ana)
    with CaptureQueriesContext(connection) as few:
        client.get("/deleted/")
    more = [sessions.start_session(orders, user_id=f"lee-{number}", customer_name=f"Lee {number}") for number in range(50)]
    deleted_by(ana, more)
    with CaptureQueriesContext(connection) as many:
        page = flat(client.get("/deleted/"))
    assert len(many) <= len(few) <= 8
    [after] = re.findall(r'href="\?q=&amp;after=([^"]+)"', page)
    rest = flat(client.get(f"/deleted/?after={after}"))
    assert rest.count('name="restore"') == 3
    assert flat(client.get("/deleted/?after=nonsense")).count('name="restore"') == 50
