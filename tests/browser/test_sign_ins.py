"""A page whose sign-in ends while it is open: it says so, keeps what is written, and goes on after signing in again."""

from __future__ import annotations

from sessions_app.accounts import sign_ins
from sessions_app.models import Message, Person, Session
from tests.browser.conftest import Visit

HALF, WHOLE = "Dear Kim, half an ans", "Dear Kim, a whole answer."


def test_half_an_answer_outlives_the_sign_in(visit: Visit, ben: Person, session: Session) -> None:
    page = visit(ben, f"/open/{session.session_id}/")
    with page.expect_response("**/unsent/"):
        page.locator("[name=body]").press_sequentially(HALF)
    sign_ins.end_all(ben)
    notice = page.locator("#sign-in-again")
    notice.get_by_text("You are signed out").wait_for()
    assert page.locator("[name=body]").input_value() == HALF
    with page.context.expect_page() as opened:
        notice.get_by_role("link", name="Sign in").click()
    door = opened.value
    door.get_by_text("You were signed out: on another device").wait_for()
    door.fill("[name=login]", ben.email)
    door.fill("[name=password]", "secret")
    door.click("button.primary")
    door.wait_for_url("**/accounts/password/change/?next=**")
    page.bring_to_front()
    page.evaluate("dispatchEvent(new Event('focus'))")
    notice.wait_for(state="detached")
    page.fill("[name=body]", WHOLE)
    page.get_by_role("button", name="Send", exact=False).first.click()
    page.locator(".timeline").get_by_text(WHOLE).wait_for()
    assert Message.objects.get(author_kind="person").content == WHOLE


def test_an_open_page_says_that_a_second_factor_is_asked_for(visit: Visit, ben: Person, session: Session) -> None:
    page = visit(ben, f"/open/{session.session_id}/")
    ben.must_use_second_factor = True
    ben.save()
    page.locator("#sign-in-again").get_by_text("A second factor is required from now on").wait_for()
    with page.context.expect_page() as opened:
        page.locator("#sign-in-again a").click()
    opened.value.get_by_role("link", name="Use an authenticator app").wait_for()


def test_after_signing_out_back_shows_nothing(visit: Visit, ben: Person, session: Session) -> None:
    page = visit(ben, f"/open/{session.session_id}/")
    page.evaluate("sessionStorage.setItem('draft-1', 'words')")
    page.locator(".me").click()
    page.locator("#me-menu").get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/accounts/login/**")
    assert page.evaluate("sessionStorage.length + localStorage.length") == 0
    page.go_back()
    page.get_by_role("heading", name="Sign in to your desk").wait_for()
    assert "Kim" not in page.content()
