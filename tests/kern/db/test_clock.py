"""The shared clock of a SQLite file, and rows of the library's database that cannot be read."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import pytest

from kern.agent import Agent
from kern.db.base import Claim
from kern.db.clock import SharedClock, file_time
from kern.db.sqlite import SqliteDb
from kern.errors import CorruptRecordError
from kern.testing import ScriptedModel


def test_clocks_that_agree_are_left_alone() -> None:
    clock = SharedClock(time.time)
    assert clock.shift() == 0.0


@pytest.mark.parametrize("wrong", [120.0, -120.0])
def test_a_clock_that_is_wrong_is_set_right(wrong: float) -> None:
    clock = SharedClock(lambda: time.time() - wrong)
    assert abs(clock.now() - (time.time() - wrong)) < 1
    assert abs(clock.shift() + wrong) < 1


def test_a_file_system_tells_the_time(tmp_path: Path) -> None:
    told = file_time(tmp_path)
    assert told is not None
    assert abs(told - time.time()) < 60
    assert file_time(tmp_path / "not there") is None
    # Nothing is left beside the database.
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("messages", "tool_calls", "{broken"),
        ("messages", "content", b"A\xffB"),
        ("messages", "created_at", "soon"),
        ("runs", "metrics", "[1]"),
        ("runs", "status", "purple"),
        ("runs", "created_at", "soon"),
        ("sessions", "updated_at", "soon"),
        ("sessions", "name", b"\xff"),
        ("sessions", "kind", "crowd"),
    ],
)
def test_one_bad_row_hides_no_other(tmp_path: Path, table: str, column: str, value: object) -> None:
    agent = Agent(ScriptedModel(["Hello.", "Hello.", "Again."]), db=SqliteDb(tmp_path / "agent.db"))
    for name in ("bad", "good"):
        agent.run("Hi", session_id=name)
    with sqlite3.connect(tmp_path / "agent.db") as database:
        if isinstance(value, bytes):
            database.execute(f"UPDATE {table} SET {column} = CAST(? AS TEXT) WHERE session_id = 'bad'", [value])
        else:
            database.execute(f"UPDATE {table} SET {column} = ? WHERE session_id = 'bad'", [value])
    assert {session.session_id for session in agent.iter_sessions(page_size=1)} == {"bad", "good"}
    bad = agent.get_session("bad")
    assert bad is not None
    assert len(bad.get_messages()) == 2
    assert len(bad.runs) == 1
    assert [run.status for run in agent.db.runs("good")] == ["completed"]
    assert agent.run("Still there?", session_id="bad").status == "completed"


def test_a_run_that_cannot_be_read_is_not_worked(tmp_path: Path) -> None:
    agent = Agent(ScriptedModel(["Hello."]), db=SqliteDb(tmp_path / "agent.db"))
    run = agent.run("Hi", session_id="bad")
    with sqlite3.connect(tmp_path / "agent.db") as database:
        database.execute("UPDATE runs SET metrics = 'null', status = 'pending'")
    with pytest.raises(CorruptRecordError, match="cannot be read"):
        agent.db.claim_run(Claim(run.run_id))
    [told] = agent.db.runs("bad")
    assert (told.status, told.run_id) == ("error", run.run_id)
    assert "cannot be read" in told.error
