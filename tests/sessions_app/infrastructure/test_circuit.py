"""A Redis that hangs costs one caller a moment, at whatever door, and the next ones nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from celery import Celery
from django.core.cache import cache
from django.test import Client
from pytest_django.fixtures import Settings

from kern_inbox.celery import app
from kern_inbox.conf.databases import cache as cache_settings
from sessions_app import ratelimit
from sessions_app.actions import messages
from sessions_app.changes import publish
from sessions_app.infrastructure import circuit
from sessions_app.infrastructure.circuit import RedisAwayError, breaker, within
from sessions_app.models import Person, Run, Session
from sessions_app.workers.tasks import execute_turn
from tests.silent import SilentServer

#: What hung servers were seen to say: nothing; the head of an answer and then byte after byte of it; half of an error.
HABITS = {"nothing": b"", "half an answer": b"$100000\r\n" + b"x" * 50_000, "half an error": b"-LOADING Redis is loading"}


@pytest.fixture(params=HABITS, ids=lambda name: name.replace(" ", "-"))
def hung(rows: None, request: pytest.FixtureRequest, settings: Settings) -> Iterator[SilentServer]:
    """Broker, cache and live pages are at a server that hangs."""
    with SilentServer(HABITS[request.param]) as server:
        settings.REDIS_URL = server.redis_url
        settings.CACHES = {**settings.CACHES, "default": cache_settings(server.redis_url)}
        Celery("hung", broker=server.redis_url, set_as_current=True).conf.update(
            broker_transport_options={"socket_timeout": 0.5, "socket_connect_timeout": 0.5, "max_retries": 1}
        )
        yield server
        app.set_current()


def doors() -> None:
    """Every door once."""
    publish.publish_change(publish.Told(1, 1, "message.customer", None))
    publish.publish_text(1, "run", "Hello")
    execute_turn.hint("no-such-run")
    assert cache.get("a", "gone") == "gone"
    cache.set("a", 1)
    assert ratelimit.wait_for("try", "kim", limit=100, seconds=60) == 0


def test_only_the_first_caller_waits_whatever_the_door(hung: SilentServer) -> None:
    doors()
    called = hung.callers
    assert breaker(hung.redis_url).is_open
    for _ in range(20):
        doors()
    assert hung.callers == called


def test_customers_and_people_notice_nothing(hung: SilentServer, session: Session, ana: Person, client: Client) -> None:
    messages.receive(session, "Hello?")
    assert Run.objects.due().count() == 1
    page = client.post("/accounts/login/", {"login": "ana@example.com", "password": "secret"})
    assert page.status_code < 500
    client.force_login(ana)
    assert client.get("/open/").status_code == 200
    assert client.get("/health/ready/").json()["redis"] == "unreachable"


def test_a_request_waits_two_seconds_at_most() -> None:
    """The tests above see that nothing waits for ever; this one how long: twice, if two doors are at two servers."""
    assert 2 * circuit.PATIENCE <= 2


def test_what_no_timeout_of_a_socket_ends_is_left_alone_too() -> None:
    """A name that no DNS server answers for: the system's resolver knows no timeout of ours."""
    never = threading.Event()
    with pytest.raises(TimeoutError):
        within(0.05, never.wait)
    never.set()


def test_it_is_tried_again_by_one_caller_alone() -> None:
    circuit_breaker, called = circuit.CircuitBreaker(rest=0.05), []

    def fail() -> None:
        called.append("failed")
        raise OSError("away")

    with pytest.raises(RedisAwayError):
        circuit_breaker.call(fail)
    with pytest.raises(RedisAwayError):
        circuit_breaker.call(fail)
    assert called == ["failed"]
    while circuit_breaker.is_open:
        threading.Event().wait(0.01)
    trying, others = threading.Event(), threading.Event()

    def slow() -> str:
        trying.set()
        others.wait()
        return "there again"

    found: list[str] = []
    first = threading.Thread(target=lambda: found.append(circuit_breaker.call(slow)))
    first.start()
    assert trying.wait(60)
    with pytest.raises(RedisAwayError):
        circuit_breaker.call(fail)
    others.set()
    first.join()
    assert (found, circuit_breaker.call(lambda: "well")) == (["there again"], "well")


def test_other_faults_are_raised_as_they_are_and_open_nothing() -> None:
    circuit_breaker = circuit.CircuitBreaker()
    with pytest.raises(ZeroDivisionError):
        circuit_breaker.call(lambda: 1 / 0)
    assert not circuit_breaker.is_open
