"""The inbox in a browser: keyboard, names, decisions, live updates, drafts, and all of it without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import axe_core_python
import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, Route, expect

from kern.testing import call
from sessions_app.actions import decisions, messages, names, sessions
from sessions_app.changes import publish
from sessions_app.models import Message, Person, Queue, Requirement, Run, Session
from sessions_app.queries.session_list import PAGE
from tests import desk as shop
from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser

AXE = (Path(axe_core_python.__file__).parent / "axe.min.js").read_text()
PHONE = {"viewport": {"width": 390, "height": 844}}
LOOKS: dict[str, dict[str, Any]] = {"light": {"color_scheme": "light"}, "dark": {"color_scheme": "dark"}, "phone": PHONE}


@pytest.fixture
def asked(session: Session, work: Callable[[], list[str]]) -> Requirement:
    """Kim wants her money back, and the clerk asks whether to pay."""
    shop.actor.says(call("refund", order="7", cents=500))
    messages.receive(session, "My order 7 came broken. I want my money back.")
    assert work() == ["paused"]
    return Requirement.objects.get()


def violations(page: Page) -> list[str]:
    """What axe-core finds wrong on the page."""
    # Into a world of its own: the page's policy lets no such script in.
    found: dict[str, Any] = page.evaluate(AXE + "; axe.run()")
    return [f"{item['id']}: {node['html']}" for item in found["violations"] for node in item["nodes"]]


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS.keys())
def test_pages_have_no_barriers(visit: Visit, ana: Person, asked: Requirement, look: dict[str, Any]) -> None:
    page = visit(ana, "/decisions/", **look)
    assert violations(page) == []
    for query in ("", "?details=1", f"?edit={asked.pk}", f"?reject={asked.pk}"):
        page.goto(f"/decisions/{asked.session.session_id}/{query}")
        assert violations(page) == []


def test_sign_in_has_no_barriers(visit: Visit) -> None:
    page = visit(None, "/")
    expect(page.get_by_role("heading", name="Sign in to your desk")).to_be_visible()
    assert violations(page) == []


def test_a_list_that_comes_late_does_not_take_the_open_row_away(visit: Visit, ana: Person, orders: Queue) -> None:
    for name in ("Lee", "Mo"):
        messages.receive(sessions.start_session(orders, user_id=name, customer_name=name), f"Hello from {name}")
    page = visit(ana, "/open/")
    late: list[Route] = []
    held = True
    page.route("**/list/open/**", lambda route: late.append(route) if held else route.continue_())
    page.evaluate("document.dispatchEvent(new CustomEvent('list-changed'))")
    page.locator(".row .name", has_text="From").first.click()
    expect(page.locator(".entry.customer")).to_have_count(1)
    held = False
    for route in late:
        # The browser may have given it up.
        with suppress(PlaywrightError):
            route.continue_()
    messages.receive(sessions.start_session(orders, user_id="Ray", customer_name="Ray"), "Hello from Ray")
    expect(page.locator(".row")).to_have_count(3)
    expect(page.locator(".row.open")).to_have_count(1)


def test_keys_move_open_and_rename(visit: Visit, ana: Person, orders: Queue) -> None:
    for name in ("Lee", "Mo"):
        messages.receive(sessions.start_session(orders, user_id=name, customer_name=name), f"Hello from {name}")
    page = visit(ana, "/open/")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator(".entry.customer .words")).to_contain_text("Hello from Lee")
    # What was swapped in stands on the page a moment before the swap is over, and no person types that fast.
    expect(page.locator(".htmx-request")).to_have_count(0)
    page.keyboard.press("F2")
    expect(page.get_by_label("Conversation name")).to_be_focused()
    page.keyboard.type("Lee says hello")
    page.keyboard.press("Enter")
    expect(page.locator(".row .name", has_text="Lee says hello")).to_be_visible()
    expect(page.locator(".event", has_text="You named this")).to_be_visible()
    assert Session.objects.get(user_id="Lee").name == "Lee says hello"
    page.keyboard.press("m")
    page.keyboard.type("gm is no journey while somebody types")
    expect(page.locator("[name=kind][value=note]")).to_be_checked()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("m")
    expect(page.locator("#list-title")).to_contain_text("Mine")


def test_escape_closes_what_is_open_the_innermost_first(visit: Visit, ana: Person, session: Session) -> None:
    messages.receive(session, "Where is it?")
    page = visit(ana, f"/open/{session.session_id}/?details=1")
    page.keyboard.press("t")
    page.keyboard.type("nonsense")
    page.keyboard.press("Escape")
    expect(page.locator("#ticket-menu")).to_be_hidden()
    expect(page.locator("#drawer")).to_be_visible()
    expect(page.locator("#ticket-menu [name=ticket]")).to_have_value("")
    page.keyboard.press("Escape")
    expect(page.locator("#drawer")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.locator(".row.open .name")).to_be_focused()


def test_a_new_name_stands_in_the_title_of_every_open_page(visit: Visit, ana: Person, ben: Person, session: Session) -> None:
    messages.receive(session, "Where is it?")
    page = visit(ana, f"/open/{session.session_id}/")
    expect(page).to_have_title("Where is it? · Kern Inbox")
    names.rename(session, ben, "Kim's parcel")
    expect(page).to_have_title("Kim's parcel · Kern Inbox")
    expect(page.locator("h1")).to_have_text("Kim's parcel")


def test_what_cannot_be_opened_leaves_what_was_on_the_screen(visit: Visit, ana: Person, orders: Queue) -> None:
    for name in ("Lee", "Mo"):
        messages.receive(sessions.start_session(orders, user_id=name, customer_name=name), f"Hello from {name}")
    page = visit(ana, "/open/", viewport={"width": 390, "height": 844})
    page.route("**/open/*/", lambda route: route.abort("internetdisconnected"))
    page.locator(".row .name", has_text="From").first.click()
    expect(page.locator(".toast")).to_contain_text("did not reach the inbox")
    expect(page.locator(".row")).to_have_count(2)
    expect(page.locator(".row").first).to_be_visible()
    expect(page.locator(".row.open")).to_have_count(0)
    page.unroute("**/open/*/")
    page.locator(".row .name").first.click()
    expect(page.locator(".entry.customer .words")).to_contain_text("Hello from Mo")


def test_opening_one_far_down_leaves_the_list_where_it_is(visit: Visit, ana: Person, orders: Queue) -> None:
    Session.objects.bulk_create(
        Session(queue=orders, customer_name=f"Customer {number}", name=f"number {number}") for number in range(PAGE * 2 + 10)
    )
    page = visit(ana, "/open/")
    for loaded in (PAGE, PAGE * 2):
        expect(page.locator(".row")).not_to_have_count(loaded - PAGE)
        page.locator(".row").last.scroll_into_view_if_needed()
        expect(page.locator(".row").nth(loaded)).to_be_attached()
    far = page.locator(".row").nth(PAGE * 2 + 5)
    name = far.locator(".name").inner_text()
    far.locator(".name").click()
    expect(page.get_by_label("Conversation name")).to_have_value(name)
    expect(page.locator(".row.open .name")).to_have_text(name)
    expect(page.locator(".row.open [aria-current=page]")).to_be_visible()
    expect(page.locator(".row")).to_have_count(PAGE * 2 + 10)
    expect(page.locator(".row.open")).to_be_in_viewport()
    expect(page.locator("h1")).to_have_text(name)


def test_a_page_that_is_cut_off_says_so_until_it_is_back(visit: Visit, ana: Person, session: Session) -> None:
    page = visit(ana, f"/open/{session.session_id}/")
    # Cut off before its scripts are there, the page could say nothing: they are when it is loaded.
    page.wait_for_load_state("load")
    expect(page.locator("#unreachable")).to_have_count(0)
    page.context.set_offline(True)
    expect(page.locator("#unreachable")).to_contain_text("can't be reached")
    messages.receive(session, "Is anybody there?")
    page.context.set_offline(False)
    expect(page.locator("#unreachable")).to_have_count(0)
    expect(page.locator(".entry.customer .words")).to_contain_text("Is anybody there?")


def test_single_letters_rest_where_they_are_switched_off(visit: Visit, ana: Person, session: Session) -> None:
    ana.single_keys = False
    ana.save()
    page = visit(ana, f"/open/{session.session_id}/")
    page.keyboard.press("m")
    expect(page.locator("[name=kind][value=reply]")).to_be_checked()


def test_a_decision_is_approved_with_one_key(
    visit: Visit, ana: Person, asked: Requirement, work: Callable[[], list[str]]
) -> None:
    page = visit(ana, f"/decisions/{asked.session.session_id}/")
    shop.actor.says("You get 5 euros back.")
    page.keyboard.press("a")
    expect(page.locator(".event .verdict")).to_contain_text("You approved refund")
    expect(page.locator(".decision:visible")).to_have_count(0)
    assert work() == ["completed"]
    expect(page.locator(".entry.run .words")).to_contain_text("You get 5 euros back.")
    assert shop.ledger.lines == ["refund 7 500"]


def test_a_call_is_edited_and_wrong_values_are_explained(visit: Visit, ana: Person, asked: Requirement) -> None:
    page = visit(ana, f"/decisions/{asked.session.session_id}/")
    page.keyboard.press("e")
    cents = page.get_by_label("cents")
    cents.fill("five")
    page.get_by_role("button", name="Approve with edits").click()
    expect(page.locator(".decision .error")).to_contain_text("whole number")
    cents.fill("250")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".event .verdict")).to_contain_text("after changing cents from 500 to 250")
    asked.refresh_from_db()
    assert (asked.status, asked.arguments["cents"], asked.edited_arguments["cents"]) == ("approved", 500, 250)


def test_what_is_being_decided_or_typed_is_never_touched(visit: Visit, ana: Person, ben: Person, asked: Requirement) -> None:
    page = visit(ana, f"/decisions/{asked.session.session_id}/")
    page.locator("textarea[name=body]").fill("Dear Kim,")
    page.locator(".decision").get_by_role("link", name="Reject…").click()
    reason = page.get_by_label("Why not?")
    reason.fill("She was paid already")
    decisions.approve(asked, ben, seen=asked.session.last_change)
    expect(page.locator(".event .verdict")).to_contain_text("Ben approved refund")
    expect(reason).to_have_value("She was paid already")
    expect(page.locator("textarea[name=body]")).to_have_value("Dear Kim,")
    page.locator(".decision button[value=reject]").click()
    expect(page.get_by_role("alert")).to_contain_text("Ben approved this")


def test_an_answer_is_seen_while_it_is_written(visit: Visit, ana: Person, session: Session) -> None:
    messages.receive(session, "Where is my parcel?")
    run = Run.objects.get()
    page = visit(ana, f"/open/{session.session_id}/")
    page.locator("textarea[name=body]").fill("I am looking")
    expect(page.locator(".entry.streaming")).to_contain_text("Waiting for a worker")
    words = page.locator(f"[id='run_{run.run_id}'] .live")

    def written(text: str) -> None:
        # Only a page that listens hears it; the next one replaces what this one said.
        for _attempt in range(50):
            publish.publish_text(session.pk, run.run_id, text)
            if words.inner_text() == text.replace("**", ""):
                return
            page.wait_for_timeout(100)
        pytest.fail(f"never saw {text!r}")

    written("It is on")
    written("It is on **its way**")
    expect(words.locator("strong")).to_have_text("its way")
    expect(page.locator("textarea[name=body]")).to_have_value("I am looking")
    messages.receive(session, "Hello?")
    expect(page.locator(".entry.customer")).to_have_count(2)
    expect(words).to_have_text("It is on its way")


def test_a_reply_is_sent_and_a_blocked_one_keeps_its_words(visit: Visit, ana: Person, session: Session) -> None:
    page = visit(ana, f"/open/{session.session_id}/")
    box = page.locator("textarea[name=body]")
    box.fill("Your parcel left this morning.")
    messages.receive(session, "It was order 8, not 7!")
    expect(page.locator(".entry.customer")).to_contain_text("order 8")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".composer .notice")).to_contain_text("newer")
    expect(box).to_have_value("Your parcel left this morning.")
    page.get_by_role("button", name="Send anyway").click()
    expect(page.locator(".timeline .words", has_text="left this morning")).to_be_visible()
    expect(box).to_have_value("")
    assert Message.objects.filter(person=ana).count() == 1


def test_a_ticket_is_linked_and_opens_in_a_window_of_its_own(visit: Visit, ana: Person, session: Session) -> None:
    page = visit(ana, f"/open/{session.session_id}/")
    page.keyboard.press("t")
    page.get_by_label("Ticket number or address").fill("nonsense")
    page.keyboard.press("Enter")
    expect(page.locator("#ticket-menu").get_by_role("alert")).to_contain_text("nonsense")
    page.get_by_label("Ticket number or address").fill("HD-12")
    page.keyboard.press("Enter")
    chip = page.locator(".facts a.chip", has_text="HD-12")
    expect(chip).to_have_attribute("href", "https://help.example/t/HD-12")
    expect(chip).to_have_attribute("rel", "noopener noreferrer")
    expect(page.locator("#ticket-menu")).to_be_hidden()


def test_opened_tool_calls_and_older_pages_stay_while_things_happen(visit: Visit, ana: Person, asked: Requirement) -> None:
    session = asked.session
    for number in range(60):
        messages.note(session, ana, f"note {number}")
    page = visit(ana, f"/open/{session.session_id}/")
    page.locator(".timeline-scroll").evaluate("element => { element.scrollTop = -100000 }")
    page.locator(".step summary").click()
    expect(page.locator(".payload")).to_be_visible()
    messages.receive(session, "Anybody there?")
    page.locator(".timeline-scroll").evaluate("element => { element.scrollTop = 0 }")
    expect(page.locator(".words", has_text="Anybody there?")).to_be_visible()
    expect(page.locator(".step[open]")).to_have_count(1)
    expect(page.locator(".entry.note")).to_have_count(60)


def test_everything_works_without_javascript(
    visit: Visit, ana: Person, asked: Requirement, work: Callable[[], list[str]]
) -> None:
    page = visit(ana, "/decisions/", java_script_enabled=False)
    page.click(".row .name")
    page.fill(".rename [name=name]", "Broken order 7")
    page.press(".rename [name=name]", "Enter")
    expect(page.locator(".facts")).to_contain_text("Named by Ana")
    page.click("[popovertarget=ticket-menu]")
    page.fill("[name=ticket]", "HD-7")
    page.click("#ticket-menu button.primary")
    expect(page.locator(".facts a.chip")).to_contain_text("HD-7")
    page.click("[popovertarget=assign-menu]")
    page.click("#assign-menu button >> nth=0")
    expect(page.locator(".facts .who")).to_have_text("You")
    page.fill("textarea[name=body]", "We are looking into it.")
    page.click(".composer button[value=send]")
    expect(page.locator(".words", has_text="We are looking into it.")).to_be_visible()
    page.click("text=Edit")
    page.fill("[name='arg.cents']", "many")
    page.click("text=Approve with edits")
    expect(page.locator(".error")).to_contain_text("whole number")
    page.fill("[name='arg.cents']", "499")
    page.click("text=Approve with edits")
    expect(page.locator(".event .verdict")).to_contain_text("from 500 to 499")
    shop.actor.says("Paid.")
    assert work() == ["completed"]
    assert shop.ledger.lines == ["refund 7 499"]
    page.click("button[value=resolve]")
    page.click("text=Closed")
    expect(page.locator(".row .name")).to_have_text("Broken order 7")
