"""Addresses from outside: control characters are a 400, other hosts are no place to go back to."""

from __future__ import annotations

import pytest

from tests.security.conftest import ANA, Attacked

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

BAD = ("%00", "%0a", "%0d%0aSet-Cookie:%20x=1", "%1b[31m", "%7f", "%ff%fe", "%ed%a0%80", "%c2%85", "\u2028")
FOREIGN = (
    "//evil.example",
    "https://evil.example",
    "/\\evil.example",
    "https:evil.example",
    "/\t/evil.example",
    "javascript:alert(1)",
)
DOORS = (
    "/open/?q={}",
    "/open/?back={}",
    "/decisions/?back={}",
    "/accounts/login/?next={}",
    "/list/open/?after={}",
    "/live/?after={}x",
    "/reports/?queue={}",
    "/sessions/{}/timeline/",
    "/open/{}/",
    "/c/{}/",
    "/help/{}/",
    "/api/sessions?after={}",
    "/api/sessions/{}",
    "/runs/{}/cancel/",
    "/admin/sessions_app/session/?q={}",
    "/static/{}",
)


@pytest.mark.parametrize("door", DOORS)
def test_control_characters_are_never_a_fault_of_ours(attacked: Attacked, door: str) -> None:
    for who in (attacked.person(ANA), attacked.nobody()):
        for bad in BAD:
            path = door.format(bad)
            if path.startswith("/live/"):
                path = path.removesuffix("x") + "not-a-number"
            answer = who.client.send(who.client.build_request("GET", path), stream=True)
            assert answer.status_code < 500, (path, answer.status_code)
            assert "x=1" not in str(answer.headers)
            answer.close()


@pytest.mark.parametrize("target", FOREIGN)
def test_nobody_is_led_to_another_host(attacked: Attacked, target: str) -> None:
    nobody = attacked.nobody()
    nobody.get("/accounts/login/")
    password = attacked.program.password_of(ANA)
    form = {"login": ANA, "password": password, "next": target}
    answer = nobody.post("/accounts/login/", form, params={"next": target})
    assert "evil" not in answer.headers.get("Location", "")
    assert "javascript" not in answer.headers.get("Location", "")
