"""Times on a page that stays open."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from sessions_app.models import Person, Requirement
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
