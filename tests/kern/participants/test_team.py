"""A leader, its members, and what they need from people."""

from __future__ import annotations

from typing import Any

import pytest

from kern.agent import Agent
from kern.db.sqlite import SqliteDb
from kern.errors import ModelError, RunNotContinuableError
from kern.events import RunCancelled, RunContent, RunPaused
from kern.loop.delegation import DELEGATE
from kern.models.base import ModelRequest
from kern.team import Team
from kern.testing import ScriptedModel, call
from kern.threads.waiting import DeadlineError
from kern.tools import tool

refunds: list[float] = []


@tool(requires_confirmation=True)
def refund(amount: float) -> str:
    """Refund an amount."""
    refunds.append(amount)
    return f"refunded {amount}"


def fare_rules(fare: str) -> str:
    """Say what a fare allows."""
    return f"{fare}: refundable"


@pytest.fixture(autouse=True)
def _nothing_refunded() -> None:
    refunds.clear()


def team_on(db: SqliteDb, leader: list[Any], fares: list[Any] = (), payments: list[Any] = ()) -> Team:  # type: ignore[assignment]
    members = [
        Agent(ScriptedModel(list(fares)), name="Fares", description="Knows fare rules.", tools=[fare_rules]),
        Agent(ScriptedModel(list(payments)), name="Payments", description="Pays money back.", tools=[refund]),
    ]
    return Team(ScriptedModel(leader), members=members, db=db, name="Refunds")


def test_a_member_works_in_a_run_below_the_leaders(db: SqliteDb) -> None:
    leader = [call(DELEGATE, member="Fares", task="Is Y-FLEX refundable?"), "Yes, it is."]
    team = team_on(db, leader, fares=[call("fare_rules", fare="Y-FLEX"), "Full refund."])
    run = team.run("Can I have my money back?", session_id="s")
    assert run.content == "Yes, it is."
    [stored] = db.runs("s")
    [member] = stored.member_runs
    assert (member.agent_name, member.parent_run_id, member.content) == ("Fares", run.run_id, "Full refund.")
    assert [m.role for m in member.messages] == ["system", "user", "assistant", "tool", "assistant"]
    assert [m.content for m in stored.messages if m.role == "tool"] == ["Full refund."]
    assert [m.content for m in team.get_chat_history("s")] == ["Can I have my money back?", "Yes, it is."]


def test_a_members_requirement_pauses_the_team_and_continues_it_from_another_process(db: SqliteDb) -> None:
    first = team_on(
        db,
        [[call(DELEGATE, member="Payments", task="Pay 5"), call(DELEGATE, member="Fares", task="Check")]],
        fares=["Refundable."],
        payments=[call("refund", amount=5.0)],
    )
    events = list(first.run("Money back", session_id="s", stream=True))
    assert isinstance(events[-1], RunPaused)
    run = events[-1].run
    assert run is not None
    [requirement] = run.active_requirements
    assert (requirement.agent_name, requirement.root_run_id) == ("Payments", run.run_id)
    assert requirement.run_id != run.run_id
    with pytest.raises(RunNotContinuableError, match="member"):
        first.continue_run(requirement.run_id)

    requirement.confirm()
    second = team_on(db, ["You get 5 back."], payments=["Paid 5."])
    finished = second.continue_run(run_id=run.run_id, requirements=run.requirements)
    assert finished.content == "You get 5 back."
    assert refunds == [5.0]
    statuses = {member.agent_name: member.status for member in db.load_run(run.run_id).member_runs}
    assert statuses == {"Payments": "completed", "Fares": "completed"}
    told = [m.content for m in second.model.requests[-1].messages if m.role == "tool"]
    assert sorted(told) == ["Paid 5.", "Refundable."]


def test_a_members_failure_is_told_to_the_leader(db: SqliteDb) -> None:
    team = team_on(db, [call(DELEGATE, member="Fares", task="Check"), "I could not check."], fares=[ModelError("down")])
    assert team.run("Check it", session_id="s").content == "I could not check."
    assert db.runs("s")[0].member_runs[0].status == "error"


def test_a_leader_is_told_what_a_failed_member_had_done(db: SqliteDb) -> None:
    leader = [call(DELEGATE, member="Fares", task="Check"), "I could not check."]
    team = team_on(db, leader, fares=[call("fare_rules", fare="Y"), ModelError("down")])
    team.run("Check it", session_id="s")
    told = team.model.requests[-1].messages[-1].content
    assert told.splitlines()[0] == "Fares could not do it: down"
    assert told.splitlines()[-1] == '- fare_rules({"fare": "Y"}): Y: refundable'


def test_a_task_has_no_thinking_in_it(db: SqliteDb) -> None:
    team = team_on(
        db, [call(DELEGATE, member="Fares", task="<think>Who?</think>Look."), "Done."], fares=["<think>Hm.</think>Yes."]
    )
    run = team.run("Can I have my money back?", session_id="s")
    assert [m.content for m in run.member_runs[0].messages if m.role != "system"] == ["Look.", "Yes."]


def test_an_unknown_member_is_named_to_the_leader(db: SqliteDb) -> None:
    team = team_on(db, [call(DELEGATE, member="Nobody", task="Check"), "Nobody is there."])
    team.run("Check it", session_id="s")
    assert "Fares, Payments" in team.model.requests[-1].messages[-1].content


def test_cancelling_a_paused_team_cancels_its_members(db: SqliteDb) -> None:
    team = team_on(db, [call(DELEGATE, member="Payments", task="Pay")], payments=[call("refund", amount=5.0)])
    run = team.run("Money back", session_id="s")
    assert team.cancel_run(run.run_id)
    stored = db.load_run(run.run_id)
    assert (stored.status, stored.member_runs[0].status) == ("cancelled", "cancelled")
    assert [item.status for item in stored.requirements] == ["cancelled"]


def test_members_without_a_model_use_the_leaders_and_a_team_may_have_no_members(db: SqliteDb) -> None:
    def answer(request: ModelRequest) -> Any:
        if request.messages[-1].role == "tool":
            return "The member said: " + request.messages[-1].content
        return call(DELEGATE, member="Helper", task="help") if request.tools else "Helped."

    team = Team(ScriptedModel([answer], cycle=True), members=[Agent(name="Helper")], db=db)
    events = list(team.run("Help", session_id="s", stream=True))
    assert {event.agent_name for event in events if isinstance(event, RunContent)} == {"Helper", ""}
    assert db.runs("s")[0].content == "The member said: Helped."
    assert Team(ScriptedModel(["Alone."]), db=db).run("Hi").content == "Alone."
    assert Team(ScriptedModel(["Alone."]), members=[...], db=db).run("Hi").content == "Alone."


def test_members_need_names_to_be_told_apart() -> None:
    with pytest.raises(ValueError, match="name of its own"):
        Team(members=[Agent(name="Ben"), Agent(name="Ben")])


def test_a_continued_team_is_returned_as_it_is_stored(db: SqliteDb) -> None:
    run = team_on(db, [call(DELEGATE, member="Payments", task="Pay")], payments=[call("refund", amount=5.0)]).run(
        "Pay", session_id="s"
    )
    run.requirements[0].confirm()
    finished = team_on(db, ["Done."], payments=["Paid."]).continue_run(run.run_id, run.requirements)
    stored = db.load_run(run.run_id)
    for told in (finished, stored):
        assert [item.status for item in told.requirements] == ["executed"]
        assert [item.status for item in told.member_runs[0].requirements] == ["executed"]


def test_a_cancelled_team_is_told_as_it_is_stored(db: SqliteDb) -> None:
    def cancel_from_elsewhere(_: ModelRequest) -> Any:
        db.cancel_run(db.runs("s")[0].run_id)
        return call("fare_rules", fare="Y")

    team = team_on(db, [call(DELEGATE, member="Fares", task="Check")], fares=[cancel_from_elsewhere])
    *_, last = team.run("Check", session_id="s", stream=True)
    assert isinstance(last, RunCancelled)
    stored = db.runs("s")[0]
    for told in (last.run, stored):
        assert (told.status, told.member_runs[0].status) == ("cancelled", "cancelled")


def test_a_question_from_below_stands_at_every_team_above_it(db: SqliteDb) -> None:
    payments = Agent(ScriptedModel([call("refund", amount=5.0)]), name="Payments", tools=[refund])
    middle = Team(ScriptedModel([call(DELEGATE, member="Payments", task="Pay")]), members=[payments], name="Refunds")
    top = Team(ScriptedModel([call(DELEGATE, member="Refunds", task="Pay")]), members=[middle], db=db)
    run = top.run("Pay", session_id="s")
    stored = db.load_run(run.run_id)
    for told in (run, stored):
        levels = [told, told.member_runs[0], told.member_runs[0].member_runs[0]]
        assert [[item.tool_name for item in level.active_requirements] for level in levels] == [["refund"]] * 3
        assert [level.status for level in levels] == ["paused"] * 3


def test_a_members_work_is_timed(db: SqliteDb) -> None:
    team = team_on(db, [call(DELEGATE, member="Fares", task="Check"), "Yes."], fares=[call("fare_rules", fare="Y"), "Yes."])
    team.run("Check", session_id="s")
    [leader] = db.runs("s")
    [member] = leader.member_runs
    assert leader.metrics.duration >= member.metrics.duration > 0
    assert member.metrics.duration >= member.metrics.model_duration


@pytest.mark.parametrize("left", [["Fares"], []], ids=["another member is left", "nobody is left"])
def test_the_run_of_a_member_that_left_the_team_meanwhile_ends(db: SqliteDb, left: list[str]) -> None:
    run = team_on(db, [call(DELEGATE, member="Payments", task="Pay")], payments=[call("refund", amount=5.0)]).run(
        "Pay", session_id="s"
    )
    run.requirements[0].confirm()
    team = team_on(db, ["I could not pay."])
    team.members = [member for member in team.members if member.name in left]
    assert team.continue_run(run.run_id, run.requirements).content == "I could not pay."
    [member] = db.load_run(run.run_id).member_runs
    assert (member.status, member.error) == ("error", "Payments is not in the team any more")
    assert "not in the team any more" in team.model.requests[-1].messages[-1].content
    assert refunds == []


def test_the_deadline_that_passes_in_a_members_run_ends_the_whole_team(db: SqliteDb) -> None:
    team = team_on(db, [call(DELEGATE, member="Fares", task="Check")], fares=[DeadlineError("too long")])
    with pytest.raises(DeadlineError, match="too long"):
        team.run("Check", session_id="s")
    [stored] = db.runs("s")
    assert (stored.status, stored.error, stored.member_runs[0].status) == ("error", "too long", "error")
    assert [m.role for m in stored.messages] == ["user", "assistant"], "the leader is not told of it as of a member's failure"


def test_the_delegating_tool_keeps_its_name_to_itself() -> None:
    def delegate_to_member(member: str, task: str) -> str:
        """Something else."""
        return ""

    with pytest.raises(ValueError, match="no tool of a team may be named delegate_to_member"):
        Team(members=[Agent(name="Ben")], tools=[delegate_to_member])
    assert Agent(tools=[delegate_to_member]).tools
