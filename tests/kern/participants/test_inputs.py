"""Ids, words and numbers that callers give (rule L21): one rule for every verb, and one clear line where it is broken."""

from __future__ import annotations

import asyncio
import enum
import math
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from kern.agent import Agent
from kern.db.sqlite import SqliteDb
from kern.errors import InvalidInputError, KernError, SessionNotFoundError, SessionOwnershipError, WrongTypeError
from kern.team import Team
from kern.testing import ScriptedModel, call
from kern.tools import tool
from tests.kern.conftest import ANA, CY

#: More digits than Python writes.
HUGE = pytest.param(10**5000, id="huge")
UUID = uuid.UUID("9e0fe5e8-6c3c-4a3c-9e1b-2f7cbd2a0c11")


class Customer(str, enum.Enum):  # noqa: UP042 - programs have such ones, too
    KIM = "kim"


@tool(requires_confirmation=True)
def refund(amount: int) -> str:
    """Refund an amount."""
    return f"refunded {amount}"


def agent_on(db: SqliteDb, *replies: object, **settings: object) -> Agent:
    return Agent(ScriptedModel(list(replies) or ["Hello."], cycle=True), db=db, tools=[refund], **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize(("given", "kept"), [(42, "42"), (UUID, str(UUID)), ("42", "42"), (Customer.KIM, "kim"), (-1, "-1")])
def test_numbers_and_uuids_are_ids_as_text_everywhere(db: SqliteDb, given: Any, kept: str) -> None:
    agent = agent_on(db)
    for _ in range(2):
        run = agent.run("Hi", session_id=given, user_id=given)
        assert (run.session_id, run.user_id) == (kept, kept)
    assert agent.run("Hi", session_id=kept, user_id=kept).session_id == kept
    mine = {"session_id": given, "user_id": given}
    assert agent.get_session(**mine).user_id == kept
    assert len(agent.get_chat_history(**mine)) == 6
    assert agent.set_session_name(session_name="Named", **mine).session_id == kept
    assert agent.get_session_name(**mine) == "Named"
    assert [s.session_id for s in agent.list_sessions(user_id=given)] == [kept]
    assert [s.session_id for s in agent.iter_sessions(user_id=given)] == [kept]
    asks = agent_on(db, call("refund", amount=5)).run("Refund", **mine)
    asks.requirements[0].confirm()
    assert agent.continue_run(uuid.UUID(asks.run_id), asks.requirements, **mine).status == "completed"
    assert agent.cancel_run(uuid.UUID(asks.run_id), **mine) is False
    own = agent_on(db, session_id=given, user_id=given)
    assert own.run("Hi").session_id == kept
    own.session_id = own.user_id = given
    assert own.get_session().session_id == kept
    with pytest.raises(SessionOwnershipError):
        agent.get_session(given, user_id=CY)
    assert agent.delete_session(**mine)


EVERY_VERB: list[Callable[..., object]] = [
    lambda agent, **who: agent.run("Hi", **who),
    lambda agent, **who: agent.run("Hi", stream=True, **who),
    lambda agent, **who: agent.get_session(**who),
    lambda agent, **who: agent.get_chat_history(**who),
    lambda agent, **who: agent.set_session_name(session_name="Mine", **who),
    lambda agent, **who: agent.set_session_name(autogenerate=True, **who),
    lambda agent, **who: agent.get_session_name(**who),
    lambda agent, **who: agent.delete_session(**who),
    lambda agent, **who: agent.cancel_run("run", **who),
    lambda agent, **who: agent.continue_run("run", **who),
    lambda agent, **who: asyncio.run(agent.arun("Hi", **who)),
    lambda agent, **who: asyncio.run(agent.acontinue_run("run", **who)),
]


@pytest.mark.parametrize(
    "bad", ["", " ", "\t\n", "\u200b", True, False, 1.5, b"ana", ["ana"], {}, "a\x00b", "\ud83d", "x" * 201, 10**200, HUGE]
)
def test_what_is_no_id_is_one_clear_error_for_every_verb_and_nothing_happens(db: SqliteDb, bad: Any) -> None:
    agent = agent_on(db, session_id="s", user_id=ANA)
    agent.run("secret")
    for verb in EVERY_VERB:
        for who in ({"user_id": bad}, {"session_id": bad}, {"session_id": "s", "user_id": bad}):
            with pytest.raises(InvalidInputError, match=r"^(user_id|session_id) ") as refused:
                verb(agent, **who)
            assert "\n" not in str(refused.value)
    for ask in (agent.list_sessions, agent.iter_sessions):
        with pytest.raises(InvalidInputError, match=r"^user_id "):
            ask(user_id=bad)
    for setting in ("session_id", "user_id", "agent_id"):
        for kind in (Agent, Team):
            with pytest.raises(InvalidInputError, match=f"^{setting} "):
                kind(**{setting: bad})
    for run_verb in (agent.cancel_run, agent.continue_run):
        with pytest.raises(InvalidInputError, match=r"^run_id "):
            run_verb(bad)
    [session] = agent.list_sessions()
    assert (session.session_id, session.name, len(session.runs)) == ("s", None, 1)


def test_an_empty_user_reads_and_deletes_nobodys_session(db: SqliteDb) -> None:
    agent_on(db).run("secret", session_id="s", user_id=ANA)
    with pytest.raises(InvalidInputError, match="user_id is empty: give an id, or leave user_id out"):
        agent_on(db).get_session("s", user_id="")
    with pytest.raises(InvalidInputError):
        agent_on(db).delete_session("s", user_id="  ")
    assert agent_on(db).get_session("s", user_id=ANA) is not None


@pytest.mark.parametrize("bad", [None, b"Hello", 5, ["Hello"], {"role": "user"}, True])
def test_what_is_no_text_is_no_message(db: SqliteDb, bad: Any) -> None:
    for kind in (Agent, Team):
        with pytest.raises(WrongTypeError, match="a message is text, not") as refused:
            kind(ScriptedModel([]), db=db).run(bad)
        assert isinstance(refused.value, TypeError)
        assert isinstance(refused.value, KernError)
    assert agent_on(db).list_sessions() == []


@pytest.mark.parametrize("bad", ["", "  ", "\n\t", "\u200b\u200d"])
def test_a_message_without_anything_to_read_is_refused(db: SqliteDb, bad: str) -> None:
    with pytest.raises(InvalidInputError, match="write something"):
        agent_on(db).run(bad, stream=True)
    assert agent_on(db).list_sessions() == []


@pytest.mark.parametrize("bad", [-1, True, False, 1.0, "5", b"5", math.inf, [5], 2**63, HUGE])
def test_what_is_no_number_of_rows_is_refused(db: SqliteDb, bad: Any) -> None:
    agent = agent_on(db)
    agent.run("Hi", session_id="s")
    session = agent.get_session("s")
    assert session is not None
    reads: list[tuple[str, Callable[[], object]]] = [
        ("limit", lambda: agent.list_sessions(limit=bad)),
        ("page_size", lambda: agent.iter_sessions(page_size=bad)),
        ("limit", lambda: agent.get_chat_history("s", limit=bad)),
        ("last_n_runs", lambda: agent.get_chat_history("s", last_n_runs=bad)),
        ("limit", lambda: session.get_messages(limit=bad)),
        ("last_n_runs", lambda: session.get_messages(last_n_runs=bad)),
        ("limit", lambda: session.get_chat_history(limit=bad)),
        ("num_history_runs", lambda: Agent(num_history_runs=bad)),
        ("max_history_tokens", lambda: Agent(max_history_tokens=bad)),
        ("max_tool_output_chars", lambda: Agent(max_tool_output_chars=bad)),
    ]
    for name, read in reads:
        with pytest.raises(InvalidInputError, match=f"^{name} is "):
            read()


def test_no_limit_is_what_iter_sessions_is_for(db: SqliteDb) -> None:
    with pytest.raises(WrongTypeError, match="limit is a whole number, not None"):
        agent_on(db).list_sessions(limit=None)  # type: ignore[arg-type]


@pytest.mark.parametrize("bad", [math.nan, math.inf, -1.0, 1e20, HUGE, "yesterday", "1/2/3", True, b"1", [1], "5"])
def test_what_names_no_place_in_the_list_is_refused(db: SqliteDb, bad: Any) -> None:
    with pytest.raises(InvalidInputError, match="before is the `next` of a page"):
        agent_on(db).list_sessions(before=bad)


@pytest.mark.parametrize("bad", ["user", b"user", 5, ["customer"], [None]])
def test_what_are_no_roles_are_refused(db: SqliteDb, bad: Any) -> None:
    agent = agent_on(db)
    agent.run("Hi", session_id="s")
    with pytest.raises(InvalidInputError, match="role"):
        agent.get_session("s").get_messages(roles=bad)


# The documents' order of calls --------------------------------------------------------------------------------------------


def test_a_session_that_nobody_began_is_none_and_a_sentence_says_how_to_begin_it(db: SqliteDb) -> None:
    agent = agent_on(db)
    with pytest.warns(UserWarning, match="there is no session 'session_123' yet, so get_session returns None: run") as warned:
        found = [agent.get_session(session_id="session_123") for _ in range(2)]
    assert found == [None, None]
    assert [warning.filename for warning in warned] == [__file__], "once an agent, at the caller's line"
    for verb in (
        lambda: agent.get_chat_history(session_id="session_123"),
        lambda: agent.set_session_name(session_id="session_123", session_name="Name"),
        lambda: agent.set_session_name(session_id="session_123", autogenerate=True),
        lambda: agent.get_session_name(session_id="session_123"),
    ):
        with pytest.raises(SessionNotFoundError, match=r"no session 'session_123'; run\(…, session_id="):
            verb()


# All sessions -------------------------------------------------------------------------------------------------------------


def test_a_page_says_that_there_is_more(db: SqliteDb) -> None:
    agent = agent_on(db)
    for number in range(5):
        agent.run("Hi", session_id=f"s{number}")
    page = agent.list_sessions(limit=2)
    assert isinstance(page, list)
    seen = [session.session_id for session in page]
    while page.has_more:
        page = agent.list_sessions(limit=2, before=page.next)
        seen += [session.session_id for session in page]
    assert seen == ["s4", "s3", "s2", "s1", "s0"]
    assert page.next is None
    assert not agent.list_sessions(limit=5).has_more


def test_a_batch_job_meets_every_session_once_whatever_happens_meanwhile(db: SqliteDb) -> None:
    agent = agent_on(db, "A name")
    for number in range(120):
        agent.run("Hi", session_id=f"s{number}")
    met = []
    for session in agent.iter_sessions(page_size=50):
        met.append(session.session_id)
        agent.set_session_name(session.session_id, autogenerate=True)
        if len(met) == 3:
            agent.run("Me again", session_id="s5")
            agent.run("Hello", session_id="new")
            agent.delete_session("s6")
    assert met == [f"s{number}" for number in range(119, -1, -1) if number != 6]
    assert agent.get_session_name("s5") == "A name"
