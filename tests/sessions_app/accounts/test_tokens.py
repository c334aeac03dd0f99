"""API tokens: scopes, an end, what their person loses, and the page where people make and end their own."""

from __future__ import annotations

import re
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from sessions_app.accounts import tokens
from sessions_app.api import api
from sessions_app.errors import Forbidden, InvalidAction
from sessions_app.models import ApiToken, AuditEntry, Person, Queue, Session
from sessions_app.models.token import checksum
from tests.programs import Program, code
from tests.signing_in import sign_in_afresh

PAGE = "/profile/tokens/"
SECRET = re.compile(r"kern_[A-Za-z0-9]{46}")


def kinds() -> list[str]:
    return list(AuditEntry.objects.filter(kind__startswith="token.").order_by("number").values_list("kind", flat=True))


def form(**changed: Any) -> dict[str, Any]:
    return {"name": "Nightly report", "scopes": ["read"], "days": "90", **changed}


# What a token may do ------------------------------------------------------------------------------------------------------


def test_a_token_without_the_scope_is_told_which_one_is_needed(session: Session, ana: Person) -> None:
    reader = Program(ApiToken.make("reader", ana, scopes=["read"])[1])
    refused = reader.post(f"/sessions/{session.session_id}/notes", {"content": "x"})
    assert (refused.status_code, code(refused)) == (403, "insufficient_scope")
    assert refused.json()["error"]["fields"] == {"scope": "write"}
    assert 'error="insufficient_scope", scope="write"' in refused["WWW-Authenticate"]
    assert session.messages.count() == 0


def test_every_operation_says_its_scope_in_the_description() -> None:
    paths = api.get_openapi_schema(path_prefix="/api/")["paths"]
    for details in [details for methods in paths.values() for details in methods.values()]:
        [[scope]] = [found["TokenAuth"] for found in details["security"]]
        assert f"Scope: `{scope}`" in details["description"]


def test_a_token_without_person_and_queue_reads_nothing(session: Session) -> None:
    nobodys = Program(ApiToken.make("of nobody")[1])
    assert nobodys.get("/sessions").json()["items"] == []
    assert nobodys.get("/queues").json() == []
    assert code(nobodys.get(f"/sessions/{session.session_id}")) == "not_found"


def test_a_token_whose_last_queue_is_deleted_does_not_see_the_others(session: Session, parcels: Queue, ana: Person) -> None:
    program = Program(ApiToken.make("parcels", ana, queues=[parcels])[1])
    parcels.delete()
    assert program.get("/sessions").json()["items"] == []


def test_what_a_person_loses_their_tokens_lose_at_once(session: Session, ben: Person, orders: Queue) -> None:
    program = Program(ApiToken.make("ben's", ben)[1])
    assert program.get(f"/sessions/{session.session_id}").status_code == 200
    orders.members.remove(ben)
    assert program.get(f"/sessions/{session.session_id}").status_code == 404
    Person.objects.filter(pk=ben.pk).update(is_active=False)
    assert program.get("/sessions").status_code == 401


def test_whoever_is_no_admin_any_more_has_no_admins_tokens(session: Session, ana: Person) -> None:
    program = Program(ApiToken.make("ana's", ana)[1])
    assert program.post("/customers/preview", {"user_id": "kim"}).status_code == 200
    Person.objects.filter(pk=ana.pk).update(is_superuser=False)
    assert code(program.post("/customers/preview", {"user_id": "kim"})) == "forbidden"
    assert program.get(f"/sessions/{session.session_id}").status_code == 404


def test_a_token_can_have_no_more_than_its_person(ben: Person, parcels: Queue) -> None:
    with pytest.raises(Forbidden, match="admin"):
        tokens.make("x", ben, scopes=["admin"])
    with pytest.raises(Forbidden, match="queues"):
        tokens.make("x", ben, scopes=["read"], queues=[parcels])
    with pytest.raises(Forbidden, match="decide"):
        tokens.make("x", None, scopes=["decide"], queues=[parcels])
    with pytest.raises(InvalidAction, match="reads nothing"):
        tokens.make("x", None, scopes=["read"])
    with pytest.raises(InvalidAction, match="366 days"):
        tokens.make("x", ben, scopes=["read"], days=367)
    assert not ApiToken.objects.exists()


# Its end -------------------------------------------------------------------------------------------------------------------


def test_an_expired_token_is_told_so_and_noted_once_an_hour(session: Session, ana: Person) -> None:
    token, secret = ApiToken.make("old", ana)
    ApiToken.objects.filter(pk=token.pk).update(expires_at=timezone.now())
    program = Program(secret)
    answers = [program.get("/sessions") for _ in range(3)]
    assert [(answer.status_code, code(answer)) for answer in answers] == [(401, "token_expired")] * 3
    assert 'error="invalid_token"' in answers[0]["WWW-Authenticate"]
    assert kinds() == ["token.refused"]


def test_every_answer_says_when_the_token_ends(session: Session, ana: Person) -> None:
    program = Program(ApiToken.make("ana's", ana)[1])
    for answer in (program.get("/sessions"), program.get("/sessions/none"), program.post("/sessions", {})):
        assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT", answer["Token-Expires"])
    assert "Token-Expires" not in Program().get("/sessions")


def test_its_last_use_is_written_once_a_minute(session: Session, ana: Person) -> None:
    _token, secret = ApiToken.make("ana's", ana)
    Program(secret).get("/sessions")
    used = ApiToken.objects.get().last_used_at
    assert used
    Program(secret).get("/sessions")
    assert ApiToken.objects.get().last_used_at == used
    ApiToken.objects.update(last_used_at=timezone.now() - timedelta(minutes=2))
    Program(secret).get("/sessions")
    later = ApiToken.objects.get().last_used_at
    assert later
    assert later > used


def test_people_are_told_before_their_tokens_end(ana: Person, ben: Person, orders: Queue, settings: Settings) -> None:
    settings.EMAIL_CONFIG = {"EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend"}
    ApiToken.make("ben's", ben, days=13)
    ApiToken.make("website", queues=[orders], days=13)
    ApiToken.make("later", ben, days=15)
    tokens.warn()
    tokens.warn()
    assert [(sent.to, "ben's" in sent.body) for sent in mail.outbox] == [([ben.email], True), ([ana.email], False)]


def test_secrets_are_known_by_their_form_and_stored_nowhere(ana: Person) -> None:
    _token, secret = ApiToken.make("ana's", ana)
    assert SECRET.fullmatch(secret)
    assert checksum(secret[5:45]) == secret[45:]
    assert secret not in str(ApiToken.objects.values())
    assert code(Program().get("/sessions", access_token=secret)) == "unauthorized"


# The page -------------------------------------------------------------------------------------------------------------------


def test_a_person_makes_a_token_sees_its_secret_once_and_ends_it(client: Client, ben: Person, session: Session) -> None:
    sign_in_afresh(client, ben)
    made = client.post(PAGE, form(queues=["orders"]))
    [secret] = SECRET.findall(made.content.decode())
    assert "no-store" in made["Cache-Control"]
    assert Program(secret).get(f"/sessions/{session.session_id}").status_code == 200
    shown = client.get(PAGE).content.decode()
    assert (secret in shown, "Nightly report" in shown) == (False, True)
    client.post(f"{PAGE}{ApiToken.objects.get().pk}/")
    assert Program(secret).get("/sessions").status_code == 401
    assert kinds() == ["token.made", "token.ended", "token.refused"]


def test_the_page_gives_no_more_than_the_person_has(client: Client, ben: Person, parcels: Queue) -> None:
    sign_in_afresh(client, ben)
    for wrong in (
        form(scopes=["admin"]),
        form(scopes=[]),
        form(queues=["parcels"]),
        form(days="367"),
        form(days="9" * 30),
        form(name=" "),
        form(name="a\x00b"),
    ):
        refused = client.post(PAGE, wrong)
        assert (refused.status_code, 'role="alert"' in refused.content.decode()) == (422, True), wrong
    assert not ApiToken.objects.exists()


def test_tokens_ask_for_the_password_again(client: Client, ben: Person) -> None:
    token, _secret = ApiToken.make("ben's", ben)
    client.force_login(ben)
    for answer in (client.get(PAGE), client.post(PAGE, form()), client.post(f"{PAGE}{token.pk}/")):
        assert answer["Location"].startswith("/accounts/reauthenticate/")
    assert ApiToken.objects.usable().count() == 1


def test_the_profile_says_which_tokens_end_soon(client: Client, ben: Person) -> None:
    client.force_login(ben)
    ApiToken.make("Nightly report", ben, days=3)
    assert "Expires soon, make a new one: Nightly report." in client.get("/profile/").content.decode()


# The command ----------------------------------------------------------------------------------------------------------------


def test_the_command_makes_what_was_asked_for_and_says_what_it_cannot(ana: Person, orders: Queue) -> None:
    out = StringIO()
    call_command("make_api_token", "nightly", "--for", ana.email, "--scope", "read", "decide", stdout=out, stderr=StringIO())
    token = ApiToken.of_secret(out.getvalue().strip())
    assert token is not None
    assert (token.scopes, token.all_queues) == ("read decide", True)
    with pytest.raises(CommandError, match="reads nothing"):
        call_command("make_api_token", "nightly")
