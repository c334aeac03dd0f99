"""The cast of the application's tests: Ana owns the desk, Ben works one queue, Cy works another; a customer called Kim."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from pytest_django.fixtures import Settings

from kern_inbox.run.embedded_redis import free_port
from sessions_app.actions import messages, sessions
from sessions_app.infrastructure import broken_rows as broken
from sessions_app.infrastructure.shared_pace import calls_to
from sessions_app.models import Person, Queue, Requirement, Run, Session
from sessions_app.workers import turns as turns_workers
from tests import desk as shop
from tests.sessions_app.desk_rows import put_desk_rows


@pytest.fixture
def broken_rows() -> None:
    """Rows that cannot be read are what the test is about."""


@pytest.fixture(autouse=True)
def no_broken_rows(request: pytest.FixtureRequest) -> Iterator[None]:
    """A row that cannot be shown is a fault of ours, unless a test has broken it: pages would go on as if nothing were."""
    broken.forget()
    yield
    assert "broken_rows" in request.fixturenames or not broken.reported()


@pytest.fixture(autouse=True)
def shop_desk(settings: Settings) -> None:
    """Every test here works the test shop, with a model that has nothing to say until the test says what."""
    settings.KERN_DESK = "tests.desk:desk"
    shop.actor.says()
    shop.ledger.lines.clear()


@pytest.fixture(autouse=True)
def nobody_tried_before() -> None:
    """What the test before tried counts for no limit here, and its model's refusals slow nothing down."""
    cache.clear()
    calls_to.cache_clear()


@pytest.fixture
def rows(transactional_db: None, shop_desk: None) -> None:
    """A database whose transactions are real, with the desk's queues in it."""
    put_desk_rows()


@pytest.fixture
def database_away(rows: None) -> Iterator[None]:
    """From now on nobody answers at the database's address."""
    connection.close()
    known = dict(connection.settings_dict)
    # Without the pool, which would wait for a connection until its time is up.
    options = {name: value for name, value in known["OPTIONS"].items() if name != "pool"}
    nowhere = {"PORT": str(free_port())} if connection.vendor == "postgresql" else {"NAME": "/nowhere/inbox.sqlite3"}
    connection.settings_dict.update({**nowhere, "OPTIONS": options})
    yield
    connection.close()
    connection.settings_dict.update(known)


@pytest.fixture
def orders(rows: None) -> Queue:
    return Queue.objects.get(slug="orders")


@pytest.fixture
def parcels(rows: None) -> Queue:
    return Queue.objects.get(slug="parcels")


@pytest.fixture
def ana(rows: None) -> Person:
    """Ana owns the desk: she sees everything."""
    return Person.objects.create_superuser("ana@example.com", "secret", display_name="Ana")


@pytest.fixture
def ben(orders: Queue) -> Person:
    """Ben works the orders with Ana."""
    person = Person.objects.create_user("ben@example.com", "secret", display_name="Ben")
    orders.members.add(person)
    return person


@pytest.fixture
def cy(parcels: Queue) -> Person:
    """Cy works another queue: orders are none of his business."""
    person = Person.objects.create_user("cy@example.com", "secret", display_name="Cy")
    parcels.members.add(person)
    return person


@pytest.fixture
def session(orders: Queue) -> Session:
    """Kim's conversation in the orders queue; nobody has said anything yet."""
    return sessions.start_session(orders, user_id="kim", customer_name="Kim")


@pytest.fixture
def work(rows: None) -> Callable[..., list[str]]:
    """Do what a worker does until nothing is due; returns the turns' states in the order they began."""

    def work_all() -> list[str]:
        for _ in range(20):
            waiting = Run.objects.due().order_by("pk").first()
            if waiting is None:
                break
            turns_workers.execute(waiting.run_id)
        return list(Run.objects.roots().order_by("pk").values_list("status", flat=True))

    return work_all


@pytest.fixture
def asked(session: Session, work: Callable[[], list[str]]) -> Callable[..., Requirement]:
    """Have the agent make calls; returns the first question that people got from it."""

    def ask(*calls: Any, answer: str = "Done.") -> Requirement:
        shop.actor.says(list(calls), answer)
        messages.receive(session, "Please help")
        assert work()[-1] == "paused"
        return session.requirements.pending().earliest("pk")

    return ask
