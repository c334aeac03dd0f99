"""What became of the agents' questions: counted right, waited right, and only for those who work the queue."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from django.test import AsyncClient, Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from sessions_app.models import Decision, Person, Queue
from sessions_app.queries import reports
from sessions_app.queries.reports import report_on, visible_to
from sessions_app.views.reports.chart import chart_of
from tests.programs import streamed


@pytest.fixture
def here(client: Client, ben: Person) -> Client:
    client.force_login(ben)
    return client


def line(verdict: str, *, tool: str = "refund", queue: str = "orders", days: float = 0, **more: Any) -> Decision:
    when = timezone.now() - timedelta(days=days)
    key = {"requirement_key": "r", "session_key": "s", "actor": "somebody", "arguments": {"cents": 500}}
    return Decision.objects.create(
        **{**key, "tool_name": tool, "queue_slug": queue, "verdict": verdict, "created_at": when, **more}
    )


def lines_of(person: Person, days: int = 30) -> dict[tuple[str, str], reports.Line]:
    return {(item.tool, item.queue): item for item in report_on(visible_to(person), days).lines}


def test_each_tool_of_each_queue_has_a_line_of_its_own(ana: Person, ben: Person, orders: Queue, parcels: Queue) -> None:
    for _ in range(3):
        line("asked")
    line("approved", person=ben, waited=60)
    line("approved", person=ben, waited=120, edited_arguments={"cents": 1})
    line("first", person=ana, waited=30)
    line("rejected", person=ana, waited=600)
    line("expired", waited=7200)
    line("responded", tool="call_shop", queue="parcels", person=ana, waited=5)
    line("reminded", tool="remind_only")
    line("rule_made", tool="rule_only", requirement_key="")
    found = lines_of(ana)
    assert list(found) == [("refund", "orders"), ("call_shop", "parcels")]
    refund = found["refund", "orders"]
    assert (refund.asked, refund.approved, refund.edited, refund.rejected, refund.expired) == (3, 2, 1, 1, 1)
    assert (refund.edit_rate, refund.hours) == (0.5, (60 + 120 + 600 + 7200) / 3600)
    assert found["call_shop", "parcels"].answered == 1
    assert found["call_shop", "parcels"].edit_rate is None
    total = report_on(visible_to(ana), 30).total
    assert (total.asked, total.approved, total.answered, total.waited) == (3, 2, 1, 7985)


@pytest.mark.parametrize(
    ("waited", "median", "p95"),
    [([7], 7, 7), ([1, 9], 5, 9), ([3, 1, 2], 2, 3), (list(range(1, 101)), 50.5, 95), ([5] * 40 + [900], 5, 5)],
)
def test_median_and_95th_percentile_are_of_what_people_let_wait(
    ana: Person, orders: Queue, waited: list[float], median: float, p95: float
) -> None:
    for seconds in waited:
        line("approved", person=ana, waited=seconds)
    for _ in range(50):
        line("approved", actor="standing approval of Ana until Friday", waited=0.01)  # nobody waited for it
    found = report_on(visible_to(ana), 30)
    assert (found.lines[0].median, found.lines[0].p95) == (median, p95)
    assert (found.total.median, found.total.p95) == (median, p95)


def test_people_read_of_their_own_queues(ben: Person, cy: Person, ana: Person) -> None:
    line("asked", tool="ours")
    line("asked", tool="theirs", queue="parcels")
    line("asked", tool="gone", queue="closed-down")
    assert [tool for tool, _ in lines_of(ben)] == ["ours"]
    assert [tool for tool, _ in lines_of(cy)] == ["theirs"]
    assert sorted(tool for tool, _ in lines_of(ana)) == ["gone", "ours", "theirs"]


def test_the_edit_rate_is_drawn_over_time(ana: Person, orders: Queue) -> None:
    for days in (20, 20, 5):
        line("approved", days=days, person=ana, waited=1)
    line("approved", days=5, person=ana, waited=1, edited_arguments={"cents": 1})
    line("approved", days=200, person=ana, waited=1)
    found = report_on(visible_to(ana), 30)
    assert [(step.approved, step.rate) for step in found.steps] == [(2, 0.0), (2, 0.5)]
    chart = chart_of(found)
    assert chart is not None
    never, half = chart.points
    assert never.x < half.x < chart.right
    assert (never.y, half.y) == (chart.floor, (chart.floor + 10) / 2)
    assert "1 of 2 approvals edited (50 %)" in half.words
    assert sum(step.approved for step in report_on(visible_to(ana), 365).steps) == 5
    assert chart_of(report_on(visible_to(ana).filter(tool_name="x"), 30)) is None


def test_a_report_takes_as_many_queries_for_many_lines_as_for_few(
    ana: Person, orders: Queue, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(30):
        line("asked", tool=f"tool-{number}")
        line("approved", tool=f"tool-{number}", person=ana, waited=number)
    with django_assert_num_queries(1):
        assert len(report_on(visible_to(ana), 90).lines) == 30


def test_the_page_shows_figures_chart_and_table_and_keeps_to_the_filters(here: Client, ben: Person) -> None:
    line("asked", tool="refund")
    line("approved", tool="refund", person=ben, waited=90, edited_arguments={"cents": 1})
    line("asked", tool="lookup")
    line("asked", tool="secret", queue="parcels")
    page = here.get(reverse("reports")).content.decode()
    assert "<svg viewBox" in page
    assert "<code>refund</code>" in page
    assert "<code>lookup</code>" in page
    assert "secret" not in page
    assert 'style="' not in page
    narrowed = here.get(reverse("reports"), {"tool": "lookup", "days": "7", "queue": "orders"}).content.decode()
    assert "<code>lookup</code>" in narrowed
    assert "<code>refund</code>" not in narrowed
    for nonsense in ({"days": "x"}, {"days": "99999"}, {"queue": "parcels"}, {"tool": "\x00"}, {"queue": "<b>"}):
        answer = here.get(reverse("reports"), nonsense)
        assert answer.status_code == 200
        assert "secret" not in answer.content.decode()


def test_strangers_are_asked_to_sign_in(client: Client, orders: Queue) -> None:
    for name in ("reports", "decisions-csv", "decisions-jsonl"):
        assert client.get(reverse(name)).status_code == 302


def test_waiting_has_a_price_where_the_installation_names_one(here: Client, ben: Person, settings: Settings) -> None:
    line("approved", person=ben, waited=2 * 3600)
    settings.KERN_COST_OF_WAITING = 0
    page = here.get(reverse("reports")).content.decode()
    assert "2.0 hours" in page
    assert "€" not in page
    settings.KERN_COST_OF_WAITING = 35
    assert "€70.00" in here.get(reverse("reports")).content.decode()


def test_the_record_leaves_as_csv_and_jsonl(here: Client, ben: Person) -> None:
    first = line("approved", person=ben, waited=2.5, note="=1+1", edited_arguments={"cents": 1}, seen=7)
    line("asked", queue="parcels")
    line("asked", days=60)
    answer = here.get(reverse("decisions-csv"))
    assert answer["Content-Disposition"].endswith('.csv"')
    [row] = csv.DictReader(io.StringIO(answer.getvalue().decode()))
    assert (row["verdict"], row["tool"], row["queue"], row["seen"]) == ("approved", "refund", "orders", "7")
    assert json.loads(row["edited_arguments"]) == {"cents": 1}
    assert not row["note"].startswith("=")
    texts = here.get(reverse("decisions-jsonl"), {"days": "90"}).getvalue().decode().splitlines()
    assert [json.loads(text)["verdict"] for text in texts] == ["approved", "asked"]
    assert json.loads(texts[0])["id"] == first.pk


@pytest.mark.parametrize(
    ("days", "ages"),
    [
        ("", [1]),
        ("0", [1]),
        ("30", [1]),
        ("365", [1, 300]),
        ("401", [1, 300, 400]),
        ("5000", [1, 300, 400, 4000]),
        ("9" * 50, [1, 300, 400, 4000]),
        ("all", [1, 300, 400, 4000]),
        ("\u0663\u0666\u0665", [1, 300]),
        ("-1", [1]),
    ],
)
def test_the_record_reaches_back_as_far_as_asked(here: Client, days: str, ages: list[int]) -> None:
    keys = {line("asked", days=age).pk: age for age in (1, 300, 400, 4000)}
    texts = here.get(reverse("decisions-jsonl"), {"days": days}).getvalue().decode().splitlines()
    assert [keys[json.loads(text)["id"]] for text in texts] == ages


def test_a_long_record_leaves_whole_and_in_order(here: Client) -> None:
    wanted = [line("asked", tool=f"t{number}").pk for number in range(1203)]
    texts = here.get(reverse("decisions-jsonl")).getvalue().decode().splitlines()
    assert [json.loads(text)["id"] for text in texts] == wanted


def test_a_server_of_streams_sends_it_too(ben: Person) -> None:
    made = line("asked")

    async def download() -> bytes:
        client = AsyncClient()
        await client.aforce_login(ben)
        answer = await client.get(reverse("decisions-jsonl"))
        content = b"".join([piece async for piece in streamed(answer)])
        await sync_to_async(connections.close_all)()
        return content

    assert json.loads(asyncio.run(download()))["id"] == made.pk


def test_nothing_is_asked_is_said_so(here: Client) -> None:
    assert "Nobody was asked anything" in here.get(reverse("reports")).content.decode()
