"""Nobody tries passwords, codes or tokens without end: whatever host, address or spelling they use, and with Redis away."""

from __future__ import annotations

import re
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.cache import caches
from django.http import HttpResponse
from django.test import Client, RequestFactory
from pytest_django.fixtures import Settings

from kern_inbox.run.embedded_redis import free_port
from sessions_app import ratelimit
from sessions_app.models import Counter, Person
from tests.at_once import at_once
from tests.programs import Program, code
from tests.signing_in import sign_in_afresh

SMTP = {"EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend"}


@pytest.fixture(params=["in memory", "Redis is away"])
def counters(request: pytest.FixtureRequest, settings: Settings) -> str:
    """Counters of this test alone, where there is a Redis and where there is none."""
    here = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": request.node.name}
    away = {"BACKEND": "kern_inbox.web.cache.FailOpenRedisCache", "LOCATION": f"redis://127.0.0.1:{free_port()}/0"}
    settings.CACHES = {**settings.CACHES, "default": here if request.param == "in memory" else away}
    return str(request.param)


def sign_in(client: Client, address: str, password: str = "guessed", **headers: str) -> HttpResponse:
    return client.post("/accounts/login/", {"login": address, "password": password}, headers=headers)  # type: ignore[return-value]


def must_wait(answer: HttpResponse, *, at_most: int) -> None:
    """The page says how long to wait, and so does the header that programs read."""
    page = answer.content.decode()
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= at_most
    assert re.search(r"Wait (a minute|\d+ minutes)", page), page


def test_the_sixth_guess_of_a_password_has_to_wait(rows: None, counters: str, ben: Person) -> None:
    for _ in range(5):
        assert sign_in(Client(), ben.email).status_code == 200
    must_wait(sign_in(Client(), ben.email), at_most=301)
    # The right one, too: else whoever guesses goes on until it lets them in.
    must_wait(sign_in(Client(), ben.email, "secret"), at_most=301)
    assert Counter.objects.exists() == (counters == "Redis is away")


def test_other_spellings_hosts_and_proxies_are_no_other_attempts(
    rows: None, counters: str, ben: Person, settings: Settings
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    for address in ("ben@example.com", "BEN@example.com", " Ben@Example.com", "ben@EXAMPLE.COM", "beN@example.com "):
        number = str(len(address))
        answer = sign_in(Client(), address, **{"Host": f"h{number}.example", "X-Forwarded-For": f"10.0.0.{number}"})
        assert answer.status_code == 200
    must_wait(sign_in(Client(), "ben@example.com", Host="another.example"), at_most=301)


def test_one_address_guesses_at_few_accounts(rows: None, counters: str) -> None:
    for number in range(20):
        answer = sign_in(Client(), f"{number}@example.com", **{"X-Forwarded-For": f"10.0.0.{number}"})
        assert answer.status_code == 200
    must_wait(sign_in(Client(), "another@example.com", **{"X-Forwarded-For": "10.1.0.1"}), at_most=61)


def test_codes_of_a_second_factor_are_not_tried_out(client: Client, counters: str, ben: Person) -> None:
    TOTP.activate(ben, generate_totp_secret())
    assert sign_in(client, ben.email, "secret")["Location"] == "/accounts/2fa/authenticate/"
    for number in range(5):
        assert client.post("/accounts/2fa/authenticate/", {"code": f"00000{number}"}).status_code == 200
    must_wait(client.post("/accounts/2fa/authenticate/", {"code": "000009"}), at_most=301)  # type: ignore[arg-type]


def test_a_cookie_does_not_let_the_password_be_tried_out(client: Client, counters: str, ben: Person) -> None:
    client.force_login(ben)
    for number in range(5):
        assert client.post("/accounts/reauthenticate/", {"password": f"guess {number}"}).status_code == 200
    new = {"password1": "four green trams sing", "password2": "four green trams sing"}
    for path, fields in (("reauthenticate/", {"password": "secret"}), ("password/change/", {"oldpassword": "secret", **new})):
        must_wait(client.post(f"/accounts/{path}", fields), at_most=301)  # type: ignore[arg-type]


def test_links_are_asked_for_now_and_then(
    client: Client, counters: str, ben: Person, settings: Settings, mailoutbox: list[Any]
) -> None:
    settings.EMAIL_CONFIG = SMTP
    for _ in range(5):
        assert client.post("/accounts/password/reset/", {"email": ben.email}).status_code == 302
    must_wait(client.post("/accounts/password/reset/", {"email": "BEN@example.com"}), at_most=3601)  # type: ignore[arg-type]
    assert len(mailoutbox) == 5


def test_addresses_are_changed_now_and_then(
    client: Client, counters: str, ben: Person, settings: Settings, mailoutbox: list[Any]
) -> None:
    settings.EMAIL_CONFIG, settings.PEOPLE_CHANGE_ADDRESS = SMTP, True
    sign_in_afresh(client, ben)
    for number in range(5):
        assert client.post("/accounts/email/", {"address": f"ben{number}@example.com"}).status_code == 302
    assert client.post("/accounts/email/", {"address": "ben9@example.com"}).status_code in (422, 429)
    assert len(mailoutbox) == 10


def test_tokens_are_not_tried_out(rows: None, counters: str) -> None:
    # Twice as many as a minute allows, since another minute may begin meanwhile.
    answers = [Program(f"kern_{number}").get("/queues") for number in range(121)]
    answer = next(answer for answer in answers if answer.status_code != 401)
    assert (answer.status_code, code(answer)) == (429, "too_many_requests")
    assert 0 < int(answer["Retry-After"]) <= 61


def test_customers_write_as_often_whatever_address_they_claim(rows: None, counters: str) -> None:
    claims = [{"X-Forwarded-For": f"10.0.0.{number}"} for number in range(4)]
    waits = [ratelimit.wait_for("x", ratelimit.address_of(request_with(claim)), limit=3, seconds=600) for claim in claims]
    assert waits[:3] == [0, 0, 0]
    assert waits[3] > 0


def test_a_network_of_ipv6_is_one_address(rows: None) -> None:
    addresses = {ratelimit.address_of(request_with({}, f"2001:db8:1:2::{number:x}")) for number in range(3)}
    assert addresses == {"2001:db8:1:2::"}


def test_processes_that_count_at_once_lose_no_attempt(rows: None) -> None:
    counters = caches["counters"]
    counters.add("rate:many", 0, timeout=60)
    at_once([lambda: HttpResponse(str(caches["counters"].incr("rate:many"))) for _ in range(8)])
    assert counters.get("rate:many") == 8


def request_with(headers: dict[str, str], address: str = "127.0.0.1") -> Any:
    return RequestFactory().get("/", headers=headers, REMOTE_ADDR=address)
