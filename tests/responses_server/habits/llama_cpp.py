"""llama.cpp's server, as its `tools/server/server-task.cpp` and `server-chat.cpp` of 2026 behave.

- no `output_index`, no `content_index`, no `sequence_number`, calls without `id`: ggml-org/llama.cpp 20607, 24882, 24957
- everything is finished at the end only, arguments have no `done` event, their `item_id` is the call's `call_id`
- reasoning as `reasoning_text` deltas and an empty `encrypted_content`; one without content is refused when it comes back
- usage without its details: ggml-org/llama.cpp 22659
- roles must alternate, says the chat template, with status 500: CherryHQ/cherry-studio 4598, edgelesssys/opensecret 120
- an assistant message without `type` is "Cannot determine type of 'item'"
- the code of an error is a number
- a comment now and then keeps the connection open (`--sse-ping-interval`)
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.responses_server.habits.base import Habits, text_of, thought_of
from tests.responses_server.validation import Rejected
from tests.responses_server.wire import Json, Spoken

ALTERNATE = (
    "Jinja Exception: After the optional system message, conversation roles must alternate user/assistant/user/assistant/..."
)


class LlamaCpp(Habits):
    """A chat template behind a thin layer of events."""

    name = "llama.cpp"
    replays_reasoning = False
    headers = {"server": "llama.cpp"}
    greeting = b":\n\n"

    def check(self, request: Json) -> Json:
        items = request["input"] if isinstance(request.get("input"), list) else []
        for item in items:
            if item.get("type") == "reasoning" and not item.get("content"):
                raise Rejected("item['content'] is not an array")
            if item.get("role") == "assistant" and item.get("type") != "message":
                raise Rejected("Cannot determine type of 'item'")
        if any(one == other for one, other in zip(_speakers(items), _speakers(items)[1:], strict=False)):
            raise Rejected(ALTERNATE, status=500)
        return super().check(request)

    def events(self, spoken: Spoken) -> Iterator[Json]:
        if spoken.error_event or spoken.status == "failed":
            yield {"type": "error", "error": {"code": 500, "message": "The server had an error.", "type": "server_error"}}
            return
        head = {"id": spoken.response_id, "object": "response", "status": "in_progress"}
        yield {"type": "response.created", "response": head}
        yield {"type": "response.in_progress", "response": head}
        for item, pieces in spoken.items:
            yield from _begun(item, pieces)
        output = [_whole(item) for item, _ in spoken.items]
        for item in output:
            yield from _done(item)
        usage = spoken.response()["usage"]
        counts = {name: usage[name] for name in ("input_tokens", "output_tokens", "total_tokens")}
        final = {**head, "created_at": 1796015092, "model": spoken.request["model"], "output": output, "usage": counts}
        ending = {"status": spoken.status, "incomplete_details": {"reason": spoken.incomplete_reason}}
        yield {"type": f"response.{spoken.status}", "response": {**final, **ending}}

    def error(self, status: int, error: Json) -> Json | str:
        kind = "server_error" if status >= 500 else "invalid_request_error"
        return {"error": {"code": status, "message": error["message"], "type": kind}}


def _speakers(items: list[Json]) -> list[str]:
    """Who speaks in turn, as a template counts: an assistant message that calls tools is not counted, nor are outputs."""
    speakers: list[str] = []
    for item in items:
        kind = item.get("type", "message")
        if kind == "message" and item["role"] in ("user", "assistant"):
            speakers.append(item["role"])
        elif kind == "function_call" and speakers[-1:] == ["assistant"]:
            speakers.pop()
    return speakers


def _begun(item: Json, pieces: list[str]) -> Iterator[Json]:
    if item["type"] == "reasoning":
        empty = {"id": item["id"], "type": "reasoning", "summary": [], "content": [], "encrypted_content": ""}
        yield {"type": "response.output_item.added", "item": {**empty, "status": "in_progress"}}
        for piece in pieces:
            yield {"type": "response.reasoning_text.delta", "item_id": item["id"], "delta": piece}
    elif item["type"] == "message":
        begun = {"id": item["id"], "type": "message", "role": "assistant", "status": "in_progress", "content": []}
        yield {"type": "response.output_item.added", "item": begun}
        yield {"type": "response.content_part.added", "item_id": item["id"], "part": {"type": "output_text", "text": ""}}
        for piece in pieces:
            yield {"type": "response.output_text.delta", "item_id": item["id"], "delta": piece}
    else:
        call = _whole(item)
        yield {"type": "response.output_item.added", "item": {**call, "arguments": "", "status": "in_progress"}}
        for piece in pieces:
            yield {"type": "response.function_call_arguments.delta", "item_id": call["call_id"], "delta": piece}


def _done(item: Json) -> Iterator[Json]:
    if item["type"] == "message":
        yield {"type": "response.output_text.done", "item_id": item["id"], "text": text_of(item)}
        yield {"type": "response.content_part.done", "item_id": item["id"], "part": item["content"][0]}
    yield {"type": "response.output_item.done", "item": item}


def _whole(item: Json) -> Json:
    if item["type"] == "reasoning":
        content = [{"type": "reasoning_text", "text": thought_of(item)}]
        return {"id": item["id"], "type": "reasoning", "summary": [], "content": content, "encrypted_content": ""}
    if item["type"] == "function_call":
        kept = {name: item[name] for name in ("type", "status", "arguments", "name")}
        return {**kept, "call_id": f"fc_{item['call_id']}"}
    return item
