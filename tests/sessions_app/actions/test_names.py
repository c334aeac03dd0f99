"""Names that people give, and names they ask for."""

from __future__ import annotations

import pytest
from django.test import Client

from kern.errors import InvalidSessionNameError
from sessions_app.actions import messages, names, sessions
from sessions_app.errors import InvalidAction, StaleError
from sessions_app.models import ApiToken, NameRecord, Person, Queue, Session
from sessions_app.store import DjangoDb
from sessions_app.workers import naming
from tests.desk import actor


def now(session: Session) -> tuple[str, str]:
    row = Session.objects.get(pk=session.pk)
    return row.name, row.name_source


def test_a_persons_name_is_kept_with_its_giver(session: Session, ana: Person) -> None:
    record = names.rename(session, ana, "  Late parcel ")
    assert now(session) == ("Late parcel", "human")
    assert (record.person, record.source) == (ana, "human")
    assert session.changes.latest("pk").kind == "name.changed"


@pytest.mark.parametrize("name", ["Familie 👨‍👩‍👧 Reise", "می‌خواهم بروم", "Où est mon sac\u202f?"])
def test_a_name_is_kept_sign_by_sign_in_every_script(session: Session, ana: Person, name: str) -> None:
    names.rename(session, ana, name)
    assert now(session) == (name, "human")


@pytest.mark.parametrize("name", ["", "  ", "\u200d", "two\nlines", "two\u2028lines", "x" * 201])
def test_what_is_no_name_is_refused_and_the_old_one_stands(session: Session, ana: Person, name: str) -> None:
    names.rename(session, ana, "Late parcel")
    with pytest.raises(InvalidSessionNameError):
        names.rename(session, ana, name)
    assert now(session) == ("Late parcel", "human")


def test_customers_write_their_names_in_every_script(orders: Queue) -> None:
    assert sessions.start_session(orders, customer_name=" علی‌رضا ").customer_name == "علی‌رضا"
    assert sessions.start_session(orders, customer_name="").customer_name == ""


@pytest.mark.parametrize(
    "wrong",
    [{"customer_name": "two\nlines"}, {"customer_name": "\u200b"}, {"user_id": "lou\u200b"}, {"session_id": "a\u200bb"}],
)
def test_unseen_signs_make_no_name_and_are_in_no_id(orders: Queue, wrong: dict[str, str]) -> None:
    with pytest.raises(InvalidAction, match="one line"):
        sessions.start_session(orders, **wrong)


def test_the_same_name_again_is_no_news(session: Session, ana: Person, ben: Person) -> None:
    first = names.rename(session, ana, "Late parcel")
    assert names.rename(session, ben, "Late parcel") == first
    assert session.names.count() == 1


def test_every_name_is_kept_and_can_come_back(session: Session, orders: Queue, ana: Person) -> None:
    first = names.rename(session, ana, "Late parcel")
    names.rename(session, ana, "Lost parcel")
    names.restore(session, ana, first)
    assert now(session) == ("Late parcel", "human")
    assert [record.name for record in session.names.all()] == ["Late parcel", "Lost parcel", "Late parcel"]
    other = sessions.start_session(orders, user_id="lou")
    with pytest.raises(InvalidAction):
        names.restore(other, ana, first)


def test_asking_for_a_name_makes_no_model_wait_for_the_request(session: Session, ana: Person) -> None:
    messages.receive(session, "My parcel is late")
    names.generate(session, ana)
    assert actor.script.requests == []
    assert naming.due() == [session.session_id]


def test_there_is_no_name_for_a_conversation_without_words(session: Session, ana: Person) -> None:
    with pytest.raises(InvalidAction):
        names.generate(session, ana)
    assert naming.due() == []


def test_naming_by_hand_ends_a_naming_that_was_due(session: Session, ana: Person) -> None:
    messages.receive(session, "My parcel is late")
    names.generate(session, ana)
    names.rename(session, ana, "Late parcel")
    naming.name(session.session_id)
    assert now(session) == ("Late parcel", "human")
    assert NameRecord.objects.count() == 1


RTL = "\u202e"


def test_what_would_turn_text_around_is_in_no_name_whatever_the_door(
    client: Client, session: Session, orders: Queue, ana: Person
) -> None:
    names.rename(session, ana, f"Refund{RTL}txt.exe")
    assert now(session) == ("Refundtxt.exe", "human")
    assert sessions.start_session(orders, customer_name=f"Evil{RTL} Rabbit").customer_name == "Evil Rabbit"
    client.force_login(ana)
    client.post(f"/sessions/{session.session_id}/name/", {"name": f"{RTL}Late\u200b parcel"})
    assert now(session) == ("Late parcel", "human")
    secret = {"Authorization": f"Bearer {ApiToken.make('script', ana)[1]}"}
    asked = {"queue": "orders", "session_id": "s-1", "customer_name": f"{RTL}Kim"}
    answer = client.post("/api/sessions", asked, content_type="application/json", headers=secret)
    assert answer.json()["customer_name"] == "Kim"
    client.put("/api/sessions/s-1/name", {"name": f"By{RTL} API"}, content_type="application/json", headers=secret)
    assert Session.objects.get(session_id="s-1").name == "By API"
    tickets = {"tickets-TOTAL_FORMS": 0, "tickets-INITIAL_FORMS": 0}
    client.post(
        f"/admin/sessions_app/session/{session.pk}/change/", {"queue": orders.pk, "customer_name": f"K{RTL}im", **tickets}
    )
    assert Session.objects.get(pk=session.pk).customer_name == "Kim"


def test_names_that_programs_write_in_rows_are_kept_without_hidden_characters(orders: Queue, ana: Person) -> None:
    Queue.objects.filter(pk=orders.pk).update(name=f"Or{RTL}ders")
    Person.objects.filter(pk=ana.pk).update(display_name=f"An{RTL}a")
    Session.objects.bulk_create([Session(queue=orders, name=f"{RTL}Imported", customer_name=f"{RTL}Lou")])
    assert (str(Queue.objects.get(pk=orders.pk)), str(Person.objects.get(pk=ana.pk))) == ("Orders", "Ana")
    assert Session.objects.values_list("name", "customer_name").get() == ("Imported", "Lou")


def test_a_name_that_another_person_gave_since_is_not_replaced_unseen(session: Session, ana: Person, ben: Person) -> None:
    names.rename(session, ben, "Lost parcel", seen=0)
    with pytest.raises(StaleError, match=r"Ben named this “Lost parcel” meanwhile. “Late parcel” was not saved"):
        names.rename(session, ana, "Late parcel", seen=0)
    names.rename(session, ben, "Late parcel", seen=0)
    names.rename(session, ana, "Parcel of Kim", seen=2)
    assert now(session) == ("Parcel of Kim", "human")


def test_a_name_that_a_model_gave_meanwhile_gives_way_to_a_persons(session: Session, ana: Person) -> None:
    DjangoDb().rename_session(session.session_id, "By a model", "auto")
    names.rename(session, ana, "Late parcel", seen=0)
    assert now(session) == ("Late parcel", "human")


def test_a_persons_name_is_locked_until_it_is_unlocked(session: Session, ana: Person, ben: Person) -> None:
    names.rename(session, ana, "Late parcel")
    assert DjangoDb().rename_session(session.session_id, "By a model", "auto").name == "Late parcel"
    names.unlock(session, ben)
    names.unlock(session, ben)
    assert list(session.changes.filter(kind="name.unlocked").values_list("person", flat=True)) == [ben.pk]
    assert DjangoDb().rename_session(session.session_id, "By a model", "auto").name == "By a model"
    names.lock(Session.objects.get(pk=session.pk), ben)
    assert DjangoDb().rename_session(session.session_id, "By another", "auto").name == "By a model"


def test_a_name_that_only_stands_in_is_not_locked(session: Session, ana: Person) -> None:
    with pytest.raises(InvalidAction, match="provisional"):
        names.lock(session, ana)


def test_naming_with_ai_over_a_locked_name_asks_first(client: Client, session: Session, ana: Person) -> None:
    messages.receive(session, "Where is my parcel?")
    names.rename(session, ana, "Late parcel")
    client.force_login(ana)
    address = f"/sessions/{session.session_id}/name/"
    assert "would replace it" in client.get(f"/open/{session.session_id}/").content.decode()
    refused = client.post(address, {"do": "generate"})
    assert (refused.status_code, "A person gave this name" in refused.content.decode()) == (422, True)
    assert client.post(address, {"do": "generate", "replace": "1"}).status_code == 303
    assert client.post(address, {"do": "unlock"}).status_code == 303
    assert Session.objects.get(pk=session.pk).name_locked is False
