"""OpenRouter.

- comments while it waits for a provider: openai/openai-go 227, end-4/dots-hyprland 1329
- `response.keep_alive` events: OpenRouterTeam/python-sdk 266
- ids of its own in deltas (`fc_tmp_…`), others when an item is done: rbb-dev/Open-WebUI-OpenRouter-pipe 54
- one call finished twice, under two item ids: NousResearch/hermes-agent 94961, agno-agi/agno 2336
- reasoning with null where lists belong, a name of null at first: huggingface/text-generation-inference 2461
- usage with costs beside the counts, `data: [DONE]` at the end
- an error after the stream began, in an event of a chat's shape: langchain-ai/langchainjs 11579, vercel/ai 2720
- an error with status 200, the whole body an `error`: xyOz-dev/Saturn 43
- the reason of a provider stands in `metadata.raw`: diegosouzapw/OmniRoute 3044
- assistant messages of the input need `id` and `status`: openrouter.ai/docs, Responses API (beta)
- a page of HTML where its own front is down (502, 524)
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from tests.responses_server.habits.base import Habits, fresh, numbered, thought_of
from tests.responses_server.habits.vllm import require_output_messages
from tests.responses_server.wire import Json, Spoken

FRONT_IS_DOWN = 502


class OpenRouter(Habits):
    """Many providers behind one address."""

    name = "openrouter"
    replays_reasoning = False
    greeting = b": OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\n"
    farewell = b"data: [DONE]\n\n"
    chunk = 11

    def check(self, request: Json) -> Json:
        super().check(request)
        require_output_messages(request)
        return request

    def events(self, spoken: Spoken) -> Iterator[Json]:
        if spoken.error_event:
            return iter([_cut_off(spoken.error_event)])
        return numbered(_told(spoken))

    def frame(self, event: Json) -> bytes:
        return f"data: {json.dumps(event, ensure_ascii=False)}\n\n".encode()

    def error(self, status: int, error: Json) -> Json | str:
        if status == FRONT_IS_DOWN:
            return "<!DOCTYPE html><title>openrouter.ai | 502: Bad gateway</title>"
        raw = json.dumps({"error": {"message": error["message"], "type": error["type"]}})
        metadata = {"raw": raw, "provider_name": "OpenAI", "is_byok": False}
        message = error["message"] if status in (401, 402, 429) else "Provider returned error"
        return {"error": {"message": message, "code": status, "metadata": metadata}, "user_id": "user_2x"}


def _cut_off(error: Json) -> Json:
    told = error.get("error", error)
    choices = [{"index": 0, "delta": {"content": ""}, "finish_reason": "error", "native_finish_reason": "error"}]
    return {"id": "gen-1739458867", "object": "response.chunk", "error": told, "choices": choices}


def _told(spoken: Spoken) -> Iterator[Json]:
    names: dict[str, str] = {}
    for event in spoken.events():
        if event["type"] == "response.output_item.added":
            names[event["item"]["id"]] = fresh(f"{event['item']['id'].split('_')[0]}_tmp_")
            yield {"type": "response.keep_alive"}
            unnamed = {"name": None} if event["item"]["type"] == "function_call" else {}
            yield {**event, "item": _item({**event["item"], **unnamed, "id": names[event["item"]["id"]]})}
        elif "item_id" in event:
            yield {**event, "item_id": names[event["item_id"]]}
        elif "item" in event:
            yield {**event, "item": _item(event["item"])}
            if event["item"]["type"] == "function_call":
                yield {**event, "item": {**event["item"], "id": fresh("fc_")}}
        else:
            yield {**event, "response": _response(event["response"])}


def _item(item: Json) -> Json:
    if item["type"] != "reasoning":
        return item
    content = [{"type": "reasoning_text", "text": thought_of(item)}] if item["summary"] else None
    return {**item, "summary": None, "content": content, "encrypted_content": None, "format": "unknown", "signature": None}


def _response(response: Json) -> Json:
    usage = response["usage"]
    if usage:
        usage = {**usage, "cost": 0.00042, "is_byok": False, "cost_details": {"upstream_inference_cost": None}}
    return {**response, "output": [_item(item) for item in response["output"]], "usage": usage, "provider": "OpenAI"}
