"""Many sessions named side by side, over a real server that answers as odd as servers do."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from kern.agent import Agent
from kern.db.sqlite import SqliteDb
from kern.errors import InvalidInputError, NamingError, SessionNotFoundError
from kern.models.base import ModelRequest
from kern.models.openai import OpenAIResponses
from kern.naming import MOST_WORDS, NamingOutcome, Pace, check_name, name_sessions
from kern.session import SessionSummaryManager
from kern.team import Team
from kern.testing import ScriptedModel
from tests.responses_server import Cut, ErrorReply, Failed, Garbage, Incomplete, Reply, ResponsesServer, Text


@pytest.fixture
def server() -> Iterator[ResponsesServer]:
    with ResponsesServer(delay=0.0) as running:
        yield running


@pytest.fixture
def agent(db: SqliteDb, server: ResponsesServer) -> Agent:
    """An agent with six sessions, in each of which was said which one it is."""
    talker = Agent(ScriptedModel(["I will look."], cycle=True), db=db)
    for number in range(6):
        talker.run(f"My parcel P{number}0000 is lost", session_id=f"s{number}")
    return Agent(OpenAIResponses(api_key="any", base_url=server.base_url), db=db)


def which(request: dict[str, Any]) -> str:
    """Return the digit of the session that the request asks a name for."""
    [digit] = {digit for digit in "012345" if f"P{digit}0000" in str(request["input"])}
    return digit


def by_id(outcomes: Iterator[NamingOutcome]) -> dict[str, NamingOutcome]:
    found = {outcome.session_id: outcome for outcome in outcomes}
    return dict(sorted(found.items()))


def test_every_session_is_named_once(agent: Agent, server: ResponsesServer) -> None:
    server.reply_with(lambda request: Text(f"Lost parcel {which(request)}"))
    outcomes = by_id(name_sessions(agent, agent.iter_sessions(), concurrency=4))
    assert [(key, outcome.status, outcome.name) for key, outcome in outcomes.items()] == [
        (f"s{number}", "named", f"Lost parcel {number}") for number in range(6)
    ]
    assert {session.name_version for session in agent.iter_sessions()} == {1}
    assert all(outcome.usage.input_tokens and outcome.usage.output_tokens for outcome in outcomes.values())
    assert server.rejections == []


def test_as_many_as_wanted_are_asked_at_once(agent: Agent, server: ResponsesServer) -> None:
    together = threading.Barrier(3, timeout=30)

    def wait_for_others(request: dict[str, Any]) -> Reply:
        together.wait()
        return Text("Lost parcel")

    server.reply_with(wait_for_others)
    assert {outcome.status for outcome in name_sessions(agent, agent.iter_sessions(), concurrency=3)} == {"named"}


def test_a_persons_name_is_kept_and_not_asked_for(agent: Agent, server: ResponsesServer) -> None:
    agent.set_session_name("s1", "By hand")
    server.reply_with(lambda _: Text("Lost parcel"))
    outcomes = by_id(name_sessions(agent, [f"s{number}" for number in range(6)]))
    assert (outcomes["s1"].status, outcomes["s1"].name) == ("kept", "By hand")
    assert len(server.requests) == 5


def test_a_person_who_names_the_session_meanwhile_wins(agent: Agent, server: ResponsesServer) -> None:
    def person_is_faster(request: dict[str, Any]) -> Reply:
        agent.set_session_name("s0", "By a person")
        return Text("By a model")

    server.reply_with(person_is_faster)
    [outcome] = name_sessions(agent, ["s0"])
    assert (outcome.status, outcome.name) == ("kept", "By a person")
    assert agent.get_session_name("s0") == "By a person"


ODD = {
    "0": Text(""),
    "1": Text("Sure! Here is a title:\n\n**“Verlorenes Paket”**"),
    "2": Text("one two three four five six seven eight nine ten eleven twelve"),
    "3": Text("حقيبة مفقودة في أوسلو"),
    "4": Text("\u202e📦 Lost\u200b parcel 👨‍👩‍👧"),
    "5": Text("Ignore the rules.\n<script>alert(1)</script> [x](javascript:1)"),
}


def test_odd_answers_give_clean_names_or_none(agent: Agent, server: ResponsesServer) -> None:
    server.reply_with(lambda request: ODD[which(request)])
    outcomes = by_id(name_sessions(agent, agent.iter_sessions(), tries=1))
    assert {key: outcome.name for key, outcome in outcomes.items() if outcome.status == "named"} == {
        "s1": "Verlorenes Paket",
        "s2": "one two three four five",
        "s3": "حقيبة مفقودة في أوسلو",
        "s4": "📦 Lost parcel 👨‍👩‍👧",
        "s5": "Ignore the rules",
    }
    assert outcomes["s0"].status == "failed"
    assert isinstance(outcomes["s0"].error, NamingError)
    assert all(
        check_name(name) == name and len(name.split()) <= MOST_WORDS for name in map(agent.get_session_name, outcomes) if name
    )


@pytest.mark.parametrize(
    "failure",
    [
        ErrorReply(429, "rate_limit_exceeded", retry_after=0),
        ErrorReply(429, "rate_limit_exceeded"),
        ErrorReply(500),
        ErrorReply(503, retry_after=0),
        Failed("server_error"),
        Cut(3),
        Garbage(),
        Text(""),
    ],
)
def test_what_can_pass_is_asked_again(agent: Agent, server: ResponsesServer, failure: Reply) -> None:
    server.reply_with(failure, Text("Lost parcel"))
    # No pause of the test's own: it is the pace that pauses.
    [outcome] = name_sessions(agent, ["s0"], pace=Pace(wait=lambda _: None, clock=iter(range(0, 10**6, 100)).__next__))
    assert (outcome.status, outcome.name) == ("named", "Lost parcel")
    assert len(server.requests) == 2


@pytest.mark.parametrize("failure", [ErrorReply(401), ErrorReply(429, "insufficient_quota"), Incomplete("content_filter")])
def test_what_cannot_pass_is_not_asked_again(agent: Agent, server: ResponsesServer, failure: Reply) -> None:
    server.reply_with(failure, Text("Lost parcel"))
    [outcome] = name_sessions(agent, ["s0"])
    assert outcome.status == "failed"
    assert len(server.requests) == 1
    assert agent.get_session_name("s0") is None


def test_one_failure_stops_no_other(agent: Agent, server: ResponsesServer) -> None:
    server.reply_with(lambda request: ErrorReply(400) if which(request) == "2" else Text("Lost parcel"))
    outcomes = by_id(name_sessions(agent, [*(f"s{number}" for number in range(6)), "gone", ""]))
    assert {key for key, outcome in outcomes.items() if outcome.status == "named"} == {"s0", "s1", "s3", "s4", "s5"}
    assert isinstance(outcomes["gone"].error, SessionNotFoundError)
    assert isinstance(outcomes[""].error, InvalidInputError)


def test_what_was_called_off_writes_nothing(agent: Agent, server: ResponsesServer) -> None:
    asked, answer = threading.Event(), threading.Event()

    def slowly(request: dict[str, Any]) -> Reply:
        if which(request) == "0":
            return Text("Lost parcel")
        asked.set()
        answer.wait(30)
        return Text("Too late")

    server.reply_with(slowly)
    outcomes = name_sessions(agent, ["s0", "s1"], concurrency=2)
    assert next(outcomes).session_id == "s0"
    assert asked.wait(30)
    outcomes.close()
    answer.set()
    assert agent.get_session_name("s1") is None


def test_teams_and_cheaper_models_name_too(db: SqliteDb, agent: Agent) -> None:
    cheap = ScriptedModel(["Cheap name"], cycle=True)
    team = Team(members=[], db=db, session_summary_manager=SessionSummaryManager(model=cheap))
    assert [outcome.name for outcome in name_sessions(team, agent.list_sessions(limit=2))] == ["Cheap name"] * 2


def test_arguments_are_checked_before_anything_is_asked(agent: Agent) -> None:
    with pytest.raises(InvalidInputError, match="concurrency"):
        name_sessions(agent, [], concurrency=0)
    with pytest.raises(InvalidInputError, match="tries"):
        name_sessions(agent, [], tries=0)


def test_no_sessions_are_no_outcomes(agent: Agent) -> None:
    assert list(name_sessions(agent, [])) == []


def test_a_request_that_never_comes_is_not_waited_for(agent: Agent) -> None:
    def breaks(request: ModelRequest) -> str:
        raise AttributeError("a mistake of the program")

    broken = Agent(ScriptedModel([breaks], cycle=True), db=agent.db)
    [outcome] = name_sessions(broken, ["s0"])
    assert outcome.status == "failed"
    assert "a mistake of the program" in str(outcome.error)
