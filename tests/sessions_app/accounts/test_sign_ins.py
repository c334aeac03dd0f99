"""How long a sign-in lasts, what is said when it is over, and the page of one's devices."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session as Stored
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from kern_inbox.sign_in.session_store import SessionStore
from sessions_app.accounts import sign_ins
from sessions_app.infrastructure import browsers
from sessions_app.models import AuditEntry, Person, Session

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 (KHTML, like Gecko) Version/18.0 Safari/604.1"
)
ADDRESS = "203.0.113.7"
#: A password that nobody is asked to change.
WORDS = "four plain words here"


def signed_in(person: Person, agent: str = FIREFOX, password: str = "secret") -> Client:
    client = Client(headers={"User-Agent": agent}, REMOTE_ADDR=ADDRESS)
    answer = client.post("/accounts/login/", {"login": person.email, "password": password})
    assert answer.status_code == 302
    return client


def row_of(client: Client) -> UserSession:
    return UserSession.objects.get(session_key=client.session.session_key)


def later(client: Client, *, idle: timedelta = timedelta(0), lasting: timedelta = timedelta(0)) -> None:
    """As if the sign-in had been made, or used last, so long ago."""
    store = SessionStore(client.session.session_key)
    if lasting:
        store[sign_ins.BEGAN] = (timezone.now() - lasting).timestamp()
        store.save()
    Stored.objects.filter(session_key=store.session_key).update(expire_date=store.get_expiry_date() - idle)
    UserSession.objects.filter(session_key=store.session_key).update(last_seen_at=timezone.now() - idle)


def test_an_idle_sign_in_ends_and_its_page_says_why(ben: Person, session: Session, settings: Settings) -> None:
    ben.set_password(WORDS)
    ben.save()
    client = signed_in(ben, password=WORDS)
    later(client, idle=settings.SIGN_IN_IDLE + timedelta(minutes=1))
    sent_away = client.get(f"/open/{session.session_id}/?details=1")
    door = sent_away.headers["Location"]
    assert door == f"/accounts/login/?next=/open/{session.session_id}/%3Fdetails%3D1&ended=idle"
    assert "nothing was done here for 12 hours" in client.get(door).content.decode()
    back = client.post(door, {"login": ben.email, "password": WORDS, "next": f"/open/{session.session_id}/?details=1"})
    assert back.headers["Location"] == f"/open/{session.session_id}/?details=1"


def test_whoever_works_is_not_idle_but_signs_in_again_after_a_week(ben: Person, settings: Settings) -> None:
    client = signed_in(ben)
    for _ in range(2):
        later(client, idle=settings.SIGN_IN_IDLE - timedelta(minutes=1))
        assert client.get("/open/").status_code == 200
    later(client, lasting=settings.SIGN_IN_LIFETIME)
    assert client.get("/open/").headers["Location"].endswith("&ended=lifetime")
    assert "a sign-in lasts 7 days at most" in client.get("/accounts/login/?ended=lifetime").content.decode()


def test_a_page_that_lies_open_keeps_nobody_signed_in(ben: Person, session: Session, settings: Settings) -> None:
    client = signed_in(ben)
    later(client, idle=settings.SIGN_IN_IDLE - timedelta(minutes=1))
    key = client.session.session_key
    before = Stored.objects.get(session_key=key).expire_date
    for fetched in ("/list/open/", f"/sessions/{session.session_id}/timeline/", f"/sessions/{session.session_id}/header/"):
        assert client.get(fetched, headers={"HX-Request": "true"}).status_code == 200
    assert Stored.objects.get(session_key=key).expire_date == before
    client.post(f"/sessions/{session.session_id}/unsent/", {"body": "Dear", "kind": "reply"})
    assert Stored.objects.get(session_key=key).expire_date > before


def test_no_sign_in_outlasts_its_lifetime_however_it_is_used(ben: Person, settings: Settings) -> None:
    client = signed_in(ben)
    later(client, lasting=settings.SIGN_IN_LIFETIME - timedelta(minutes=10), idle=timedelta(minutes=-2))
    client.get("/open/")
    left = Stored.objects.get(session_key=client.session.session_key).expire_date - timezone.now()
    assert timedelta(0) < left < timedelta(minutes=11)


def test_what_an_open_page_asks_for_is_refused_with_the_reason_and_nothing_else(
    ben: Person, session: Session, settings: Settings
) -> None:
    client = signed_in(ben)
    later(client, idle=settings.SIGN_IN_IDLE * 2)
    answer = client.post(f"/sessions/{session.session_id}/messages/", {"body": "Dear Kim"}, headers={"HX-Request": "true"})
    assert (answer.status_code, answer.content, answer.headers["Kern-Sign-In"]) == (401, b"", "idle")
    assert "HX-Redirect" not in answer.headers


def test_a_sign_in_that_somebody_ended_says_so(ben: Person) -> None:
    client = signed_in(ben)
    sign_ins.end_all(ben)
    door = client.get("/open/").headers["Location"]
    assert "on another device, by an admin" in client.get(door).content.decode()
    # The cookie went with it: another visit is that of a stranger.
    assert "ended" not in client.get("/open/").headers["Location"]
    assert "notice" not in client.get("/accounts/login/?ended=%3Cb%3Eyou%3C/b%3E").content.decode()


def test_being_seen_is_written_at_most_once_a_minute(ben: Person) -> None:
    client = signed_in(ben)
    client.get("/open/")
    with CaptureQueriesContext(connection) as captured:
        client.get("/open/")
    assert not [query for query in captured.captured_queries if query["sql"].startswith(("UPDATE", "INSERT"))]
    later(client, idle=timedelta(minutes=2))
    client.get("/open/")
    assert timezone.now() - row_of(client).last_seen_at < timedelta(minutes=1)


def test_the_key_changes_when_somebody_signs_in_and_shows_again_who_they_are(ben: Person) -> None:
    client = Client(headers={"User-Agent": FIREFOX})
    client.get("/accounts/login/")
    planted = SessionStore()
    planted["x"] = 1
    planted.create()
    client.cookies["sessionid"] = str(planted.session_key)
    client.post("/accounts/login/", {"login": ben.email, "password": "secret"})
    first, began = str(client.session.session_key), row_of(client).created_at
    assert first != planted.session_key
    client.post("/accounts/reauthenticate/", {"password": "secret"})
    assert client.session.session_key != first
    assert row_of(client).created_at == began
    stolen = Client()
    stolen.cookies["sessionid"] = first
    assert stolen.get("/open/").status_code == 302
    assert client.get("/open/").status_code == 200


def test_the_devices_page_lists_where_one_is_signed_in(ben: Person, ana: Person) -> None:
    here, phone = signed_in(ben), signed_in(ben, SAFARI)
    signed_in(ana)
    page = re.sub(r"\s+", " ", here.get("/profile/devices/").content.decode())
    assert page.count(f"from {ADDRESS}") == 2
    assert re.search(r"Firefox on Linux</b> <span[^>]*>This one</span>", page)
    assert re.search(r"Safari on iPhone</b> <br>", page)
    assert "Sign out all others" in page
    assert row_of(here).session_key not in page
    assert row_of(phone).session_key not in page
    assert "Signed in on 2 devices." in here.get("/profile/").content.decode()


def test_one_device_or_all_others_are_signed_out(ben: Person) -> None:
    here, phone, tablet = signed_in(ben), signed_in(ben, SAFARI), signed_in(ben, "curl/8")
    page = here.post("/profile/devices/", {"end": str(row_of(phone).pk)}, follow=True).content.decode()
    assert "That device is signed out." in page
    assert [client.get("/open/").status_code for client in (here, phone, tablet)] == [200, 302, 200]
    page = here.post("/profile/devices/", {"end": "others"}, follow=True).content.decode()
    assert "1 other device is signed out." in page
    assert "Sign out all others" not in page
    assert [client.get("/open/").status_code for client in (here, tablet)] == [200, 302]
    entry = AuditEntry.objects.filter(kind="account.sign_in_ended").latest("number")
    assert (entry.actor_id, entry.subject_id, entry.before["browser"]) == (ben.pk, str(ben.pk), "curl/8")
    here.post("/profile/devices/", {"end": str(row_of(here).pk)})
    assert here.get("/open/").status_code == 302


@pytest.mark.parametrize("end", ["", "0", "x", "9" * 30, "\x00", "-1"])
def test_devices_that_are_not_ones_own_are_missing(end: str, ben: Person, ana: Person) -> None:
    client, other = signed_in(ben), signed_in(ana)
    assert client.post("/profile/devices/", {"end": end}).status_code == 404
    assert client.post("/profile/devices/", {"end": str(row_of(other).pk)}).status_code == 404
    assert other.get("/open/").status_code == 200


def test_admins_see_and_end_the_sign_ins_of_others(ana: Person, ben: Person) -> None:
    admin, client = signed_in(ana), signed_in(ben, SAFARI)
    admin.post("/accounts/reauthenticate/", {"password": "secret"})
    listed = admin.get("/admin/usersessions/usersession/", {"q": "ben"}).content.decode()
    assert "Safari on iPhone" in listed
    shown = admin.get(f"/admin/usersessions/usersession/{row_of(client).pk}/change/").content.decode()
    assert row_of(client).session_key not in listed + shown
    admin.post("/admin/sessions_app/person/", {"action": "sign_out", "_selected_action": [ben.pk]})
    assert client.get("/open/").status_code == 302
    entry = AuditEntry.objects.filter(kind="account.sign_in_ended").latest("number")
    assert (entry.actor_id, entry.subject_id) == (ana.pk, str(ben.pk))
    member = signed_in(ben)
    assert member.get("/admin/usersessions/usersession/").status_code in (302, 403)


def test_a_new_password_leaves_the_device_where_it_was_set(ben: Person) -> None:
    here, phone = signed_in(ben), signed_in(ben, SAFARI)
    words = {"oldpassword": "secret", "password1": WORDS, "password2": WORDS}
    here.post("/accounts/reauthenticate/", {"password": "secret"})
    here.post("/accounts/password/change/", words)
    assert [client.get("/open/").status_code for client in (here, phone)] == [200, 302]
    assert len(sign_ins.of(ben)) == 1


def test_what_ended_long_ago_goes_when_somebody_comes(ben: Person) -> None:
    old, gone = signed_in(ben), signed_in(ben, SAFARI)
    later(gone, idle=timedelta(days=2))
    key = gone.session.session_key
    signed_in(ben)
    assert not Stored.objects.filter(session_key=key).exists()
    assert not UserSession.objects.filter(session_key=key).exists()
    later(old, idle=timedelta(days=2))
    call_command("clearsessions")
    assert Stored.objects.count() == UserSession.objects.count() == 1


def test_signing_out_sweeps_the_browser_of_this_site_alone(ben: Person) -> None:
    client = signed_in(ben)
    answer = client.post("/accounts/logout/")
    assert answer.headers["Clear-Site-Data"] == '"storage"'
    assert answer.cookies["sessionid"].value == ""


def test_a_sign_in_whose_server_knows_no_address_counts_too(ben: Person) -> None:
    client = Client()
    client.force_login(ben)
    assert [row.ip for row in sign_ins.of(ben)] == ["::"]


@pytest.mark.parametrize(
    ("agent", "called"),
    [
        (FIREFOX, "Firefox on Linux"),
        (SAFARI, "Safari on iPhone"),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36",
            "Chrome on macOS",
        ),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        ("curl/8.5", "curl/8.5"),
        ("", "A browser that says nothing about itself"),
    ],
)
def test_browsers_have_the_names_people_know(agent: str, called: str) -> None:
    assert browsers.called(agent) == called
