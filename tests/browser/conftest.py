"""A real browser on a real server: uvicorn in a thread, Redis beside it, the rows in the tests' database."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect
from pytest_django.fixtures import Settings

from kern.testing import call
from sessions_app.actions import messages, sessions
from sessions_app.models import Person, Queue, Requirement
from tests import desk as shop
from tests.asgi_server import Server
from tests.chromium import started_chromium
from tests.conftest import needed
from tests.servers import chromium
from tests.sessions_app.conftest import ana, ben, cy, orders, parcels, rows, session, shop_desk, work
from tests.signing_in import sign_in_afresh

__all__ = ["ana", "ben", "cy", "orders", "parcels", "rows", "session", "shop_desk", "work"]

#: Who wants money back in `asked`, in this order.
CUSTOMERS = ("Lee", "Mo", "Noor", "Ola")

#: Milliseconds that a page may take for what is expected of it: other tests keep both processors busy beside it.
PATIENCE = 20_000
expect.set_options(timeout=PATIENCE)

# Playwright's synchronous interface keeps an event loop in this thread; Django would refuse to touch rows beside it.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of this folder, each of which has contexts of its own."""
    needed(chromium)
    with started_chromium() as browser:
        yield browser


@pytest.fixture
def server(rows: None, settings: Settings, redis_url: str) -> Iterator[str]:
    """The address of a server with live updates over Redis."""
    settings.REDIS_URL = redis_url
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    thread = Server()
    thread.start()
    while not thread.server.started:
        time.sleep(0.01)
    yield thread.url
    thread.stop()


Visit = Callable[..., Page]


@pytest.fixture
def visit(server: str, browser: Browser) -> Iterator[Visit]:
    """Open a page as somebody who signed in, or as nobody. What the page's console complains about fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def complain(line: ConsoleMessage) -> None:
        # A refused form and a test that cuts the line are no faults of the page, though the console says so too.
        refused = r"status(?: of)? (401|409|413|422)|reconnect failed with status 4(04|10)"
        excused = rf"{refused}|ERR_INTERNET_DISCONNECTED|Failed to fetch"
        # Nor are parts of a conversation that was erased, or whose link was revoked, while it was open.
        gone_from = r"/(sessions|c)/|/live/\?.*session="
        is_gone = re.search("status of (404|410)", line.text) and re.search(gone_from, line.location["url"])
        if line.type == "error" and not is_gone and not re.search(excused, line.text):
            complaints.append(line.text)

    def open_page(person: Person | None, path: str = "/", **options: Any) -> Page:
        context = browser.new_context(base_url=server, **{"viewport": {"width": 1440, "height": 900}, **options})
        contexts.append(context)
        if person is not None:
            sign_in(context, person, server)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("console", complain)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path)
        if person is not None and options.get("java_script_enabled", True):
            # Until htmx has begun, a link leaves the page as it would without scripts, and the next key hits a blank one.
            page.locator("[data-htmx-powered], body:not(:has([hx-get]))").first.wait_for(state="attached")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def sign_in(context: BrowserContext, person: Person, server: str) -> None:
    """Give the browser the cookie of a person who has just signed in: the form has tests of its own."""
    client = Client()
    sign_in_afresh(client, person)
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": server}])


@pytest.fixture
def asked(orders: Queue, work: Callable[[], list[str]]) -> list[Requirement]:
    """Four customers want their money back, and the clerk asks about each, the longest waiting first."""
    for number, name in enumerate(CUSTOMERS):
        shop.actor.says(call("refund", order=str(number), cents=500))
        session = sessions.start_session(orders, user_id=name, customer_name=name)
        messages.receive(session, f"{name} wants money back.")
        work()
    return list(Requirement.objects.order_by("pk"))
