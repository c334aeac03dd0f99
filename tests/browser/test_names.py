"""The Names page by keys: each name is saved by Enter, and the cursor goes on to the next row."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from sessions_app.actions import messages, names, sessions
from sessions_app.models import NameSuggestion, Person, Queue, Session
from tests.browser.conftest import Visit
from tests.sessions_app.naming_rules import name_by

pytestmark = pytest.mark.browser


@pytest.fixture
def unnamed(orders: Queue) -> list[Session]:
    """Three conversations with provisional names, in the order of the page: the newest first."""
    for customer in ("Lou", "Mo", "Kim"):
        session = sessions.start_session(orders, user_id=customer, customer_name=customer)
        messages.receive(session, f"{customer} waits for a parcel")
    return list(Session.objects.order_by("-pk"))


def field(page: Page, customer: str) -> Locator:
    return page.get_by_label(f"Name, {customer}", exact=True)


def name_of(session: Session) -> str:
    return Session.objects.get(pk=session.pk).name


def test_enter_saves_and_goes_down_the_list(visit: Visit, ana: Person, unnamed: list[Session]) -> None:
    page = visit(ana, "/names/")
    expect(field(page, "Kim")).to_be_focused()
    # A provisional name is there to be replaced: what is typed takes its place.
    page.keyboard.type("Late parcel")
    page.keyboard.press("Enter")
    expect(field(page, "Mo")).to_be_focused()
    page.keyboard.type("Broken cup")
    page.keyboard.press("Enter")
    expect(field(page, "Lou")).to_be_focused()
    # The cursor goes on before the answer is there.
    expect(field(page, "Kim")).to_be_hidden()
    expect(field(page, "Mo")).to_be_hidden()
    assert [name_of(session) for session in unnamed] == ["Late parcel", "Broken cup", "Lou waits for a parcel"]


def test_what_is_typed_before_the_scripts_came_takes_the_names_place(visit: Visit, ana: Person, unnamed: list[Session]) -> None:
    page = visit(ana, "/names/")
    held: list[Route] = []
    # Modules run after the browser has put the cursor into the field; here they come late.
    page.route("**/js/names*.js", lambda route: held.append(route))
    page.reload(wait_until="commit")
    expect(field(page, "Kim")).to_be_focused()
    page.keyboard.type("Late parcel")
    expect(field(page, "Kim")).to_have_value("Late parcel")
    for route in held:
        route.continue_()
    page.keyboard.press("Enter")
    expect(field(page, "Mo")).to_be_focused()
    expect(field(page, "Kim")).to_be_hidden()
    assert name_of(unnamed[0]) == "Late parcel"


def test_typing_goes_on_in_the_next_row_before_the_answer_is_there(visit: Visit, ana: Person, unnamed: list[Session]) -> None:
    page = visit(ana, "/names/")
    expect(field(page, "Kim")).to_be_focused()
    # Faster than any answer.
    page.keyboard.type("Late parcel")
    page.keyboard.press("Enter")
    page.keyboard.type("Broken cup")
    page.keyboard.press("Enter")
    page.keyboard.type("Wrong bill")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Every conversation has its name.")).to_be_visible()
    assert [name_of(session) for session in unnamed] == ["Late parcel", "Broken cup", "Wrong bill"]


def test_what_is_renamed_elsewhere_changes_here_and_typed_words_stay(
    visit: Visit, ana: Person, ben: Person, unnamed: list[Session]
) -> None:
    kim, mo, lou = unnamed
    page = visit(ana, "/names/")
    expect(field(page, "Kim")).to_be_focused()
    names.rename(mo, ben, "Ben's name")
    expect(field(page, "Mo")).to_be_hidden()
    page.keyboard.type("Late")
    names.rename(lou, ben, "Ben's other name")
    names.rename(kim, ben, "Ben's third name")
    page.keyboard.type(" parcel")
    expect(field(page, "Kim")).to_have_value("Late parcel")
    # The list catches up when the words are given up.
    page.keyboard.press("Escape")
    expect(field(page, "Lou")).to_be_hidden()
    expect(field(page, "Kim")).to_be_hidden()


def test_control_and_z_undoes_the_last_name_and_the_cursor_is_there_again(
    visit: Visit, ana: Person, unnamed: list[Session]
) -> None:
    page = visit(ana, "/names/")
    expect(field(page, "Kim")).to_be_focused()
    page.keyboard.type("Something wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Named “Something wrong”.")).to_be_visible()
    page.keyboard.press("Control+z")
    expect(field(page, "Kim")).to_be_focused()
    expect(field(page, "Kim")).to_have_value("Kim waits for a parcel")
    assert name_of(unnamed[0]) == "Kim waits for a parcel"


def test_a_refused_name_stays_in_its_row_while_the_cursor_is_in_the_next(
    visit: Visit, ana: Person, orders: Queue, unnamed: list[Session]
) -> None:
    name_by(orders, max_words=5)
    page = visit(ana, "/names/")
    expect(field(page, "Kim")).to_be_focused()
    page.keyboard.type("Far too many words in here")
    page.keyboard.press("Enter")
    page.keyboard.type("Broken cup")
    expect(page.get_by_role("alert")).to_contain_text("was not saved")
    expect(field(page, "Kim")).to_have_value("Far too many words in here")
    expect(field(page, "Mo")).to_be_focused()
    expect(field(page, "Mo")).to_have_value("Broken cup")


def test_shift_and_enter_saves_and_goes_back(visit: Visit, ana: Person, unnamed: list[Session]) -> None:
    page = visit(ana, "/names/")
    field(page, "Mo").click()
    page.keyboard.type("Broken cup")
    page.keyboard.press("Shift+Enter")
    expect(field(page, "Mo")).to_be_hidden()
    expect(field(page, "Kim")).to_be_focused()
    assert name_of(unnamed[1]) == "Broken cup"


def test_tab_takes_the_suggestion(visit: Visit, ana: Person, unnamed: list[Session]) -> None:
    kim = unnamed[0]
    NameSuggestion.objects.create(session=kim, name="Late parcel", for_version=kim.name_version)
    page = visit(ana, "/names/")
    expect(field(page, "Kim")).to_be_focused()
    page.keyboard.press("Tab")
    expect(field(page, "Kim")).to_have_value("Late parcel")
    expect(field(page, "Kim")).to_be_focused()
    page.keyboard.press("Enter")
    expect(field(page, "Mo")).to_be_focused()
    expect(field(page, "Kim")).to_be_hidden()
    assert name_of(kim) == "Late parcel"


def test_tab_goes_on_as_everywhere_without_a_suggestion(visit: Visit, ana: Person, unnamed: list[Session]) -> None:
    page = visit(ana, "/names/")
    expect(field(page, "Kim")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Save the name, Kim")).to_be_focused()
    assert name_of(unnamed[0]) == "Kim waits for a parcel"


def test_escape_gives_the_old_name_back(visit: Visit, ana: Person, unnamed: list[Session]) -> None:
    page = visit(ana, "/names/")
    expect(field(page, "Kim")).to_be_focused()
    page.keyboard.type("Something else")
    page.keyboard.press("Escape")
    expect(field(page, "Kim")).to_have_value("Kim waits for a parcel")
    expect(field(page, "Kim")).to_be_focused()
    page.keyboard.press("Escape")
    expect(field(page, "Kim")).not_to_be_focused()
    assert name_of(unnamed[0]) == "Kim waits for a parcel"
