"""Tickets and merging in a browser: without barriers, by keyboard alone, and without JavaScript."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import axe_core_python
import pytest
from playwright.sync_api import Page, expect

from sessions_app.actions import messages, sessions, tickets
from sessions_app.infrastructure import clock
from sessions_app.models import KeptApart, Merge, Person, Queue, Session, Ticket, TicketSystem
from tests.browser.conftest import Visit

AXE = (Path(axe_core_python.__file__).parent / "axe.min.js").read_text()
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}},
    "small phone": {"viewport": {"width": 320, "height": 640}, "color_scheme": "dark"},
}


@pytest.fixture
def other(orders: Queue) -> Session:
    return sessions.start_session(orders, user_id="kim", customer_name="Kim", session_id="kim-2")


@pytest.fixture
def twice(session: Session, other: Session, ben: Person) -> list[Session]:
    """Two conversations of Kim's that carry HD-1, and HD-2, which is solved there and open here."""
    for one in (session, other):
        messages.note(one, ben, f"A note in {one.session_id}")
        tickets.link(one, ben, "HD-1")
    tickets.link(session, ben, "HD-2")
    system = TicketSystem.objects.get(slug="helpdesk")
    system.state_map = [{"there": "solved", "shown": "solved", "here": "leave"}]
    system.save()
    Ticket.objects.heard(system, "HD-2", title="A kettle that leaks " * 6, state="solved", at=clock.now())
    return [session, other]


def faults(page: Page) -> list[str]:
    """What axe-core finds wrong on the page, and whether it is wider than the window."""
    found: dict[str, Any] = page.evaluate(AXE + "; axe.run()")
    wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    barriers = [f"{item['id']}: {node['html']}" for item in found["violations"] for node in item["nodes"]]
    return [f"{page.url}: {fault}" for fault in [*barriers, *(["wider than the window"] if wide else [])]]


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS.keys())
def test_pages_of_tickets_have_no_barriers(visit: Visit, ana: Person, twice: list[Session], look: dict[str, Any]) -> None:
    page = visit(ana, "/tickets/", **look)
    found = faults(page)
    both = "&".join(f"{side}={session.session_id}" for side, session in zip("ab", twice, strict=True))
    for path in (
        "/tickets/?kind=closed",
        "/tickets/link/",
        "/tickets/helpdesk/HD-1/",
        f"/merge/?{both}",
        f"/merge/?a={twice[0].session_id}",
        "/setup/tickets/",
        "/setup/tickets/new/?preset=zendesk",
        "/setup/tickets/helpdesk/",
    ):
        page.goto(path)
        found += faults(page)
    page.goto("/tickets/")
    page.get_by_role("button", name="Link a ticket").click()
    expect(page.get_by_label("Ticket number or address")).to_be_focused()
    assert found + faults(page) == []


def test_keys_move_along_the_tickets_and_act_on_the_one_with_the_cursor(
    visit: Visit, ben: Person, twice: list[Session]
) -> None:
    page = visit(ben, "/tickets/")
    page.context.route(re.compile("^https://"), lambda route: route.fulfill(body="A ticket there"))
    # Without the cursor on a row this key merges nothing.
    page.keyboard.press("m")
    names = page.locator(".row .name")
    page.keyboard.press("j")
    expect(names.first).to_be_focused()
    with page.expect_popup() as popup:
        page.keyboard.press("o")
    popup.value.wait_for_load_state()
    assert "HD-1" in popup.value.url
    popup.value.close()
    page.keyboard.press("m")
    expect(page.get_by_role("heading", name="Merge two conversations")).to_be_visible()
    page.goto("/tickets/?kind=closed")
    page.keyboard.press("j")
    page.keyboard.press("c")
    expect(page.locator(".row.linking")).to_have_count(0)
    twice[0].refresh_from_db()
    assert twice[0].status == Session.Status.CLOSED


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_two_are_kept_apart_merged_and_taken_apart_again(
    visit: Visit, ben: Person, twice: list[Session], scripts: bool
) -> None:
    session, other = twice
    page = visit(ben, "/tickets/?kind=twice", java_script_enabled=scripts)
    page.get_by_role("button", name="Keep apart").click()
    expect(page.get_by_text("Nothing to do here.")).to_be_visible()
    assert KeptApart.objects.count() == 1
    page.goto(f"/merge/?a={session.session_id}&b={other.session_id}")
    page.get_by_role("button", name="Offer it again").click()
    expect(page.get_by_role("button", name="Keep apart")).to_be_visible()
    page.get_by_role("button", name="Merge", exact=True).click()
    expect(page.get_by_text("A note in kim-2")).to_be_visible()
    expect(page.get_by_text("was merged into this")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("A note in kim-2")).to_be_visible()
    assert Merge.objects.get().undone_at is not None
    other.refresh_from_db()
    assert other.status == Session.Status.OPEN
