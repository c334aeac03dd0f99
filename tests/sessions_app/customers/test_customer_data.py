"""The doors to a customer's data: page, API and commands, for admins alone."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from sessions_app import audit
from sessions_app.actions import messages
from sessions_app.customers import Customer
from sessions_app.models import ApiToken, AuditEntry, Message, Person, Queue, Session
from tests.programs import Program, code

KIM = {"by": "user_id", "value": "kim"}
PATHS = ("/customer-data/", "/customer-data/export/", "/customer-data/erase/")


@pytest.fixture
def talked(session: Session) -> Session:
    messages.receive(session, "My parcel is lost")
    return session


def body(answer: object) -> str:
    return b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]


def test_a_page_shows_what_is_kept_and_erases_once_the_id_was_typed(client: Client, ana: Person, talked: Session) -> None:
    client.force_login(ana)
    assert "No queue has a rule" in client.get("/customer-data/").content.decode()
    shown = client.post("/customer-data/", KIM)
    assert (shown.status_code, "Type “kim” to confirm" in shown.content.decode()) == (200, True)
    for typed in ("", "Kim", "kim2"):
        wrong = client.post("/customer-data/erase/", {**KIM, "confirm": typed})
        assert (wrong.status_code, "Nothing was erased" in wrong.content.decode()) == (422, True)
    assert Message.objects.exists()
    done = client.post("/customer-data/erase/", {**KIM, "confirm": "kim"})
    assert (done.status_code, "Erased: 1 conversation." in done.content.decode()) == (200, True)
    assert not Message.objects.exists()
    assert "Nothing was left to erase" in client.post("/customer-data/erase/", {**KIM, "confirm": "kim"}).content.decode()
    nobody = client.post("/customer-data/", {"by": "email", "value": "kim"})
    assert (nobody.status_code, "This is no email address" in nobody.content.decode()) == (422, True)


def test_a_page_gives_the_customers_document_as_a_file(client: Client, ana: Person, talked: Session) -> None:
    client.force_login(ana)
    answer = client.post("/customer-data/export/", KIM)
    assert "kim" not in answer["Content-Disposition"]
    document = json.loads(body(answer))
    assert document["conversations"][0]["messages"][0]["content"] == "My parcel is lost"
    entry = AuditEntry.objects.get(kind="customer.exported")
    assert (entry.actor_id, entry.subject_id) == (ana.pk, Customer.of("user_id", "kim").digest)


def test_the_data_of_customers_is_for_admins_alone(client: Client, ben: Person, talked: Session) -> None:
    client.force_login(ben)
    page = client.get(f"/open/{talked.session_id}/?details").content.decode()
    assert "customer-data" not in page
    for path in PATHS:
        assert client.post(path, {**KIM, "confirm": "kim"}).status_code == 404
    assert client.get("/customer-data/").status_code == 404
    client.force_login(Person.objects.create_superuser("ada@example.com", "secret"))
    assert "Export or erase this customer" in client.get(f"/open/{talked.session_id}/?details").content.decode()


def test_what_was_erased_is_in_the_audit_log_without_saying_who_it_was(
    client: Client, ana: Person, talked: Session, orders: Queue
) -> None:
    client.force_login(ana)
    page = reverse("admin:sessions_app_session_change", args=[talked.pk])
    inline = {"tickets-TOTAL_FORMS": "0", "tickets-INITIAL_FORMS": "0"}
    edit = {"queue": orders.pk, "user_id": "kim", "customer_name": "Kimberly", "customer_email": "kim@mail.example", **inline}
    assert client.post(page, edit).status_code == 302
    assert "Kimberly" in str(AuditEntry.objects.values_list("after", flat=True))
    client.post("/customer-data/erase/", {**KIM, "confirm": "kim"})
    entry = AuditEntry.objects.get(kind="customer.erased")
    assert (entry.actor_id, entry.after["conversations"], len(entry.after["blanked"])) == (ana.pk, 1, 1)
    everything = str(list(AuditEntry.objects.values()))
    assert not any(word in everything for word in ("Kimberly", "kim@mail", "'kim'"))
    assert audit.verify().is_whole


@pytest.mark.parametrize("whom", [{"user_id": "kim"}, {"email": "KIM@mail.example"}])
def test_a_program_of_an_admin_previews_exports_and_erases(ana: Person, talked: Session, whom: dict[str, str]) -> None:
    session = Session.objects.get()
    session.customer_email = "kim@mail.example"
    session.save()
    program = Program(ApiToken.make("erasing", ana)[1])
    shown = program.post("/customers/preview", whom)
    assert (shown.status_code, shown.json()["sessions"], shown.json()["messages"]) == (200, 1, 1)
    assert json.loads(body(program.post("/customers/export", whom)))["complete"] is True
    (value,) = whom.values()
    assert code(program.post("/customers/erase", {**whom, "confirm": "x"})) == "refused"
    done = program.post("/customers/erase", {**whom, "confirm": value})
    assert (done.status_code, done.json()) == (200, {"sessions": 1, "lines": 0, "finished": True})
    assert program.get(f"/sessions/{session.session_id}").status_code == 404
    assert program.get("/sessions").json()["items"] == []
    assert program.post("/customers/erase", {**whom, "confirm": value}).json()["sessions"] == 0


def test_no_other_program_may(ana: Person, ben: Person, orders: Queue, talked: Session) -> None:
    of_a_queue = ApiToken.make("orders alone", ana, queues=[orders])[1]
    for token in (ApiToken.make("ben's", ben, scopes=["admin"])[1], ApiToken.make("x", scopes=["admin"])[1], of_a_queue):
        for path in ("preview", "export", "erase"):
            sent = {"user_id": "kim"} | ({"confirm": "kim"} if path == "erase" else {})
            assert code(Program(token).post(f"/customers/{path}", sent)) == "forbidden"
    assert Message.objects.exists()


@pytest.mark.parametrize("whom", [{}, {"user_id": "kim", "email": "kim@x.example"}, {"user_id": ""}, {"email": "kim"}])
def test_a_program_names_one_customer(ana: Person, talked: Session, whom: dict[str, str]) -> None:
    program = Program(ApiToken.make("erasing", ana)[1])
    assert program.post("/customers/preview", whom).status_code == 422


def test_commands_list_export_and_erase(talked: Session, tmp_path: Path) -> None:
    out, file = StringIO(), tmp_path / "kim.json"
    call_command("erase_customer", "--user-id", "kim", "--dry-run", stdout=out)
    assert "1 conversations (1 with a turn that would be cancelled)" in out.getvalue()
    call_command("export_customer", "--user-id", "kim", "--output", str(file))
    assert json.loads(file.read_text())["complete"] is True
    assert file.stat().st_mode & 0o077 == 0
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("export_customer", "--user-id", "kim", "--output", str(file))
    assert Message.objects.exists()
    call_command("erase_customer", "--user-id", "kim", "--yes", stdout=out)
    assert not Message.objects.exists()
    call_command("erase_customer", "--user-id", "kim", "--dry-run", stdout=out)
    assert "Nothing is kept about this customer." in out.getvalue()
    with pytest.raises(CommandError, match="no email address"):
        call_command("erase_customer", "--email", "kim", "--dry-run")
