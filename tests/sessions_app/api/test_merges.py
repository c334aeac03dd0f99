"""Merges, tickets that stand first and mentions, by programs."""

from __future__ import annotations

import pytest

from sessions_app.actions import messages, sessions, tickets
from sessions_app.models import ApiToken, KeptApart, Person, Queue, Session
from tests.programs import Program, code


@pytest.fixture
def program(ben: Person) -> Program:
    return Program(ApiToken.make("ben's script", ben)[1])


@pytest.fixture
def other(orders: Queue) -> Session:
    return sessions.start_session(orders, user_id="kim", customer_name="Kim", session_id="kim-2")


def test_two_sessions_are_merged_read_and_taken_apart(program: Program, session: Session, other: Session) -> None:
    made = program.post("/merges", {"kept": session.session_id, "merged": "kim-2"})
    assert (made.status_code, made.json()["merged"]) == (201, "kim-2")
    assert program.get("/sessions/kim-2").json()["session_id"] == session.session_id
    merge = f"/merges/{made.json()['id']}"
    assert program.get(merge).json()["undone_at"] is None
    back = program.post(f"{merge}/undo", None)
    assert (back.status_code, back.json()["session_id"]) == (200, "kim-2")
    assert program.get(merge).json()["undone_at"] is not None
    assert code(program.post(f"{merge}/undo", None)) == "refused"


def test_what_cannot_be_merged_is_refused(program: Program, session: Session, other: Session, parcels: Queue) -> None:
    sessions.start_session(parcels, session_id="theirs")
    kept = session.session_id
    assert code(program.post("/merges", {"kept": kept, "merged": kept})) == "refused"
    assert code(program.post("/merges", {"kept": kept, "merged": "theirs"})) == "not_found"
    messages.receive(other, "Hello")
    assert code(program.post("/merges", {"kept": kept, "merged": "kim-2"})) == "refused"
    for merge in ("0", "x", "99999999999999999999"):
        assert code(program.post(f"/merges/{merge}/undo", None)) == "not_found"


def test_people_of_another_queue_learn_nothing_of_a_merge(
    program: Program, session: Session, other: Session, cy: Person
) -> None:
    merge = program.post("/merges", {"kept": session.session_id, "merged": "kim-2"}).json()["id"]
    stranger = Program(ApiToken.make("cy's script", cy)[1])
    assert code(stranger.get(f"/merges/{merge}")) == "not_found"
    assert code(stranger.post(f"/merges/{merge}/undo", None)) == "not_found"


def test_two_are_kept_apart_and_offered_again(program: Program, session: Session, other: Session) -> None:
    both = [session.session_id, "kim-2"]
    assert program.send("PUT", "/merges/apart", {"sessions": both}).status_code == 204
    assert KeptApart.objects.count() == 1
    assert program.send("PUT", "/merges/apart", {"sessions": both[::-1], "apart": False}).status_code == 204
    assert KeptApart.objects.count() == 0
    assert code(program.send("PUT", "/merges/apart", {"sessions": ["kim-2"] * 2})) == "refused"


def test_another_ticket_is_put_first(program: Program, session: Session, ben: Person) -> None:
    _first, second = (tickets.link(session, ben, number) for number in ("HD-1", "HD-2"))
    path = f"/sessions/{session.session_id}/tickets"
    put = program.send("PUT", f"{path}/{second.pk}", {"is_primary": True})
    assert (put.status_code, put.json()["is_primary"]) == (200, True)
    assert [link["is_primary"] for link in program.get(path).json()] == [False, True]
    assert program.send("PUT", f"{path}/{second.pk}", {"is_primary": False}).status_code == 422


def test_a_mention_is_listed_until_it_is_dismissed_or_linked(program: Program, session: Session) -> None:
    messages.receive(session, "It is HD-7, HD-8 or HD-9")
    path = f"/sessions/{session.session_id}"
    assert [found["ticket_id"] for found in program.get(f"{path}/mentions").json()] == ["HD-7", "HD-8", "HD-9"]
    assert program.post(f"{path}/mentions", {"ticket_id": "hd-8"}).status_code == 204
    program.post(f"{path}/tickets", {"ticket_id": "HD-9"})
    assert [found["url"][-4:] for found in program.get(f"{path}/mentions").json()] == ["HD-7"]
    assert code(program.post(f"{path}/mentions", {"ticket_id": "kettle"})) == "refused"
    assert code(program.post(f"{path}/mentions", {"ticket_id": "HD-7", "system": "nowhere"})) == "not_found"
