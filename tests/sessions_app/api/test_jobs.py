"""Bulk jobs over the API: try, start, watch, cancel, undo."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from sessions_app.actions import deleting, sessions
from sessions_app.jobs import engine
from sessions_app.models import ApiToken, Job, Person, Queue, Session


@pytest.fixture
def several(orders: Queue) -> list[Session]:
    return [sessions.start_session(orders, user_id=f"kim-{number}", customer_name=f"Kim {number}") for number in range(3)]


class Program:
    """A program with Ben's token."""

    def __init__(self, client: Client, person: Person, **options: Any) -> None:
        token, secret = ApiToken.make("program", person, scopes=options.get("scopes", ["read", "write"]))
        token.queues.set(options.get("queues", []))
        self.client, self.headers = client, {"Authorization": f"Bearer {secret}"}

    def get(self, path: str) -> Any:
        return self.client.get(f"/api{path}", headers=self.headers)

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        return self.client.post(f"/api{path}", body, content_type="application/json", headers=self.headers)


@pytest.fixture
def program(client: Client, ben: Person) -> Program:
    return Program(client, ben)


def test_a_job_is_tried_started_watched_and_undone(program: Program, several: list[Session]) -> None:
    ids = [session.session_id for session in several[:2]]
    tried = program.post("/jobs", {"kind": "resolve", "sessions": ids})
    assert tried.status_code == 201
    job = tried.json()
    assert (job["state"], job["to_do"], job["title"]) == ("planned", 2, "Resolve 2 conversations")
    assert program.post(f"/jobs/{job['id']}/start").json()["state"] == "running"
    engine.work(job["id"])
    assert program.get(f"/jobs/{job['id']}").json()["done"] == 2
    rows = program.get(f"/jobs/{job['id']}/rows?outcome=done").json()["items"]
    assert sorted(row["session_id"] for row in rows) == sorted(ids)
    assert program.post(f"/jobs/{job['id']}/undo").json()["state"] == "undoing"
    engine.work(job["id"])
    assert program.get("/jobs").json()["items"][0]["undone"] == 2


@pytest.mark.parametrize("unknown", ["", "nowhere"])
def test_an_id_that_is_none_is_not_found(program: Program, several: list[Session], unknown: str) -> None:
    refused = program.post("/jobs", {"kind": "resolve", "sessions": [several[0].session_id, unknown]})
    assert refused.status_code == 404
    assert not Job.objects.exists()


def test_filters_choose_sessions_and_start_begins_at_once(program: Program, several: list[Session]) -> None:
    begun = program.post("/jobs", {"kind": "resolve", "queue": "orders", "status": "open", "limit": 2, "start": True}).json()
    assert (begun["state"], begun["total"]) == ("running", 2)
    assert program.post(f"/jobs/{begun['id']}/cancel").json()["state"] == "cancelled"
    assert program.post(f"/jobs/{begun['id']}/pause").status_code == 422


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"kind": "explode", "sessions": []}, 422),
        ({"kind": "rename", "sessions": [], "parameters": {"template": "{what}"}}, 422),
        ({"kind": "resolve", "sessions": ["nobody"]}, 404),
        ({"kind": "resolve", "queue": "nowhere"}, 404),
        ({"kind": "resolve", "status": "lost"}, 422),
        ({"kind": "delete", "queue": "orders"}, 403),
        ({"kind": "resolve", "queue": "orders", "colour": "red"}, 422),
    ],
)
def test_what_cannot_be_done_is_refused_and_stores_nothing(
    program: Program, several: list[Session], body: dict[str, Any], status: int
) -> None:
    assert program.post("/jobs", body).status_code == status
    assert not Job.objects.exists()


def test_jobs_of_others_are_not_there(program: Program, client: Client, several: list[Session], cy: Person) -> None:
    job = program.post("/jobs", {"kind": "resolve", "queue": "orders"}).json()["id"]
    stranger = Program(client, cy)
    assert stranger.get(f"/jobs/{job}").status_code == 404
    assert stranger.post(f"/jobs/{job}/start").status_code == 404
    assert stranger.get("/jobs").json()["items"] == []


def test_admins_list_deleted_sessions_and_restore_one_or_many(
    client: Client, several: list[Session], ana: Person, ben: Person
) -> None:
    for session in several:
        deleting.delete(session, ana)
    admin = Program(client, ana, scopes=["read", "write", "admin"])
    [newest, *_] = admin.get("/deleted-sessions").json()["items"]
    assert (newest["session_id"], newest["deleted_by"], newest["status_before"]) == (several[2].session_id, "Ana", "open")
    assert newest["erased_at"] > newest["deleted_at"]
    path = f"/deleted-sessions/{several[0].session_id}/restore"
    assert Program(client, ben, scopes=["admin"]).post(path).status_code == 403
    assert Program(client, ben, scopes=["admin"]).get("/deleted-sessions").status_code == 403
    assert admin.post(path).json()["status"] == "open"
    assert admin.post(path).status_code == 404
    ids = [session.session_id for session in several[1:]]
    assert Program(client, ben).post("/jobs", {"kind": "restore", "sessions": ids}).status_code == 404
    job = admin.post("/jobs", {"kind": "restore", "sessions": ids, "start": True}).json()
    engine.work(job["id"])
    assert Session.objects.open().count() == 3
