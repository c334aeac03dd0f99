"""Addresses from outside that lead away or are no addresses: nobody is led there, and nothing fails."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from sessions_app.models import Person, Session
from tests.programs import Response

#: Addresses that lead away, however a browser reads them.
AWAY = (
    "//evil.example",
    "\\\\evil.example",
    "/\\evil.example",
    "https:evil.example",
    "https:///evil.example",
    "/\t/evil.example",
    "\t//evil.example",
    "javascript:alert(1)",
    "http://[::1",
    "https://testserver@evil.example",
    "/a\r\nX-Injected: 1",
    "/a\x00b",
)


def fails(answer: Response) -> bool:
    return answer.status_code >= 500 or "X-Injected" in answer


@pytest.mark.parametrize("address", AWAY)
def test_nobody_is_led_away(address: str, client: Client, ana: Person, session: Session) -> None:
    """Neither after signing in, nor by a form that says where to go on, nor by the page that was left."""
    escaped = quote(address, safe="")
    signed_in = client.post(f"/accounts/login/?next={escaped}", {"login": ana.email, "password": "secret", "next": address})
    led_to = [signed_in]
    client.force_login(ana)
    raw = address.encode().decode("latin-1")
    senders: list[dict[str, Any]] = [{"HTTP_REFERER": raw}, {"HTTP_HX_CURRENT_URL": raw, "HTTP_HX_REQUEST": "true"}]
    for headers in senders:
        fields = {"body": "x", "kind": "note", "seen": "9", "back": address, "next": address, "theme": "dark"}
        path = f"/sessions/{session.session_id}/messages/"
        led_to += [client.post(f"{path}?back={escaped}&next={escaped}", fields, **headers) for path in (path, "/profile/")]
        led_to.append(client.get(f"/profile/second-factor/?next={escaped}", **headers))
        led_to.append(client.get(f"/accounts/login/?next={escaped}", **headers))
    for answer in led_to:
        assert not fails(answer)
        place = answer.headers.get("Location", "/") or answer.headers.get("HX-Redirect", "/")
        assert place.startswith("/"), place
        assert not place.startswith(("//", "/\\", "/\t")), place
