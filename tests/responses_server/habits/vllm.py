"""vLLM.

- a call has one call id in its own events and another in `response.completed`: vllm-project/vllm 47916
- `response.completed` around a response whose status is `incomplete`: vllm-project/agentic-api 273
- text in deltas only, its item finished empty, `output: []` at the end: vllm-project/vllm 30223, agentgateway/agentgateway 2281
- reasoning that is told as `output_text` parts and `reasoning_text` deltas, its content null at first: vllm-project/vllm 24788
- assistant messages of the input need `id`, `status` and `annotations`: openai/codex 12669, langchain-ai/langchain 32557
- errors without `error` around them, or FastAPI's `detail` list: openai/codex 8829, vllm-project/vllm 33089
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.responses_server.habits.base import Habits, fresh, numbered, text_of, thought_of
from tests.responses_server.validation import Rejected
from tests.responses_server.wire import ENDINGS, Json, Spoken

UNPROCESSABLE = 422


class VLLM(Habits):
    """One union type for each input item, and ids made anew at every turn."""

    name = "vllm"
    replays_reasoning = False
    headers = {"server": "uvicorn"}

    def check(self, request: Json) -> Json:
        super().check(request)
        require_output_messages(request)
        return request

    def events(self, spoken: Spoken) -> Iterator[Json]:
        return numbered(self._events(spoken))

    def error(self, status: int, error: Json) -> Json | str:
        if status == UNPROCESSABLE:
            return {"detail": [{"type": "missing", "loc": ["body", "input"], "msg": error["message"], "input": None}]}
        return {"object": "error", "message": error["message"], "type": "BadRequestError", "param": None, "code": status}

    def _events(self, spoken: Spoken) -> Iterator[Json]:
        if spoken.error_event:
            yield {"type": "error", **spoken.error_event}
            return
        for kind in ("created", "in_progress"):
            yield {"type": f"response.{kind}", "response": spoken.response("in_progress")}
        for index, (item, pieces) in enumerate(spoken.items):
            where = {"output_index": index, "item_id": item["id"]}
            if item["type"] == "reasoning":
                yield from _reasoning(item, pieces, where)
            elif item["type"] == "message":
                yield from _message(item, pieces, where)
            else:
                yield from _call(item, pieces, where)
        kind = "response.failed" if spoken.status == "failed" else ENDINGS["completed"]
        yield {"type": kind, "response": {**spoken.response(), "output": _output(spoken)}}


def require_output_messages(request: Json) -> None:
    """Assistant messages must be of the type that the server itself gives out. Raises `Rejected`."""
    for index, item in enumerate(request["input"] if isinstance(request["input"], list) else []):
        if item.get("role") != "assistant" or isinstance(item.get("content"), str):
            continue
        missing = [field for field in ("id", "status", "type") if not item.get(field)]
        missing += ["annotations" for part in item["content"] if part["type"] == "output_text" and "annotations" not in part]
        if missing:
            raise Rejected(f"[{{'type': 'missing', 'loc': ('body', 'input', {index}), 'msg': 'Field required: {missing[0]}'}}]")


def _reasoning(item: Json, pieces: list[str], where: Json) -> Iterator[Json]:
    thought = {"id": item["id"], "type": "reasoning", "summary": [], "encrypted_content": None}
    index = {"output_index": where["output_index"]}
    part = {"type": "reasoning_text", "text": thought_of(item)}
    yield {"type": "response.output_item.added", **index, "item": {**thought, "content": None, "status": "in_progress"}}
    yield {
        "type": "response.content_part.added",
        **where,
        "content_index": 0,
        "part": {"type": "output_text", "text": "", "annotations": [], "logprobs": []},
    }
    for piece in pieces:
        yield {"type": "response.reasoning_text.delta", **where, "content_index": 0, "delta": piece}
    yield {"type": "response.reasoning_text.done", **where, "content_index": 0, "text": part["text"]}
    yield {"type": "response.reasoning_part.done", **where, "content_index": 0, "part": part}
    yield {"type": "response.output_item.done", **index, "item": {**thought, "content": [part], "status": "completed"}}


def _message(item: Json, pieces: list[str], where: Json) -> Iterator[Json]:
    index = {"output_index": where["output_index"]}
    empty: Json = {"type": "output_text", "text": "", "annotations": [], "logprobs": None}
    yield {"type": "response.output_item.added", **index, "item": {**item, "status": "in_progress", "content": []}}
    yield {"type": "response.content_part.added", **where, "content_index": 0, "part": empty}
    for piece in pieces:
        yield {"type": "response.output_text.delta", **where, "content_index": 0, "delta": piece, "logprobs": []}
    yield {"type": "response.content_part.done", **where, "content_index": 0, "part": empty}
    yield {"type": "response.output_item.done", **index, "item": {**item, "content": []}}


def _call(item: Json, pieces: list[str], where: Json) -> Iterator[Json]:
    index = {"output_index": where["output_index"]}
    yield {
        "type": "response.output_item.added",
        **index,
        "item": {**item, "status": "in_progress", "arguments": ""},
    }
    for piece in pieces:
        yield {"type": "response.function_call_arguments.delta", **where, "delta": piece}
    done = {"name": item["name"], "arguments": item["arguments"]}
    yield {"type": "response.function_call_arguments.done", **where, **done}
    yield {"type": "response.output_item.done", **index, "item": item}


def _output(spoken: Spoken) -> list[Json]:
    """Nothing where there is only text; else everything, the calls under names that nobody heard before."""
    items = [item for item, _ in spoken.items]
    if not any(item["type"] == "function_call" for item in items):
        return []
    return [_renamed(item) for item in items if item["type"] != "reasoning" and (item["type"] != "message" or text_of(item))]


def _renamed(item: Json) -> Json:
    if item["type"] != "function_call":
        return item
    return {**item, "id": fresh("fc_"), "call_id": fresh("call_")}
