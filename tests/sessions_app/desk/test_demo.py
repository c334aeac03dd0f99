"""The demo airline: its tools really change its data, each call once, whoever asks and however often."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from kern.errors import ToolError
from kern.models.base import ModelRequest, ask
from kern.models.offline import OfflineResponder
from kern.records.message import Message
from kern.team import Team
from kern.tools import RunContext, Tool
from sessions_app.demo import airline
from sessions_app.demo.desk import desk
from sessions_app.demo.store import Store


@pytest.fixture(autouse=True)
def fresh_airline(tmp_path: Path, settings: Settings) -> None:
    """An airline of this test's own, on the first of May."""
    settings.KERN_VAR = tmp_path


def context(call_id: str = "call_1") -> RunContext:
    return RunContext(session_id="s", run_id="r", call_id=call_id)


def tool_named(name: str) -> Tool:
    workers = [member for worker in desk.workers for member in [worker, *worker.members]]
    return next(tool for worker in workers for tool in worker.tools if tool.name == name)


def test_a_refund_is_paid_once_however_often_the_same_call_is_tried() -> None:
    tool = tool_named("refund_payment")
    arguments = {"payment": "PAY-70191", "amount": 50.0}
    first = tool.call(arguments, context())
    assert tool.call(arguments, context()) == first
    assert "€50.00" in first
    assert airline.store().row("select refunded from payments where payment = 'PAY-70191'") == {"refunded": 5000}
    with pytest.raises(ToolError, match="Only €39"):
        tool.call(arguments, context("call_2"))


def test_two_processes_that_run_the_same_call_at_once_change_the_airline_once(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from sessions_app.demo.store import Store\n"
        "store = Store(Path(sys.argv[1]))\n"
        "sql = \"update payments set refunded = refunded + 100 where payment = 'PAY-70112'\"\n"
        "work = lambda connection: str(connection.execute(sql).rowcount)\n"
        "print(store.once('one-call', 'refund_payment', work))\n"
    )
    path = tmp_path / "shared.sqlite3"

    def run(_number: int) -> str:
        return subprocess.run(
            [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True
        ).stdout.strip()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(run, range(4))) == ["1"] * 4
    assert Store(path).row("select refunded from payments where payment = 'PAY-70112'") == {"refunded": 100}
    assert Store(path).row("select count(*) as times from actions") == {"times": 1}


def test_a_refused_action_leaves_nothing_behind() -> None:
    tool = tool_named("cancel_reservation")
    assert "€412.60" in tool.call({"reference": "K7QX2M"}, context())
    with pytest.raises(ToolError, match="already cancelled"):
        tool.call({"reference": "K7QX2M"}, context("call_2"))
    assert airline.store().row("select count(*) as times from actions") == {"times": 1}
    assert airline.booking("K7QX2M")["status"] == "cancelled"


def test_changing_a_booking_takes_seats_and_respects_full_flights(tmp_path: Path) -> None:
    day = airline.days_after(airline.booking("P9LD4Z")["day"], 2)
    flight = airline.flight("KIT330", day)
    change = tool_named("change_booking")
    assert f"on {day}" in change.call({"reference": "P9LD4Z", "flight": "KIT330", "day": day}, context())
    assert airline.flight("KIT330", day)["seats"] == flight["seats"] - 4
    with airline.store().transaction() as connection:
        connection.execute("update flights set seats = 1 where number = 'KIT331' and day = ?", [day])
    with pytest.raises(ToolError, match="no seats left"):
        change.call({"reference": "T2KM8F", "flight": "KIT331", "day": day}, context("call_2"))


def test_the_data_is_about_the_days_to_come(tmp_path: Path) -> None:
    store = Store(tmp_path / "may.sqlite3", today=date(2026, 5, 1))
    assert store.row("select min(day) as first, max(day) as last from flights") == {"first": "2026-05-01", "last": "2026-05-21"}


def test_the_desk_has_an_agent_a_queue_and_every_kind_of_requirement() -> None:
    kinds = {tool.requirement_kind for worker in desk.workers for member in [worker, *worker.members] for tool in member.tools}
    assert kinds >= {"confirmation", "user_input", "user_feedback", "external_execution", None}
    assert [queue.slug for queue in desk.queues] == ["bookings", "baggage", "refunds"]
    assert [Team] == [type(queue.agent) for queue in desk.queues if queue.slug == "refunds"]


@pytest.mark.parametrize(
    ("agent", "words", "tool", "arguments"),
    [
        ("Booking agent", "Please cancel booking K7QX2M", "cancel_reservation", {"reference": "K7QX2M"}),
        ("Booking agent", "Can you look up my booking P9LD4Z?", "find_booking", {"reference": "P9LD4Z"}),
        ("Booking agent", "What is the status of flight KIT217?", "flight_status", {"flight": "KIT217"}),
        ("Baggage agent", "Where is my lost bag KT204417?", "trace_bag", {"tag": "KT204417"}),
        (
            "Payments specialist",
            "Please refund 89 euros of PAY-70191",
            "refund_payment",
            {"payment": "PAY-70191", "amount": 89},
        ),
    ],
)
def test_without_a_model_the_offline_responder_still_finds_the_tool(
    agent: str, words: str, tool: str, arguments: dict[str, object]
) -> None:
    workers = [member for worker in desk.workers for member in [worker, *worker.members]]
    worker = next(worker for worker in workers if worker.name == agent)
    answer = ask(
        OfflineResponder(desk.knowledge),
        ModelRequest([Message("system", worker.system_message()), Message("user", words)], worker.tool_schemas()),
    )
    assert [call.name for call in answer.tool_calls] == [tool], answer.content
    given = answer.tool_calls[0].parsed()
    assert {name: given[name] for name in arguments} == arguments


def test_without_a_model_questions_are_answered_from_the_articles() -> None:
    answer = ask(
        OfflineResponder(desk.knowledge), ModelRequest([Message("user", "How much does it cost to take my dog with me?")])
    )
    assert "55 euros" in answer.content
