"""The customer in the drawer: their other conversations, name and address, what programs told; and new conversations."""

from __future__ import annotations

import pytest
from django.test import Client

from sessions_app.actions import customer_attributes, messages, sessions
from sessions_app.models import AuditEntry, Person, Queue, Session, UnsentText
from tests.sessions_app.html import flat


def drawer(client: Client, person: Person, session: Session) -> str:
    client.force_login(person)
    answer = client.get(f"/sessions/{session.session_id}/details/")
    assert answer.status_code == 200
    return flat(answer.content.decode())


def another(queue: Queue, name: str, user_id: str = "kim", email: str = "") -> Session:
    session = sessions.start_session(queue, user_id=user_id, customer_name="Kim", customer_email=email)
    messages.receive(session, name)
    session.refresh_from_db()
    return session


def test_the_drawer_shows_the_customers_other_conversations(
    client: Client, session: Session, orders: Queue, ben: Person
) -> None:
    opened, closed = another(orders, "Seats for the flight home"), another(orders, "A second bag")
    sessions.assign(opened, ben, ben)
    sessions.resolve(closed, ben)
    shown = drawer(client, ben, session)
    assert f'href="/open/{opened.session_id}/"' in shown
    assert "Open, with Ben" in shown
    assert "A second bag" in shown
    assert "One more is open." in shown
    assert "writes there now" not in shown


def test_a_colleague_who_writes_to_the_customer_elsewhere_is_named(
    client: Client, session: Session, orders: Queue, ana: Person, ben: Person
) -> None:
    other = another(orders, "Seats")
    UnsentText.objects.create(session=other, person=ana, text="Dear Kim")
    assert "One more is open. Ana writes there now." in drawer(client, ben, session)
    assert "writes there now" not in drawer(client, ana, session), "one's own words are no colleague's"


def test_conversations_of_other_queues_and_other_customers_are_not_shown(
    client: Client, session: Session, orders: Queue, parcels: Queue, ben: Person, ana: Person
) -> None:
    hidden = another(parcels, "Where is my parcel?")
    stranger = another(orders, "Kim with a capital", user_id="Kim")
    assert hidden.session_id not in drawer(client, ben, session)
    assert hidden.session_id in drawer(client, ana, session)
    assert stranger.session_id not in drawer(client, ana, session)


def test_without_a_user_id_the_mail_address_tells(client: Client, orders: Queue, ben: Person) -> None:
    first = another(orders, "One", user_id="", email="kim@example.com")
    second = another(orders, "Two", user_id="", email="Kim@Example.com")
    nobody = another(orders, "Three", user_id="")
    shown = drawer(client, ben, first)
    assert second.session_id in shown
    assert nobody.session_id not in shown
    assert "anybody can type" in shown
    assert "No other conversation" in drawer(client, ben, nobody)


def test_many_conversations_are_bounded_and_all_of_them_are_found(
    client: Client, session: Session, orders: Queue, ben: Person
) -> None:
    for number in range(8):
        another(orders, f"Number {number}")
    shown = drawer(client, ben, session)
    assert shown.count('class="name cut" dir="auto" href="/open/') == 6
    assert 'href="/search/?q=from%3A%22kim%22"' in shown
    assert f"{8}</span>" in shown


@pytest.mark.parametrize("is_scripted", [True, False], ids=["htmx", "plain form"])
def test_name_and_address_are_corrected_everywhere(
    client: Client, session: Session, orders: Queue, ben: Person, is_scripted: bool
) -> None:
    other = another(orders, "Seats")
    client.force_login(ben)
    headers = {"HX-Request": "true"} if is_scripted else {}
    sent = {"customer_name": "Kim Ono", "customer_email": "kim@ono.example"}
    answer = client.post(f"/sessions/{session.session_id}/customer/", sent, headers=headers)
    assert answer.status_code == (200 if is_scripted else 303)
    for row in (session, other):
        row.refresh_from_db()
        assert (row.customer_name, row.customer_email) == ("Kim Ono", "kim@ono.example")
    assert session.session_id in client.get("/list/search/?q=ono.example").content.decode()
    told = AuditEntry.objects.get(kind="customer.corrected", subject_id=str(session.pk))
    assert told.before == {"customer_name": "Kim", "customer_email": ""}
    assert "corrected the customer’s name or address" in flat(client.get(f"/open/{session.session_id}/").content.decode())


def test_a_wrong_address_stays_in_its_field_with_what_is_wrong(client: Client, session: Session, ben: Person) -> None:
    client.force_login(ben)
    sent = {"customer_name": "Kim Ono", "customer_email": "kim at ono"}
    answer = client.post(f"/sessions/{session.session_id}/customer/", sent, headers={"HX-Request": "true"})
    shown = flat(answer.content.decode())
    assert answer.status_code == 422
    assert 'value="kim at ono"' in shown
    assert 'value="Kim Ono"' in shown
    assert "This is no email address" in shown
    session.refresh_from_db()
    assert session.customer_name == "Kim"


def test_what_programs_told_stands_in_the_drawer_as_text(client: Client, session: Session, ben: Person) -> None:
    customer_attributes.tell("kim", {"booking": "K7QX2M", "note": "<b>bold</b>"})
    shown = drawer(client, ben, session)
    assert "From your systems" in shown
    assert "K7QX2M" in shown
    assert "&lt;b&gt;bold" in shown


def test_a_person_begins_a_conversation_with_a_customer(client: Client, session: Session, orders: Queue, ben: Person) -> None:
    client.force_login(ben)
    form = flat(client.get(f"/sessions/new/?like={session.session_id}").content.decode())
    assert 'value="kim"' in form
    sent = {"customer_name": "Kim", "user_id": "kim", "queue": "orders", "body": "Your parcel is here."}
    answer = client.post("/sessions/new/", sent)
    begun = Session.objects.exclude(pk=session.pk).get()
    assert answer["Location"] == f"/open/{begun.session_id}/?details=1"
    assert (begun.assignee, begun.waiting_for, begun.channel) == (ben, "customer", "desk")
    assert [(m.author_kind, m.content) for m in begun.messages.all()] == [("person", "Your parcel is here.")]
    assert not begun.runs.exists()


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"body": " "}, "Write something first"),
        ({"customer_name": "", "user_id": ""}, "Say who the customer is"),
        ({"customer_email": "kim"}, "This is no email address"),
        ({"queue": "parcels"}, "Select a valid choice"),
        ({"customer_name": "x" * 121}, "too long"),
    ],
)
def test_what_cannot_begin_comes_back_with_all_that_was_typed(
    client: Client, orders: Queue, parcels: Queue, ben: Person, changes: dict[str, str], error: str
) -> None:
    client.force_login(ben)
    sent = {"customer_name": "Kim", "user_id": "kim", "queue": "orders", "body": "Your parcel is here.", **changes}
    answer = client.post("/sessions/new/", sent)
    assert answer.status_code == 422
    shown = flat(answer.content.decode())
    assert error in shown
    assert sent["body"].strip() in shown
    assert not Session.objects.exists()
