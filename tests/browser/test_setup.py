"""Webhooks and tool policies in the set-up: clicked through with and without scripts, in every look, without barriers."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from sessions_app.actions import names
from sessions_app.models import Person, Requirement, Session, ToolPolicy, WebhookEndpoint
from tests.browser.conftest import Visit
from tests.browser.test_inbox import LOOKS, violations
from tests.browser.test_layout import must_not_scroll_sideways
from tests.deciding import tighten
from tests.sessions_app.webhooks.conftest import allowed, deliver, endpoint, ledger, made
from tests.webhook_receiver import Receiver

__all__ = ["allowed", "deliver", "endpoint", "ledger", "made"]

pytestmark = pytest.mark.browser

POLICY = "/setup/policies/?queue=orders&tool=refund"
WHSEC = re.compile("^whsec_")
NARROW = {"viewport": {"width": 320, "height": 640}}


@pytest.mark.parametrize("look", [*LOOKS.values(), NARROW], ids=[*LOOKS, "narrow"])
def test_pages_of_the_set_up_have_no_barriers(
    visit: Visit,
    ana: Person,
    session: Session,
    endpoint: WebhookEndpoint,
    ledger: Receiver,
    deliver: Any,
    look: dict[str, Any],
) -> None:
    ledger.answers(500)
    names.rename(session, ana, "Kettle")
    deliver()
    tighten(session, approvers=2, thresholds=["cents > 500"])
    delivery = endpoint.deliveries.get(event="name.changed")
    page = visit(ana, "/setup/", **look)
    for path in (
        "/setup/",
        "/setup/policies/",
        POLICY,
        f"/setup/webhooks/?delivery={delivery.pk}",
        "/setup/webhooks/new/",
        f"/setup/webhooks/{endpoint.pk}/",
    ):
        page.goto(path)
        assert violations(page) == [], path
        must_not_scroll_sideways(page)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_policy_is_typed_tried_mended_and_saved(visit: Visit, ana: Person, asked: list[Requirement], scripts: bool) -> None:
    page = visit(ana, "/setup/policies/", java_script_enabled=scripts)
    tabs = page.get_by_role("navigation", name="Queue")
    tabs.get_by_role("link", name="Orders").click()
    page.get_by_role("link", name="refund", exact=True).click()
    expect(page.get_by_role("heading", name="refund", exact=True)).to_be_visible()
    page.get_by_role("button", name="Add a row").click()
    page.get_by_label("Argument, row 1").select_option("cents")
    page.get_by_label("Value, row 1").fill("lots")
    page.get_by_label("Value, row 1").press("Enter")
    expect(page.get_by_text("Write a number")).to_be_visible()
    expect(page.get_by_label("Value, row 1")).to_have_value("lots")
    page.get_by_label("Value, row 1").fill("400")
    page.get_by_role("button", name="Try").click()
    expect(page.get_by_text("0 by one person, 4 by two.")).to_be_visible()
    assert not ToolPolicy.objects.exists()
    page.get_by_role("button", name="Save for Orders").click()
    expect(page.get_by_text("Saved. It holds for decisions that are open, too.")).to_be_visible()
    assert ToolPolicy.objects.get().thresholds == ["cents > 400"]
    page.get_by_role("button", name="As the tool says").click()
    expect(tabs.get_by_role("link", name="Orders")).to_contain_text("as the tools say")
    assert not ToolPolicy.objects.exists()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_an_endpoint_is_added_tested_switched_and_removed(
    visit: Visit, ana: Person, rows: None, ledger: Receiver, allowed: None, deliver: Any, scripts: bool
) -> None:
    page = visit(ana, "/setup/webhooks/", java_script_enabled=scripts)
    page.get_by_role("link", name="Add an endpoint").click()
    page.get_by_label("Name", exact=True).fill("Ledger")
    page.get_by_label("Web address").fill("https://10.0.0.7/hooks")
    page.get_by_role("button", name="Add the endpoint").click()
    expect(page.get_by_text("is inside our own network")).to_be_visible()
    page.get_by_label("Web address").fill(ledger.url)
    page.get_by_label("Web address").press("Enter")
    expect(page.get_by_role("textbox", name="Secret")).to_have_value(WHSEC)
    page.get_by_role("button", name="Send a test").click()
    expect(page.get_by_role("link", name="webhook.test")).to_be_visible()
    deliver()
    page.reload()
    expect(page.get_by_text("Working")).to_be_visible()
    page.get_by_role("link", name="Settings").click()
    page.get_by_role("button", name="Switch off").click()
    expect(page.get_by_text("Ledger was switched off on")).to_be_visible()
    page.get_by_role("button", name="Switch on").click()
    expect(page.get_by_text("was switched off on")).to_have_count(0)
    page.get_by_role("link", name="Settings").click()
    page.get_by_role("button", name="Remove…").click()
    page.get_by_role("button", name="Remove it").click()
    expect(page.get_by_text("There is no endpoint yet.")).to_be_visible()
