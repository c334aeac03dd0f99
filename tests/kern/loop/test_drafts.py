"""Answers that a person looks through before they count as given."""

from __future__ import annotations

import json
from typing import Annotated, Any

import pytest
from pydantic import Field

from kern.agent import Agent
from kern.db.base import Claim
from kern.db.sqlite import SqliteDb
from kern.errors import InvalidAnswerError
from kern.loop.delegation import DELEGATE
from kern.loop.run import WorkedTurn
from kern.loop.work import Work
from kern.models.base import ModelAnswer, ModelRequest
from kern.models.offline import OfflineResponder
from kern.records.drafts import SEND_ANSWER
from kern.records.requirement import Requirement
from kern.records.run import RunOutput
from kern.team import Team
from kern.testing import ScriptedModel, call
from kern.tools import tool


def find_bag(tag: str) -> str:
    """Find a bag."""
    return f"{tag} is in Oslo"


def agent_on(db: SqliteDb, *replies: Any, **settings: Any) -> Agent:
    settings = {"review_answers": True, "tools": [find_bag], **settings}
    return Agent(ScriptedModel(list(replies)), db=db, name="Bags", **settings)


def the_draft(run: RunOutput) -> Requirement:
    [requirement] = run.active_requirements
    assert (requirement.kind, requirement.reason, requirement.tool_name) == ("confirmation", "draft", SEND_ANSWER)
    return requirement


def seen(agent: Agent) -> list[tuple[str, str]]:
    request: ModelRequest = agent.model.requests[-1]
    assert SEND_ANSWER not in [tool.name for tool in request.tools]
    assert not [m for m in request.messages for c in m.tool_calls if c.name == SEND_ANSWER]
    return [(message.role, message.content) for message in request.messages if message.content]


def test_a_draft_is_not_edited_to_nothing(db: SqliteDb) -> None:
    draft = the_draft(agent_on(db, "It is in Oslo.").run("Where is my bag?", session_id="s"))
    with pytest.raises(InvalidAnswerError) as wrong:
        draft.edit({"text": " \n "})
    assert "text" in wrong.value.errors


def test_a_model_that_calls_the_pseudo_tool_itself_shows_no_thinking(db: SqliteDb) -> None:
    agent = agent_on(db, call(SEND_ANSWER, text="<think>They ask.</think>It is in Oslo."))
    run = agent.run("Where is my bag?", session_id="s")
    draft = the_draft(run)
    assert draft.arguments == {"text": "It is in Oslo."}
    draft.confirm()
    assert agent.continue_run(run.run_id, run.requirements).content == "It is in Oslo."


def test_an_answer_waits_for_a_person_and_is_said_only_when_it_is_sent(db: SqliteDb) -> None:
    agent = agent_on(db, call("find_bag", tag="LH1"), "It is in Oslo.")
    run = agent.run("Where is my bag?", session_id="s")
    assert (run.status, run.content) == ("paused", "")
    assert [message.content for message in agent.get_chat_history("s")] == ["Where is my bag?"]
    assert the_draft(run).arguments == {"text": "It is in Oslo."}
    run.requirements[0].confirm()

    elsewhere = agent_on(db)  # a model that is asked nothing more
    finished = elsewhere.continue_run(run.run_id, run.requirements)
    assert (finished.status, finished.content) == ("completed", "It is in Oslo.")
    assert finished.requirements[0].status == "executed"
    assert [message.content for message in agent.get_chat_history("s")] == ["Where is my bag?", "It is in Oslo."]
    assert finished.metrics.tool_calls == 1


def test_an_edited_draft_is_sent_as_edited_and_both_versions_are_kept(db: SqliteDb) -> None:
    run = agent_on(db, "It is in Oslo.").run("Where is my bag?", session_id="s")
    draft = the_draft(run)
    with pytest.raises(InvalidAnswerError):
        draft.edit({"text": ""})
    draft.edit({"text": "It is in Oslo, and comes tomorrow."})
    draft.confirm()
    finished = agent_on(db).continue_run(run.run_id, run.requirements)
    assert finished.content == "It is in Oslo, and comes tomorrow."
    assert finished.messages[-1].content == finished.content
    stored = db.load_run(run.run_id)
    assert stored is not None
    assert stored.requirements[0].arguments == {"text": "It is in Oslo."}


def test_what_a_person_writes_in_its_place_is_the_answer(db: SqliteDb) -> None:
    run = agent_on(db, "It is in Oslo.").run("Where is my bag?", session_id="s")
    the_draft(run).respond("Let me telephone.")
    assert agent_on(db).continue_run(run.run_id, run.requirements).content == "Let me telephone."


def test_a_rejected_draft_is_written_again_with_the_instruction(db: SqliteDb) -> None:
    run = agent_on(db, "It is in Oslo.").run("Where is my bag?", session_id="s")
    the_draft(run).reject(note="say when it comes")
    agent = agent_on(db, "It is in Oslo and comes on Monday.")
    again = agent.continue_run(run.run_id, run.requirements)
    assert again.is_paused
    assert seen(agent) == [
        ("user", "Where is my bag?"),
        ("assistant", "It is in Oslo."),
        (
            "system",
            "A person looked at this answer and did not send it. Do this instead: say when it comes Write the answer again.",
        ),
    ]
    the_draft(again).confirm()
    finished = agent_on(db).continue_run(run.run_id, again.requirements)
    assert finished.content == "It is in Oslo and comes on Monday."
    calls = [json.loads(c.arguments)["text"] for message in finished.messages for c in message.tool_calls]
    assert calls == ["It is in Oslo.", "It is in Oslo and comes on Monday."]


def test_later_turns_read_what_was_sent_and_no_drafts(db: SqliteDb) -> None:
    run = agent_on(db, "Dunno.").run("Where is my bag?", session_id="s")
    the_draft(run).reject(note="politely")
    run = agent_on(db, "It is in Oslo.").continue_run(run.run_id, run.requirements)
    the_draft(run).confirm()
    agent_on(db).continue_run(run.run_id, run.requirements)
    waiting = agent_on(db, "Not sent yet.").run("And the other?", session_id="s")
    assert waiting.is_paused
    later = agent_on(db, "You are welcome.", review_answers=False)
    later.run("Thanks", session_id="s")
    assert seen(later) == [
        ("user", "Where is my bag?"),
        ("assistant", "It is in Oslo."),
        ("user", "And the other?\n\nThanks"),
    ]


def test_a_crash_between_sending_and_ending_asks_no_model_again(db: SqliteDb) -> None:
    run = agent_on(db, "It is in Oslo.").run("Where is my bag?", session_id="s")
    the_draft(run).confirm()
    db.answer_run(run.run_id, run.requirements)
    working = agent_on(db).execute(Claim(run.run_id))
    while next(working).event != "ToolCallFinished":
        pass
    stored = db.load_run(run.run_id)  # what a worker that goes on after the crash finds
    working.close()  # type: ignore[attr-defined]
    assert stored is not None
    assert stored.requirements[0].status == "executed"
    with pytest.raises(StopIteration) as ended:
        next(WorkedTurn(agent_on(db), stored, Work(db, Claim(run.run_id)), context=[]).go())
    assert ended.value.value.content == "It is in Oslo."


def test_a_draft_stays_one_when_the_mode_changes_meanwhile(db: SqliteDb) -> None:
    run = agent_on(db, "It is in Oslo.").run("Where is my bag?", session_id="s")
    the_draft(run).reject(note="shorter")
    finished = agent_on(db, "Oslo.", review_answers=False).continue_run(run.run_id, run.requirements)
    assert (finished.status, finished.content) == ("completed", "Oslo.")


def test_a_tool_waits_first_and_the_answer_after_it(db: SqliteDb) -> None:
    asks = tool(requires_confirmation=True, name="deliver")(find_bag)
    agent = agent_on(db, call("deliver", tag="LH1"), "On its way.", tools=[asks], tool_call_limit=1)
    run = agent.run("Send it", session_id="s")
    run.requirements[0].confirm()
    run = agent.continue_run(run.run_id, run.requirements)
    assert run.is_paused
    the_draft(run).confirm()
    assert agent.continue_run(run.run_id, run.requirements).content == "On its way."


def test_a_member_is_not_reviewed_and_its_leader_is(db: SqliteDb) -> None:
    member = Agent(ScriptedModel(["In Oslo."]), name="Tracer", review_answers=True)
    leader = ScriptedModel([call(DELEGATE, member="Tracer", task="Find LH1"), "Your bag is in Oslo."])
    team = Team(leader, members=[member], db=db, name="Desk", review_answers=True)
    run = team.run("Where is my bag?", session_id="s")
    assert [child.content for child in run.member_runs] == ["In Oslo."]
    the_draft(run).confirm()
    assert team.continue_run(run.run_id, run.requirements).content == "Your bag is in Oslo."


def test_reasoning_is_not_sent_back_without_the_words_it_led_to(db: SqliteDb) -> None:
    thought = ModelAnswer(content="It is in Oslo.", provider_items=[{"type": "reasoning", "id": "rs_1"}])
    run = agent_on(db, thought).run("Where is my bag?", session_id="s")
    the_draft(run).reject()
    agent = agent_on(db, "Oslo.")
    agent.continue_run(run.run_id, run.requirements)
    assert [m.provider_items for m in agent.model.requests[-1].messages] == [[], [], []]


def test_the_offline_responder_writes_a_draft_again_from_the_same_facts(db: SqliteDb) -> None:
    def trace_bag(tag: Annotated[str, Field(pattern="^LH[0-9]{4}$")]) -> str:
        """Trace a lost bag by its tag."""
        return f"{tag} came at eight."

    agent = Agent(OfflineResponder(), db=db, tools=[trace_bag], review_answers=True)
    run = agent.run("Please trace my lost bag, its tag is LH1042", session_id="s")
    first = the_draft(run).arguments
    assert "at eight" in first["text"]
    run.requirements[0].reject(note="shorter")
    run = agent.continue_run(run.run_id, run.requirements)
    assert the_draft(run).arguments == first


def test_the_name_of_the_pseudo_tool_is_taken() -> None:
    with pytest.raises(ValueError, match=SEND_ANSWER):
        Agent(tools=[tool(name=SEND_ANSWER)(find_bag)])
