"""Several real processes on one session, one of them killed (rules L5, L6, L10)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kern.agent import Agent
from kern.db.sqlite import SqliteDb
from kern.errors import RunNotContinuableError
from kern.records.outcomes import UNKNOWN
from kern.records.run import RunOutput
from kern.testing import ScriptedModel, call
from kern.tools import tool

HELPER = """
import sys, time
from kern.agent import Agent
from kern.db.sqlite import SqliteDb
from kern.errors import RunNotContinuableError
from kern.testing import ScriptedModel, call
from kern.tools import tool

path, log, verb = sys.argv[1:4]

@tool(requires_confirmation=True)
def refund(amount: int) -> str:
    "Refund an amount."
    with open(log, "a") as file:
        file.write(f"{amount}\\n")
    return "refunded"

@tool
def wire(amount: int) -> str:
    "Wire an amount; the bank never says anything."
    with open(log, "a") as file:
        file.write(f"{amount}\\n")
    print("wired", flush=True)
    time.sleep(600)

def hang(request):
    print("asked", flush=True)
    time.sleep(600)

db = SqliteDb(db_file=path)
if verb == "talk":
    agent = Agent(ScriptedModel(["ok"], cycle=True), db=db)
    for number in range(25):
        agent.run(f"{sys.argv[4]} {number}", session_id="s")
        agent.set_session_name("s", f"{sys.argv[4]} {number}")
elif verb == "continue":
    try:
        Agent(ScriptedModel(["done"]), db=db, tools=[refund]).continue_run(sys.argv[4])
        print("continued", flush=True)
    except RunNotContinuableError:
        print("refused", flush=True)
elif verb == "wire":
    Agent(ScriptedModel([call("wire", amount=5), "done"]), db=db, tools=[wire], lease=0.4).run("Wire 5", session_id="s")
elif verb == "hang":
    Agent(ScriptedModel([hang]), db=db, lease=0.4).run("precious words", session_id="s")
"""


def start(tmp_path: Path, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", HELPER, str(tmp_path / "agent.db"), str(tmp_path / "log"), *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3])


def after_its_lease(db: SqliteDb) -> RunOutput:
    """The one run of the session, once nobody holds it any more."""
    end = time.monotonic() + 20
    while db.runs("s")[0].status == "running" and time.monotonic() < end:
        time.sleep(0.05)
    [run] = db.runs("s")
    return run


def test_two_processes_on_one_session_lose_no_turn_and_no_name(tmp_path: Path, db: SqliteDb) -> None:
    both = [start(tmp_path, "talk", who) for who in ("Ana", "Ben")]
    assert [process.wait(60) for process in both] == [0, 0]
    said = [m.content for m in db.messages("s", roles=["user"])]
    assert len(said) == 50
    for who in ("Ana", "Ben"):
        assert [text for text in said if text.startswith(who)] == [f"{who} {n}" for n in range(25)]
    session = db.read_session("s")
    assert session
    assert session.name in ("Ana 24", "Ben 24")
    assert session.name_version == 50


def test_a_run_continued_by_many_processes_executes_its_tool_once(tmp_path: Path, db: SqliteDb) -> None:
    @tool(requires_confirmation=True)
    def refund(amount: int) -> str:
        """Refund an amount."""
        raise AssertionError("runs in another process")

    run = Agent(ScriptedModel([call("refund", amount=5)]), db=db, tools=[refund]).run("Refund", session_id="s")
    run.requirements[0].confirm()
    db.answer_run(run.run_id, run.requirements)
    racers = [start(tmp_path, "continue", run.run_id) for _ in range(5)]
    words = sorted(racer.communicate(timeout=60)[0].strip() for racer in racers)
    assert words == ["continued", *["refused"] * 4]
    assert (tmp_path / "log").read_text() == "5\n"


def test_a_killed_process_loses_no_message_and_its_run_reads_as_interrupted(tmp_path: Path, db: SqliteDb) -> None:
    process = start(tmp_path, "hang")
    assert process.stdout is not None
    assert process.stdout.readline() == "asked\n"
    os.kill(process.pid, signal.SIGKILL)
    process.wait(10)
    assert [m.content for m in db.messages("s")] == ["precious words"]
    run = after_its_lease(db)
    assert run.status == "error"
    assert "interrupted" in run.error
    agent = Agent(ScriptedModel(["Here I am."]), db=db)
    agent.run("Are you there?", session_id="s")
    assert [m.content for m in agent.model.requests[-1].messages] == ["precious words\n\nAre you there?"]


def test_a_process_killed_in_the_middle_of_a_tool_has_run_it_once_and_nobody_repeats_it(tmp_path: Path, db: SqliteDb) -> None:
    @tool
    def wire(amount: int) -> str:
        """Wire an amount."""
        raise AssertionError("ran in another process already")

    process = start(tmp_path, "wire")
    assert process.stdout is not None
    assert process.stdout.readline() == "wired\n"
    os.kill(process.pid, signal.SIGKILL)
    process.wait(10)
    run = after_its_lease(db)
    assert run.status == "error"
    assert "interrupted" in run.error
    assert [(line.tool_name, line.status, line.arguments) for line in run.tools] == [("wire", "started", {"amount": 5})]
    agent = Agent(ScriptedModel(["Let me ask somebody."]), db=db, tools=[wire])
    with pytest.raises(RunNotContinuableError):
        agent.continue_run(run.run_id)
    agent.run("Is it done?", session_id="s")
    sent = agent.model.requests[-1].messages
    assert [(m.role, m.content) for m in sent if m.role == "tool"] == [("tool", UNKNOWN)], "what nobody knows is told"
    assert (tmp_path / "log").read_text() == "5\n"


def test_a_living_process_keeps_its_lease_while_the_model_thinks(tmp_path: Path, db: SqliteDb) -> None:
    process = start(tmp_path, "hang")
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "asked\n"
        time.sleep(1.0)  # more than two leases
        assert db.runs("s")[0].status == "running"
    finally:
        process.kill()
        process.wait(10)
