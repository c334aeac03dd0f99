"""The local server is only worth something while it is as the real API: the SDK's own strict parser and its refusals say so."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from random import Random
from typing import Any

import openai
import pytest

from kern.models.base import ModelRequest, ToolSchema, ask
from kern.models.openai import OpenAIResponses
from kern.naming import generate_name
from kern.records.message import Message
from tests.responses_server import Calls, ErrorReply, Failed, Incomplete, Refusal, Reply, ResponsesServer, Slow, Text, habits
from tests.responses_server.habits.garbage import MAKERS
from tests.responses_server.wire import speak

CANCEL = ToolSchema(
    name="cancel_booking",
    description="Cancel a booking.",
    parameters={"type": "object", "properties": {"reference": {"type": "string"}, "refund": {"type": "boolean"}}},
)
TOOL: dict[str, Any] = {"type": "function", "name": "fare", "parameters": {"type": "object", "properties": {}}, "strict": False}
CALL = {"type": "function_call", "call_id": "c1", "name": "fare", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "c1", "output": "90"}
#: What OpenAI takes, too, and gateways drop.
EASY = {"role": "user", "content": "Hello"}
USER: dict[str, Any] = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello"}]}


@pytest.fixture
def client(server: ResponsesServer) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(api_key="key", base_url=server.base_url, max_retries=0, _strict_response_validation=True) as strict:
        yield strict


@pytest.mark.parametrize(
    "reply",
    [
        Text("One two three"),
        Calls([("fare", {"to": "LIS"}), ("fare", {"to": "FCO"})], text="Let me look.", reasoning="secret"),
        Refusal(),
        Failed(),
        Incomplete(),
        Slow(0.01),
    ],
    ids=repr,
)
def test_events_and_objects_are_what_the_sdk_expects(server: ResponsesServer, client: openai.OpenAI, reply: Reply) -> None:
    server.reply_with(reply, reply)
    events = list(client.responses.create(model="gpt-5.2", input="Hello", stream=True))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    final = events[-1].response
    whole = client.responses.create(model="gpt-5.2", input="Hello")
    assert (final.status, final.output_text, final.usage) == (whole.status, whole.output_text, whole.usage)
    assert [item.type for item in final.output] == [item.type for item in whole.output]


def test_models_are_listed(client: openai.OpenAI) -> None:
    assert "gpt-5.2" in [model.id for model in client.models.list()]


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ({"input": []}, "Missing required parameter: 'input'"),
        ({"input": [USER], "messages": []}, "Unknown parameter: 'messages'"),
        ({"input": [EASY]}, "Missing required parameter: 'input[0].type'"),
        ({"input": [{**USER, "content": "Hello"}]}, "Invalid type for 'input[0].content'"),
        ({"input": [{**USER, "content": ["Hello"]}]}, "Invalid type for 'input[0].content[0]'"),
        ({"input": [{**USER, "role": "tool"}]}, "Invalid value: 'tool'"),
        ({"input": [{**USER, "tool_calls": []}]}, "Unknown parameter"),
        ({"input": [{**USER, "role": "assistant"}]}, "Invalid value: 'input_text'"),
        ({"input": [USER, OUTPUT]}, "No tool call found"),
        ({"input": [USER, OUTPUT, CALL]}, "No tool call found"),
        ({"input": [USER, CALL]}, "No tool output found"),
        ({"input": [USER, CALL, CALL, OUTPUT]}, "Duplicate function call"),
        ({"input": [USER, CALL, OUTPUT, OUTPUT]}, "No tool call found"),
        ({"input": [USER, {**CALL, "id": "call_1"}, OUTPUT]}, "begins with 'fc'"),
        ({"input": [USER, {**CALL, "call_id": "c" * 65}]}, "string too long"),
        ({"input": [{"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "x"}, USER]}, "following item"),
        ({"input": [{"type": "reasoning", "id": "rs_1", "summary": []}, CALL, OUTPUT]}, "not found"),
        ({"input": [USER], "tools": [{**TOOL, "name": "look up"}]}, "does not match pattern"),
        ({"input": [USER], "tools": [{**TOOL, "parameters": {"type": "array"}}]}, "Invalid schema for function 'fare'"),
        ({"input": [USER], "tools": [{**TOOL, "parameters": {"type": "object", "properties": 5}}]}, "Invalid schema"),
        ({"input": [USER], "tools": [{**TOOL, "strict": True}]}, "strict needs"),
        ({"input": [USER], "tools": [TOOL, TOOL]}, "unique"),
        ({"input": [USER], "max_output_tokens": 5}, "below minimum"),
        ({"input": [USER], "model": "gpt-4.1", "include": ["reasoning.encrypted_content"]}, "not supported with this model"),
    ],
)
def test_what_the_api_refuses_is_refused(
    server: ResponsesServer, client: openai.OpenAI, body: dict[str, Any], complaint: str
) -> None:
    with pytest.raises((openai.BadRequestError, openai.NotFoundError), match=re.escape(complaint)):
        client.post("/responses", body={"model": "gpt-5.2", **body}, cast_to=object)
    assert complaint in server.rejections[0]


def test_a_key_and_a_model_can_be_demanded() -> None:
    with ResponsesServer(api_key="right", models=("gpt-5.2",)) as server:
        for key, model, error in (("wrong", "gpt-5.2", openai.AuthenticationError), ("right", "gpt-9", openai.NotFoundError)):
            with openai.OpenAI(api_key=key, base_url=server.base_url, max_retries=0) as client, pytest.raises(error):
                client.responses.create(model=model, input="Hello")


def test_a_script_that_ran_out_is_noticed(server: ResponsesServer, client: openai.OpenAI) -> None:
    server.reply_with(ErrorReply(503))
    with pytest.raises(openai.InternalServerError):
        client.responses.create(model="gpt-5.2", input="Hello")
    with pytest.raises(openai.BadRequestError, match="no reply left"):
        client.responses.create(model="gpt-5.2", input="Hello")


def test_without_a_script_it_calls_tools_and_quotes_their_output(model: OpenAIResponses) -> None:
    messages = [Message("user", "Hi"), Message("assistant", "Hello."), Message("user", "Is my booking (K7QX2M) fine?")]
    assert "I see 2 earlier messages" in ask(model, ModelRequest(messages, tools=[CANCEL])).content

    messages = [Message("user", 'Please run cancel_booking(reference="K7(Q)X2M", refund=true), then sleep(1)')]
    answer = ask(model, ModelRequest(messages, tools=[CANCEL]))
    assert [(call.name, call.parsed()) for call in answer.tool_calls] == [
        ("cancel_booking", {"reference": "K7(Q)X2M", "refund": True})
    ]
    call_id = answer.tool_calls[0].id
    messages += [Message("assistant", "", answer.tool_calls), Message("tool", "Booking is cancelled.", tool_call_id=call_id)]
    assert "> Booking is cancelled." in ask(model, ModelRequest(messages, tools=[CANCEL])).content


def test_without_a_script_it_names_conversations(model: OpenAIResponses) -> None:
    talk = [Message("user", "Hi, I want to cancel my flight to Lisbon because of the strike."), Message("assistant", "Sure.")]
    assert generate_name(model, talk) == "Flight Cancellation Lisbon"


def test_it_runs_as_a_program() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.responses_server", "--delay", "0"], stdout=subprocess.PIPE, text=True
    ) as it:
        try:
            assert it.stdout is not None
            port = it.stdout.readline().split()[1]
            model = OpenAIResponses(api_key="any", base_url=f"http://127.0.0.1:{port}/v1")
            assert "You wrote: “Hello”" in ask(model, ModelRequest([Message("user", "Hello")])).content
        finally:
            it.terminate()
        assert it.wait() == 0


@pytest.mark.parametrize("kind", habits.HONEST, ids=lambda kind: kind.name)
def test_each_honest_server_tells_text_and_calls_in_its_own_way(kind: type[habits.Habits]) -> None:
    asking = Calls([("fare", {"to": "LIS"}), ("fare", {"to": "FCO"})], thought="Two cities.")
    replies: list[Reply] = [Text("Grüße aus Köln"), asking]
    with ResponsesServer(habits=kind()) as server, openai.OpenAI(api_key="key", base_url=server.base_url) as lenient:
        server.reply_with(*replies)
        streams = [list(lenient.responses.create(model="gpt-5.2", input="Hello", stream=True)) for _ in replies]
    told = ["".join(event.delta for event in events if event.type == "response.output_text.delta") for events in streams]
    assert told == ["Grüße aus Köln", ""]
    finished = [event.item for event in streams[1] if event.type == "response.output_item.done"]
    calls = {item.call_id: item.arguments for item in finished if item.type == "function_call"}
    assert sorted(calls.values()) == ['{"to": "FCO"}', '{"to": "LIS"}']


ASSISTANT = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hi"}]}


@pytest.mark.parametrize(
    ("name", "items", "complaint"),
    [
        ("vllm", [USER, ASSISTANT, USER], "Field required: id"),
        ("openrouter", [USER, {**ASSISTANT, "id": "msg_1", "status": "completed"}, USER], "Field required: annotations"),
        ("ollama", [EASY], "missing required 'type' field"),
        ("llama.cpp", [USER, USER], "roles must alternate"),
        ("llama.cpp", [USER, {"role": "assistant", "content": "Hi"}, USER], "Cannot determine type"),
    ],
)
def test_each_server_refuses_what_it_is_known_to_refuse(name: str, items: list[dict[str, Any]], complaint: str) -> None:
    with ResponsesServer(habits=habits.named(name)) as server:
        with openai.OpenAI(api_key="key", base_url=server.base_url, max_retries=0) as client, pytest.raises(openai.APIError):
            client.post("/responses", body={"model": "gpt-5.2", "input": items}, cast_to=object)
        assert complaint in server.rejections[0]


def test_a_strict_gateway_hears_only_what_is_canonical(server: ResponsesServer, client: openai.OpenAI) -> None:
    client.post("/responses", body={"model": "gpt-5.2", "input": [USER, CALL, OUTPUT]}, cast_to=object)
    assert server.heard == [[("user", "Hello"), ("call", "fare({})"), ("output", "90")]]


def test_the_same_seed_gives_the_same_garbage() -> None:
    events = list(speak(Text("One two three"), {"model": "gpt-5.2", "input": "Hello"}).events())
    seeds = range(50)
    first, again = ([maker(Random(seed), events).body for seed in seeds for maker in MAKERS] for _ in range(2))
    assert first == again
    assert len(set(first)) > len(MAKERS)
