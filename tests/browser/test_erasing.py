"""A customer is erased while people and the customer look at the conversation: it goes from their screens."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from sessions_app import customers
from sessions_app.actions import messages
from sessions_app.customers import Customer
from sessions_app.infrastructure.ids import secret_hash
from sessions_app.models import Person, Session
from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser

SECRET = "a-secret-of-thirty-two-characters"


def test_open_pages_lose_the_words_and_say_why(visit: Visit, ana: Person, session: Session) -> None:
    messages.receive(session, "Where is my parcel?")
    Session.objects.filter(pk=session.pk).update(access_hash=secret_hash(SECRET))
    desk, listed, theirs = visit(ana, f"/open/{session.session_id}/"), visit(ana, "/open/"), visit(None, f"/c/{SECRET}/")
    for page in (desk, theirs):
        expect(page.locator(".entry.customer .words")).to_contain_text("Where is my parcel?")
    expect(listed.locator(".row", has_text="Kim")).to_have_count(1)
    desk.fill("textarea[name=body]", "Dear Kim")
    customers.erase(Customer.of("user_id", "kim"))
    expect(listed.locator(".row")).to_have_count(0)
    expect(desk.locator("#conversation")).to_contain_text("This conversation is not here any more")
    expect(desk.get_by_label("What you had written")).to_have_value("Dear Kim")
    expect(desk.get_by_text("Where is my parcel?")).to_have_count(0)
    # The provisional name was made of these words.
    expect(desk).to_have_title("This conversation is not here any more · Kern Inbox")
    expect(theirs.locator("h1")).to_have_text(re.compile("There is no conversation here"))
    expect(theirs.locator("textarea")).to_have_count(0)


def test_an_admin_finds_exports_and_erases(visit: Visit, ana: Person, session: Session) -> None:
    messages.receive(session, "Where is my parcel?")
    page = visit(ana, f"/open/{session.session_id}/?details")
    page.get_by_role("button", name="Export or erase this customer").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as JSON").click()
    assert download.value.suggested_filename.endswith(".json")
    page.get_by_label("Type “kim” to confirm").fill("kim")
    page.get_by_role("button", name="Erase this customer").click()
    expect(page.get_by_role("status").first).to_contain_text("Erased: 1 conversation.")
