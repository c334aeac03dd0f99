"""A customer's page in a browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from sessions_app import turns
from sessions_app.models import Queue, Session
from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser


def test_a_customer_hears_that_they_are_offline_and_reads_what_came_meanwhile(visit: Visit, orders: Queue) -> None:
    page = visit(None, "/help/orders/")
    page.get_by_label("Your name").fill("Kim")
    page.locator("[name=message]").fill("Where is order 7?")
    page.locator("button.primary").click()
    expect(page.locator("#timeline")).to_contain_text("Where is order 7?")
    # Cut off before its scripts are there, the page could say nothing: they are when it is loaded.
    page.wait_for_load_state("load")
    page.locator("#composer textarea").fill("Half a sentence")
    page.context.set_offline(True)
    expect(page.locator("#unreachable")).to_contain_text("You are not connected")
    turns.receive(Session.objects.get(), "Written on my other phone")
    page.context.set_offline(False)
    expect(page.locator("#unreachable")).to_have_count(0)
    expect(page.locator("#timeline")).to_contain_text("Written on my other phone")
    expect(page.locator("#composer textarea")).to_have_value("Half a sentence")
