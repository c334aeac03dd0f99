"""Pages stay usable with long names, many tickets, a zoom of 400 %, large text and forced colours."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from sessions_app.actions import handover, messages, names, sessions, tickets
from sessions_app.models import Person, Queue, Requirement, Session
from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser

#: 1280 × 1024 at a zoom of 400 %, a phone, a tablet, a desk.
WINDOWS = [(320, 256), (390, 844), (1024, 768), (1440, 900)]
#: Pixels that some lines of a conversation take.
SOME_LINES = 100


@pytest.fixture
def crowded(orders: Queue, ana: Person) -> Session:
    """A conversation whose customer, name, words and tickets are as long and many as they may be."""
    customer, name = "Customer" * 15, "漢字の名前" * 40
    session = sessions.start_session(orders, user_id="u" * 200, customer_name=customer, session_id="crowded")
    names.rename(session, ana, name)
    handover.set_mode(session, ana, "off")
    messages.receive(session, "W" * 900 + " https://example.com/" + "a" * 400)
    for number in range(12):
        tickets.link(session, ana, f"HD-{10**60 + number}")
    return session


def height(place: Locator) -> float:
    box = place.bounding_box()
    assert box is not None
    return box["height"]


def must_not_scroll_sideways(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url


@pytest.mark.parametrize(("width", "tall"), WINDOWS)
def test_no_window_is_too_small_for_a_page(
    visit: Visit, ana: Person, crowded: Session, asked: list[Requirement], width: int, tall: int
) -> None:
    page = visit(ana, "/open/", viewport={"width": width, "height": tall})
    row = page.locator(".row", has_text="Customer")
    for part in row.locator(".ticket, .said > bdi, .waits").all():
        box, whole = part.bounding_box(), row.bounding_box()
        assert box is not None
        assert whole is not None
        assert box["x"] + box["width"] <= whole["x"] + whole["width"]
    must_not_scroll_sideways(page)
    for path in (f"/decisions/{asked[0].session.session_id}/?edit={asked[0].pk}", "/decisions/", "/reports/", "/rules/"):
        page.goto(path)
        must_not_scroll_sideways(page)
    page.goto("/open/crowded/")
    must_not_scroll_sideways(page)
    assert height(page.locator(".timeline-scroll")) >= SOME_LINES
    send = page.locator(".composer button[value=send]")
    send.scroll_into_view_if_needed()
    expect(send).to_be_in_viewport(ratio=1)
    page.goto("/open/crowded/?details=1")
    must_not_scroll_sideways(page)
    role = page.locator("#drawer .people .muted").first
    expect(role).to_have_text("Customer")
    assert height(role) < 2 * height(page.locator("#drawer .facts-list dt").first)


def test_long_words_do_not_push_away_whose_conversation_it_is(visit: Visit, ana: Person, orders: Queue) -> None:
    session = sessions.start_session(orders, user_id="maria", customer_name="María-José Núñez")
    messages.reply(session, ana, "You will get your money back within five days. " * 9, seen=session.last_change)
    page = visit(ana, "/open/")
    for name in page.locator(".row .said > :is(b, .last)").all():
        assert name.evaluate("name => name.scrollWidth <= name.clientWidth"), name.inner_text()


def test_the_door_and_the_customers_page_have_room(visit: Visit, crowded: Session) -> None:
    for path in ("/accounts/login/", "/help/orders/"):
        page = visit(None, path, viewport={"width": 320, "height": 256})
        assert page.locator("h1, h2, label").first.is_visible()
        must_not_scroll_sideways(page)


def test_of_many_tickets_three_are_shown_and_the_others_open(visit: Visit, ana: Person, crowded: Session) -> None:
    page = visit(ana, "/open/crowded/")
    expect(page.locator(".facts a.chip")).to_have_count(3)
    page.get_by_role("button", name="9 more tickets").click()
    expect(page.locator("#ticket-menu a")).to_have_count(12)
    expect(page.locator("#ticket-menu")).to_be_in_viewport(ratio=1)


def style(place: Locator, *properties: str) -> list[str]:
    return [place.evaluate(f"element => getComputedStyle(element).{name}") for name in properties]


def test_forced_colours_leave_what_is_chosen_open_and_focused_in_sight(
    visit: Visit, ana: Person, crowded: Session, asked: list[Requirement]
) -> None:
    page = visit(ana, "/open/crowded/", forced_colors="active")
    look = ("backgroundColor", "color")
    chosen, other = page.locator(".seg label", has_text="Reply"), page.locator(".seg label", has_text="Note")
    assert style(chosen, *look) != style(other, *look)
    other.click()
    assert style(other, *look) != style(chosen, *look)
    edge = ("borderInlineStartWidth", "borderInlineStartStyle")
    opened, closed = page.locator(".row.open"), page.locator(".row:not(.open)").first
    assert style(opened, *edge) != style(closed, *edge)
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    focused = page.locator(".row:has(a:focus-visible)")
    assert style(focused, "outlineStyle") == ["solid"]
    page.locator("textarea[name=body]").focus()
    assert style(page.locator(".composer"), "outlineStyle") == ["solid"]
    here = page.locator("#rail-views [aria-current]")
    assert style(here, "outlineStyle") == ["solid"]
    assert style(page.locator(".badge").first, "borderTopStyle") == ["solid"]
    primary, plain = page.locator(".composer .primary").first, page.locator(".composer .btn:not(.primary)").first
    assert style(primary, *look) != style(plain, *look)


def test_letters_of_twice_the_size_have_room(visit: Visit, ana: Person, crowded: Session) -> None:
    page = visit(ana, "/open/crowded/", viewport={"width": 1024, "height": 768})
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    must_not_scroll_sideways(page)
    assert height(page.locator(".timeline-scroll")) >= SOME_LINES
    send = page.locator(".composer button[value=send]")
    send.scroll_into_view_if_needed()
    expect(send).to_be_in_viewport(ratio=1)
