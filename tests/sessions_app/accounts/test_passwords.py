"""Passwords are not guessed, and the link for a new one reaches its owner alone."""

from __future__ import annotations

import logging
import re
from io import StringIO
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django.fixtures import Settings

from sessions_app.models import AuditEntry, Person
from tests.signing_in import sign_in_afresh

SMTP = {"EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend"}
GOOD = "four green trams sing"


@pytest.fixture
def with_mail(settings: Settings) -> None:
    settings.EMAIL_CONFIG = SMTP


@pytest.fixture
def dora(rows: None) -> Person:
    """Dora Novak signs in with a good password."""
    return Person.objects.create_user("d.novak@example.com", GOOD, display_name="Dóra Novak")


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("elevenchars", "12 characters or more"),
        *((text, "common password") for text in ("Password1234!", "!!!passw0rd!!!99", "123letmein456!", "qwertyuiop1234")),
        *((text, "repeats itself") for text in ("aaaaaaaaaaaaaaa", "abcabcabcabcabc", "trolltrolltroll", "1212121212121")),
        *((text, "guessed first") for text in ("dora-novak-2024", "N0vak.D0ra!2024", "kerninbox2024!", "d.novak@example.com")),
        *((text, "guessed first") for text in ("abcdefghijkl12", "1qaz2wsx3edc4rfv", "poiuytlkjhg7654")),
    ],
)
def test_a_password_that_is_guessed_is_refused_with_what_to_do(dora: Person, password: str, why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        validate_password(password, dora)


@pytest.mark.parametrize(
    "password", [GOOD, "Dora likes quiet harbours", "correct horse battery", "zQ7-vm2L9xKp", "улица фонарь аптека"]
)
def test_long_words_and_random_signs_are_taken(dora: Person, password: str) -> None:
    validate_password(password, dora)


def second_factor_of(person: Person) -> Authenticator:
    return TOTP.activate(person, generate_totp_secret()).instance


def test_with_a_second_factor_eight_characters_do(dora: Person) -> None:
    RecoveryCodes.activate(dora)
    with pytest.raises(ValidationError, match="12 characters"):
        validate_password("zQ7-vm2L", dora)
    second_factor_of(dora)
    validate_password("zQ7-vm2L", dora)
    with pytest.raises(ValidationError, match="8 characters"):
        validate_password("zQ7-vm2", dora)


def test_a_short_password_keeps_its_second_factor(client: Client, ben: Person) -> None:
    factor = second_factor_of(ben)
    sign_in_afresh(client, ben)
    client.post("/accounts/reauthenticate/", {"password": "secret"})
    refused = client.post("/accounts/2fa/totp/deactivate/").content.decode()
    assert "choose a longer password first" in refused
    assert Authenticator.objects.filter(pk=factor.pk).exists()
    client.post("/accounts/password/change/", {"oldpassword": "secret", "password1": GOOD, "password2": GOOD})
    client.post("/accounts/2fa/totp/deactivate/")
    assert not Authenticator.objects.filter(pk=factor.pk).exists()


def test_whose_password_is_weak_is_told_at_sign_in_and_not_kept_out(client: Client, ben: Person, dora: Person) -> None:
    told = client.post("/accounts/login/?next=/mine/", {"login": ben.email, "password": "secret"}, follow=True)
    assert told.redirect_chain == [("/accounts/password/change/?next=%2Fmine%2F", 302)]
    assert "Your password is easily guessed" in told.content.decode()
    assert client.get("/mine/").status_code == 200
    other = Client()
    assert other.post("/accounts/login/", {"login": dora.email, "password": GOOD})["Location"] == "/"


def test_where_mail_reaches_nobody_no_link_is_made(
    client: Client, dora: Person, mailoutbox: list[Any], caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "Ask an admin of this desk for a link" in client.get("/accounts/login/").content.decode()
    with caplog.at_level(logging.DEBUG):
        for answer in (
            client.get("/accounts/password/reset/"),
            client.post("/accounts/password/reset/", {"email": dora.email}),
        ):
            assert "This desk sends no mail. Ask an admin" in answer.content.decode()
    assert not mailoutbox
    assert "/password/reset/key/" not in caplog.text + "".join(capsys.readouterr())
    assert not AuditEntry.objects.filter(kind="account.password_reset_asked").exists()


def test_a_forgotten_password_is_set_anew_by_the_link_that_was_mailed(
    client: Client, dora: Person, with_mail: None, mailoutbox: list[Any]
) -> None:
    elsewhere = Client()
    elsewhere.force_login(dora)
    assert "Have a link sent to you" in client.get("/accounts/login/").content.decode()
    client.post("/accounts/password/reset/", {"email": "D.Novak@example.com"})
    (mail,) = mailoutbox
    link = re.search(r"http://testserver(\S+)", mail.body)
    assert link
    form = client.get(link[1])
    assert "key" in link[1]
    assert form["Location"].endswith("-set-password/")
    wrong = client.post(form["Location"], {"password1": "dora-novak-2024", "password2": "dora-novak-2024"})
    assert "guessed first" in wrong.content.decode()
    new = "quiet harbours at noon"
    assert (
        client.post(form["Location"], {"password1": new, "password2": new})["Location"] == "/accounts/password/reset/key/done/"
    )
    dora.refresh_from_db()
    assert dora.check_password(new)
    assert "_auth_user_id" not in client.session
    assert elsewhere.get("/mine/").status_code == 302
    assert "does not work any more" in Client().get(link[1]).content.decode()
    kinds = AuditEntry.objects.filter(kind__startswith="account.password").order_by("number").values_list("kind", flat=True)
    assert list(kinds) == ["account.password_reset_asked", "account.password_changed", "account.password_reset"]


def test_nobody_learns_who_has_an_account(client: Client, dora: Person, with_mail: None, mailoutbox: list[Any]) -> None:
    answers = [client.post("/accounts/password/reset/", {"email": email}) for email in (dora.email, "nobody@example.com")]
    assert len({(answer.status_code, answer["Location"]) for answer in answers}) == 1
    assert "key" not in mailoutbox[1].body


def test_an_admin_hands_over_a_link_that_works_once(client: Client, dora: Person) -> None:
    told = StringIO()
    call_command("password_link", "D.NOVAK@example.com", site="https://inbox.example.com/", stdout=told)
    link = told.getvalue().strip().removeprefix("https://inbox.example.com")
    page = client.get(link)["Location"]
    new = "quiet harbours at noon"
    client.post(page, {"password1": new, "password2": new})
    assert Person.objects.get(pk=dora.pk).check_password(new)
    assert "does not work any more" in Client().get(link).content.decode()
    with pytest.raises(CommandError, match="Nobody signs in with cy"):
        call_command("password_link", "cy@nowhere.example")


def test_an_admin_is_shown_the_link_once_on_a_page(client: Client, ana: Person, dora: Person) -> None:
    sign_in_afresh(client, ana)
    people = "/admin/sessions_app/person/"
    page = client.post(people, {"action": "password_link", "_selected_action": [dora.pk]})
    link = re.search(r'value="http://testserver(/accounts/password/reset/key/[^"]+)"', page.content.decode())
    assert link
    assert "no-store" in page["Cache-Control"]
    assert Client().get(link[1])["Location"].endswith("-set-password/")
    several = client.post(people, {"action": "password_link", "_selected_action": [dora.pk, ana.pk]}, follow=True)
    assert "Choose one person" in several.content.decode()
    entry = AuditEntry.objects.get(kind="account.password_reset_asked")
    assert (entry.actor_id, entry.subject_id) == (ana.pk, str(dora.pk))


def test_strangers_sign_up_only_where_mail_reaches_them(client: Client, rows: None, settings: Settings) -> None:
    settings.SIGN_UP = True
    assert "Accounts are made by admins" in client.get("/accounts/signup/").content.decode()
    settings.EMAIL_CONFIG = SMTP
    assert client.get("/accounts/signup/").status_code == 200
