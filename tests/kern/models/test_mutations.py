"""Streams of events, spoiled in every way that hypothesis finds (rules L15, L16, L17).

What must hold of any stream:

- `OpenAIResponses.stream` and `Agent.run` raise nothing but `ModelError`;
- no tool runs twice for one call that the model made, whatever the stream makes of it;
- thinking that came as reasoning is never in what is shown;
- a text or call that arrived whole in one telling (deltas, `done` event, finished item, final response) of a response that is
  declared completed is in the answer once, if no other telling contradicts it: what is missing, null, empty or told again is
  no contradiction.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from kern.agent import Agent
from kern.db.sqlite import SqliteDb
from kern.errors import ModelError
from kern.models.base import ModelAnswer, ModelRequest, ToolSchema
from kern.models.openai import OpenAIResponses
from kern.records.message import Message
from tests.responses_server import Calls, Garbage, Reply, ResponsesServer, Text, habits
from tests.responses_server.mutation import KINDS, STRANGERS, Mutation, as_bytes, spoiled
from tests.responses_server.wire import speak

# Thousands of streams, which reach no line that the tests of one habit each do not.
pytestmark = pytest.mark.no_cover

Json = dict[str, Any]

THOUGHT = "Nobody may read this."
WORDS = "Die Buchung K7 kostet 90 €, sagt Łukasz."
ARGUMENTS = {"reference": "K7", "note": "für Łukasz"}
REQUEST: Json = {"model": "gpt-5.2", "input": "Hello"}
QUESTION = ModelRequest([Message("user", "Pay it")], tools=[ToolSchema("pay", "Pay a bill.", {"type": "object"})])
TALK = Text(WORDS, thought=THOUGHT)
CALL = Calls([("pay", ARGUMENTS)], ids=["call_1"], thought=THOUGHT)
BOTH = Calls([("pay", ARGUMENTS)], ids=["call_1"], text=WORDS, thought=THOUGHT)
REPLIES: tuple[Text | Calls, ...] = (TALK, CALL, BOTH)
SERVERS: tuple[type[habits.Habits], ...] = (habits.Habits, *habits.HONEST)
KINDS_OF_SERVERS = st.sampled_from(SERVERS)

mutations = st.lists(
    st.builds(Mutation, st.sampled_from(KINDS), *(st.integers(0, 40) for _ in range(3))), min_size=1, max_size=5
)
# Without shrinking: over a real connection that takes minutes.
quickly = settings(
    deadline=None,
    derandomize=True,
    max_examples=150,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture(scope="module")
def server() -> Iterator[ResponsesServer]:
    with ResponsesServer() as running:
        yield running


@pytest.fixture(scope="module")
def model(server: ResponsesServer) -> Iterator[OpenAIResponses]:
    model = OpenAIResponses(api_key="key", base_url=server.base_url, retries=0, keep_reasoning=True)
    yield model
    model.close()


def told_by(kind: type[habits.Habits], reply: Text | Calls) -> list[Json]:
    """The events of the reply, as a server of that kind tells them."""
    return list(kind().events(speak(reply, REQUEST)))


def ask(server: ResponsesServer, model: OpenAIResponses, events: list[Json], **form: Any) -> ModelAnswer:
    """The answer that the model gives of these events. Raises `ModelError`, or the test fails."""
    server.reply_with(lambda request: Garbage(as_bytes(events, **form)))
    *_, answer = model.stream(QUESTION)
    assert isinstance(answer, ModelAnswer)
    return answer


@quickly
@given(st.data())
def test_any_stream_gives_an_answer_or_a_model_error(
    server: ResponsesServer, model: OpenAIResponses, data: st.DataObject
) -> None:
    reply = data.draw(st.sampled_from(REPLIES))
    changes = data.draw(mutations)
    events = spoiled(told_by(data.draw(KINDS_OF_SERVERS), reply), changes)
    form = {"line_end": data.draw(st.sampled_from(["\n", "\r\n", "\r"])), "has_names": data.draw(st.booleans())}
    try:
        answer = ask(server, model, events, **form)
    except ModelError:
        return
    ids = [call.id for call in answer.tool_calls]
    assert len(ids) == len(set(ids))
    assert all(call.id and call.name and isinstance(call.arguments, str) for call in answer.tool_calls)
    assert "None" not in answer.content
    if not any(change.kind in ("retype", "swap") for change in changes):
        assert THOUGHT not in answer.content


#: The events that tell a thing, by way of telling it.
WAYS_OF_TEXT = {
    "deltas": ("response.output_text.delta",),
    "done": ("response.output_text.done",),
    "part": ("response.content_part.done",),
    "item": ("response.output_item.done",),
    "final": ("response.completed",),
}
WAYS_OF_CALL = {
    "deltas": ("response.output_item.added", "response.function_call_arguments.delta"),
    "done": ("response.output_item.added", "response.function_call_arguments.done"),
    "item": ("response.output_item.done",),
    "final": ("response.completed",),
}


def only_told(events: list[Json], way: tuple[str, ...], data: st.DataObject) -> list[Json]:
    """The events with one way of telling untouched, and each other one missing, emptied, doubled or as it was."""
    result: list[Json] = []
    for event in events:
        fates = ["keep"] if event["type"] in way else ["keep", "drop", "empty"]
        if event["type"] not in way and not event["type"].endswith(".delta"):
            fates.append("twice")
        if event["type"] == "response.completed":
            fates = ["keep"] if event["type"] in way else ["keep", "empty"]
        fate = data.draw(st.sampled_from(fates))
        told = emptied(event) if fate == "empty" else event
        result += [] if fate == "drop" else [told, told] if fate == "twice" else [told]
        if event["type"] != "response.completed" and data.draw(st.integers(0, 9)) == 0:
            result.append(data.draw(st.sampled_from(STRANGERS[:3])))
    return result


def emptied(event: Json) -> Json:
    """The event without what it tells."""
    empty: Json = {"text": None, "delta": None, "arguments": None, "part": None, "item": None}
    told = {name: empty.get(name, value) for name, value in event.items()}
    if isinstance(event.get("item"), dict):
        told["item"] = {**event["item"], **{name: None for name in ("content", "arguments") if name in event["item"]}}
    if event["type"] == "response.completed":
        told["response"] = {**event["response"], "output": [], "usage": None}
    return told


@quickly
@given(st.data())
def test_a_text_that_one_telling_has_whole_is_in_the_answer_once(
    server: ResponsesServer, model: OpenAIResponses, data: st.DataObject
) -> None:
    way = data.draw(st.sampled_from(sorted(WAYS_OF_TEXT)))
    events = only_told(told_by(habits.Habits, TALK), WAYS_OF_TEXT[way], data)
    assert ask(server, model, events).content == WORDS


@quickly
@given(st.data())
def test_a_call_that_one_telling_has_whole_is_made_once(
    server: ResponsesServer, model: OpenAIResponses, data: st.DataObject
) -> None:
    way = data.draw(st.sampled_from(sorted(WAYS_OF_CALL)))
    events = only_told(told_by(habits.Habits, CALL), WAYS_OF_CALL[way], data)
    answer = ask(server, model, events)
    assert [(call.name, json.loads(call.arguments)) for call in answer.tool_calls] == [("pay", ARGUMENTS)]


@quickly
@given(kind=KINDS_OF_SERVERS, changes=mutations)
def test_no_tool_runs_twice_for_one_call(
    server: ResponsesServer, model: OpenAIResponses, kind: type[habits.Habits], changes: list[Mutation]
) -> None:
    paid: Counter[str] = Counter()

    def pay(reference: str, note: str = "") -> str:
        """Pay a bill."""
        paid[reference] += 1
        return "paid"

    def answer(request: Json) -> Reply:
        is_paid = "function_call_output" in json.dumps(request["input"])
        return Text("It is paid.") if is_paid else Garbage(as_bytes(spoiled(told_by(kind, BOTH), changes)))

    server.reply_with(answer)
    db = SqliteDb(db_file=":memory:")
    try:
        run = Agent(model, db=db, tools=[pay], tool_call_limit=5).run("Pay it")
        assert run.status == "completed"
        assert run.content.strip()
    except ModelError:
        pass
    finally:
        db.close()
    assert all(times == 1 for times in paid.values())
