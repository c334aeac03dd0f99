"""A customer's page in a browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from sessions_app.actions import customer_links, messages
from sessions_app.models import Person, Queue, Session
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
    messages.receive(Session.objects.get(), "Written on my other phone")
    page.context.set_offline(False)
    expect(page.locator("#unreachable")).to_have_count(0)
    expect(page.locator("#timeline")).to_contain_text("Written on my other phone")
    expect(page.locator("#composer textarea")).to_have_value("Half a sentence")


def test_a_long_paste_is_told_before_it_is_sent_and_never_cut(visit: Visit, orders: Queue) -> None:
    page = visit(None, "/help/orders/")
    page.get_by_label("Your name").fill("Kim")
    page.locator("[name=message]").fill("x" * 95_000)
    expect(page.locator(".room")).to_have_text("5,000 characters left")
    page.locator("[name=message]").fill("x" * 105_000)
    expect(page.locator(".room")).to_contain_text("5,000 characters too many")
    page.locator("button.primary").click()
    expect(page.get_by_role("alert")).to_contain_text("105,000 characters, at most 100,000")
    assert len(page.locator("[name=message]").input_value()) == 105_000


def test_what_a_customer_typed_survives_a_reload_and_is_gone_once_sent(visit: Visit, orders: Queue) -> None:
    page = visit(None, "/help/orders/")
    page.get_by_label("Your name").fill("Kim")
    page.locator("[name=message]").fill("It says:\n  at main")
    page.reload()
    expect(page.locator("[name=message]")).to_have_value("It says:\n  at main")
    page.get_by_label("Your name").fill("Kim")
    page.locator("button.primary").click()
    expect(page.locator("#timeline")).to_contain_text("at main")
    page.wait_for_load_state()
    page.locator("#composer textarea").fill("Half")
    page.reload()
    expect(page.locator("#composer textarea")).to_have_value("Half")
    page.locator("#composer button").click()
    expect(page.locator(".entry.customer")).to_have_count(2)
    expect(page.locator("#composer textarea")).to_have_value("")
    page.goto("/help/orders/")
    expect(page.locator("[name=message]")).to_have_value("")


def test_a_wide_table_or_a_long_word_does_not_make_a_phones_page_wider(visit: Visit, ana: Person, orders: Queue) -> None:
    page = visit(None, "/help/orders/", viewport={"width": 390, "height": 844})
    page.get_by_label("Your name").fill("Kim")
    page.locator("[name=message]").fill("W" * 300)
    page.locator("button.primary").click()
    expect(page.locator("#timeline")).to_contain_text("WWW")
    session = Session.objects.get()
    cells = f"| {'Size | ' * 8}\n|{'---|' * 8}\n| {'x' * 200} |{' y |' * 7}"
    messages.reply(
        session, ana, f"{cells}\n\n```\n{'z' * 300}\n```\n\nhttps://example.com/{'a' * 300}", seen=session.last_change
    )
    expect(page.locator("#timeline table")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_an_open_page_says_that_its_link_was_revoked_and_keeps_what_was_typed(visit: Visit, orders: Queue, ana: Person) -> None:
    page = visit(None, "/help/orders/")
    page.get_by_label("Your name").fill("Kim")
    page.locator("[name=message]").fill("Where is order 7?")
    page.locator("button.primary").click()
    expect(page.get_by_text("An AI assistant answers you here.")).to_be_visible()
    page.get_by_role("button", name="Ask for a person").click()
    expect(page.locator("#newest")).to_contain_text("You asked for a person")
    page.wait_for_load_state("load")
    page.locator("#composer textarea").fill("Half a sentence")
    customer_links.revoke(Session.objects.get(), ana)
    expect(page.locator("#timeline")).to_contain_text("was replaced or taken back", timeout=30_000)
    expect(page.locator("#timeline")).not_to_contain_text("Where is order 7?")
    expect(page.locator("#unreachable")).to_have_count(0)
    expect(page.locator("#composer textarea")).to_have_value("Half a sentence")
