"""Two people work one list at once: neither loses place, selection or half-typed words."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from sessions_app.actions import messages, sessions
from sessions_app.models import Person, Queue, Session
from sessions_app.queries.session_list import PAGE
from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser


@pytest.fixture
def many(orders: Queue) -> list[Session]:
    """More conversations than a page of the list has."""
    begun = [sessions.start_session(orders, user_id=f"u{n}", customer_name=f"Customer {n}") for n in range(PAGE + 12)]
    for session in begun:
        messages.receive(session, f"Message of {session.customer_name}")
    return begun


def scrolled(page: Page) -> None:
    """Scroll until the second page of the list is there."""
    page.locator("#list .scroll").evaluate("list => list.scrollTo(0, list.scrollHeight)")
    expect(page.locator("#list .row")).to_have_count(PAGE + 12)


def top_of(page: Page, session: Session) -> float:
    box = page.locator(f"#session_{session.pk}").bounding_box()
    assert box
    return box["y"]


def test_a_place_in_the_list_and_a_selection_outlive_what_others_do(
    visit: Visit, ana: Person, ben: Person, many: list[Session]
) -> None:
    first, second = visit(ana, "/open/"), visit(ben, "/open/")
    scrolled(first)
    mine, theirs = many[3], many[30]
    first.locator(f"#session_{mine.pk} input[type=checkbox]").check(force=True)
    before = top_of(first, mine)
    # Ben opens, and resolves, one that stands above what Ana looks at; another moves to the top.
    second.locator(f"#session_{theirs.pk} .name").click()
    second.get_by_role("button", name="Resolve", exact=True).click()
    messages.receive(many[1], "One more thing")
    expect(first.locator(f"#session_{theirs.pk}")).to_have_count(0)
    expect(first.locator("#list .row")).to_have_count(PAGE + 11)
    expect(first.locator(f"#session_{mine.pk} input[type=checkbox]")).to_be_checked()
    expect(first.locator("[data-selected]")).to_have_text("1")
    assert abs(top_of(first, mine) - before) < 120, "at most one row up and one down"


def test_words_and_the_open_conversation_outlive_what_others_do(
    visit: Visit, ana: Person, ben: Person, many: list[Session]
) -> None:
    mine = many[20]
    first, second = visit(ana, f"/open/{mine.session_id}/"), visit(ben, f"/open/{mine.session_id}/")
    first.locator("textarea[name=body]").fill("Dear customer, your")
    second.locator("textarea[name=body]").fill("A note that Ana should see")
    second.get_by_text("Note", exact=True).first.click()
    second.locator("textarea[name=body]").press("Control+Enter")
    expect(first.locator(".entry.note")).to_contain_text("A note that Ana should see")
    messages.receive(many[2], "Another one")
    expect(first.locator("#list .row").first).to_contain_text("Another one")
    expect(first.locator("textarea[name=body]")).to_have_value("Dear customer, your")
    expect(first.locator("textarea[name=body]")).to_be_focused()
    expect(first.locator(".row.open")).to_have_count(1)
