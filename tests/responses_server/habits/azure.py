"""Azure OpenAI.

- the content filter speaks through an error with `innererror`: stanford-crfm/helm 3327, vercel/ai 4220, openai/openai-dotnet 55
- its results stand in items and responses, and in events of their own: langchain4j/langchain4j 2385, uezo/aiavatarkit 124
- asynchronous filtering sends text in bursts, cut anywhere, also within a character
- `error` events with null where code and type belong: earendil-works/pi 43
- API Management in front of it has its own words for "too many": `statusCode` and `message`, and `retry-after-ms`
- a filtered answer has an empty message: Azure-Samples/azure-search-openai-demo 2076
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from tests.responses_server.habits.base import Habits, numbered
from tests.responses_server.wire import Json, Spoken

TOO_MANY = 429
SAFE = {name: {"filtered": False, "severity": "safe"} for name in ("hate", "self_harm", "sexual", "violence")}
BLOCKED = {**SAFE, "violence": {"filtered": True, "severity": "medium"}}
POLICY = (
    "The response was filtered due to the prompt triggering Azure OpenAI's content management policy."
    " Please modify your prompt and retry."
)


class Azure(Habits):
    """OpenAI's models behind filters."""

    name = "azure"
    headers = {"apim-request-id": "f2a1", "x-ms-region": "Sweden Central", "azureml-model-session": "d042"}
    chunk = 7

    def events(self, spoken: Spoken) -> Iterator[Json]:
        return numbered(self._events(spoken))

    def frame(self, event: Json) -> bytes:
        return f"event: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n".encode()

    def error(self, status: int, error: Json) -> Json | str:
        if error["code"] == "content_filter":
            inner = {"code": "ResponsibleAIPolicyViolation", "content_filter_result": BLOCKED}
            told = {"message": POLICY, "type": None, "param": "prompt", "code": "content_filter", "status": 400}
            return {"error": {**told, "innererror": inner}}
        if status == TOO_MANY:
            return {"statusCode": TOO_MANY, "message": "Rate limit is exceeded. Try again in 7 seconds."}
        return {"error": {"code": str(status), "message": error["message"]}}

    def retry_headers(self, retry_after: float | str) -> dict[str, str]:
        exact = {"retry-after-ms": str(int(retry_after * 1000))} if isinstance(retry_after, int | float) else {}
        return {**exact, "x-ratelimit-reset-tokens": "7"}

    def _events(self, spoken: Spoken) -> Iterator[Json]:
        for event in spoken.events():
            if event["type"] == "error":
                yield {"type": "error", "code": None, "message": spoken_error(event), "param": None}
                continue
            if event["type"] == "response.output_text.done":
                yield {"type": "response.content_filter.results", "content_filter_results": SAFE, "delta": None}
            if "response" in event:
                filters = [{"blocked": False, "source_type": "prompt", "content_filter_results": SAFE}]
                event = {**event, "response": {**event["response"], "content_filters": filters}}
            yield event


def spoken_error(event: Json) -> str:
    """The message of an error event, nested or not."""
    return str(event.get("error", event)["message"])
