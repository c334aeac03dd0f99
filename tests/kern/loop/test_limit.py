"""`tool_call_limit` bounds the calls of one run, whatever becomes of them."""

from __future__ import annotations

import math
from typing import Any

import pytest

from kern.agent import Agent
from kern.db.sqlite import SqliteDb
from kern.errors import InvalidInputError, ModelError
from kern.loop.delegation import DELEGATE
from kern.loop.limit import MOST_REFUSALS, TOOL_CALL_LIMIT
from kern.models.base import ModelAnswer, ModelRequest
from kern.records.message import ToolCall
from kern.team import Team
from kern.testing import ScriptedModel, call
from kern.tools import tool

paid: list[int] = []


@pytest.fixture(autouse=True)
def _nothing_paid() -> None:
    paid.clear()


@tool(requires_confirmation=True)
def refund(amount: int) -> str:
    """Refund an amount."""
    paid.append(amount)
    return "refunded"


def look(place: str) -> str:
    """Look at a place."""
    return f"nothing at {place}"


def agent_on(db: SqliteDb, *replies: Any, **settings: Any) -> Agent:
    return Agent(ScriptedModel(list(replies)), db=db, tools=[refund, look], tool_call_limit=2, **settings)


def outputs(agent: Agent | Team) -> list[str]:
    return [m.content for m in agent.model.requests[-1].messages if m.role == "tool"]


def test_of_many_calls_at_once_only_so_many_ask_a_person_and_run(db: SqliteDb) -> None:
    run = agent_on(db, [call("refund", amount=n) for n in range(5)]).run("Refund all", session_id="s")
    assert [item.arguments["amount"] for item in run.active_requirements] == [0, 1]
    for item in run.requirements:
        item.confirm()
    agent = agent_on(db, "Two of five.")
    agent.continue_run(run.run_id, run.requirements)
    assert paid == [0, 1]
    assert ["may call 2 tools" in output for output in outputs(agent)].count(True) == 3
    assert agent.model.requests[-1].tool_choice == "none"


def test_a_call_that_people_were_asked_about_goes_on_when_the_limit_was_lowered_meanwhile(db: SqliteDb) -> None:
    run = agent_on(db, [call("refund", amount=n) for n in range(2)]).run("Refund", session_id="s")
    for item in run.requirements:
        item.confirm()
    agent_on(db, "Both.").bound(tool_call_limit=1).continue_run(run.run_id, run.requirements)
    assert paid == [0, 1]


def test_work_given_to_members_counts(db: SqliteDb) -> None:
    gives = [call(DELEGATE, member="Ben", task=f"part {n}") for n in range(3)]
    ben = Agent(ScriptedModel(["Done."], cycle=True), name="Ben")
    team = Team(ScriptedModel([*gives, "That is all."]), members=[ben], db=db, tool_call_limit=1)
    run = team.run("Go", session_id="s")
    assert len(run.member_runs) == 1
    assert [output[:7] for output in outputs(team)] == ["Done.", "Not run", "Not run"]


def test_a_model_that_cannot_stop_calling_fails_the_run(db: SqliteDb) -> None:
    def never_enough(request: ModelRequest) -> ToolCall:
        return call("look", place=f"place {len(request.messages)}")

    agent = Agent(ScriptedModel([never_enough], cycle=True), db=db, tools=[look], tool_call_limit=2)
    with pytest.raises(ModelError, match="instead of answering, although it had used all 2 calls"):
        agent.run("Look", session_id="s")
    assert len(agent.model.requests) == 2 + MOST_REFUSALS
    [run] = db.runs("s")
    assert run.status == "error"
    assert [line.failed for line in run.tools] == [False, False, True, True, True]


def test_drafts_of_the_answer_are_no_calls_of_tools(db: SqliteDb) -> None:
    replies = [ModelAnswer(tool_calls=[call("look", place="a"), call("look", place="b")]), "Nothing there."]
    run = agent_on(db, *replies, review_answers=True).run("Look", session_id="s")
    for number in range(MOST_REFUSALS + 1):
        run.active_requirements[0].reject("say it better")
        agent = agent_on(db, f"Nothing there, {number}.", review_answers=True)
        run = agent.continue_run(run.run_id, run.requirements)
        assert run.is_paused


def test_drafts_that_nobody_gets_to_see_are_calls_like_others(db: SqliteDb) -> None:
    useless = ([call("send_answer", text="")], [call("send_answer", words="Hello")], [call("send_answer", text="Hello")])
    for calls, reviews in zip(useless, (True, True, False), strict=True):
        replies: list[Any] = [lambda request, calls=calls: calls]
        endless = ScriptedModel(replies, cycle=True)
        agent = Agent(endless, db=db, tools=[look], tool_call_limit=2, review_answers=reviews)
        with pytest.raises(ModelError, match="although it had used all 2 calls"):
            agent.run("Hello")
        assert len(endless.requests) == 2 + MOST_REFUSALS


def test_drafting_comes_to_an_end_although_each_is_sent_back(db: SqliteDb) -> None:
    agent = Agent(ScriptedModel(["Nothing there."], cycle=True), db=db, tools=[look], tool_call_limit=2, review_answers=True)
    run = agent.run("Look", session_id="s")
    for _ in range(TOOL_CALL_LIMIT - 1):
        run.active_requirements[0].reject()
        run = agent.continue_run(run.run_id, run.requirements)
        assert run.is_paused
    run.active_requirements[0].reject()
    with pytest.raises(ModelError, match=f"looked at {TOOL_CALL_LIMIT} drafts of the answer and sent none"):
        agent.continue_run(run.run_id, run.requirements)
    assert [found.status for found in db.runs("s")] == ["error"]


def test_without_a_word_about_it_a_run_has_thirty_calls(db: SqliteDb) -> None:
    def never_enough(request: ModelRequest) -> ToolCall:
        return call("look", place=f"place {len(request.messages)}")

    agent = Agent(ScriptedModel([never_enough], cycle=True), db=db, tools=[look])
    with pytest.raises(ModelError, match="all 30 calls of this turn"):
        agent.run("Look", session_id="s")
    [run] = db.runs("s")
    assert [line.failed for line in run.tools].count(False) == 30


def test_a_member_has_its_own_calls_and_its_leader_hears_that_it_used_them_up(db: SqliteDb) -> None:
    endless = ScriptedModel([lambda request: call("look", place=f"place {len(request.messages)}")], cycle=True)
    ben = Agent(endless, name="Ben", tools=[look])
    team = Team(ScriptedModel([call(DELEGATE, member="Ben", task="Look"), "Ben found nothing."]), members=[ben], db=db)
    run = team.run("Look", session_id="s")
    assert (run.content, run.member_runs[0].status) == ("Ben found nothing.", "error")
    assert outputs(team)[0].startswith("Ben could not do it: the agent went on asking for tools instead of answering")


def test_none_is_no_limit(db: SqliteDb) -> None:
    replies: list[Any] = [*(call("look", place=str(number)) for number in range(40)), "Seen."]
    assert Agent(ScriptedModel(replies), db=db, tools=[look], tool_call_limit=None).run("Look").content == "Seen."


@pytest.mark.parametrize(
    "limits",
    [
        *({"tool_call_limit": value} for value in (-1, "30", True, 1.5)),
        *({name: value} for name in ("deadline", "lease") for value in (0, -1, "10", True, math.nan, math.inf, 1e300, 10**400)),
        {"lease": None},
    ],
)
def test_limits_are_numbers_that_a_clock_can_count(limits: dict[str, Any]) -> None:
    for kind in (Agent, Team):
        with pytest.raises(InvalidInputError, match=f"^{next(iter(limits))} is "):
            kind(**limits)


def test_a_run_without_any_calls_answers_at_once(db: SqliteDb) -> None:
    agent = Agent(ScriptedModel([call("look", place="Oslo"), "I may not look."]), db=db, tools=[look], tool_call_limit=0)
    assert agent.run("Look").content == "I may not look."
