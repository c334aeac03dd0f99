"""The pages of bulk jobs: without barriers, by keyboard alone, on a phone, without scripts."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from sessions_app.actions import deleting, sessions
from sessions_app.jobs import control, engine, planning
from sessions_app.jobs.planning import Wanted
from sessions_app.models import Job, Person, Queue, Session
from tests.browser.conftest import Visit
from tests.browser.test_inbox import LOOKS, violations
from tests.browser.test_layout import must_not_scroll_sideways

pytestmark = pytest.mark.browser
NARROW = {"width": 320, "height": 640}


@pytest.fixture
def several(orders: Queue) -> list[Session]:
    return [sessions.start_session(orders, user_id=f"kim-{number}", customer_name=f"Kim {number}") for number in range(5)]


@pytest.fixture
def pages(several: list[Session], ana: Person) -> list[str]:
    """Addresses of a dry run, a finished job, one that is being undone, the list of jobs, a form, what was deleted."""
    deleting.delete(several[4], ana)
    jobs = [
        planning.plan("resolve", [Wanted(session.pk) for session in several[:number]], {}, person=ana) for number in (2, 3, 4)
    ]
    for job in jobs[1:]:
        control.start(job)
        work(job)
    control.undo(Job.objects.get(pk=jobs[2].pk))
    return [*(f"/jobs/{job.pk}/" for job in jobs), "/jobs/", "/jobs/tickets/", "/deleted/"]


def work(job: Job) -> None:
    while engine.work(job.pk):
        pass


def select_all(page: Page) -> None:
    page.goto("/closed/")
    for box in page.locator('input[name="session"]').all():
        box.check()
    expect(page.locator("#bulk")).to_be_visible()


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS.keys())
def test_pages_of_jobs_have_no_barriers(visit: Visit, ana: Person, pages: list[str], look: dict[str, object]) -> None:
    page = visit(ana, "/jobs/", **look)
    for path in pages:
        page.goto(path)
        assert violations(page) == [], path
    page.goto("/jobs/tickets/")
    page.get_by_role("textbox", name="One line for each ticket").fill("nowhere, HD-1")
    page.get_by_role("button", name="Try").click()
    expect(page.get_by_text("1 line cannot be used")).to_be_visible()
    assert violations(page) == []
    select_all(page)
    assert violations(page) == []
    page.locator("#bulk").get_by_role("button", name="Assign").click()
    expect(page.get_by_role("heading", name="Assign")).to_be_visible()
    assert violations(page) == []


def test_no_window_is_too_narrow_for_jobs(visit: Visit, ana: Person, pages: list[str]) -> None:
    page = visit(ana, "/jobs/", viewport=NARROW)
    for path in pages:
        page.goto(path)
        must_not_scroll_sideways(page)
    select_all(page)
    must_not_scroll_sideways(page)
    expect(page.locator("#bulk").get_by_role("button", name="Resolve")).to_be_in_viewport()


def test_without_scripts_rows_are_ticked_worked_and_undone(visit: Visit, ana: Person, several: list[Session]) -> None:
    page = visit(ana, "/open/", java_script_enabled=False)
    page.locator('input[name="session"]').first.check()
    page.locator("#bulk").get_by_role("button", name="Resolve").click()
    expect(page.get_by_role("heading", name="Resolve 1 conversation")).to_be_visible()
    page.get_by_role("button", name="Start").click()
    work(Job.objects.get())
    page.reload()
    page.get_by_role("button", name="Undo", exact=True).first.click()
    work(Job.objects.get())
    assert Session.objects.open().count() == 5


def test_deleted_conversations_are_restored_by_keyboard(visit: Visit, ana: Person, several: list[Session]) -> None:
    for session in several[:2]:
        deleting.delete(session, ana)
    page = visit(ana, "/deleted/")
    page.get_by_role("checkbox").first.focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Restore selected").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Restore 1 conversation")).to_be_visible()
    page.get_by_role("button", name="Start").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".job-state .badge")).to_contain_text("Running")
    work(Job.objects.get())
    expect(page.locator(".job-state .badge")).to_contain_text("Done")
    assert Session.objects.deleted().count() == 1
