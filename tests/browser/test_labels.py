"""Labels and priority in a browser: keys, the picker, the drawer, the set-up page, a saved view."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from sessions_app.actions import labels, priorities
from sessions_app.models import Label, Person, Session
from sessions_app.models.triage import Priority
from tests.browser.conftest import Visit
from tests.browser.test_inbox import violations

pytestmark = pytest.mark.browser


def test_labels_and_priority_by_keys(visit: Visit, ben: Person, ana: Person, session: Session) -> None:
    labels.make(ana, "VIP")
    labels.make(ana, "Refund")
    page = visit(ben, f"/open/{session.session_id}/")
    page.keyboard.press("p")
    page.locator("#priority-menu").get_by_role("button", name="Urgent").click()
    expect(page.locator(".row .priority, #list .priority").first).to_be_attached()
    page.keyboard.press("Shift+L")
    field = page.get_by_role("textbox", name="Name of a label")
    expect(field).to_be_focused()
    expect(page.locator("#label-choices").get_by_role("button", name="Refund")).to_be_visible()
    page.keyboard.type("vi")
    expect(page.locator("#label-choices button")).to_have_count(2)
    page.keyboard.press("Enter")
    expect(page.locator("article header").get_by_text("VIP")).to_be_visible()
    expect(field).to_have_value("")
    page.keyboard.type("Lost bags")
    page.locator("#label-choices").get_by_role("button", name="Create “Lost bags”").click()
    expect(page.locator("article header").get_by_text("Lost bags")).to_be_visible()
    assert sorted(Label.objects.filter(sessions__session=session).values_list("name", flat=True)) == ["Lost bags", "VIP"]
    page.keyboard.press("Escape")


@pytest.mark.parametrize("look", ["light", "dark"])
def test_pages_of_labels_have_no_barriers(visit: Visit, ana: Person, session: Session, look: str) -> None:
    for name in ("VIP", "Refund", "Damage"):
        labels.add(session, ana, labels.make(ana, name))
    priorities.set_priority(session, ana, Priority.URGENT)
    page = visit(ana, f"/open/{session.session_id}/?details=1", color_scheme=look)
    assert violations(page) == []
    page.goto("/setup/labels/")
    assert violations(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"/open/{session.session_id}/?details=1")
