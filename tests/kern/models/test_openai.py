"""What goes to a Responses server and what comes back, over the real client."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from typing import Any

import pytest

from kern.errors import InvalidInputError, ModelError
from kern.models.base import ModelAnswer, ModelRequest, TextDelta, ToolSchema, Usage, ask
from kern.models.openai import OpenAIResponses
from kern.records.message import Message, ToolCall
from tests.kern.models.conftest import ModelFactory
from tests.responses_server import Calls, Garbage, Refusal, ResponsesServer, Text

FARE = ToolSchema(
    name="fare",
    description="What a flight costs.",
    parameters={"type": "object", "properties": {"to": {"type": "string"}}, "required": ["to"]},
)
USAGE = {
    "input_tokens": 40,
    "input_tokens_details": {"cached_tokens": 30, "cache_write_tokens": 0},
    "output_tokens": 9,
    "output_tokens_details": {"reasoning_tokens": 5},
    "total_tokens": 49,
}


def said(text: str) -> dict[str, object]:
    """What a user said, as it is sent."""
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


def hello() -> ModelRequest:
    return ModelRequest([Message("user", "Hello")])


def test_text_arrives_in_pieces_and_the_whole_answer_last(model: OpenAIResponses, server: ResponsesServer) -> None:
    server.reply_with(Text(chunks=["Good ", "mor", "ning."], usage=USAGE))
    *pieces, answer = model.stream(hello())
    assert pieces == [TextDelta("Good "), TextDelta("mor"), TextDelta("ning.")]
    assert answer == ModelAnswer(content="Good morning.", model="gpt-5.2", usage=Usage(40, 9, 30, 5))


def test_a_server_that_takes_no_notice_of_streaming_is_heard(model: OpenAIResponses, server: ResponsesServer) -> None:
    part = {"type": "output_text", "text": "Hello."}
    response = {"object": "response", "status": "completed", "output": [{"type": "message", "content": [part]}]}
    server.reply_with(Garbage(json.dumps(response).encode(), "application/json; charset=utf-8"))
    assert ask(model, hello()).content == "Hello."
    refused = {"error": {"message": "No such model here.", "code": "model_not_found"}}
    server.reply_with(Garbage(json.dumps(refused).encode(), "application/json"))
    with pytest.raises(ModelError, match="No such model here") as caught:
        ask(model, hello())
    assert caught.value.permanent


def test_a_refusal_is_text(model: OpenAIResponses, server: ResponsesServer) -> None:
    server.reply_with(Refusal("I won't."))
    *pieces, answer = model.stream(hello())
    assert pieces == [TextDelta("I "), TextDelta("won't.")]
    assert isinstance(answer, ModelAnswer)
    assert answer.content == "I won't."


def test_a_tool_is_offered_called_and_answered(model: OpenAIResponses, server: ResponsesServer) -> None:
    server.reply_with(Calls([("fare", {"to": "LIS"})], text="Let me look."), Text("90 EUR."))
    messages = [Message("system", "Be brief."), Message("user", "How much is Lisbon?")]
    first = ask(model, ModelRequest(messages, tools=[FARE]))
    assert (first.content, first.tool_calls[0].name, first.tool_calls[0].parsed()) == ("Let me look.", "fare", {"to": "LIS"})

    call_id = first.tool_calls[0].id
    messages += [Message("assistant", first.content, first.tool_calls), Message("tool", "90", tool_call_id=call_id)]
    assert ask(model, ModelRequest(messages, tools=[FARE])).content == "90 EUR."
    assert server.requests[1] == {
        "model": "gpt-5.2",
        "instructions": "Be brief.",
        "input": [
            said("How much is Lisbon?"),
            server.requests[1]["input"][1],
            {"type": "function_call", "call_id": call_id, "name": "fare", "arguments": '{"to": "LIS"}'},
            {"type": "function_call_output", "call_id": call_id, "output": "90"},
        ],
        "tools": [
            {
                "type": "function",
                "name": "fare",
                "description": FARE.description,
                "parameters": FARE.parameters,
                "strict": False,
            }
        ],
        "tool_choice": "auto",
        "store": False,
        "stream": True,
    }
    answer = server.requests[1]["input"][1]
    assert re.fullmatch("msg_[-a-z0-9]+", answer.pop("id"))
    part = {"type": "output_text", "text": "Let me look.", "annotations": []}
    assert answer == {"type": "message", "role": "assistant", "status": "completed", "content": [part]}
    assert server.rejections == []


def test_call_ids_that_runs_share_are_told_apart(model: OpenAIResponses, server: ResponsesServer) -> None:
    """Many servers count from `call_0` in every answer; each output must still find its own call."""
    messages = [Message("user", "How much is Lisbon, how much is Rome?")]
    for city, price in (("LIS", "90"), ("FCO", "120")):
        call = ToolCall("call_0", "fare", f'{{"to": "{city}"}}')
        messages += [Message("assistant", "", [call]), Message("tool", price, tool_call_id="call_0")]
    ask(model, ModelRequest([*messages, Message("user", "And now?")]))
    sent = [item for item in server.requests[0]["input"] if "call_id" in item]
    outputs = {item["call_id"]: item["output"] for item in sent if item["type"] == "function_call_output"}
    assert {item["arguments"]: outputs[item["call_id"]] for item in sent if item["type"] == "function_call"} == {
        '{"to": "LIS"}': "90",
        '{"to": "FCO"}': "120",
    }
    assert server.rejections == []


def test_calls_of_overlapping_runs_that_share_an_id_keep_their_own_outputs(
    model: OpenAIResponses, server: ResponsesServer
) -> None:
    calls = [
        Message("assistant", "", [ToolCall("call_1", "fare", f'{{"to": "{city}"}}')], run_id=city) for city in ("LIS", "FCO")
    ]
    outputs = [Message("tool", f"fare to {city}", tool_call_id="call_1", run_id=city) for city in ("FCO", "LIS")]
    ask(model, ModelRequest([Message("user", "Lisbon? Rome?"), *calls, *outputs]))
    sent = server.requests[0]["input"][1:]
    told = {item["call_id"]: item["output"] for item in sent if "output" in item}
    assert {item["arguments"]: told[item["call_id"]] for item in sent if "arguments" in item} == {
        '{"to": "LIS"}': "fare to LIS",
        '{"to": "FCO"}': "fare to FCO",
    }
    assert server.rejections == []


def test_parallel_calls_with_one_id_keep_their_order(model: OpenAIResponses, server: ResponsesServer) -> None:
    calls = [ToolCall("x" * 80, "look up!", "{}"), ToolCall("x" * 80, "look up!", "")]
    outputs = [Message("tool", text, tool_call_id="x" * 80) for text in ("first", "second")]
    ask(model, ModelRequest([Message("user", "Both, please"), Message("assistant", "", calls), *outputs]))
    sent = server.requests[0]["input"]
    assert server.rejections == []
    assert [item["call_id"] for item in sent[1:5:2]] == [item["call_id"] for item in sent[2:5:2]]
    assert [item["output"] for item in sent[2:5:2]] == ["first", "second"]


def test_a_call_id_the_conversation_knows_is_replaced(model: OpenAIResponses, server: ResponsesServer) -> None:
    server.reply_with(Calls([("fare", {"to": "FCO"}), ("fare", {"to": "ORY"})], ids=["call_0", "call_0"]))
    earlier = [Message("assistant", "", [ToolCall("call_0", "fare")]), Message("tool", "90", tool_call_id="call_0")]
    answer = ask(model, ModelRequest([Message("user", "Rome?"), *earlier], tools=[FARE]))
    assert len({"call_0", *(call.id for call in answer.tool_calls)}) == 3


def test_broken_history_is_refused_by_the_server_not_repaired_in_silence(
    model: OpenAIResponses, server: ResponsesServer
) -> None:
    for messages, complaint in (
        ([Message("user", "?"), Message("tool", "90", tool_call_id="lost")], "No tool call found"),
        ([Message("user", "?"), Message("assistant", "", [ToolCall("c", "fare")])], "No tool output found"),
        ([], "Missing required parameter: 'input'"),
    ):
        with pytest.raises(ModelError, match=complaint) as caught:
            ask(model, ModelRequest(messages))
        assert (caught.value.permanent, caught.value.status) == (True, 400)


def test_reasoning_is_asked_for_and_replayed_before_its_answer(make_model: ModelFactory, server: ResponsesServer) -> None:
    server.reply_with(Calls([("fare", {"to": "LIS"})], reasoning="secret"), Text("90 EUR."))
    model = make_model(reasoning_effort="low")
    first = ask(model, ModelRequest([Message("user", "Lisbon?")], tools=[FARE]))
    call = first.tool_calls[0]
    asked = Message("assistant", "", [call], provider_items=first.provider_items)
    ask(model, ModelRequest([Message("user", "Lisbon?"), asked, Message("tool", "90", tool_call_id=call.id)], tools=[FARE]))
    assert server.requests[0]["include"] == ["reasoning.encrypted_content"]
    assert server.requests[0]["reasoning"] == {"effort": "low"}
    replayed = server.requests[1]["input"][1:3]
    assert [item["type"] for item in replayed] == ["reasoning", "function_call"]
    assert replayed[0]["encrypted_content"] == "secret"
    assert server.rejections == []


def test_models_without_reasoning_hear_nothing_of_it(make_model: ModelFactory, server: ResponsesServer) -> None:
    thought = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "secret"}
    said = Message("assistant", "Hello.", provider_items=[thought])
    ask(make_model("gpt-4.1"), ModelRequest([Message("user", "Hi"), said, Message("user", "Bye")]))
    assert server.rejections == []
    assert [item["role"] for item in server.requests[0]["input"]] == ["user", "assistant", "user"]


def test_options_are_sent_only_where_they_are_given(make_model: ModelFactory, server: ResponsesServer) -> None:
    ask(make_model(), hello())
    ask(make_model(temperature=0.0, max_output_tokens=500), hello())
    ask(make_model(max_output_tokens=500), ModelRequest([Message("user", "Hi")], max_output_tokens=5))
    assert set(server.requests[0]) == {"model", "input", "store", "stream"}
    assert (server.requests[1]["temperature"], server.requests[1]["max_output_tokens"]) == (0.0, 500)
    assert server.requests[2]["max_output_tokens"] == 16, "fewer are refused by the API"
    assert server.rejections == []


def test_the_environment_says_where_and_as_whom(server: ResponsesServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
    monkeypatch.setenv("OPENAI_API_KEY", "from-the-environment\n")
    ask(OpenAIResponses(), hello())
    assert server.headers[0]["authorization"] == "Bearer from-the-environment"


def test_a_missing_key_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(ModelError, match="OPENAI_API_KEY") as caught:
        ask(OpenAIResponses(), hello())
    assert caught.value.permanent


@pytest.mark.parametrize(
    "setting", [*({"timeout": value} for value in (0, -1, "x", True, 1e300)), {"retries": -1}, {"retries": "2"}, {"id": None}]
)
def test_what_is_no_setting_is_told_when_the_model_is_made(setting: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError, match=f"^{next(iter(setting))} is "):
        OpenAIResponses(**setting)


def test_closing_the_stream_closes_the_connection(model: OpenAIResponses, server: ResponsesServer) -> None:
    server.reply_with(lambda request: Text("one two three four", delay=0.05))
    streams = [model.stream(hello()) for _ in range(5)]
    for stream in streams:
        assert isinstance(next(stream), TextDelta)
    assert server.open_connections == 5
    for stream in streams:
        stream.close()
    assert server.wait_for(lambda it: it.open_connections == 0)


def test_one_connection_serves_answer_after_answer(model: OpenAIResponses, server: ResponsesServer) -> None:
    for _ in range(5):
        ask(model, hello())
    assert server.connections_made == 1


def test_threads_share_one_model(model: OpenAIResponses, server: ResponsesServer) -> None:
    server.reply_with(lambda request: Text(request["input"][0]["content"][0]["text"], delay=0.001))
    answers: dict[int, str] = {}

    def worker(number: int) -> None:
        answers[number] = ask(model, ModelRequest([Message("user", f"number {number}")])).content

    threads = [threading.Thread(target=worker, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {number: f"number {number}" for number in range(20)}


def test_importing_the_model_does_not_import_the_sdk() -> None:
    heavy = "{'openai', 'httpx2', 'pydantic'} & set(sys.modules)"
    check = f"import sys, kern.models.openai as module; module.OpenAIResponses(); sys.exit(bool({heavy}))"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
