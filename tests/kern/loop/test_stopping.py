"""A wish to stop and the deadline hold whatever a model's server does meanwhile (rule L18).

The server never ends what it does in these tests. So a turn that waited for it would not end either.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from kern.agent import Agent
from kern.db.sqlite import SqliteDb
from kern.errors import LeaseLostError, ModelError, NamingError
from kern.events import RunEvent
from kern.loop.delegation import DELEGATE
from kern.models.base import ModelEvent, ModelRequest
from kern.models.listening import ask_within
from kern.models.openai import OpenAIResponses
from kern.naming import generate_name
from kern.records.message import Message
from kern.team import Team
from kern.testing import ScriptedModel, call
from kern.threads.waiting import DeadlineError
from tests.responses_server import Endless, ErrorReply, Hang, Reply, ResponsesServer

#: What servers do instead of answering.
HABITS: list[Reply] = [Hang(0), Hang(4), Endless("comments"), Endless("reasoning"), Endless("arguments")]
NAMES = ["no headers", "silence", "keep-alives", "reasoning", "arguments"]
habits = pytest.mark.parametrize("reply", HABITS, ids=NAMES)


@pytest.fixture
def server() -> Iterator[ResponsesServer]:
    with ResponsesServer() as running:
        yield running


@pytest.fixture
def model(server: ResponsesServer) -> Iterator[OpenAIResponses]:
    """A model that gives up by itself much later than any test."""
    made = OpenAIResponses(api_key="key", base_url=server.base_url, timeout=600)
    yield made
    made.close()


def ends_when(happens: Callable[[], object], asked: Callable[[], object], events: Iterator[RunEvent]) -> str:
    """What the turn's last event is when that happens after the model was asked."""

    def meanwhile() -> None:
        asked()
        happens()

    other = threading.Thread(target=meanwhile)
    other.start()
    *_, last = events
    other.join()
    return last.event


@habits
def test_a_person_stops_a_turn_and_the_server_is_left(
    db: SqliteDb, server: ResponsesServer, model: OpenAIResponses, reply: Reply
) -> None:
    server.reply_with(reply)
    agent = Agent(model, db=db)
    events = agent.run("Hi", session_id="s", stream=True)
    run_id = next(events).run_id
    asked = lambda: server.wait_for(lambda it: bool(it.replies))  # noqa: E731
    assert ends_when(lambda: agent.cancel_run(run_id), asked, events) == "RunCancelled"
    assert [run.status for run in db.runs("s")] == ["cancelled"]
    assert server.wait_for(lambda it: it.open_connections == 0), "nothing is generated for nobody"


@habits
def test_the_deadline_ends_a_turn_and_the_server_is_left(
    db: SqliteDb, server: ResponsesServer, model: OpenAIResponses, reply: Reply
) -> None:
    server.reply_with(reply)
    with pytest.raises(DeadlineError, match="the turn took longer than"):
        Agent(model, db=db, deadline=0.5).run("Hi", session_id="s")
    assert [run.status for run in db.runs("s")] == ["error"]
    assert server.wait_for(lambda it: it.open_connections == 0)


def test_a_turn_ends_in_the_pause_before_a_retry(db: SqliteDb, server: ResponsesServer, model: OpenAIResponses) -> None:
    server.reply_with(lambda request: ErrorReply(503, retry_after=20))
    agent = Agent(model, db=db)
    events = agent.run("Hi", session_id="s", stream=True)
    run_id = next(events).run_id
    asked = lambda: server.wait_for(lambda it: bool(it.replies))  # noqa: E731
    assert ends_when(lambda: agent.cancel_run(run_id), asked, events) == "RunCancelled"
    assert len(server.requests) == 1


class Deaf:
    """A model of somebody else's making: it waits for something that does not happen, and looks at nothing."""

    id = "deaf"

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.goes_on = threading.Event()
        self.ended = threading.Event()

    def stream(self, request: ModelRequest) -> Iterator[ModelEvent]:
        self.asked.set()
        self.goes_on.wait()
        self.ended.set()
        raise ModelError("nobody hears this")
        yield


@pytest.fixture
def deaf() -> Iterator[Deaf]:
    made = Deaf()
    yield made
    made.goes_on.set()


def test_any_model_can_be_stopped(db: SqliteDb, deaf: Deaf) -> None:
    agent = Agent(deaf, db=db)
    events = agent.run("Hi", session_id="s", stream=True)
    run_id = next(events).run_id
    assert ends_when(lambda: agent.cancel_run(run_id), deaf.asked.wait, events) == "RunCancelled"
    deaf.goes_on.set()
    assert deaf.ended.wait(60)
    assert [(run.status, run.error) for run in db.runs("s")] == [("cancelled", "")]


def test_the_next_turn_does_not_wait_for_a_stopped_one(db: SqliteDb, deaf: Deaf) -> None:
    with pytest.raises(DeadlineError):
        Agent(deaf, db=db, deadline=0.2).run("Hi", session_id="s")
    assert Agent(ScriptedModel(["Hello."]), db=db).run("Hi?", session_id="s").content == "Hello."
    assert not deaf.ended.is_set()


def test_a_turn_whose_session_is_gone_ends(db: SqliteDb, deaf: Deaf) -> None:
    agent = Agent(deaf, db=db)
    events = agent.run("Hi", session_id="s", stream=True)
    next(events)
    with pytest.raises(LeaseLostError):
        ends_when(lambda: agent.delete_session("s"), deaf.asked.wait, events)


def test_a_member_is_stopped_with_its_team(db: SqliteDb, deaf: Deaf) -> None:
    leader = ScriptedModel([call(DELEGATE, member="Ben", task="Look")])
    team = Team(leader, members=[Agent(deaf, name="Ben")], db=db)
    events = team.run("Hi", session_id="s", stream=True)
    run_id = next(events).run_id
    assert ends_when(lambda: team.cancel_run(run_id), deaf.asked.wait, events) == "RunCancelled"
    [run] = db.runs("s")
    assert [run.status, run.member_runs[0].status] == ["cancelled", "cancelled"]


def test_the_deadline_of_a_team_counts_for_its_members(db: SqliteDb, deaf: Deaf) -> None:
    leader = ScriptedModel([call(DELEGATE, member="Ben", task="Look")])
    with pytest.raises(DeadlineError):
        Team(leader, members=[Agent(deaf, name="Ben")], db=db, deadline=0.3).run("Hi", session_id="s")
    [run] = db.runs("s")
    assert [run.status, run.member_runs[0].status] == ["error", "error"]


@habits
def test_an_answer_outside_of_a_turn_has_its_time_too(server: ResponsesServer, model: OpenAIResponses, reply: Reply) -> None:
    server.reply_with(reply)
    with pytest.raises(DeadlineError, match="the model took longer"):
        ask_within(0.3, model, ModelRequest([Message("user", "Hi")]))
    assert server.wait_for(lambda it: it.open_connections == 0)


def test_a_name_is_not_waited_for_for_ever(deaf: Deaf) -> None:
    with pytest.raises(NamingError, match="took longer than") as caught:
        generate_name(deaf, [Message("user", "Hi")], seconds=0.2)
    assert not caught.value.permanent
