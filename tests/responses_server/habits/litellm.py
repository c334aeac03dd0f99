"""LiteLLM's proxy in front of a chat-completions server. The order is 1.108's (docs/servers.md), the rest is reported.

- only `data:` lines, a `model` in every event, a response id of hundreds of characters, and `data: [DONE]` at the end
- every item has `output_index` 0; content of an item that nobody announced; reasoning ids that differ at each delta; a final
  response whose ids nobody heard before: BerriAI/litellm 36375
- a message with null text beside a call: BerriAI/litellm 31696, 31698, openai/openai-python 3011, 3840
- arguments in the `done` events only: BerriAI/litellm 27144; and as an object at the end: open-webui/open-webui 29323,
  huggingface/text-generation-inference 2461
- usage without its details: BerriAI/litellm 28899
- errors whose code is text and whose type is the text "None": BerriAI/litellm, `ProxyException`
- parameters that its upstream does not know are refused: `litellm.UnsupportedParamsError`
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.responses_server.habits.base import Habits, data_only, fresh, numbered
from tests.responses_server.validation import Rejected
from tests.responses_server.wire import Json, Spoken


class LiteLLM(Habits):
    """Chat completions, told as events."""

    name = "litellm"
    replays_reasoning = False
    headers = {"x-litellm-version": "1.108.7", "x-litellm-model-group": "gpt-5.2"}
    farewell = b"data: [DONE]\n\n"

    def check(self, request: Json) -> Json:
        super().check(request)
        if request.get("reasoning"):
            raise Rejected("litellm.UnsupportedParamsError: custom_openai does not support parameters: ['reasoning_effort']")
        return request

    def events(self, spoken: Spoken) -> Iterator[Json]:
        return numbered({**event, "model": spoken.request["model"]} for event in self._events(spoken))

    def frame(self, event: Json) -> bytes:
        return data_only(event)

    def error(self, status: int, error: Json) -> Json | str:
        message = f"litellm.APIError: OpenAIException - {error['message']}. Received Model Group=gpt-5.2"
        return {"error": {"message": message, "type": "None", "param": "None", "code": str(status)}}

    def _events(self, spoken: Spoken) -> Iterator[Json]:
        long_id = fresh("resp_") + "Q" * 400
        for event in spoken.events():
            told = _told(event)
            if told is None:
                continue
            if "response" in told:
                told = {**told, "response": {**_final(told["response"]), "id": long_id}}
            yield {**told, **({"output_index": 0} if "output_index" in told else {})}


def _told(event: Json) -> Json | None:
    """One event in their way, or None where they have none."""
    kind = event["type"]
    if kind == "response.function_call_arguments.delta":
        return None
    if kind.startswith("response.reasoning_summary_part"):
        return None
    if "reasoning" in kind:
        return {**event, "item_id": fresh("rs_")}
    item: Any = event.get("item")
    if kind == "response.output_item.added" and item["type"] == "reasoning":
        return None
    if kind == "response.output_item.done" and item["type"] == "function_call":
        return {**event, "item": {**item, "id": f"fc_{item['call_id']}"}}
    return event


def _final(response: Json) -> Json:
    usage = response.get("usage")
    if usage:
        usage = {**usage, "input_tokens_details": None, "output_tokens_details": None, "cost": None}
    output = [{**item, "id": fresh("msg_")} for item in response["output"]]
    output = [{**item, "arguments": _object(item["arguments"])} if "arguments" in item else item for item in output]
    calls = [item for item in output if item["type"] == "function_call"]
    if calls and not any(item["type"] == "message" for item in output):
        part: Json = {"type": "output_text", "text": None, "annotations": []}
        silence = {"id": fresh("msg_"), "type": "message", "role": "assistant", "status": "completed", "content": [part]}
        output.insert(0, silence)
    return {**response, "output": output, "usage": usage, "text": None, "truncation": None, "max_output_tokens": None}


def _object(arguments: str) -> Any:
    try:
        return json.loads(arguments)
    except ValueError:
        return arguments
