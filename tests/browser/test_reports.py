"""The report in a real browser: readable by everybody, in both lights, on a phone, and the record can be taken along."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from sessions_app.models import Decision, Person
from tests.browser.conftest import Visit
from tests.browser.test_inbox import violations


@pytest.fixture
def a_months_decisions(ana: Person) -> None:
    for day in range(28):
        for number in range(6):
            told = {
                "queue_slug": "orders",
                "tool_name": ("refund", "call_shop")[number % 2],
                "requirement_key": f"{day}-{number}",
            }
            when = timezone.now() - timedelta(days=day, hours=number)
            common = {"session_key": "s", "actor": "Ana", "created_at": when, **told}
            Decision.objects.create(verdict="asked", **common)
            if number < 4:
                edited = {"cents": 1} if (day * number) % 5 == 4 else None
                Decision.objects.create(verdict="approved", person=ana, waited=60.0 * day, edited_arguments=edited, **common)
            else:
                Decision.objects.create(verdict="expired", waited=7200.0, **common)


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_the_report_is_readable_in_any_light_and_width(
    visit: Visit, ana: Person, a_months_decisions: None, width: int, scheme: str
) -> None:
    page = visit(ana, "/reports/", viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.locator("figure.chart svg").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if folder := os.environ.get("KERN_SCREENSHOTS"):
        page.screenshot(path=f"{folder}/reports-{width}-{scheme}.png")
    assert violations(page) == []


def test_the_filters_and_the_record_need_no_script(visit: Visit, ana: Person, a_months_decisions: None) -> None:
    page = visit(ana, "/reports/", java_script_enabled=False)
    page.select_option("select[name=tool]", "refund")
    page.click("text=Show")
    assert page.locator("table.table tbody tr").count() == 1
    with page.expect_download() as download:
        page.click("text=CSV")
    text = Path(download.value.path()).read_text()
    assert text.count("\n") == 1 + 28 * 6
    assert "call_shop" not in text
