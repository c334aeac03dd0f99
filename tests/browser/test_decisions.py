"""Working through the decisions in a browser: by keys alone, by plain forms alone, together, and two people at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from sessions_app.actions import decisions, messages
from sessions_app.models import Person, Requirement, Session
from tests import desk as shop
from tests.browser.conftest import CUSTOMERS, Visit
from tests.browser.test_inbox import LOOKS, violations
from tests.deciding import statuses, tighten

pytestmark = pytest.mark.browser


def test_decisions_are_worked_through_by_plain_forms(visit: Visit, ana: Person, asked: list[Requirement]) -> None:
    page = visit(ana, "/decisions/", java_script_enabled=False)
    page.click(".row .name >> nth=0")
    page.click(".decision button[value=approve]")
    expect(page.locator(".entry.customer .words")).to_contain_text("Mo wants")
    page.click(".decision >> text=Edit")
    page.fill("[name='arg.cents']", "250")
    page.click("text=Approve with edits")
    expect(page.locator(".entry.customer .words")).to_contain_text("Noor wants")
    page.click(".decision >> text=Reject…")
    page.get_by_label("Why not?").fill("Paid already")
    page.click(".decision button[value=reject]")
    expect(page.locator(".entry.customer .words")).to_contain_text("Ola wants")
    assert statuses() == ["approved", "approved", "rejected", "pending"]
    assert Requirement.objects.get(pk=asked[1].pk).edited_arguments == {"order": "1", "cents": 250}


def test_a_row_is_decided_without_opening_it(visit: Visit, ana: Person, asked: list[Requirement]) -> None:
    page = visit(ana, "/decisions/")
    for _step in range(2):
        page.keyboard.press("j")
    page.keyboard.press("a")
    expect(page.locator(".row")).to_have_count(3)
    assert statuses() == ["pending", "approved", "pending", "pending"]
    page.keyboard.press("r")
    expect(page.get_by_label("Why not?")).to_be_focused()


def test_a_row_that_is_decided_leaves_the_open_conversation_alone(visit: Visit, ana: Person, asked: list[Requirement]) -> None:
    page = visit(ana, f"/decisions/{asked[0].session.session_id}/")
    page.keyboard.press("j")
    page.keyboard.press("a")
    expect(page.locator(".row")).to_have_count(3)
    assert statuses() == ["pending", "approved", "pending", "pending"]
    expect(page.locator(".entry.customer .words")).to_contain_text("Lee wants money back.")
    expect(page.locator(".row.open .text")).to_contain_text("Lee")


def test_the_reason_is_typed_where_the_row_opened_it(visit: Visit, ana: Person, asked: list[Requirement]) -> None:
    page = visit(ana, "/decisions/")
    page.keyboard.press("j")
    page.keyboard.press("r")
    expect(page.get_by_label("Why not?")).to_be_focused()
    page.keyboard.type("a rate like that is not ours")
    page.keyboard.press("Escape")
    expect(page.locator(".decision:visible h3")).to_be_focused()
    assert statuses() == ["pending"] * 4


def test_no_letter_decides_what_nobody_has_in_sight(visit: Visit, ana: Person, asked: list[Requirement]) -> None:
    page = visit(ana, "/decisions/")
    page.keyboard.press("a")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    assert statuses() == ["pending"] * 4


def test_calls_of_one_tool_are_approved_together(visit: Visit, ana: Person, asked: list[Requirement]) -> None:
    page = visit(ana, "/decisions/")
    for name in CUSTOMERS[:3]:
        page.get_by_label(f"Select refund for {name}").check()
    expect(page.locator(".bulk [role=status]")).to_have_text("3 selected")
    page.get_by_role("button", name="Approve together").click()
    expect(page.locator(".row")).to_have_count(1)
    assert statuses() == ["approved"] * 3 + ["pending"]


def test_of_calls_approved_together_the_page_says_which_were_not(visit: Visit, ana: Person, asked: list[Requirement]) -> None:
    page = visit(ana, "/decisions/")
    for name in CUSTOMERS[:2]:
        page.get_by_label(f"Select refund for {name}").check()

    def while_the_customer_writes(route: Route) -> None:
        messages.receive(asked[0].session, "Please not!")
        route.continue_()

    page.route("**/requirements/together/", while_the_customer_writes)
    page.get_by_role("button", name="Approve together").click()
    expect(page.locator(".row")).to_have_count(3)
    expect(page.locator(".toast")).to_contain_text("1 approved, the others not")
    assert statuses()[1] == "approved"


def test_what_was_ticked_before_another_persons_edit_is_not_approved_with_it(
    visit: Visit, ana: Person, ben: Person, asked: list[Requirement]
) -> None:
    first = asked[0]
    tighten(first.session, approvers=2)
    page = visit(ana, "/decisions/")
    page.get_by_label("Select refund for Lee").check()
    edited = {**first.arguments, "cents": 99_999}
    decisions.approve(first, ben, arguments=edited, seen=Session.objects.get(pk=first.session_id).last_change)
    expect(page.locator(".row", has_text="99999")).to_be_visible()
    page.get_by_role("button", name="Approve together").click()
    expect(page.locator(".toast")).to_contain_text("Ben approved this with other arguments")
    assert statuses()[0] == "pending"


def test_two_people_at_once_see_who_was_first(visit: Visit, ana: Person, ben: Person, asked: list[Requirement]) -> None:
    first = asked[0]
    page = visit(ana, f"/decisions/{first.session.session_id}/?reject={first.pk}")
    page.get_by_label("Why not?").fill("No")
    decisions.approve(first, ben, seen=Session.objects.get(pk=first.session_id).last_change)
    page.locator(".decision button[value=reject]").click()
    expect(page.get_by_role("alert")).to_contain_text("Ben approved this")
    expect(page.locator(".decision.gone")).to_contain_text("You had written: “No”")
    page.get_by_role("link", name="The whole history").click()
    expect(page.locator("ol.plain-rows")).to_contain_text("Ben")


def test_the_mode_is_set_and_the_agent_is_asked_for_a_draft(
    visit: Visit, ana: Person, session: Session, work: Callable[[], list[str]]
) -> None:
    messages.receive(session, "Where is my parcel?")
    page = visit(ana, f"/open/{session.session_id}/")
    page.click("[popovertarget=mode-menu]")
    page.get_by_role("button", name="AI is off").click()
    page.get_by_role("button", name="Draft with AI").click()
    expect(page.locator(".event", has_text="had the agent draft an answer")).to_be_visible()
    shop.actor.says("It left this morning.")
    work()
    page.get_by_role("link", name="Use it as a reply").click()
    expect(page.locator("textarea[name=body]")).to_have_value("It left this morning.")
    page.get_by_label("Ask the agent").check()
    page.locator("textarea[name=body]").fill("Is it insured?")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".entry.note")).to_contain_text(["Is it insured?"])


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS.keys())
def test_pages_about_decisions_have_no_barriers(
    visit: Visit, ana: Person, asked: list[Requirement], look: dict[str, Any]
) -> None:
    decisions.approve(asked[0], ana, arguments={"order": "0", "cents": 1}, seen=10**9)
    page = visit(ana, f"/requirements/{asked[0].pk}/", **look)
    assert violations(page) == []
    for path in ("/rules/", f"/decisions/{asked[1].session.session_id}/?respond={asked[1].pk}", "/decisions/"):
        page.goto(path)
        assert violations(page) == []
