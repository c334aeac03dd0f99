"""The palette in a browser: anywhere and anything from one field, by keyboard, with and without a conversation open."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from sessions_app.actions import messages, sessions
from sessions_app.models import Person, Queue, Session
from tests.browser.conftest import Visit
from tests.browser.test_inbox import LOOKS, violations

pytestmark = pytest.mark.browser


@pytest.fixture
def parcel(orders: Queue) -> Session:
    session = sessions.start_session(orders, user_id="lee", customer_name="Lee Ono")
    messages.receive(session, "Where is my parcel with the blue ribbon?")
    return session


def opened(page: Page) -> None:
    # Keys are heard once the page's scripts have run.
    page.wait_for_load_state("load")
    page.keyboard.press("Control+k")
    expect(page.locator("#palette")).to_be_visible()
    expect(page.locator("#palette-options .option").first).to_be_visible()


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS.keys())
def test_the_palette_has_no_barriers(visit: Visit, ana: Person, parcel: Session, look: dict[str, object]) -> None:
    page = visit(ana, f"/open/{parcel.session_id}/", **look)
    opened(page)
    assert violations(page) == []


def test_it_goes_to_views_and_pages(visit: Visit, ana: Person) -> None:
    page = visit(ana, "/open/")
    opened(page)
    page.keyboard.type("snooz")
    expect(page.locator("#palette .option:visible")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Snoozed").first).to_be_attached()


def test_it_finds_conversations_customers_and_what_was_opened_last(visit: Visit, ana: Person, parcel: Session) -> None:
    page = visit(ana, f"/open/{parcel.session_id}/")
    page.goto("/closed/")
    opened(page)
    expect(page.get_by_role("option", name="Where is my parcel")).to_be_visible()
    page.keyboard.type("ribbon")
    expect(page.locator("[data-found]")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator(".entry.customer")).to_contain_text("blue ribbon")
    opened(page)
    page.keyboard.type("lee on")
    page.get_by_role("option", name="Lee Ono").last.click()
    expect(page.locator("#query")).to_have_value("from:lee")


def test_it_does_what_the_buttons_of_the_open_conversation_do(visit: Visit, ana: Person, parcel: Session) -> None:
    page = visit(ana, f"/open/{parcel.session_id}/")
    opened(page)
    expect(page.locator("#palette [aria-selected=true]")).to_have_count(0)
    page.keyboard.press("Enter")
    expect(page.locator("#palette")).to_be_visible()
    page.keyboard.type("resol")
    page.keyboard.press("Enter")
    expect(page.locator(".conv-head")).to_contain_text("Reopen")
    parcel.refresh_from_db()
    assert parcel.status == "closed"
    opened(page)
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()


def test_without_a_conversation_no_action_is_offered(visit: Visit, ana: Person, parcel: Session) -> None:
    page = visit(ana, "/open/")
    opened(page)
    expect(page.locator("#palette [data-press]:visible")).to_have_count(0)
    page.keyboard.type("ribbon")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#query")).to_have_value("ribbon")
