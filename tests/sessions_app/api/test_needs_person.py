"""Whose turn it is, hand-overs and unread marks over the wire."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kern.testing import call
from sessions_app.actions import messages
from sessions_app.models import ApiToken, Person, Queue, Session
from sessions_app.models.session_read import unread_by
from tests.desk import actor
from tests.programs import Program

Work = Callable[[], list[str]]


@pytest.fixture
def program(ben: Person) -> Program:
    """Acts for Ben, on his queue."""
    return Program(ApiToken.make("ben's script", ben)[1])


def test_a_session_tells_whose_turn_it_is_and_lists_by_it(program: Program, session: Session, work: Work) -> None:
    path = f"/sessions/{session.session_id}"
    assert program.get(path).json()["waiting_for"] == "nobody"
    actor.says("On its way.")
    message = messages.receive(session, "Where is my parcel?")
    told = program.get(path).json()
    assert told["waiting_for"] == "agent"
    assert told["waiting_since"][:19] == message.created_at.isoformat()[:19]
    work()
    assert program.get(path).json()["waiting_for"] == "customer"
    assert len(program.get("/sessions?waiting_for=customer").json()["items"]) == 1
    assert program.get("/sessions?waiting_for=person").json()["items"] == []
    assert program.get("/sessions?waiting_for=me").status_code == 422


def test_what_needs_a_person_is_listed_with_its_reason_and_brief(program: Program, session: Session, work: Work) -> None:
    brief = [{"part": "wants", "sentence": "Money back.", "source": "my money back"}]
    actor.says([call("hand_over", reason="No tool pays", because="cannot", brief=brief)])
    messages.receive(session, "I want my money back")
    work()
    [listed] = program.get("/sessions?needs_person=true").json()["items"]
    assert (listed["person_wanted_for"], listed["person_wanted_by"]) == ("cannot", "Clerk")
    assert program.get("/sessions?needs_person=false").json()["items"] == []
    [made] = program.get(f"/sessions/{session.session_id}/hand-overs").json()
    asked = session.messages.get(author_kind="customer")
    assert (made["reason"], made["note"]) == ("cannot", "No tool pays")
    assert [(line["part"], line["text"], line["anchor"]) for line in made["brief"]] == [
        ("wants", "Money back.", f"message_{asked.pk}")
    ]


def test_a_program_asks_colleagues_as_its_person(program: Program, session: Session) -> None:
    path = f"/sessions/{session.session_id}"
    told = program.post(f"{path}/needs-person", {"note": "Please look"}).json()
    assert (told["person_wanted_for"], told["person_wanted_by"], told["ai_mode"]) == ("colleague", "Ben", "off")
    again = program.post(f"{path}/needs-person", {"note": "Me, too"}).json()
    assert again["person_wanted_at"] == told["person_wanted_at"]
    assert program.post(f"{path}/hand-back").json()["person_wanted_for"] == ""
    assert program.post(f"{path}/needs-person", {"note": "x" * 1001}).status_code == 422


def test_a_token_without_a_person_does_nothing_of_it(orders: Queue, session: Session) -> None:
    token, secret = ApiToken.make("shop")
    token.queues.add(orders)
    program = Program(secret)
    path = f"/sessions/{session.session_id}"
    assert program.post(f"{path}/needs-person", {}).status_code == 403
    assert program.post(f"{path}/unread").status_code == 403
    assert Session.objects.get().person_wanted_at is None


def test_a_session_is_marked_as_unread(program: Program, session: Session, ben: Person) -> None:
    assert program.post(f"/sessions/{session.session_id}/unread").status_code == 204
    assert Session.objects.filter(unread_by(ben)).exists()
