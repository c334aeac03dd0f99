"""The program that is attacked: everything `make run` starts, talkative, with a model that does what an attacker made it do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import pytest

from tests.responses_server import ResponsesServer
from tests.security.attacker import Attacker, Customer
from tests.story.program import Program

ANA, BEN, CY = "ana@desk.example", "ben@desk.example", "cy@desk.example"
MODEL_KEY = "sk-a-key-that-nobody-may-read-4711"
METRICS_TOKEN = "a-token-for-metrics-0815"


@dataclass(frozen=True)
class Attacked:
    """The running program and the model behind it."""

    program: Program
    model: ResponsesServer
    cookies: dict[str, httpx2.Cookies] = field(default_factory=dict)

    def sign_in(self, *emails: str) -> None:
        """Once: a program that is attacked has limits, also for those who only sign in."""
        for email in emails:
            person = self.nobody()
            person.sign_in(email, self.program.password_of(email))
            assert person.is_signed_in, email
            self.cookies[email] = person.client.cookies

    def person(self, email: str) -> Attacker:
        """Somebody of the demo with the cookies of their browser, in one of their own."""
        attacker = self.nobody()
        attacker.client.cookies.update(self.cookies[email])
        return attacker

    def nobody(self, **headers: str) -> Attacker:
        return Attacker(self.program.address, **headers)

    def customer(self) -> Customer:
        return Customer(self.program.address)

    def api(self, token: str) -> httpx2.Client:
        headers = {"Authorization": f"Bearer {token}"}
        return httpx2.Client(base_url=f"{self.program.address}/api", headers=headers, timeout=60)


@pytest.fixture(scope="session")
def attacked(tmp_path_factory: pytest.TempPathFactory, demo_tables: Path) -> Iterator[Attacked]:
    """One program for all plays: what one leaves behind must not help the next."""
    with ResponsesServer() as model:
        settings = {
            "OPENAI_API_KEY": MODEL_KEY,
            "OPENAI_BASE_URL": model.base_url,
            "METRICS_TOKEN": METRICS_TOKEN,
            "LOG_LEVEL": "DEBUG",
        }
        with Program(tmp_path_factory.mktemp("attacked") / "var", demo_tables, **settings) as program:
            attacked = Attacked(program, model)
            attacked.sign_in(ANA, BEN)
            yield attacked
    # At the level DEBUG templates tell of every name they miss, with a traceback: what counts is what went wrong.
    assert [line for line in program.lines if re.search(r"\b(ERROR|CRITICAL)\b", line)] == []


@pytest.fixture
def eventually() -> Callable[..., None]:
    from tests.story.program import eventually

    return eventually
