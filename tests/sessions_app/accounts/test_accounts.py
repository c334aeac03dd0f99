"""An account stays its owner's: a cookie alone gives it to nobody, and nobody passes for another person."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import pytest
from allauth.account.models import EmailAddress
from django.contrib.sessions.models import Session as BrowserSession
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from kern.testing import call
from sessions_app.actions import decisions
from sessions_app.models import AuditEntry, Decision, Person, Requirement
from sessions_app.policy import decision_log
from tests.deciding import seen
from tests.signing_in import sign_in_afresh

SMTP = {"EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend"}
NEW = "ben@new.example"


@pytest.fixture
def with_mail(settings: Settings) -> None:
    """Mail reaches people, who may change their address themselves."""
    settings.EMAIL_CONFIG = SMTP
    settings.PEOPLE_CHANGE_ADDRESS = True


@pytest.fixture
def bens(client: Client, ben: Person) -> Client:
    """Ben's browser; he signed in a while ago."""
    client.force_login(ben)
    return client


def link_in(mail: EmailMessage) -> str:
    found = re.search(r"http://testserver(\S+)", str(mail.body))
    assert found
    return found[1]


def said(client: Client, path: str, **fields: Any) -> str:
    return client.post(path, fields, follow=True).content.decode()


def can_sign_in(address: str, password: str = "secret") -> bool:
    client = Client()
    client.post("/accounts/login/", {"login": address, "password": password})
    return "_auth_user_id" in client.session


def test_a_cookie_alone_does_not_change_the_address(bens: Client, ben: Person, with_mail: None, mailoutbox: list[Any]) -> None:
    asked = bens.post("/accounts/email/", {"address": NEW})
    assert asked["Location"] == "/accounts/reauthenticate/?next=%2Faccounts%2Femail%2F"
    assert not mailoutbox
    wrong = bens.post(asked["Location"], {"password": "guessed", "next": "/accounts/email/"})
    assert "Incorrect password" in wrong.content.decode()
    assert not mailoutbox
    bens.post(asked["Location"], {"password": "secret", "next": "/accounts/email/"})
    assert [mail.to for mail in mailoutbox] == [[NEW], [ben.email]]


def test_a_new_address_counts_once_its_link_was_opened(
    bens: Client, ben: Person, with_mail: None, mailoutbox: list[Any]
) -> None:
    sign_in_afresh(bens, ben)
    assert NEW in said(bens, "/accounts/email/", address=" Ben@New.Example ")
    assert (can_sign_in("ben@example.com"), can_sign_in(NEW)) == (True, False)
    link = link_in(mailoutbox[0])
    stranger = Client()
    assert "Use this address?" in stranger.get(link).content.decode()
    assert can_sign_in("ben@example.com")
    assert stranger.post(link)["Location"] == "/accounts/login/"
    assert (can_sign_in("ben@example.com"), can_sign_in(NEW)) == (False, True)
    assert [mail.to for mail in mailoutbox[2:]] == [["ben@example.com"], [NEW]]
    assert "was used already" in stranger.get(link).content.decode()
    kinds = AuditEntry.objects.filter(subject_id=str(ben.pk), kind__startswith="account.address")
    assert list(kinds.order_by("number").values_list("kind", flat=True)) == [
        "account.address_asked",
        "account.address_confirmed",
    ]


def test_a_link_for_another_address_ends_with_the_password(
    bens: Client, ben: Person, with_mail: None, mailoutbox: list[Any]
) -> None:
    sign_in_afresh(bens, ben)
    bens.post("/accounts/email/", {"address": NEW})
    ben.set_password("another secret")
    ben.save()
    assert "Ask for a new one" in said(Client(), link_in(mailoutbox[0]))
    assert Person.objects.get(pk=ben.pk).email == "ben@example.com"
    assert Client().get("/accounts/email/forged:token/").status_code == 422


def test_nobody_gets_or_learns_of_another_persons_address(
    bens: Client, ben: Person, ana: Person, with_mail: None, mailoutbox: list[Any]
) -> None:
    sign_in_afresh(bens, ben)
    told = [said(bens, "/accounts/email/", address=address) for address in ("ANA@example.com", NEW)]
    assert all("Open the link" in page for page in told)
    assert [mail.to for mail in mailoutbox] == [["ana@example.com"], [NEW], ["ben@example.com"]]
    assert "http" not in mailoutbox[0].body
    ana.email = NEW
    ana.save()
    assert "Another person has this address" in said(Client(), link_in(mailoutbox[1]))
    assert can_sign_in(NEW)
    assert Person.objects.get(pk=ben.pk).email == "ben@example.com"


def test_admins_change_addresses_unless_people_may(bens: Client, ben: Person, settings: Settings) -> None:
    sign_in_afresh(bens, ben)
    for may, mail in ((False, SMTP), (True, {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"})):
        settings.PEOPLE_CHANGE_ADDRESS, settings.EMAIL_CONFIG = may, mail
        assert "an admin changes addresses" in bens.get("/accounts/email/").content.decode()
        assert bens.post("/accounts/email/", {"address": NEW}).status_code == 403
    assert AuditEntry.objects.filter(kind="account.address_refused").count() == 2


@pytest.mark.parametrize(
    "spelling", ["ANA@Example.com", " ana@example。com", "ａｎａ＠example．com", "ana\u200b@example.com.", "Ana@EXAMPLE.COM"]
)
def test_an_address_belongs_to_one_person_in_every_spelling(ana: Person, ben: Person, spelling: str) -> None:
    ben.email = spelling
    with pytest.raises(ValidationError, match="belongs to one person"):
        ben.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        ben.save()
    with pytest.raises(IntegrityError), transaction.atomic():
        Person.objects.create_user(spelling)
    assert Person.objects.get(email=spelling) == ana


def test_the_database_itself_keeps_an_address_with_one_person(ana: Person, ben: Person) -> None:
    for address in ("ANA@example.com", ""):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE sessions_app_person SET email = %s WHERE id = %s", [address, ben.pk])


def test_people_sign_in_with_any_spelling_of_their_address(ben: Person) -> None:
    assert can_sign_in(" BEN@example.com ")


@pytest.mark.parametrize(
    "name",
    [
        "ceo@example.com",
        "ceo＠example.com",
        "ceo [at] example",
        "ANA",
        "Аnа",
        "An\u00e1",
        "A n a",
        "Ana\u202e",
        "\u2800",
        "ana@example.com",
    ],
)
def test_no_name_passes_for_an_address_or_another_person(ana: Person, ben: Person, name: str) -> None:
    ben.display_name = name
    with pytest.raises(ValidationError) as refused:
        ben.full_clean()
    assert set(refused.value.message_dict) == {"display_name"}


@pytest.mark.parametrize("name", ["Ben", "Ben O'Hara-Müller", "Бен", "بن", "Anabel", ""])
def test_people_are_called_as_they_are(ana: Person, ben: Person, name: str) -> None:
    ben.display_name = name
    ben.full_clean()


def test_the_record_keeps_who_decided_by_id_and_name_of_then(
    ana: Person, ben: Person, asked: Callable[..., Requirement]
) -> None:
    question = asked(call("refund", order="7", cents=500))
    decisions.approve(question, ben, seen=seen(question.session))
    key = ben.pk
    ben.display_name, ben.email = "Benjamin", NEW
    ben.save()
    line = Decision.objects.get(verdict="approved")
    assert (line.person_key, line.actor, line.person_email) == (key, "Ben", "ben@example.com")
    ben.delete()
    shown = list(decision_log.as_jsonl(decision_log.rows(verdict="approved")))
    assert f'"person": {key}' in shown[0]


def test_a_password_is_changed_by_whoever_knows_the_old_one(bens: Client, ben: Person) -> None:
    new = {"password1": "four green trams sing", "password2": "four green trams sing"}
    for _ in range(5):
        assert bens.post("/accounts/password/change/", {"oldpassword": "guessed", **new}).status_code in (200, 429)
    # After five wrong ones the right one is refused, too: nobody tries them out with a cookie.
    bens.post("/accounts/password/change/", {"oldpassword": "secret", **new})
    assert Person.objects.get(pk=ben.pk).check_password("secret")


def test_an_admins_cookie_alone_takes_no_account(client: Client, ana: Person, ben: Person) -> None:
    client.force_login(ana)
    person = reverse("admin:sessions_app_person_change", args=[ben.pk])
    password = reverse("admin:auth_user_password_change", args=[ben.pk])
    secret = {"password1": "four green trams sing", "password2": "four green trams sing", "usable_password": "true"}
    assert client.get(password)["Location"].startswith("/accounts/reauthenticate/")
    for path, fields in ((person, {"email": NEW}), (password, secret), (reverse("admin:sessions_app_person_add"), secret)):
        assert client.post(path, fields)["Location"].startswith("/accounts/reauthenticate/"), path
    assert "trams" not in "".join(str(row.get_decoded()) for row in BrowserSession.objects.all())
    ben.refresh_from_db()
    assert (ben.email, ben.check_password("secret")) == ("ben@example.com", True)
    assert client.get("/admin/password_change/")["Location"] == "/accounts/password/change/"


def person_form(client: Client, person: Person, **changed: Any) -> dict[str, Any]:
    page = client.get(reverse("admin:sessions_app_person_change", args=[person.pk]))
    form = page.context["adminform"].form
    fields = {name: value for name, value in form.initial.items() if name in form.fields and value not in (None, False)}
    inline = {"Queue_members-TOTAL_FORMS": "0", "Queue_members-INITIAL_FORMS": "0"}
    return {**fields, **inline, **changed}


def test_an_admins_form_says_what_is_wrong(
    client: Client, ana: Person, ben: Person, mailoutbox: list[Any], with_mail: None
) -> None:
    sign_in_afresh(client, ana)
    page = reverse("admin:sessions_app_person_change", args=[ben.pk])
    mine = reverse("admin:sessions_app_person_change", args=[ana.pk])
    taken = client.post(page, person_form(client, ben, email="ANA@example.com")).content.decode()
    assert "belongs to one person" in taken
    for name in ("ceo@example.com", "Ana", "\u2800"):
        refused = client.post(page, person_form(client, ben, display_name=name))
        assert (refused.status_code, list(refused.context["adminform"].form.errors)) == (200, ["display_name"])
    fields = person_form(client, ana)
    del fields["is_superuser"]
    assert "Ask another admin" in client.post(mine, fields).content.decode()
    assert client.post(reverse("admin:sessions_app_person_delete", args=[ana.pk]), {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [ana.pk], "post": "yes"}
    assert client.post(reverse("admin:sessions_app_person_changelist"), chosen).status_code in (200, 403)
    assert list(Person.objects.admins()) == [ana]
    assert client.post(page, person_form(client, ben, email=NEW)).status_code == 302
    assert [mail.to for mail in mailoutbox] == [["ben@example.com"], [NEW]]
    assert (can_sign_in(NEW), can_sign_in("ben@example.com")) == (True, False)


def test_what_was_typed_goes_on_after_the_password_was_given(client: Client, ana: Person, ben: Person) -> None:
    sign_in_afresh(client, ana)
    page = reverse("admin:sessions_app_person_change", args=[ben.pk])
    fields = person_form(client, ben, display_name="Benjamin")
    client.logout()
    client.force_login(ana)
    asked = client.post(f"{page}?_changelist_filters=q%3Dben", fields)
    assert asked["Location"].startswith("/accounts/reauthenticate/")
    path, _, query = asked["Location"].partition("?next=")
    saved = client.post(path, {"password": "secret", "next": unquote(query)})
    assert saved["Location"] == "/admin/sessions_app/person/?q=ben"
    assert Person.objects.get(pk=ben.pk).display_name == "Benjamin"


def test_an_address_that_is_gone_does_not_sign_in_by_an_old_row(ben: Person) -> None:
    assert EmailAddress.objects.get(user=ben).verified
    EmailAddress.objects.create(user=ben, email="ana@example.com", verified=False)
    ben.email = NEW
    ben.save()
    assert not EmailAddress.objects.exclude(email=NEW).exists()
    assert (can_sign_in("ben@example.com"), can_sign_in("ana@example.com"), can_sign_in(NEW)) == (False, False, True)


def test_nobody_signs_up_with_another_spelling_of_an_address(
    client: Client, ana: Person, with_mail: None, settings: Settings, mailoutbox: list[Any]
) -> None:
    settings.SIGN_UP, settings.ACCOUNT_EMAIL_VERIFICATION = True, "mandatory"
    passwords = {"password1": "four green trams sing", "password2": "four green trams sing"}
    for spelling in ("ana@example。com", "ANA@example.com", "ana@example.com."):
        answer = client.post("/accounts/signup/", {"email": spelling, **passwords})
        assert answer.status_code in (200, 302)
    assert list(Person.objects.all()) == [ana]


ODD = ("\x00", "\u202e", "a" * 5000, "' OR 1=1 --", "{{7*7}}", "＠", "%00%0a", "\r\nBcc: x@y.example")


@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
def test_no_odd_text_breaks_a_page_of_an_account(bens: Client, ben: Person, with_mail: None, odd: str) -> None:
    sign_in_afresh(bens, ben)
    stranger = Client()
    fields = ("login", "email", "address", "password", "password1", "password2", "oldpassword", "code", "key", "next", "name")
    pages = ("email/", "password/change/", "reauthenticate/", "2fa/totp/activate/", "2fa/webauthn/add/", "2fa/reauthenticate/")
    doors = ("login/", "signup/", "password/reset/", "2fa/authenticate/", "login/code/confirm/")
    for client, paths in ((bens, pages), (stranger, doors)):
        for path in paths:
            assert client.post(f"/accounts/{path}", dict.fromkeys(fields, odd)).status_code < 500, path
            assert client.get(f"/accounts/{path}", {"next": odd}).status_code < 500, path
    for path in ("password/reset/key/zzzzzzzzzzzzz-a-b/", "password/reset/key/0-a/", "email/a:b:c/", "confirm-email/a:b:c/"):
        assert stranger.get(f"/accounts/{path}").status_code < 500, path
        assert stranger.post(f"/accounts/{path}", {"password1": odd}).status_code < 500, path
