"""A stolen cookie is not an account, and nobody can pass for somebody else."""

from __future__ import annotations

import re

import pytest

from tests.security.conftest import ANA, BEN, Attacked

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

#: The form itself has a field for the password, or changes nothing where admins give the addresses.
ASKS_ITSELF = ("/accounts/password/change/", "/accounts/email/")
#: What makes an account somebody else's, and asks for the password again.
OWNERSHIP = (
    "/accounts/email/",
    "/accounts/password/change/",
    "/accounts/2fa/totp/activate/",
    "/accounts/2fa/recovery-codes/generate/",
    "/accounts/2fa/webauthn/add/",
    "/profile/tokens/",
)


def age_sign_in(attacked: Attacked) -> None:
    """As if the person had signed in an hour ago: a cookie that was stolen is older than the sign-in."""
    attacked.program.manage(
        "shell",
        "-c",
        "from importlib import import_module\n"
        "from django.conf import settings\n"
        "from django.contrib.sessions.models import Session\n"
        "store = import_module(settings.SESSION_ENGINE).SessionStore\n"
        "for row in Session.objects.all():\n"
        "    session = store(row.session_key)\n"
        "    for record in session.get('account_authentication_methods', []):\n"
        "        record['at'] -= 3600\n"
        "    session.modified = True\n"
        "    session.save()\n",
    )


@pytest.mark.parametrize("path", OWNERSHIP)
def test_with_a_cookie_alone_nothing_that_owns_the_account_changes(attacked: Attacked, path: str) -> None:
    thief = attacked.person(BEN)
    age_sign_in(attacked)
    word = "a-thief-was-here"
    fields = {"email": "thief@evil.example", "action_add": "", "name": "key", "password1": word, "password2": word}
    for answer in (thief.get(path), thief.post(path, fields)):
        assert answer.status_code < 500, answer.status_code
        if path not in ASKS_ITSELF:
            assert answer.status_code in (302, 303), answer.status_code
            assert answer.headers["Location"].startswith("/accounts/"), answer.headers["Location"]
    for email in (BEN, "thief@evil.example"):
        again = attacked.nobody()
        again.sign_in(email, word)
        assert not again.is_signed_in
    assert attacked.person(BEN).is_signed_in


def test_nobody_calls_themselves_by_another_name(attacked: Attacked) -> None:
    attacked.person(BEN).post(
        "/profile/", {"display_name": "ceo@desk.example", "email": "ceo@desk.example", "first_name": "Ana"}
    )
    script = "from sessions_app.models import Person; print(*Person.objects.values_list('display_name', 'email'))"
    names = attacked.program.manage("shell", "-c", script)
    assert "ceo@" not in names
    assert names.count("Ana Duarte") == 1


def test_no_reset_link_is_offered_or_logged_without_real_mail(attacked: Attacked) -> None:
    nobody = attacked.nobody()
    assert "/accounts/password/reset/" not in nobody.get("/accounts/login/").text
    nobody.post("/accounts/password/reset/", {"email": ANA})
    assert not re.search(r"password/reset/key/\S+", attacked.program.log)


def test_guessing_is_ended_whatever_address_is_claimed(attacked: Attacked) -> None:
    statuses = []
    for number in range(30):
        guesser = attacked.nobody(**{"X-Forwarded-For": f"203.0.113.{number}"})
        statuses.append(guesser.sign_in("cy@desk.example", f"guess-{number}-guess").status_code)
    assert 429 in statuses
