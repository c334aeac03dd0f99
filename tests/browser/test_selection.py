"""Rows of a list are ticked by keys and clicks, and the bar below the list begins a bulk job with them."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from sessions_app.actions import sessions
from sessions_app.jobs import engine
from sessions_app.models import Job, Person, Queue, Requirement, Run, Session
from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser


@pytest.fixture
def several(orders: Queue) -> list[Session]:
    return [sessions.start_session(orders, user_id=f"kim-{number}", customer_name=f"Kim {number}") for number in range(4)]


def test_rows_are_ticked_by_keys_and_worked_by_a_job(visit: Visit, ana: Person, several: list[Session]) -> None:
    page = visit(ana, "/open/")
    bar = page.locator("#bulk")
    expect(bar).to_be_hidden()
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(bar.locator("[data-selected]")).to_have_text("1")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Shift+X")
    expect(bar.locator("[data-selected]")).to_have_text("3")
    page.keyboard.press("Shift+A")
    expect(bar.locator("[data-selected]")).to_have_text("4")
    page.get_by_label("Clear selection").click()
    expect(bar).to_be_hidden()
    page.keyboard.press("Shift+A")
    bar.get_by_role("button", name="Resolve").click()
    expect(page.get_by_role("heading", name="Resolve 4 conversations")).to_be_visible()
    page.get_by_role("button", name="Start").click()
    expect(page.locator(".badge").first).to_contain_text("Running")
    while engine.work(Job.objects.get().pk):
        pass
    expect(page.locator(".job-state .badge")).to_contain_text("Done")
    assert Session.objects.closed().count() == 4


def test_ticked_decisions_are_worked_together_by_keys_and_only_one_tools_calls_are_approved(
    visit: Visit, ana: Person, orders: Queue
) -> None:
    for number, tool in enumerate(("refund", "refund", "send_parcel")):
        session = Session.objects.create(queue=orders, customer_name=f"Kim {number}", name=f"About {number}")
        run = Run.objects.create(session=session, status="paused", agent_id=orders.agent_id)
        Requirement.objects.create(
            session=session, run=run, root=run, kind="confirmation", call_id="c", tool_name=tool, arguments={"order": "1"}
        )
    page = visit(ana, "/decisions/")
    bar = page.locator("#bulk")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("Shift+X")
    expect(bar.locator("[data-selected]")).to_have_text("2")
    expect(bar.get_by_role("button", name="Approve together")).to_be_enabled()
    page.keyboard.press("Shift+A")
    expect(bar.locator("[data-selected]")).to_have_text("3")
    expect(bar.get_by_role("button", name="Approve together")).to_be_disabled()
    bar.get_by_role("button", name="Assign").click()
    page.get_by_label("To whom").select_option(label="Ana")
    page.get_by_role("button", name="Try").click()
    expect(page.get_by_role("heading", name="Assign 3 conversations to Ana")).to_be_visible()
