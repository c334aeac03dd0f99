"""What is sent: canonical items, each in its place (rule L14)."""

from __future__ import annotations

from typing import Any

import pytest

from kern.agent import Agent
from kern.models.openai.request import to_input
from kern.records.message import Message, ToolCall
from tests.kern.models.conftest import ModelFactory
from tests.responses_server import Garbage, ResponsesServer
from tests.responses_server.mutation import as_bytes

CALLS = [ToolCall("a", "fare"), ToolCall("b", "fare")]


def thought(number: int) -> dict[str, Any]:
    return {"type": "reasoning", "id": f"rs_{number}", "summary": [], "encrypted_content": f"secret {number}"}


def place(call_id: str) -> dict[str, Any]:
    return {"type": "function_call", "call_id": call_id}


def sent(message: Message, *, keep_reasoning: bool = True) -> list[str]:
    _, items = to_input([message], keep_reasoning=keep_reasoning)
    return [item.get("call_id") or str(item["id"])[:4] for item in items]


@pytest.mark.parametrize(
    ("items", "order"),
    [
        ([thought(1), place("a"), thought(2), place("b")], ["rs_1", "a", "rs_2", "b", "msg_"]),
        ([thought(1), {"type": "message"}, thought(2), place("a"), place("b")], ["rs_1", "msg_", "rs_2", "a", "b"]),
        ([place("a"), thought(2), {"type": "message"}, place("b")], ["a", "rs_2", "msg_", "b"]),
        ([thought(1)], ["rs_1", "msg_", "a", "b"]),
        ([thought(1), place("gone"), thought(2), place("b")], ["rs_2", "b", "msg_", "a"]),
        ([thought(1), place("a"), place("b"), {"type": "message"}, thought(2)], ["rs_1", "a", "b", "msg_"]),
    ],
)
def test_reasoning_stands_beside_what_it_led_to(items: list[dict[str, Any]], order: list[str]) -> None:
    said = Message("assistant", "Let me look.", CALLS, provider_items=items)
    assert sent(said) == order
    assert [name for name in sent(said, keep_reasoning=False) if name.startswith("rs_")] == []


@pytest.mark.parametrize(
    ("given", "arguments"),
    [
        ('{"to":  "LIS"}', '{"to":  "LIS"}'),
        ("null", "{}"),
        (" ", "{}"),
        ('"{}"', "{}"),
        ('{"to', '{"unreadable": "{\\"to"}'),
        ("[1]", '{"unreadable": "[1]"}'),
    ],
)
def test_arguments_are_an_object_for_every_server(given: str, arguments: str) -> None:
    _, [item] = to_input([Message("assistant", "", [ToolCall("a", "fare", given)])], keep_reasoning=False)
    assert item["arguments"] == arguments


def test_reasoning_of_a_turn_goes_back_in_its_order(make_model: ModelFactory, server: ResponsesServer) -> None:
    def look(place: str) -> str:
        """Look."""
        return f"nothing at {place}"

    calls = [
        {"type": "function_call", "id": f"fc_{name}", "call_id": name, "name": "look", "arguments": f'{{"place": "{name}"}}'}
        for name in ("x", "y")
    ]
    output = [thought(1), calls[0], thought(2), calls[1]]
    end = {"type": "response.completed", "response": {"status": "completed", "output": output}}
    bye = {"type": "response.output_text.delta", "item_id": "m", "delta": "Nothing."}
    last = {"type": "response.completed", "response": {"status": "completed", "output": []}}
    server.reply_with(Garbage(as_bytes([end])), Garbage(as_bytes([bye, last])))
    run = Agent(make_model(keep_reasoning=True), tools=[look]).run("Look everywhere")
    kinds = [item.get("encrypted_content") or item.get("output") or item.get("call_id") for item in server.requests[1]["input"]]
    assert run.content == "Nothing."
    assert kinds[1:] == ["secret 1", "x", "nothing at x", "secret 2", "y", "nothing at y"]
    assert server.rejections == []
