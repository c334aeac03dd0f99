"""Times on a page that stays open."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from sessions_app.actions import messages
from sessions_app.infrastructure.ids import secret_hash
from sessions_app.models import Person, Requirement, Session
from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser


def test_times_go_on_while_nothing_else_happens(visit: Visit, ana: Person, asked: list[Requirement]) -> None:
    first = asked[0]
    first.expires_at = timezone.now() + timedelta(minutes=90, seconds=30)
    first.save(update_fields=["expires_at"])
    page = visit(ana, f"/decisions/{first.session.session_id}/")
    card, row = page.locator(".decision"), page.locator(".row.open")
    expect(card.locator(".until")).to_have_text("1 h 30 min left")
    expect(row.locator("> time")).to_have_text("now")
    page.clock.set_system_time(timezone.now() + timedelta(minutes=35))
    # As when somebody comes back to the tab.
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(card.locator(".until")).to_have_text("55 min left")
    expect(row.locator(".state time")).to_have_text("55m")
    expect(row.locator("> time")).to_have_text("35m")


def test_the_first_sign_in_takes_the_zone_of_this_computer_and_a_snooze_is_meant_in_it(
    visit: Visit, ben: Person, session: Session
) -> None:
    messages.receive(session, "Hello")
    page = visit(None, "/accounts/login/", timezone_id="America/St_Johns")
    page.fill("[name=login]", ben.email)
    page.fill("[name=password]", "secret")
    page.click("button.primary")
    # Their password is a weak one, which they are told first.
    page.wait_for_url("**/accounts/password/change/**")
    page.goto(f"/open/{session.session_id}/")
    page.locator("[data-htmx-powered]").first.wait_for(state="attached")
    ben.refresh_from_db()
    assert ben.time_zone == "America/St_Johns"
    page.keyboard.press("z")
    field = page.get_by_label("Until a date and time")
    year = timezone.now().year + 1
    field.fill(f"{year}-06-15T09:00")
    field.press("Enter")
    expect(page.locator(".conv-head")).to_contain_text(f"15 Jun {year}, 09:00")
    session.refresh_from_db()
    assert session.snoozed_until == datetime(year, 6, 15, 9, tzinfo=ZoneInfo("America/St_Johns"))


def test_a_time_of_ones_own_needs_no_scripts(visit: Visit, ben: Person, session: Session) -> None:
    page = visit(ben, f"/open/{session.session_id}/", java_script_enabled=False)
    page.get_by_role("button", name="Snooze").click()
    page.locator(".own-time button").click()
    expect(page.locator(".conv-head")).to_contain_text("Snoozed until")


def test_customers_read_times_of_their_own_computer(visit: Visit, session: Session) -> None:
    messages.receive(session, "Hello")
    Session.objects.filter(pk=session.pk).update(access_hash=secret_hash("a-secret"))
    page = visit(None, "/c/a-secret/", timezone_id="America/St_Johns", locale="en-US")
    expect(page.locator("time").first).to_have_attribute("title", re.compile("(GMT-[23]:30|N[SD]T)$"))
