"""Search and hand-overs in a browser: no barriers, room on small screens, completion by keyboard, the page opens at the hit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from kern.testing import call
from sessions_app.actions import escalation, messages, names, sessions, tickets
from sessions_app.models import Person, Queue, Session
from tests import desk as shop
from tests.browser.conftest import Visit
from tests.browser.test_inbox import violations

pytestmark = pytest.mark.browser

Theme = Literal["light", "dark"]

#: Themes and widths at which a page is looked at.
LOOKS: tuple[tuple[Theme, int], ...] = (("light", 1440), ("dark", 1440), ("light", 390), ("dark", 320))
SEARCHES = ("suitcase", "suitcase from:kim", "colour:blue -suitcase label", "nothingsaidthis", "")


def must_be_open_to_all(page: Page) -> None:
    """The page as it stands has no barriers and fits, in both themes, on a desk and on two phones."""
    for theme, width in LOOKS:
        page.emulate_media(color_scheme=theme)
        page.set_viewport_size({"width": width, "height": 800})
        assert violations(page) == [], (page.url, theme, width)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (page.url, width)


@pytest.fixture
def said(orders: Queue, ana: Person) -> Session:
    """A long conversation with the word in its middle, in a note and in its name."""
    session = sessions.start_session(orders, user_id="kim", customer_name="Kim", session_id="said")
    for number in range(30):
        messages.note(session, ana, f"Line {number} of what happened before. " * 4)
    messages.note(session, ana, "The dress in that SUITCASE is for a wedding")
    for number in range(30):
        messages.note(session, ana, f"Line {number} of what happened after. " * 4)
    names.rename(session, ana, "Lost suitcase, wedding on Saturday")
    tickets.link(session, ana, "HD-1")
    return session


def test_search_has_no_barriers_and_fits(visit: Visit, ana: Person, said: Session) -> None:
    page = visit(ana, "/search/")
    for query in SEARCHES:
        page.goto(f"/search/?q={query}")
        must_be_open_to_all(page)
    page.goto("/search/said/?q=suitcase")
    must_be_open_to_all(page)


def test_a_brief_has_no_barriers_and_fits(visit: Visit, ana: Person, session: Session, work: Callable[[], list[str]]) -> None:
    brief = [
        {"part": part, "sentence": f"Kim wants money back ({part}).", "source": "my money back"}
        for part in ("wants", "done", "open")
    ]
    shop.actor.says([call("hand_over", reason="No tool pays", because="cannot", brief=brief)])
    messages.receive(session, "I want my money back")
    work()
    page = visit(ana, "/needs-person/")
    for query in ("", "?details=1"):
        page.goto(f"/needs-person/{session.session_id}/{query}")
        expect(page.get_by_text("Kim wants money back (open).", exact=True)).to_be_attached()
        must_be_open_to_all(page)


def test_operators_are_completed_by_keyboard_and_the_page_opens_at_the_hit(visit: Visit, ana: Person, said: Session) -> None:
    page = visit(ana, "/search/")
    box = page.locator("#query")
    box.focus()
    box.press_sequentially("suitcase has:no")
    expect(page.locator("#operators [role=option]:visible")).to_contain_text("has:note")
    assert violations(page) == []
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(box).to_have_value("suitcase has:note ")
    page.keyboard.press("Enter")
    page.locator(".row .name", has_text="wedding on Saturday").click()
    expect(page.locator("mark[aria-current]")).to_be_in_viewport()


def test_a_list_of_hits_is_not_lost_by_what_others_do(visit: Visit, ana: Person, orders: Queue, said: Session) -> None:
    page = visit(ana, "/search/said/?q=suitcase")
    reply = page.locator("textarea[name=body]")
    reply.fill("Half a sentence")
    other = sessions.start_session(orders, customer_name="Nora")
    messages.receive(other, "Another suitcase!")
    escalation.ask_for_person(other)
    expect(page.locator(".row", has_text="Nora")).to_be_visible()
    expect(page.locator("#query")).to_have_value("suitcase")
    expect(reply).to_have_value("Half a sentence")
    expect(page.locator(".row.open")).to_contain_text("wedding on Saturday")
