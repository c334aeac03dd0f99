"""Pages of names and naming rules without barriers: axe, narrow screens, and without scripts."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from sessions_app.actions import messages, sessions
from sessions_app.models import NameSuggestion, Person, Queue, Session
from sessions_app.policy.naming import naming_in_force
from tests.browser.conftest import Visit
from tests.browser.test_inbox import violations
from tests.sessions_app.naming_rules import name_by

pytestmark = pytest.mark.browser

PAGES = ("/names/", "/names/?kind=today", "/setup/naming/", "/setup/naming/?queue=orders")
LOOKS: dict[str, dict[str, Any]] = {
    "light": {},
    "dark": {"color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True},
    "small phone": {"viewport": {"width": 320, "height": 640}, "color_scheme": "dark"},
}


@pytest.fixture
def names(orders: Queue) -> list[Session]:
    """Conversations of each kind: one with a suggestion, one that failed, one with its first words."""
    found = []
    for customer in ("Lou", "Mo", "Kim"):
        session = sessions.start_session(orders, user_id=customer, customer_name=customer)
        messages.receive(session, f"{customer} waits for a parcel with a name that is long enough to be cut")
        found.append(session)
    NameSuggestion.objects.create(session=found[0], name="Late parcel", for_version=found[0].name_version)
    Session.objects.filter(pk=found[1].pk).update(name_failed_at=found[1].created_at, name_problem="the server is away")
    name_by(orders, monthly_budget=5, template="{ticket} – {name}")
    return found


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS.keys())
def test_pages_of_names_have_no_barriers_and_fit(visit: Visit, ana: Person, names: list[Session], look: dict[str, Any]) -> None:
    page = visit(ana, PAGES[0], **look)
    for path in PAGES:
        page.goto(path)
        assert violations(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_without_scripts_names_are_saved_undone_and_suggestions_accepted(
    visit: Visit, ana: Person, names: list[Session]
) -> None:
    page = visit(ana, "/names/", java_script_enabled=False)
    page.get_by_label("Name, Kim", exact=True).fill("Broken cup")
    page.get_by_role("button", name="Save the name, Kim").click()
    expect(page.get_by_text("Named “Broken cup”.")).to_be_visible()
    assert Session.objects.get(pk=names[2].pk).name == "Broken cup"
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_label("Name, Kim", exact=True)).to_be_visible()
    assert Session.objects.get(pk=names[2].pk).name_source == "provisional"
    page.get_by_role("button", name="Accept Late parcel").click()
    assert Session.objects.get(pk=names[0].pk).name == "Late parcel"


def test_without_scripts_rules_are_tried_and_saved(visit: Visit, ana: Person, names: list[Session]) -> None:
    page = visit(ana, "/setup/naming/", java_script_enabled=False)
    page.get_by_label("Template").fill("{tciket} – {name}")
    page.get_by_role("button", name="Try", exact=True).click()
    expect(page.get_by_text("A rule is wrong")).to_be_visible()
    expect(page.get_by_label("Template")).to_have_value("{tciket} – {name}")
    page.get_by_label("Template").fill("{name} ({ticket})")
    page.get_by_label("Add a forbidden word").fill("angry")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("button", name="Save for the whole desk").last.click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    rules = naming_in_force(None)
    assert (rules.template, rules.forbidden_words) == ("{name} ({ticket})", "angry")
