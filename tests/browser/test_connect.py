"""The stream of an open page: it is opened again where its first connection failed."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, Route, expect

from sessions_app import customers
from sessions_app.actions import customer_links, messages, moving, sessions
from sessions_app.customers import Customer
from sessions_app.models import Person, Queue, Session
from tests.browser.conftest import Visit


def break_the_first(page: Page, times: int) -> list[str]:
    """Break the line under the first streams that the page opens; gives the addresses of all that it tries."""
    tried: list[str] = []

    def handle(route: Route) -> None:
        tried.append(route.request.url)
        if len(tried) <= times:
            route.abort("internetdisconnected")
        else:
            route.continue_()

    page.route("**/live/**", handle)
    return tried


def test_a_page_whose_stream_could_not_be_opened_at_first_follows_what_happens(
    visit: Visit, ben: Person, orders: Queue
) -> None:
    page = visit(ben, "/profile/")
    tried = break_the_first(page, times=2)
    page.goto("/open/")
    session = sessions.start_session(orders, customer_name="Nora")
    messages.receive(session, "Is anybody there?")
    expect(page.locator(".row", has_text="Nora")).to_be_visible()
    assert len(tried) == 3
    expect(page.locator("#unreachable")).to_have_count(0)


def test_a_page_whose_stream_extension_comes_late_follows_what_happens(visit: Visit, ben: Person, orders: Queue) -> None:
    page = visit(ben, "/profile/")

    def come_late(route: Route) -> None:
        page.wait_for_timeout(700)
        route.continue_()

    page.route("**/hx-sse-*", come_late)
    page.goto("/open/")
    messages.receive(sessions.start_session(orders, customer_name="Nora"), "Is anybody there?")
    expect(page.locator(".row", has_text="Nora")).to_be_visible()


def test_a_customers_page_opens_its_stream_again_too(visit: Visit, ana: Person, orders: Queue) -> None:
    page = visit(None, "/help/orders/")
    page.get_by_label("Your name").fill("Kim")
    page.locator("[name=message]").fill("Where is order 7?")
    page.locator("button.primary").click()
    expect(page.locator("#timeline")).to_contain_text("Where is order 7?")
    tried = break_the_first(page, times=1)
    page.reload()
    session = Session.objects.get()
    messages.reply(session, ana, "It is on its way.", seen=session.last_change)
    expect(page.locator("#timeline")).to_contain_text("It is on its way.")
    assert len(tried) == 2


def before_the_first(page: Page, happens: Callable[[], object]) -> None:
    """Let something happen between a page and the first stream that it opens."""
    before = [happens]

    def handle(route: Route) -> None:
        if before:
            before.pop()()
        route.continue_()

    page.route("**/live/**", handle)


def test_a_conversation_that_was_erased_before_the_stream_opened_leaves_the_page_and_the_list_goes_on(
    visit: Visit, ben: Person, orders: Queue
) -> None:
    session = sessions.start_session(orders, user_id="kim", customer_name="Kim")
    messages.receive(session, "Where is my parcel?")
    page = visit(ben, "/profile/")
    before_the_first(page, lambda: customers.erase(Customer.of("user_id", "kim")))
    page.goto(f"/open/{session.session_id}/")
    expect(page.locator("#conversation")).to_contain_text("This conversation is not here any more")
    messages.receive(sessions.start_session(orders, customer_name="Nora"), "Is anybody there?")
    expect(page.locator(".row", has_text="Nora")).to_be_visible()
    expect(page.locator(".row", has_text="Kim")).to_have_count(0)
    expect(page.locator("#unreachable, .toast")).to_have_count(0)


def test_a_conversation_that_moved_out_of_reach_leaves_the_list_live(
    visit: Visit, ana: Person, ben: Person, orders: Queue, parcels: Queue
) -> None:
    session = sessions.start_session(orders, customer_name="Kim")
    page = visit(ben, f"/open/{session.session_id}/")
    parcels.members.remove(ben)
    moving.move(session, ana, parcels)
    expect(page.locator("#conversation")).to_contain_text("This conversation is not here any more")
    messages.receive(sessions.start_session(orders, customer_name="Nora"), "Is anybody there?")
    expect(page.locator(".row", has_text="Nora")).to_be_visible()
    expect(page.locator("#unreachable, .toast")).to_have_count(0)


def test_a_link_that_was_revoked_before_the_stream_opened_says_so_and_the_page_asks_no_more(
    visit: Visit, ana: Person, orders: Queue
) -> None:
    page = visit(None, "/help/orders/")
    page.get_by_label("Your name").fill("Kim")
    page.locator("[name=message]").fill("Where is order 7?")
    page.locator("button.primary").click()
    expect(page.locator("#timeline")).to_contain_text("Where is order 7?")
    before_the_first(page, lambda: customer_links.revoke(Session.objects.get(), ana))
    page.reload()
    expect(page.locator("#timeline")).to_contain_text("was replaced or taken back")
    expect(page.locator("#timeline")).not_to_contain_text("Where is order 7?")


def test_a_server_that_stays_away_is_asked_more_and_more_rarely(visit: Visit, ben: Person) -> None:
    page = visit(ben, "/profile/")
    tried = break_the_first(page, times=100)
    page.clock.install(time=0)
    page.clock.pause_at(1000)
    page.goto("/open/")
    expect(page.locator("#list-title")).to_be_visible()
    for failures in range(1, 6):
        waited = 0
        while len(tried) <= failures:
            page.clock.run_for(50)
            waited += 50
        assert waited >= 0.75 * 500 * 2 ** (failures - 1)
