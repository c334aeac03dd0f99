"""A name that is typed into the header of a conversation: saved however the field is left, and never lost."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from sessions_app.actions import messages, names, sessions
from sessions_app.models import NameRecord, Person, Queue, Session
from tests.browser.conftest import Visit
from tests.sessions_app.naming_rules import name_by

pytestmark = pytest.mark.browser


def field(page: Page) -> Locator:
    return page.get_by_label("Conversation name")


def stored() -> list[str]:
    """Every name that was ever given, oldest first."""
    return list(NameRecord.objects.order_by("pk").values_list("name", flat=True))


def until_stored(page: Page, *wanted: str) -> None:
    for _attempt in range(100):
        if stored() == list(wanted):
            return
        page.wait_for_timeout(50)
    assert stored() == list(wanted)


def press_tab_twice(page: Page) -> None:
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")


LEAVING: dict[str, Callable[[Page], object]] = {
    "a click on what was said": lambda page: page.locator(".timeline-scroll").click(),
    "Tab": press_tab_twice,
    "Enter": lambda page: page.keyboard.press("Enter"),
    "Save": lambda page: page.get_by_role("button", name="Save", exact=True).click(),
    "the key of the search": lambda page: page.keyboard.press("Control+k"),
    "another conversation": lambda page: page.locator(".row .name", has_text="Another").click(),
    "another view": lambda page: page.locator("#rail-views a", has_text="Closed").click(),
    "a page without conversations": lambda page: page.locator(".rail a", has_text="Standing approvals").click(),
    "loading the page again": lambda page: page.reload(),
    "Back": lambda page: page.go_back(),
}


@pytest.mark.parametrize("way", LEAVING)
def test_leaving_the_field_saves_once(visit: Visit, ana: Person, orders: Queue, session: Session, way: str) -> None:
    other = sessions.start_session(orders, user_id="lou", customer_name="Lou")
    Session.objects.filter(pk=other.pk).update(name_source="auto")
    other.refresh_from_db()
    other.name = "Another"
    other.save()
    page = visit(ana, "/open/")
    page.locator(".row", has_text="Kim").locator(".name").click()
    field(page).fill("Late parcel")
    LEAVING[way](page)
    until_stored(page, "Late parcel")
    page.wait_for_timeout(200)
    assert stored() == ["Late parcel"]
    assert Session.objects.get(pk=session.pk).name == "Late parcel"
    if way in ("Tab", "Enter", "Save", "a click on what was said"):
        expect(page.locator(".row .name", has_text="Late parcel")).to_be_visible()
        expect(field(page)).to_have_value("Late parcel")
        expect(page.locator("[data-rename] .save")).to_be_hidden()


def test_escape_gives_the_old_name_back(visit: Visit, ana: Person, session: Session) -> None:
    names.rename(session, ana, "Late parcel")
    page = visit(ana, f"/open/{session.session_id}/")
    field(page).fill("Something else")
    page.keyboard.press("Escape")
    expect(field(page)).to_have_value("Late parcel")
    field(page).fill("")
    page.locator(".timeline-scroll").click()
    expect(field(page)).to_have_value("Late parcel")
    page.wait_for_timeout(200)
    assert stored() == ["Late parcel"]


def test_a_name_that_was_not_saved_says_so_and_stays(visit: Visit, ana: Person, session: Session) -> None:
    page = visit(ana, f"/open/{session.session_id}/")
    page.context.set_offline(True)
    field(page).fill("Late parcel")
    page.locator(".timeline-scroll").click()
    expect(page.locator(".toast", has_text="The new name was not saved")).to_contain_text("Late parcel")
    page.context.set_offline(False)
    until_stored(page, "Late parcel")
    expect(field(page)).to_have_value("Late parcel")
    expect(page.locator("[data-rename] .save")).to_be_hidden()


def test_a_refused_name_says_why_and_stays(visit: Visit, ana: Person, session: Session) -> None:
    page = visit(ana, f"/open/{session.session_id}/")
    field(page).fill("\u3164")
    page.locator(".timeline-scroll").click()
    expect(page.locator("[data-rename] .refused")).to_contain_text("needs at least one visible character")
    messages.receive(session, "Hello?")
    expect(page.locator(".entry.customer")).to_have_count(1)
    expect(field(page)).to_have_value("\u3164")
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_visible()
    field(page).fill("Late parcel")
    page.keyboard.press("Enter")
    until_stored(page, "Late parcel")
    expect(page.locator(".toast")).to_have_count(0)


def test_the_proposal_of_a_refusal_is_saved_by_its_button(visit: Visit, ana: Person, session: Session) -> None:
    name_by(max_words=2)
    page = visit(ana, f"/open/{session.session_id}/")
    field(page).fill("Late parcel again")
    page.keyboard.press("Enter")
    expect(page.locator("[data-rename] .refused")).to_contain_text("it has 3 words; names here have at most 2")
    expect(field(page)).to_have_value("Late parcel again")
    page.get_by_role("button", name="Save “Late parcel” instead").click()
    until_stored(page, "Late parcel")
    expect(field(page)).to_have_value("Late parcel")
    expect(page.locator("[data-rename] .refused")).to_be_hidden()


def test_a_name_that_somebody_gave_meanwhile_is_not_replaced_unseen(
    visit: Visit, ana: Person, ben: Person, session: Session
) -> None:
    page = visit(ana, f"/open/{session.session_id}/")
    field(page).fill("")
    field(page).press_sequentially("Late par")
    names.rename(session, ben, "Lost parcel")
    expect(page.locator(".facts")).to_contain_text("Named by Ben")
    expect(field(page)).to_have_value("Late par")
    field(page).press_sequentially("cel")
    page.locator(".timeline-scroll").click()
    expect(page.locator(".toast")).to_contain_text(
        re.compile("Ben named this “Lost parcel” meanwhile. “Late parcel” was not saved")
    )
    expect(field(page)).to_have_value("Late parcel")
    assert stored() == ["Lost parcel"]
    page.get_by_role("button", name="Save", exact=True).click()
    until_stored(page, "Lost parcel", "Late parcel")


def test_without_javascript_there_is_a_button_and_a_refused_name_is_typed_on(
    visit: Visit, ana: Person, ben: Person, session: Session
) -> None:
    page = visit(ana, f"/open/{session.session_id}/", java_script_enabled=False)
    page.get_by_role("button", name="Save", exact=True).wait_for()
    names.rename(session, ben, "Lost parcel")
    page.fill("#conversation [name=name]", "Late parcel")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Ben named this “Lost parcel” meanwhile")
    expect(field(page)).to_have_value("Late parcel")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".facts")).to_contain_text("Named by Ana")
    assert stored() == ["Lost parcel", "Late parcel"]
