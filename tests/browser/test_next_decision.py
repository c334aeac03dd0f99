"""The next decision opens by itself, and at once after an approval; a refusal is said where the person is by then."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

from sessions_app.actions import decisions
from sessions_app.models import Person, Requirement
from tests.browser.conftest import CUSTOMERS, PATIENCE, Visit
from tests.deciding import seen, statuses, tighten

pytestmark = pytest.mark.browser

DECISIONS = "**/requirements/*/decision/"


def read_it(page: Page) -> None:
    """As long as nobody can have read what has just opened, no key decides it; by then the one after it is at hand, too."""
    page.wait_for_timeout(700)


#: Settled at the next frame in which the customer's card has the cursor, or when waiting for it makes no sense any more.
ARRIVED = """([name, patience]) => new Promise((resolve) => {
  const look = () => {
    const isThere = document.querySelector(".entry.customer .words")?.textContent.includes(name);
    const hasCursor = document.activeElement.matches(".decision h3");
    if ((isThere && hasCursor) || performance.now() > patience) resolve();
    else requestAnimationFrame(look);
  };
  look();
})"""


def arrive(page: Page, name: str) -> None:
    """Wait within the page: seen from outside, the card may have stood there so long that it can have been read."""
    page.evaluate(ARRIVED, [name, PATIENCE])


def at_card_of(page: Page, name: str) -> None:
    """The customer's conversation is open, and the cursor is on the heading of its card."""
    expect(page.locator(".entry.customer .words")).to_contain_text(f"{name} wants money back.")
    expect(page.locator(".decision:visible h3")).to_be_focused()
    expect(page.locator(".row.open")).to_have_count(1)
    expect(page.locator(".row.open .text")).to_contain_text(name)


def test_decisions_are_worked_through_by_keys(visit: Visit, ana: Person, asked: list[Requirement]) -> None:
    page = visit(ana, "/decisions/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator(".decision:visible")).to_have_count(1)
    page.keyboard.press("a")
    at_card_of(page, "Mo")
    page.keyboard.press("e")
    expect(page.get_by_role("textbox", name="order")).to_be_focused()
    button = page.locator(".decision button.primary")
    expect(button).not_to_contain_text("edits", use_inner_text=True)
    page.keyboard.press("Tab")
    page.keyboard.type("250")
    expect(button).to_contain_text("Approve with edits", use_inner_text=True)
    page.keyboard.press("Control+Enter")
    at_card_of(page, "Noor")
    page.keyboard.press("r")
    expect(page.get_by_label("Why not?")).to_be_focused()
    page.keyboard.type("Paid already")
    page.keyboard.press("Control+Enter")
    at_card_of(page, "Ola")
    read_it(page)
    page.keyboard.press("a")
    expect(page.locator(".list .empty")).to_contain_text("Nothing waits for you")
    assert statuses() == ["approved", "approved", "rejected", "approved"]
    edited, rejected = asked[1], asked[2]
    edited.refresh_from_db()
    rejected.refresh_from_db()
    assert edited.edited_arguments == {"order": "1", "cents": 250}
    assert rejected.note == "Paid already"


def test_on_a_phone_what_was_fetched_ahead_takes_the_lists_place(visit: Visit, ana: Person, asked: list[Requirement]) -> None:
    page = visit(ana, "/decisions/", viewport={"width": 390, "height": 844})
    read_it(page)
    page.locator(".row .name").first.click()
    expect(page.locator(".decision h3")).to_be_visible()
    expect(page.locator("#list")).to_be_hidden()
    page.go_back()
    expect(page.locator(".row")).to_have_count(4)
    expect(page.locator("#conversation")).to_be_hidden()


def test_a_key_that_is_held_down_decides_once(visit: Visit, ana: Person, asked: list[Requirement]) -> None:
    page = visit(ana, "/decisions/")
    page.locator(".row .name").first.click()
    expect(page.locator(".decision:visible")).to_have_count(1)
    for _repeated in range(8):
        page.keyboard.down("a")
        page.wait_for_timeout(100)
    at_card_of(page, "Mo")
    page.keyboard.up("a")
    assert statuses() == ["approved", "pending", "pending", "pending"]


def test_a_double_click_does_not_decide_the_next_one(visit: Visit, ana: Person, asked: list[Requirement]) -> None:
    page = visit(ana, "/decisions/")
    page.locator(".row .name").first.click()
    box = page.locator(".decision:visible button[value=approve]").bounding_box()
    assert box
    here = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.click(*here)
    arrive(page, "Mo")
    page.mouse.click(*here)
    page.wait_for_timeout(700)
    expect(page.locator(".entry.customer .words")).to_contain_text("Mo wants money back.")
    assert statuses() == ["approved", "pending", "pending", "pending"]
    page.mouse.click(*here)
    at_card_of(page, "Noor")


def test_the_first_of_two_approvals_leads_on(visit: Visit, ana: Person, asked: list[Requirement]) -> None:
    tighten(asked[0].session, approvers=2)
    page = visit(ana, "/decisions/")
    page.locator(".row .name").first.click()
    expect(page.locator(".decision:visible")).to_have_count(1)
    for name in CUSTOMERS[1:]:
        page.keyboard.press("a")
        at_card_of(page, name)
        read_it(page)
    page.keyboard.press("a")
    # Everything needs somebody else now: the last one stays open and says so.
    expect(page.locator(".decision:visible")).to_contain_text("You approved this")
    expect(page.locator(".row .badge", has_text="Second approver")).to_have_count(4)
    expect(page.locator(".row .quick")).to_have_count(0)


def test_a_key_pressed_twice_does_not_decide_what_nobody_has_read(visit: Visit, ana: Person, asked: list[Requirement]) -> None:
    page = visit(ana, f"/decisions/{asked[0].session.session_id}/")
    read_it(page)
    page.keyboard.press("a")
    arrive(page, "Mo")
    page.keyboard.press("a")
    at_card_of(page, "Mo")
    expect(page.locator(".row")).to_have_count(3)
    read_it(page)
    assert statuses() == ["approved", "pending", "pending", "pending"]


def test_the_next_one_is_there_before_an_approval_is_stored(
    visit: Visit, ana: Person, ben: Person, asked: list[Requirement]
) -> None:
    page = visit(ana, f"/decisions/{asked[0].session.session_id}/")
    read_it(page)
    held: list[Route] = []
    page.route(DECISIONS, lambda route: held.append(route))
    page.keyboard.press("a")
    at_card_of(page, "Mo")
    assert statuses() == ["pending"] * 4
    expect(page).to_have_title(re.compile(r"^(\(\d+\) )?Mo wants money back"))
    # Meanwhile Ben says no: Ana is told where she is by now, and can look at it.
    decisions.reject(asked[0], ben, note="Too much", seen=seen(asked[0].session))
    held[0].continue_()
    said = page.get_by_role("alert")
    expect(said).to_contain_text("Not decided: refund for Lee")
    expect(said).to_contain_text("Ben was faster")
    at_card_of(page, "Mo")
    said.get_by_role("link", name="Look at it").click()
    expect(page.locator(".entry.customer .words")).to_contain_text("Lee wants money back.")
    assert statuses() == ["rejected", "pending", "pending", "pending"]


def test_an_approval_that_was_lost_on_the_way_is_reported_and_made_again(
    visit: Visit, ana: Person, asked: list[Requirement]
) -> None:
    page = visit(ana, f"/decisions/{asked[0].session.session_id}/")
    read_it(page)
    page.route(DECISIONS, lambda route: route.abort("internetdisconnected"))
    page.keyboard.press("a")
    at_card_of(page, "Mo")
    said = page.get_by_role("alert")
    expect(said).to_contain_text("That decision may not have reached the inbox")
    page.unroute(DECISIONS)
    said.get_by_role("link", name="refund, Lee").click()
    expect(page.locator(".entry.customer .words")).to_contain_text("Lee wants money back.")
    read_it(page)
    page.locator(".decision:visible button[value=approve]").click()
    expect(page.locator(".row")).to_have_count(3)
    assert statuses() == ["approved", "pending", "pending", "pending"]


def test_a_late_answer_moves_nobody_who_went_elsewhere(visit: Visit, ana: Person, asked: list[Requirement]) -> None:
    page = visit(ana, f"/decisions/{asked[0].session.session_id}/")
    held: list[Route] = []
    page.route(DECISIONS, lambda route: held.append(route) if route.request.method == "POST" else route.continue_())
    page.keyboard.press("r")
    page.get_by_label("Why not?").fill("Paid already")
    page.keyboard.press("Control+Enter")
    page.locator(".row .name").nth(2).click()
    expect(page.locator(".entry.customer .words")).to_contain_text("Noor wants money back.")
    page.locator("textarea[name=body]").click()
    page.keyboard.type("Bananas a")
    with page.expect_response(DECISIONS):
        held[0].continue_()
    expect(page.locator(".row")).to_have_count(3)
    page.keyboard.type("s usual")
    assert page.locator("textarea[name=body]").input_value() == "Bananas as usual"
    expect(page.locator(".entry.customer .words")).to_contain_text("Noor wants money back.")
    assert statuses() == ["rejected", "pending", "pending", "pending"]


def test_back_and_forward_bring_whole_pages_also_of_what_was_fetched_ahead(
    visit: Visit, ana: Person, asked: list[Requirement]
) -> None:
    page = visit(ana, "/decisions/")
    for name in ("Lee", "Mo"):
        page.locator(".row .name", has_text=f"{name} wants money back").click()
        expect(page.locator(".entry.customer .words")).to_contain_text(f"{name} wants money back.")
        expect(page.locator(".htmx-request")).to_have_count(0)
    page.go_back()
    expect(page.locator(".entry.customer .words")).to_contain_text("Lee wants money back.")
    read_it(page)
    page.go_forward(wait_until="commit")
    expect(page.locator(".entry.customer .words")).to_contain_text("Mo wants money back.")
    expect(page.locator(".row")).to_have_count(4)
