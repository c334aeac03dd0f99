"""Second factors: who must have one is led to it and gets nowhere else; their secrets can be read nowhere."""

from __future__ import annotations

import re
import time
from io import StringIO
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from pytest_django.fixtures import Settings

from kern_inbox.sign_in.second_factor import SecondFactorAdapter
from sessions_app.accounts import second_factor
from sessions_app.models import ApiToken, AuditEntry, Person, Queue, Session

SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
HTMX = {"HX-Request": "true"}
DOOR = "/profile/second-factor/"


@pytest.fixture(autouse=True)
def patient_clock(settings: Settings) -> None:
    """A code that was right when it was read is right when it arrives, also at the turn of its half minute."""
    settings.MFA_TOTP_TOLERANCE = 1


@pytest.fixture
def inbox(client: Client, ben: Person) -> Client:
    """Ben, who has just signed in with his password."""
    assert client.post("/accounts/login/", {"login": ben.email, "password": "secret"}).status_code == 302
    return client


@pytest.fixture
def asked_of_ben(ben: Person) -> Person:
    """An admin wants a second factor of Ben, who has none."""
    ben.must_use_second_factor = True
    ben.save()
    return ben


def code_now(seed: str) -> str:
    return str(format_hotp_value(hotp_value(seed, int(time.time()) // 30)))


def set_up(client: Client) -> str:
    """Set up an authenticator app as its pages lead; returns its seed."""
    client.post("/accounts/reauthenticate/", {"password": "secret"})
    page = client.get("/accounts/2fa/totp/activate/")
    assert page.status_code == 200
    seed = str(client.session["mfa.totp.secret"])
    assert client.post("/accounts/2fa/totp/activate/", {"code": code_now(seed)}).status_code == 302
    return seed


@pytest.mark.parametrize(
    ("setting", "is_staff", "by_an_admin", "is_required"),
    [
        ("nobody", True, False, False),
        ("staff", False, False, False),
        ("staff", True, False, True),
        ("everybody", False, False, True),
        ("nobody", False, True, True),
    ],
)
def test_of_whom_a_second_factor_is_asked(
    setting: str, is_staff: bool, by_an_admin: bool, is_required: bool, settings: Settings, ben: Person
) -> None:
    settings.REQUIRE_SECOND_FACTOR = setting
    ben.is_staff, ben.must_use_second_factor = is_staff, by_an_admin
    assert second_factor.must_set_up(ben) == is_required


def test_who_has_none_is_led_to_it_and_gets_nowhere_else(inbox: Client, asked_of_ben: Person, session: Session) -> None:
    led = inbox.get(f"/open/{session.session_id}/?details=1")
    assert led.headers["Location"] == f"{DOOR}?next=%2Fopen%2F{session.session_id}%2F%3Fdetails%3D1"
    page = inbox.get(led.headers["Location"]).content.decode()
    assert 'href="/accounts/2fa/totp/activate/"' in page
    for path in (f"/sessions/{session.session_id}/timeline/", f"/sessions/{session.session_id}/messages/", "/live/"):
        answer = inbox.post(path, {"body": "x"}, headers=HTMX) if "messages" in path else inbox.get(path, headers=HTMX)
        assert (answer.status_code, answer.content, answer.headers["Kern-Sign-In"]) == (401, b"", "second-factor"), path
    assert inbox.post(f"/sessions/{session.session_id}/name/", {"name": "x"}).headers["Location"] == DOOR
    for path in (
        "/profile/",
        "/profile/devices/",
        "/accounts/password/change/",
        "/accounts/email/",
        "/admin/",
        "/reports/decisions.csv",
    ):
        assert inbox.get(path).headers["Location"].startswith(DOOR), path
    name = session.name
    session.refresh_from_db()
    assert (session.name, session.messages.count()) == (name, 0)


def test_once_it_is_set_up_everything_is_open_and_leads_back(inbox: Client, asked_of_ben: Person, session: Session) -> None:
    inbox.get(inbox.get(f"/open/{session.session_id}/").headers["Location"])
    set_up(inbox)
    codes = inbox.get("/accounts/2fa/recovery-codes/").content.decode()
    assert f'href="/open/{session.session_id}/"' in codes
    assert inbox.get(f"/open/{session.session_id}/").status_code == 200
    assert inbox.get(f"{DOOR}?next=/reports/").headers["Location"] == "/reports/"
    assert inbox.get(f"{DOOR}?next=https://evil.example/").headers["Location"] == "/"
    assert "Set up: signing in asks for it." in inbox.get("/profile/").content.decode()


def test_who_must_have_one_cannot_take_off_the_last(inbox: Client, asked_of_ben: Person) -> None:
    set_up(inbox)
    refused = inbox.post("/accounts/2fa/totp/deactivate/")
    assert "Your last second factor stays" in refused.content.decode()
    assert Authenticator.objects.filter(type="totp").exists()


def test_programs_go_on_with_the_tokens_they_have(
    client: Client, asked_of_ben: Person, orders: Queue, session: Session
) -> None:
    _token, secret = ApiToken.make("helpdesk", acts_for=asked_of_ben)
    program = Client(headers={"Authorization": f"Bearer {secret}"})
    assert program.get("/api/sessions").status_code == 200
    # With the cookie of the sign-in beside it, too.
    program.post("/accounts/login/", {"login": asked_of_ben.email, "password": "secret"})
    assert program.get("/api/sessions").status_code == 200
    assert program.get("/open/").status_code == 302


def test_customers_pages_and_signing_out_stay_open(inbox: Client, asked_of_ben: Person) -> None:
    assert inbox.get("/c/none/").status_code == 404
    assert inbox.get("/health/live/").status_code == 200
    assert inbox.post("/accounts/logout/").headers["Location"] != DOOR


def stored() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT data FROM mfa_authenticator")
        return repr(cursor.fetchall())


def test_seeds_and_codes_are_encrypted_and_on_no_page_of_the_administration(client: Client, ana: Person, ben: Person) -> None:
    TOTP.activate(ben, SEED)
    codes = RecoveryCodes.activate(ben)
    assert SEED not in stored()
    assert not any(code in stored() for code in codes.generate_codes())
    client.force_login(ana)
    pages = client.get("/admin/mfa/authenticator/").content.decode()
    for row in Authenticator.objects.all():
        pages += client.get(f"/admin/mfa/authenticator/{row.pk}/change/").content.decode()
        assert not any(str(value) in pages for name, value in row.data.items() if name in ("secret", "seed"))
    dumped = StringIO()
    call_command("dumpdata", "mfa", stdout=dumped)
    assert SEED not in dumped.getvalue()


def test_a_second_factor_outlives_a_change_of_the_secret_key(client: Client, ben: Person, settings: Settings) -> None:
    TOTP.activate(ben, SEED)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key, which is long enough to be one"
    assert signed_in_with_code(client, ben).status_code == 302
    assert client.get("/open/").status_code == 200
    call_command("reencrypt")
    settings.SECRET_KEY_FALLBACKS = []
    assert SecondFactorAdapter().decrypt(Authenticator.objects.get(type="totp").data["secret"]) == SEED


def test_a_key_that_is_lost_is_said_and_breaks_no_page(
    client: Client, ben: Person, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    TOTP.activate(ben, SEED)
    settings.SECRET_KEY = "another key, which is long enough to be one"
    answer = signed_in_with_code(client, ben)
    assert answer.status_code == 200
    assert "Ask an admin to remove it" in answer.content.decode().replace("&#x27;", "'")
    assert "SECRET_KEY_FALLBACKS does not have the old one" in caplog.text
    with pytest.raises(CommandError, match="1 cannot be read"):
        call_command("reencrypt")


def signed_in_with_code(client: Client, person: Person) -> Any:
    client.post("/accounts/login/", {"login": person.email, "password": "secret"})
    return client.post("/accounts/2fa/authenticate/", {"code": code_now(SEED)})


def test_an_admin_removes_a_lost_one_which_is_recorded(client: Client, ana: Person, ben: Person) -> None:
    TOTP.activate(ben, SEED)
    RecoveryCodes.activate(ben)
    bens = Client()
    bens.force_login(ben)
    client.force_login(ana)
    client.post("/accounts/reauthenticate/", {"password": "secret"})
    lost = Authenticator.objects.get(type="totp")
    removed = client.post(f"/admin/mfa/authenticator/{lost.pk}/delete/", {"post": "yes"})
    assert removed.status_code == 302
    assert not Authenticator.objects.exists()
    assert bens.get("/open/").status_code == 302
    entries = AuditEntry.objects.filter(kind="account.second_factor_removed")
    assert {(entry.actor_id, entry.subject_id, entry.before["kind"]) for entry in entries} == {
        (ana.pk, str(ben.pk), "totp"),
        (ana.pk, str(ben.pk), "recovery_codes"),
    }
    bens.post("/accounts/login/", {"login": ben.email, "password": "secret"})
    assert bens.get("/open/").status_code == 200


def test_members_neither_see_nor_remove_second_factors(client: Client, ben: Person, cy: Person) -> None:
    TOTP.activate(cy, SEED)
    client.force_login(ben)
    path = f"/admin/mfa/authenticator/{Authenticator.objects.get().pk}/"
    assert client.get(f"{path}change/").status_code == 302
    client.post(f"{path}delete/", {"post": "yes"})
    assert Authenticator.objects.exists()


def test_admins_require_it_of_people_on_their_page(client: Client, ana: Person, ben: Person) -> None:
    client.force_login(ana)
    client.post("/accounts/reauthenticate/", {"password": "secret"})
    client.post("/admin/sessions_app/person/", {"action": "require_second_factor", "_selected_action": [ben.pk]})
    ben.refresh_from_db()
    assert ben.must_use_second_factor
    entry = AuditEntry.objects.filter(kind="account.changed").latest("number")
    assert (entry.actor_id, entry.after) == (ana.pk, {"must_use_second_factor": True})
    assert re.search(
        r'name="must_use_second_factor"[^>]*checked',
        client.get(f"/admin/sessions_app/person/{ben.pk}/change/").content.decode(),
    )


def test_recovery_codes_are_shown_once(inbox: Client, ben: Person) -> None:
    set_up(inbox)
    codes = Authenticator.objects.get(type="recovery_codes").wrap().generate_codes()
    once = inbox.get("/accounts/2fa/recovery-codes/").content.decode()
    assert all(code in once for code in codes)
    again = inbox.get("/accounts/2fa/recovery-codes/").content.decode()
    assert not any(code in again for code in codes)
    assert inbox.get("/accounts/2fa/recovery-codes/download/").status_code in (403, 404)
