"""`cache_session=True`: fewer reads, and never a stale one (rule L13)."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from kern.agent import Agent
from kern.db.base import Claim
from kern.db.sqlite import SqliteDb
from kern.errors import StorageError
from kern.records.message import Message
from kern.records.run import RunOutput, Status
from kern.testing import ScriptedModel, call
from kern.tools import Tool, tool


class CountingDb(SqliteDb):
    """Counts how often the history window is read; stores no end of a run while it `fails`."""

    reads = 0
    fails = False

    def finish_run(self, claim: Claim, run: RunOutput, answer: Message | None = None) -> Status:
        if self.fails:
            raise StorageError("disk full")
        return super().finish_run(claim, run, answer)

    def history(self, session_id: str, *, before_run_id: str, last_n_runs: int) -> list[Message]:
        self.reads += 1
        return super().history(session_id, before_run_id=before_run_id, last_n_runs=last_n_runs)


@pytest.fixture
def counting(tmp_path: Path) -> CountingDb:
    return CountingDb(db_file=str(tmp_path / "agent.db"))


def cached(db: SqliteDb, *replies: Any, tools: Sequence[Tool] = ()) -> Agent:
    model = ScriptedModel(list(replies))
    with pytest.warns(UserWarning, match="not in production"):
        return Agent(model, db=db, session_id="s", cache_session=True, num_history_runs=2, tools=tools)


def seen(agent: Agent) -> list[str]:
    return [m.content for m in agent.model.requests[-1].messages]


def test_it_warns_once_an_agent(db: SqliteDb) -> None:
    agent = cached(db, "One.", "Two.")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        agent.run("First")
        agent.run("Second")


def test_later_turns_need_no_read_and_see_the_same_as_without_a_cache(counting: CountingDb) -> None:
    agent = cached(counting, "A.", "B.", "C.", "D.")
    for text in ("1", "2", "3", "4"):
        agent.run(text)
    assert counting.reads == 1
    assert seen(agent) == ["2", "B.", "3", "C.", "4"]


def test_another_processs_turn_is_seen_by_the_next_one(counting: CountingDb) -> None:
    agent = cached(counting, "A.", "C.")
    agent.run("1")
    Agent(ScriptedModel(["B."]), db=counting).run("2", session_id="s")
    agent.run("3")
    assert seen(agent) == ["1", "A.", "2", "B.", "3"]


def test_a_deleted_session_does_not_come_back(counting: CountingDb) -> None:
    agent = cached(counting, "A.", "B.")
    agent.run("secret")
    counting.delete_session("s")
    agent.run("hello")
    assert seen(agent) == ["hello"]
    assert [m.content for m in agent.get_chat_history()] == ["hello", "B."]


def test_another_processs_rename_shows_at_once(counting: CountingDb) -> None:
    agent = cached(counting, "A.")
    agent.run("1")
    Agent(db=counting).set_session_name("s", "Renamed elsewhere")
    assert agent.get_session_name() == "Renamed elsewhere"


def test_a_run_that_another_process_continues_is_seen_by_the_next_turn(counting: CountingDb) -> None:
    @tool(requires_confirmation=True)
    def refund(amount: int) -> str:
        """Refund an amount."""
        return f"refunded {amount}"

    agent = cached(counting, call("refund", amount=5), "Second.", "Third.", tools=[refund])
    run = agent.run("Refund me")
    agent.run("Are you there?")
    assert seen(agent) == ["Refund me\n\nAre you there?"]
    run.requirements[0].confirm()
    Agent(ScriptedModel(["You got 5."]), db=counting, tools=[refund]).continue_run(run.run_id, run.requirements)
    agent.run("And now?")
    assert seen(agent) == ["Refund me", "", "refunded 5", "You got 5.", "Are you there?", "Second.", "And now?"]


def test_a_run_of_another_process_that_overlaps_is_seen_by_the_next_turn(counting: CountingDb) -> None:
    agent = cached(counting, "B.", "C.", "D.")
    elsewhere = Agent(ScriptedModel(["A."]), db=counting).run("1", session_id="s", stream=True)
    next(elsewhere)
    agent.run("2")
    list(elsewhere)
    agent.run("3")
    assert seen(agent) == ["1", "A.", "2", "B.", "3"]
    agent.run("4")
    assert seen(agent) == ["2", "B.", "3", "C.", "4"]


def test_a_run_continued_by_the_same_agent_is_seen_by_the_next_turn(counting: CountingDb) -> None:
    @tool(requires_confirmation=True)
    def refund(amount: int) -> str:
        """Refund an amount."""
        return f"refunded {amount}"

    agent = cached(counting, call("refund", amount=5), "You got 5.", "Second.", tools=[refund])
    run = agent.run("Refund me")
    run.requirements[0].confirm()
    agent.continue_run(run.run_id, run.requirements)
    agent.run("And now?")
    assert seen(agent) == ["Refund me", "", "refunded 5", "You got 5.", "And now?"]
    assert counting.reads == 2, "the continued run was kept, for it had ended"


def test_a_turn_that_could_not_be_stored_is_not_kept(counting: CountingDb) -> None:
    agent = cached(counting, "A.", "Lost.", "C.")
    agent.run("1")
    counting.fails = True
    with pytest.raises(StorageError):
        agent.run("2")
    counting.fails = False
    agent.run("3")
    assert seen(agent) == ["1", "A.", "2\n\n3"]
