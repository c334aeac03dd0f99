"""What is written and not sent yet is not lost, not sent twice, and stays what it was: a reply, a note or a question."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect

from sessions_app.actions import handover, messages, unsent
from sessions_app.actions import sessions as session_actions
from sessions_app.models import Message, Person, Queue, Session
from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser

SENDING = "**/sessions/*/messages/"


@pytest.fixture
def two(orders: Queue) -> tuple[Session, Session]:
    """Lee's and Mo's conversations."""
    sessions = [session_actions.start_session(orders, user_id=name, customer_name=name) for name in ("Lee", "Mo")]
    for session in sessions:
        messages.receive(session, f"Hello from {session.customer_name}")
    return sessions[0], sessions[1]


def box(page: Page) -> str:
    return page.locator("textarea[name=body]").input_value()


def go_to(page: Page, name: str) -> None:
    page.locator(".row", has_text=name).locator(".name").click()
    expect(page.locator(".entry.customer .words")).to_contain_text(f"Hello from {name}")
    expect(page.locator(".htmx-request")).to_have_count(0)


def replies() -> list[str]:
    return list(Message.objects.filter(author_kind=Message.Author.PERSON).order_by("pk").values_list("content", flat=True))


def test_a_note_comes_back_as_a_note(visit: Visit, ana: Person, two: tuple[Session, Session]) -> None:
    page = visit(ana, f"/open/{two[0].session_id}/")
    page.get_by_label("Note", exact=True).check()
    page.locator("textarea[name=body]").fill("She is not telling the truth.")
    go_to(page, "Mo")
    assert box(page) == ""
    expect(page.locator("[name=kind][value=reply]")).to_be_checked()
    go_to(page, "Lee")
    assert box(page) == "She is not telling the truth."
    expect(page.locator("[name=kind][value=note]")).to_be_checked()
    page.reload()
    expect(page.locator("[name=kind][value=note]")).to_be_checked()
    page.locator("textarea[name=body]").press("Control+Enter")
    expect(page.locator(".entry.note")).to_contain_text("She is not telling the truth.")
    assert box(page) == ""


def test_what_one_person_has_not_sent_is_not_the_next_ones_to_send(
    visit: Visit, ana: Person, ben: Person, two: tuple[Session, Session]
) -> None:
    page = visit(ana, f"/open/{two[0].session_id}/")
    page.locator("textarea[name=body]").fill("Between you and me, Ana.")
    page.context.clear_cookies()
    page.goto(f"/accounts/login/?next=/open/{two[0].session_id}/")
    page.fill("[name=login]", ben.email)
    page.fill("[name=password]", "secret")
    page.click("button.primary")
    page.wait_for_url("**/accounts/password/change/**")
    page.goto(f"/open/{two[0].session_id}/")
    page.locator("[data-htmx-powered]").first.wait_for(state="attached")
    assert box(page) == ""


def test_what_is_typed_while_a_reply_is_on_its_way_begins_the_next(
    visit: Visit, ana: Person, two: tuple[Session, Session]
) -> None:
    page = visit(ana, f"/open/{two[0].session_id}/")
    held: list[Route] = []
    page.route(SENDING, lambda route: held.append(route))
    page.locator("textarea[name=body]").fill("It is on its way.")
    page.locator("textarea[name=body]").press("Control+Enter")
    page.locator("textarea[name=body]").press("End")
    page.keyboard.type(" Anything else?")
    held[0].continue_()
    expect(page.locator("textarea[name=body]")).to_have_value("Anything else?")
    expect(page.locator(".entry .words", has_text="It is on its way.")).to_have_count(1)


def test_a_reply_that_was_sent_does_not_come_back(visit: Visit, ana: Person, two: tuple[Session, Session]) -> None:
    page = visit(ana, f"/open/{two[0].session_id}/")
    held: list[Route] = []
    page.route(SENDING, lambda route: held.append(route))
    page.locator("textarea[name=body]").fill("It is on its way.")
    page.locator("textarea[name=body]").press("Control+Enter")
    go_to(page, "Mo")
    with page.expect_response(SENDING):
        held[0].continue_()
    go_to(page, "Lee")
    expect(page.locator(".entry .words", has_text="It is on its way.")).to_have_count(1)
    assert box(page) == ""


def test_an_agents_draft_takes_nobodys_own_words_away(visit: Visit, ana: Person, two: tuple[Session, Session]) -> None:
    handover.take_over(two[0], ana)
    page = visit(ana, f"/open/{two[0].session_id}/")
    page.locator("textarea[name=body]").fill("My own words")
    page.get_by_role("button", name="Draft with AI").click()
    expect(page.locator(".event", has_text="had the agent draft an answer")).to_be_visible()
    page.reload()
    assert box(page) == "My own words"


def test_the_key_that_sends_does_not_pass_by_what_must_be_reviewed(
    visit: Visit, ana: Person, ben: Person, two: tuple[Session, Session]
) -> None:
    page = visit(ana, f"/open/{two[0].session_id}/")
    words = page.locator("textarea[name=body]")
    words.press_sequentially("It left today.")
    messages.reply(two[0], ben, "It never left.", seen=10**9)
    words.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("Something newer arrived")
    for _again in range(2):
        page.locator("textarea[name=body]").press("Control+Enter")
        expect(page.locator(".notice a")).to_be_focused()
    assert replies() == ["It never left."]
    expect(page.locator(".event", has_text="had the agent draft")).to_have_count(0)
    page.get_by_role("button", name="Send anyway").click()
    expect(page.locator(".entry .words", has_text="It left today.")).to_have_count(1)


def test_half_a_reply_is_there_in_another_browser(visit: Visit, ana: Person, two: tuple[Session, Session]) -> None:
    page = visit(ana, f"/open/{two[0].session_id}/")
    page.get_by_label("Note", exact=True).check()
    with page.expect_response("**/unsent/"):
        page.locator("textarea[name=body]").fill("Half a\n  note")
    page.context.close()
    page = visit(ana, f"/open/{two[0].session_id}/")
    assert box(page) == "Half a\n  note"
    expect(page.locator("[name=kind][value=note]")).to_be_checked()
    page.locator("textarea[name=body]").press("Control+Enter")
    expect(page.locator(".entry.note")).to_contain_text("Half a")
    page.reload()
    assert box(page) == ""
    # What comes next is as private as what was before.
    expect(page.locator("[name=kind][value=note]")).to_be_checked()


def test_what_another_page_typed_is_shown_and_can_be_added(visit: Visit, ana: Person, two: tuple[Session, Session]) -> None:
    page = visit(ana, f"/open/{two[0].session_id}/")
    unsent.keep(two[0], ana, "reply", "From the phone", page="phone")
    page.locator("textarea[name=body]").fill("From the desk")
    expect(page.locator(".kept .notice")).to_contain_text("From the phone")
    page.get_by_role("button", name="Add it below").click()
    expect(page.locator("textarea[name=body]")).to_have_value("From the desk\n\nFrom the phone")
    expect(page.locator(".kept .notice")).to_have_count(0)


def test_a_preview_shows_the_words_and_goes_when_they_change(visit: Visit, ana: Person, two: tuple[Session, Session]) -> None:
    page = visit(ana, f"/open/{two[0].session_id}/")
    page.locator("textarea[name=body]").fill("It is **there**.")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".preview strong")).to_have_text("there")
    page.locator("textarea[name=body]").press_sequentially(" Or not.")
    expect(page.locator(".preview")).to_have_count(0)
    assert replies() == []


def test_what_is_too_large_for_the_server_stays_in_its_box_and_the_limit_is_told(
    visit: Visit, ana: Person, two: tuple[Session, Session]
) -> None:
    page = visit(ana, f"/open/{two[0].session_id}/")
    page.locator("textarea[name=body]").fill("w" * 2_700_000)
    page.locator(".composer .primary").click()
    expect(page.locator("#toasts")).to_contain_text("at most 2.5 MB are read here")
    assert len(box(page)) == 2_700_000
    assert replies() == []
