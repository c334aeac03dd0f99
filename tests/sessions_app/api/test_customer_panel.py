"""A session's customer and their attributes over the wire."""

from __future__ import annotations

import pytest
from django.http import Http404

from sessions_app.actions import customer_attributes, sessions
from sessions_app.customers import Customer, erase
from sessions_app.customers.export import exported
from sessions_app.models import ApiToken, CustomerAttributes, Person, Queue, Session
from sessions_app.store import DjangoDb
from tests.programs import Program, code


@pytest.fixture
def program(ben: Person) -> Program:
    """Acts for Ben, on his queue."""
    return Program(ApiToken.make("ben's script", ben)[1])


def test_a_program_tells_attributes_and_reads_them_with_the_session(program: Program, session: Session) -> None:
    told = program.send("PUT", "/customers/attributes", {"user_id": "kim", "attributes": {"tier": "Silver", "orders": 12}})
    assert told.json()["attributes"] == {"tier": "Silver", "orders": "12"}
    shown = program.get(f"/sessions/{session.session_id}/customer").json()
    assert (shown["user_id"], shown["attributes"]) == ("kim", {"tier": "Silver", "orders": "12"})
    program.send("PUT", "/customers/attributes", {"user_id": "kim", "attributes": {"fare": "Y-FLEX"}})
    assert program.get(f"/sessions/{session.session_id}/customer").json()["attributes"] == {"fare": "Y-FLEX"}


def test_a_new_session_adds_to_what_is_known(program: Program, session: Session) -> None:
    program.send("PUT", "/customers/attributes", {"user_id": "kim", "attributes": {"tier": "Silver", "fare": "Y"}})
    begun = {"queue": "orders", "user_id": "kim", "session_id": "k2", "attributes": {"fare": "", "booking": "K7"}}
    assert program.post("/sessions", begun).status_code == 201
    assert CustomerAttributes.objects.get(user_id="kim").attributes == {"tier": "Silver", "booking": "K7"}
    nameless = program.post("/sessions", {"queue": "orders", "attributes": {"fare": "Y"}})
    assert nameless.status_code == 422


@pytest.mark.parametrize(
    "attributes",
    [
        {str(number): "x" for number in range(31)},
        {"x" * 41: "x"},
        {"x": "y" * 301},
        {"": "x"},
        {"x": "two\nlines"},
        {"x": None},
        {"x": ["a"]},
        {"x": {"y": "z"}},
        ["x"],
    ],
    ids=["too many", "long name", "long value", "no name", "lines", "nothing", "list", "object", "no object"],
)
def test_what_is_no_attribute_is_refused_whole(program: Program, session: Session, attributes: object) -> None:
    answer = program.send("PUT", "/customers/attributes", {"user_id": "kim", "attributes": attributes})
    assert answer.status_code == 422
    assert not CustomerAttributes.objects.exists()


def test_attributes_of_customers_that_a_token_does_not_see_are_not_told(program: Program, parcels: Queue) -> None:
    sessions.start_session(parcels, user_id="lee")
    answer = program.send("PUT", "/customers/attributes", {"user_id": "lee", "attributes": {"tier": "Gold"}})
    assert code(answer) == "not_found"


def test_attributes_are_exported_and_erased_with_the_customer(program: Program, session: Session, orders: Queue) -> None:
    program.send("PUT", "/customers/attributes", {"user_id": "kim", "attributes": {"tier": "Silver"}})
    assert '"attributes": {"tier": "Silver"}' in "".join(exported(Customer.of("user_id", "kim")))
    other = sessions.start_session(orders, user_id="kim")
    erase(Customer.of("session_id", other.session_id))
    assert CustomerAttributes.objects.exists(), "another conversation of the customer is still there"
    assert '"attributes": {"tier": "Silver"}' in "".join(exported(Customer.of("session_id", session.session_id)))
    erase(Customer.of("session_id", session.session_id))
    assert not CustomerAttributes.objects.exists()


def test_attributes_go_with_the_last_conversation_that_a_program_deletes(program: Program, session: Session) -> None:
    told = {"user_id": "kim", "attributes": {"tier": "Silver"}}
    program.send("PUT", "/customers/attributes", told)
    assert DjangoDb().delete_session(session.session_id)
    assert not CustomerAttributes.objects.exists()
    assert code(program.send("PUT", "/customers/attributes", told)) == "not_found"
    with pytest.raises(Http404):
        customer_attributes.tell("kim", {"tier": "Silver"})
    assert not CustomerAttributes.objects.exists()


def test_a_customer_is_corrected_and_their_sessions_are_listed(program: Program, session: Session, orders: Queue) -> None:
    other = sessions.start_session(orders, user_id="kim")
    path = f"/sessions/{session.session_id}/customer"
    told = program.send("PATCH", path, {"customer_email": "kim@example.com"}).json()
    assert (told["customer_name"], told["customer_email"]) == ("Kim", "kim@example.com")
    assert [row["session_id"] for row in told["sessions"]] == [other.session_id]
    assert program.send("PATCH", path, {"customer_email": "kim"}).status_code == 422


def test_a_person_writes_first_by_a_program(program: Program, orders: Queue) -> None:
    begun = {"queue": "orders", "user_id": "lee", "session_id": "l1", "message": "Your parcel is here."}
    first = program.post("/sessions", begun)
    assert (first.status_code, first.json()["assignee"]) == (201, "ben@example.com")
    assert program.post("/sessions", begun).status_code == 200
    session = Session.objects.get(session_id="l1")
    assert [message.content for message in session.messages.all()] == ["Your parcel is here."]
    token, secret = ApiToken.make("shop")
    token.queues.add(orders)
    assert program.post("/sessions", {**begun, "session_id": "l2", "message": " "}).status_code == 422
    assert code(Program(secret).post("/sessions", {**begun, "session_id": "l3"})) == "forbidden"
    assert not Session.objects.filter(session_id__in=["l2", "l3"]).exists()
