"""OpenAI, as its own service behaves beyond its documentation.

- `keepalive` events that no documentation names: openai/openai-node 1964, openai-php/client 732
- a reasoning item whose ciphertext changes between `added` and `done`: openai/openai-python 3615
- deltas padded with `obfuscation`: openai/codex 3084, vllm-project/vllm 23409
- `retry-after-ms` beside `Retry-After`: openai/openai-python, `_calculate_retry_timeout`
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.responses_server.habits.base import Habits, numbered
from tests.responses_server.wire import Json, Spoken


class OpenAI(Habits):
    """The original."""

    name = "openai"
    headers = {"openai-processing-ms": "112", "x-request-id": "req_4f2a"}

    def events(self, spoken: Spoken) -> Iterator[Json]:
        return numbered(self._events(spoken))

    def retry_headers(self, retry_after: float | str) -> dict[str, str]:
        exact = {"retry-after-ms": str(int(retry_after * 1000))} if isinstance(retry_after, int | float) else {}
        return {"Retry-After": str(retry_after), **exact}

    def _events(self, spoken: Spoken) -> Iterator[Json]:
        for event in spoken.events():
            if event["type"].endswith(".delta"):
                yield {"type": "keepalive"}
                yield {**event, "obfuscation": "X9fQ2"}
            elif event["type"] == "response.output_item.added" and event["item"].get("encrypted_content"):
                yield {**event, "item": {**event["item"], "encrypted_content": "gAAAA-preliminary"}}
            else:
                yield event
