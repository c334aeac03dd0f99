"""Labels, priorities and saved views over the wire."""

from __future__ import annotations

import pytest

from sessions_app.actions import labels
from sessions_app.models import ApiToken, Label, Person, Session
from tests.programs import Program, code


@pytest.fixture
def program(ben: Person) -> Program:
    """Acts for Ben, on his queue."""
    return Program(ApiToken.make("ben's script", ben)[1])


def test_a_program_labels_a_session_and_lists_by_it(program: Program, session: Session) -> None:
    path = f"/sessions/{session.session_id}"
    made = program.post(f"{path}/labels", {"name": "VIP"}).json()
    assert program.post(f"{path}/labels", {"name": "vip"}).json() == made
    assert program.get(path).json()["labels"] == [made]
    assert program.get("/labels").json() == [made]
    assert [row["session_id"] for row in program.get("/sessions", label="vip").json()["items"]] == [session.session_id]
    assert program.get("/sessions", label="other").json()["items"] == []
    assert program.send("DELETE", f"{path}/labels/{made['id']}").status_code == 204
    assert program.send("DELETE", f"{path}/labels/{made['id']}").status_code == 204
    assert program.get(path).json()["labels"] == []


def test_a_program_makes_labels_where_its_person_may(program: Program, ana: Person) -> None:
    made = program.post("/labels", {"name": "Groups", "colour": "red"})
    assert (made.status_code, made.json()["colour"]) == (201, "red")
    taken = program.post("/labels", {"name": "groups"})
    assert (taken.status_code, "already" in taken.json()["error"]["message"]) == (422, True)
    assert program.post("/labels", {"name": "x", "colour": "mauve"}).status_code == 422
    labels.set_makers(ana, "admins")
    assert code(program.post("/labels", {"name": "Other"})) == "forbidden"
    assert program.send("PUT", f"/labels/{made.json()['id']}", {"name": "Other"}).status_code == 403


def test_an_admins_program_changes_and_deletes_labels(ana: Person, session: Session) -> None:
    program = Program(ApiToken.make("ana's", ana, scopes=["read", "write", "admin"])[1])
    made = program.post(f"/sessions/{session.session_id}/labels", {"name": "VIP"}).json()
    changed = program.send("PUT", f"/labels/{made['id']}", {"name": "Very important", "colour": "pink"}).json()
    assert (changed["id"], changed["name"], changed["colour"]) == (made["id"], "Very important", "pink")
    assert program.send("DELETE", f"/labels/{made['id']}").status_code == 204
    assert program.send("DELETE", f"/labels/{made['id']}").status_code == 404
    assert not Label.objects.exists()


def test_a_program_sets_the_priority_and_lists_by_it(program: Program, session: Session) -> None:
    path = f"/sessions/{session.session_id}"
    assert program.get(path).json()["priority"] == "normal"
    assert program.send("PUT", f"{path}/priority", {"priority": "urgent"}).json()["priority"] == "urgent"
    assert len(program.get("/sessions", priority="urgent").json()["items"]) == 1
    assert program.get("/sessions", priority="normal").json()["items"] == []
    assert len(program.get("/sessions", q="priority:urgent").json()["items"]) == 1
    assert program.send("PUT", f"{path}/priority", {"priority": "purple"}).status_code == 422


def test_a_program_saves_views_for_its_person_and_for_a_queue(program: Program, cy: Person, ana: Person) -> None:
    own = program.post("/views", {"name": "Mine", "where": "open", "query": "q=is%3Aopen&nonsense=1"}).json()
    assert (own["query"], own["queue"], own["address"]) == ("q=is%3Aopen", None, f"/views/{own['id']}/")
    shared = program.post("/views", {"name": "Ours", "queue": "orders"}).json()
    assert [view["name"] for view in program.get("/views").json()] == ["Mine", "Ours"]
    assert code(program.post("/views", {"name": "mine"})) == "refused"
    assert program.post("/views", {"name": "X", "where": "decisions"}).status_code == 422
    assert program.post("/views", {"name": "X", "queue": "parcels"}).status_code == 404
    others = Program(ApiToken.make("cy's script", cy)[1])
    assert others.get("/views").json() == []
    assert others.send("DELETE", f"/views/{shared['id']}").status_code == 404
    admins = Program(ApiToken.make("ana's", ana)[1])
    assert (
        admins.send("PUT", f"/views/{shared['id']}", {"name": "All of ours", "queue": "orders"}).json()["name"] == "All of ours"
    )
    assert program.send("DELETE", f"/views/{own['id']}").status_code == 204
