"""Session ids, ownership, histories and names, as the user's documents describe them (rules L1, L2, L3, L5, L12)."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from kern.agent import Agent
from kern.db.sqlite import SqliteDb
from kern.errors import (
    InvalidSessionNameError,
    ModelError,
    RunNotFoundError,
    SessionNotFoundError,
    SessionOwnershipError,
)
from kern.session import AgentSession, TeamSession
from kern.team import Team
from kern.testing import ScriptedModel, call
from kern.tools import tool
from tests.kern.conftest import ANA, CY


def weather(city: str) -> str:
    """Say the weather of a city."""
    return f"rain in {city}"


def agent_on(db: SqliteDb, *replies: Any, **settings: Any) -> Agent:
    return Agent(ScriptedModel(list(replies) or ["Hello."], cycle=True), db=db, name="Desk", **settings)


def test_each_run_without_an_id_is_a_new_session(db: SqliteDb) -> None:
    agent = agent_on(db)
    first, second = agent.run("Hi"), agent.run("Hi")
    assert first.session_id != second.session_id
    assert agent.session_id is None, "an id never sticks to a shared agent"
    assert len(agent.get_session(first.session_id).runs) == 1


def test_an_agents_own_session_id_is_a_default_that_a_call_may_override(db: SqliteDb) -> None:
    agent = agent_on(db, session_id="mine")
    assert agent.run("Hi").session_id == "mine"
    assert agent.run("Hi", session_id="other").session_id == "other"
    assert [run.session_id for run in agent.get_session().runs] == ["mine"]


def test_a_session_continues_under_its_own_id_and_the_model_sees_what_was_said(db: SqliteDb) -> None:
    agent = agent_on(db, "Hello Ana.", "You said hi.")
    agent.run("Hi", session_id="s", user_id=ANA)
    agent.run("What did I say?", session_id="s", user_id=ANA)
    seen = [(m.role, m.content) for m in agent.model.requests[-1].messages]
    assert seen == [("user", "Hi"), ("assistant", "Hello Ana."), ("user", "What did I say?")]


def test_the_history_window_can_be_narrowed_or_switched_off(db: SqliteDb) -> None:
    for number in range(4):
        agent_on(db).run(f"message {number}", session_id="s")
    narrow = agent_on(db, num_history_runs=2)
    narrow.run("now", session_id="s")
    said = [m.content for m in narrow.model.requests[-1].messages if m.role == "user"]
    assert said == ["message 2", "message 3", "now"]
    without = agent_on(db, add_history_to_context=False)
    without.run("alone", session_id="s")
    assert [m.content for m in without.model.requests[-1].messages] == ["alone"]


def test_nobody_runs_reads_or_names_another_users_session(db: SqliteDb) -> None:
    agent = agent_on(db)
    run = agent.run("secret", session_id="s", user_id=ANA)
    attempts: list[Callable[[], object]] = [
        lambda: agent.run("let me in", session_id="s", user_id=CY),
        lambda: agent.get_session("s", user_id=CY),
        lambda: agent.get_chat_history("s", user_id=CY),
        lambda: agent.set_session_name("s", "mine now", user_id=CY),
        lambda: agent.get_session_name("s", user_id=CY),
        lambda: agent.cancel_run(run.run_id, user_id=CY),
        lambda: agent.continue_run(run.run_id, user_id=CY),
        lambda: agent.delete_session("s", user_id=CY),
    ]
    for attempt in attempts:
        with pytest.raises(SessionOwnershipError):
            attempt()
    assert [m.content for m in agent.get_chat_history("s", user_id=ANA)] == ["secret", "Hello."]
    assert agent.get_session_name("s") is None


def test_a_missing_session_is_none_to_read_and_an_error_to_use(db: SqliteDb) -> None:
    agent = agent_on(db)
    with pytest.warns(UserWarning, match="there is no session 'nowhere' yet"):
        assert agent.get_session("nowhere") is None
    for attempt in (agent.get_chat_history, agent.get_session_name):
        with pytest.raises(SessionNotFoundError):
            attempt("nowhere")
    with pytest.raises(SessionNotFoundError):
        agent.set_session_name("nowhere", "A name")
    with pytest.raises(SessionNotFoundError):
        agent.get_session_name()
    with pytest.raises(RunNotFoundError):
        agent.continue_run("nowhere")
    assert agent.delete_session("nowhere") is False


def test_get_messages_shows_every_run_and_chat_history_only_what_was_said(db: SqliteDb) -> None:
    @tool(requires_confirmation=True)
    def refund(amount: int) -> str:
        """Refund an amount."""
        return f"refunded {amount}"

    replies: list[Any] = [call("weather", city="Oslo"), "It rains.", ModelError("down"), call("refund", amount=5)]
    agent = Agent(ScriptedModel(replies), db=db, instructions="Be kind.", tools=[weather, refund])
    agent.run("Weather?", session_id="s")
    with pytest.raises(ModelError):
        agent.run("And now?", session_id="s")
    paused = agent.run("Refund me", session_id="s")
    agent.cancel_run(paused.run_id)

    session = agent.get_session("s")
    messages = session.get_messages()
    assert [m.role for m in messages] == [
        *("system", "user", "assistant", "tool", "assistant"),
        *("system", "user"),
        *("system", "user", "assistant"),
    ]
    assert messages[3].content == "rain in Oslo"
    assert messages[3].tool_name == "weather"
    assert [run.status for run in session.runs] == ["completed", "error", "cancelled"]
    assert [m.content for m in agent.get_chat_history("s")] == ["Weather?", "It rains.", "And now?", "Refund me"]
    assert [m.content for m in session.get_messages(roles=["user"], last_n_runs=2)] == ["And now?", "Refund me"]
    assert [m.role for m in session.get_messages(limit=2, before=messages[4].message_id)] == ["assistant", "tool"]


def test_a_name_is_a_label_that_can_change_as_often_as_one_likes(db: SqliteDb) -> None:
    agent = agent_on(db)
    agent.run("Hi", session_id="s")
    assert agent.get_session_name("s") is None
    session = agent.set_session_name("s", "  Product Launch Planning ")
    assert (session.name, session.name_source) == ("Product Launch Planning", "human")
    for number in range(20):
        agent.set_session_name(session_id="s", session_name=f"Name {number}")
    assert agent.get_session_name("s") == "Name 19"


@pytest.mark.parametrize("name", ["", "   ", "two\nlines", "x" * 201, "bell\x07"])
def test_an_invalid_name_is_refused_and_the_old_one_stays(db: SqliteDb, name: str) -> None:
    agent = agent_on(db)
    agent.run("Hi", session_id="s")
    agent.set_session_name("s", "Kept")
    with pytest.raises(InvalidSessionNameError):
        agent.set_session_name("s", name)
    assert agent.get_session_name("s") == "Kept"


def test_a_rename_during_a_run_survives_the_runs_save(db: SqliteDb) -> None:
    agent = agent_on(db)
    agent.run("Hi", session_id="s")

    def rename_meanwhile(_: Any) -> str:
        agent_on(db).set_session_name("s", "Renamed meanwhile")
        return "Done."

    agent_on(db, rename_meanwhile).run("Go", session_id="s")
    assert agent.get_session_name("s") == "Renamed meanwhile"


def test_sessions_are_listed_by_user_last_used_first(db: SqliteDb) -> None:
    agent = agent_on(db)
    for session_id, user in [("one", ANA), ("two", CY), ("three", ANA), ("one", ANA)]:
        agent.run("Hi", session_id=session_id, user_id=user)
    assert [s.session_id for s in agent.list_sessions(user_id=ANA)] == ["one", "three"]
    assert len(agent.list_sessions()) == 3


def test_a_deleted_session_is_gone_with_its_messages(db: SqliteDb) -> None:
    agent = agent_on(db)
    agent.run("Hi", session_id="s")
    assert agent.delete_session("s")
    with pytest.warns(UserWarning, match="there is no session 's' yet"):
        assert agent.get_session("s") is None
    agent.run("Again", session_id="s")
    assert [m.content for m in agent.get_chat_history("s")] == ["Again", "Hello."]


def test_of_a_deleted_session_nothing_is_left_in_any_table_or_in_the_file(db: SqliteDb, tmp_path: Path) -> None:
    refund = tool(requires_confirmation=True)(weather)
    agent = agent_on(db, "Hello.", call("weather", city="Zanzibar"), "<think>Zanzibar?</think>In Zanzibar.", tools=[refund])
    agent.run("Hello", session_id="other")
    paused = agent.run("Zanzibar " * 2_000, session_id="Zanzibar", user_id="Zanzibar")
    paused.requirements[0].reject(note="Zanzibar is far")
    agent.continue_run(run_id=paused.run_id, requirements=paused.requirements)
    agent.set_session_name(session_id="Zanzibar", session_name="Zanzibar")
    assert agent.delete_session("Zanzibar")
    db.close()
    path = tmp_path / "agent.db"
    with closing(sqlite3.connect(path)) as file:
        tables = [name for (name,) in file.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        left = [row for name in tables for row in file.execute(f"SELECT * FROM {name}") if "Zanzibar" in str(row)]
    assert left == []
    assert b"Zanzibar" not in path.read_bytes()
    assert [session.session_id for session in agent.list_sessions()] == ["other"]


def test_a_team_has_the_same_verbs_and_a_session_of_its_own_kind(db: SqliteDb) -> None:
    team = Team(ScriptedModel(["Hello."]), members=[Agent(name="Ben")], db=db)
    team.run("Hi", session_id="s")
    team.set_session_name(session_id="s", session_name="Product Launch Planning")
    assert isinstance(team.get_session("s"), TeamSession)
    assert team.get_session_name(session_id="s") == "Product Launch Planning"
    assert [m.content for m in team.get_chat_history("s")] == ["Hi", "Hello."]


def test_without_a_database_a_session_lives_as_long_as_the_agent() -> None:
    agent = Agent(ScriptedModel(["One.", "Two."]), session_id="s")
    agent.run("First")
    agent.run("Second")
    session = agent.get_session()
    assert isinstance(session, AgentSession)
    assert [m.content for m in session.get_chat_history()] == ["First", "One.", "Second", "Two."]


def test_a_limit_keeps_the_newest_words_and_none_of_them_is_none(db: SqliteDb) -> None:
    agent = agent_on(db)
    agent.run("Hi", session_id="s")
    kept = {limit: [m.content for m in agent.get_chat_history("s", limit=limit)] for limit in (None, 5, 1, 0)}
    assert kept == {None: ["Hi", "Hello."], 5: ["Hi", "Hello."], 1: ["Hello."], 0: []}
    assert agent.get_session("s").get_messages(limit=0) == []


def test_threads_that_share_an_agent_without_a_database_share_its_sessions() -> None:
    agent = Agent(ScriptedModel(["Hello."], cycle=True))
    gate = threading.Barrier(8)

    def talk(number: int) -> None:
        gate.wait(10)
        agent.run(f"message {number}", session_id="s")

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(talk, range(8)))
    assert len(agent.get_chat_history("s")) == 16


def test_a_copy_of_an_agent_without_a_database_talks_in_the_same_sessions() -> None:
    agent = Agent(ScriptedModel(["Hello."], cycle=True))
    agent.bound(name="Twin").run("Hi", session_id="s")
    assert [m.content for m in agent.get_chat_history("s")] == ["Hi", "Hello."]


def test_an_empty_message_is_refused(db: SqliteDb) -> None:
    with pytest.raises(ValueError, match="write something"):
        agent_on(db).run("  ")


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"model": "gpt-5"}, r"Desk: 'gpt-5' is no model; write model=OpenAIResponses\(id="),
        ({"model": ScriptedModel}, "is no model"),
        ({"db": "x.db"}, r"Desk: 'x.db' is no database; write db=SqliteDb\(db_file="),
        ({"db": SqliteDb}, "is no database"),
        ({"members": [Agent(name="Bo")]}, r"Desk: an Agent has no members; write Team\(members="),
    ],
)
def test_an_agent_of_the_wrong_parts_says_what_to_write(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(TypeError, match=told):
        Agent(name="Desk", **settings)


def test_a_run_is_named_by_its_id(db: SqliteDb) -> None:
    agent = agent_on(db)
    run = agent.run("Hi", session_id="s")
    for verb in (agent.continue_run, agent.cancel_run):
        with pytest.raises(TypeError, match=r"run_id=run\.run_id, not by a RunOutput"):
            verb(run)  # type: ignore[call-overload, arg-type]


@pytest.mark.parametrize("name", [5, b"Lost bag", ["Lost bag"]])
def test_a_name_that_is_no_text_is_none(db: SqliteDb, name: Any) -> None:
    agent = agent_on(db)
    agent.run("Hi", session_id="s")
    with pytest.raises(InvalidSessionNameError, match="a name is text"):
        agent.set_session_name("s", name)
