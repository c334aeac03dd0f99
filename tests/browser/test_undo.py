"""What was done to a conversation is undone in a browser: by its button, by the key, in another tab, and without JavaScript."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from sessions_app.actions import messages, sessions
from sessions_app.models import Person, Queue, Session
from tests.browser.conftest import Visit
from tests.browser.test_inbox import LOOKS, violations

pytestmark = pytest.mark.browser


def status_of(session: Session) -> str:
    return Session.objects.get(pk=session.pk).status


def opened(visit: Visit, person: Person, session: Session, **look: Any) -> Page:
    messages.note(session, person, "A note, so that there is something to read.")
    return visit(person, f"/open/{session.session_id}/", **look)


def test_a_resolve_is_undone_by_its_button(visit: Visit, ben: Person, session: Session) -> None:
    page = opened(visit, ben, session)
    page.get_by_role("button", name="Resolve", exact=True).click()
    expect(page.get_by_role("button", name="Reopen")).to_be_visible()
    toast = page.get_by_role("status").locator(".toast")
    expect(toast).to_contain_text("Resolved")
    toast.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="Resolve", exact=True)).to_be_visible()
    expect(toast).to_have_count(1)
    expect(toast).to_contain_text("Undone")
    assert status_of(session) == "open"


def test_the_key_undoes_the_newest_but_not_while_someone_writes(visit: Visit, ben: Person, session: Session) -> None:
    page = opened(visit, ben, session)
    page.keyboard.press("c")
    expect(page.locator(".toast")).to_contain_text("Resolved")
    page.locator("#composer textarea, textarea[name=body]").first.fill("Half a sent")
    page.keyboard.press("Control+z")
    assert status_of(session) == "closed"
    page.keyboard.press("Escape")
    page.keyboard.press("Control+z")
    expect(page.locator(".toast")).to_contain_text("Undone")
    assert status_of(session) == "open"


def test_what_another_changed_since_stays_and_the_toast_says_so(
    visit: Visit, ana: Person, ben: Person, session: Session
) -> None:
    page = opened(visit, ben, session)
    page.keyboard.press("c")
    expect(page.locator(".toast")).to_contain_text("Resolved")
    sessions.reopen(session, ana)
    sessions.resolve(session, ana)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Ana changed this since, so it stays as it is.")).to_be_visible()
    assert status_of(session) == "closed"


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS.keys())
def test_the_toast_has_no_barriers(visit: Visit, ben: Person, session: Session, look: dict[str, Any]) -> None:
    page = opened(visit, ben, session, **look)
    page.get_by_role("button", name="Resolve", exact=True).click()
    expect(page.locator(".toast")).to_contain_text("Resolved")
    page.locator(".toast").hover()
    assert violations(page) == []
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".toast")).to_contain_text("Undone")
    assert violations(page) == []


def test_without_javascript_the_next_page_offers_it(visit: Visit, ben: Person, session: Session) -> None:
    page = opened(visit, ben, session, java_script_enabled=False)
    page.get_by_role("button", name="Spam").click()
    expect(page.locator(".toast")).to_contain_text("Marked as spam")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".toast")).to_have_count(0)
    assert status_of(session) == "open"
    page.get_by_role("button", name="Mark as unread").click()
    expect(page.locator(".toast")).to_contain_text("Marked as unread")
    expect(page.locator(".unread-dot")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    page.goto("/open/")
    expect(page.locator(".unread-dot")).to_have_count(0)


def test_resolving_opens_the_next_one_and_undoing_leads_back(visit: Visit, ben: Person, orders: Queue) -> None:
    Person.objects.filter(pk=ben.pk).update(onwards="next")
    third, second, first = [sessions.start_session(orders, customer_name=name) for name in ("Noor", "Mo", "Lee")]
    page = visit(ben, f"/open/{first.session_id}/")
    page.keyboard.press("c")
    page.wait_for_url(f"**/open/{second.session_id}/")
    expect(page.locator(".toast")).to_contain_text("Resolved")
    page.keyboard.press("Control+z")
    page.locator(".toast").get_by_role("link").click()
    page.wait_for_url(f"**/open/{first.session_id}/")
    assert status_of(first) == "open"
    page.goto(f"/open/{third.session_id}/")
    page.get_by_role("button", name="Resolve", exact=True).click()
    page.wait_for_url(f"**/open/{first.session_id}/")
