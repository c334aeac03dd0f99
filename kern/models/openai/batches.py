"""The Batch API: many requests in one file, answered within a day at half the price.

Reported of servers, and so expected: answers come in any order; failed requests stand in a file of their own, whose id may be
missing, `null` or empty; a batch that expired has the answers that were ready; one that could not be read at all `failed`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from kern.errors import ModelError
from kern.models.base import ModelAnswer, ModelRequest, answer_of
from kern.models.openai.errors import reported, while_asking
from kern.models.openai.json_values import mapping
from kern.models.openai.response import read_answer

if TYPE_CHECKING:
    from kern.models.openai import OpenAIResponses

#: The API takes no more requests in one batch.
MOST_REQUESTS = 50_000
_OVER = frozenset({"completed", "expired", "cancelled", "failed"})
_ENDPOINT: Final = "/v1/responses"


@dataclass(frozen=True, slots=True)
class BatchState:
    """A batch as the server tells of it: whether it `is_over`, and the outcome of each request that has one, by its key."""

    is_over: bool
    outcomes: dict[str, ModelAnswer | ModelError] = field(default_factory=dict)
    #: Why the batch as a whole failed.
    problem: str = ""


class Batches:
    """The batches of one model. Raises `ModelError`, with status 404 where the server has none."""

    def __init__(self, model: OpenAIResponses) -> None:
        self._model = model

    def submit(self, requests: Mapping[str, ModelRequest], label: str) -> str:
        """Send the requests, each under a key of its own, and return the batch's id.

        `label` tells the batch from others: where one of that label is there already (the caller died before it could keep the
        id), that one is returned, and nothing is sent twice.
        """
        try:
            if known := self._known(label):
                return known
            client = self._model.client()
            lines = (self._line(key, request) for key, request in requests.items())
            content = "".join(f"{line}\n" for line in lines).encode()
            uploaded = client.files.create(file=("requests.jsonl", content), purpose="batch")
            made = client.batches.create(
                input_file_id=uploaded.id, endpoint=_ENDPOINT, completion_window="24h", metadata={"label": label}
            )
        except Exception as error:
            raise while_asking(error) from error
        return made.id

    def find(self, label: str) -> str | None:
        """Return the id of the batch that was sent under this label; `None` where the server has none."""
        try:
            return self._known(label)
        except Exception as error:
            raise while_asking(error) from error

    def cancel(self, batch_id: str) -> None:
        """Ask the server to end the batch. It takes minutes until it is over; what was answered by then can be read.

        A server refuses this for a batch that is over, or is being cancelled already.
        """
        try:
            self._model.client().batches.cancel(batch_id)
        except Exception as error:
            raise while_asking(error) from error

    def look(self, batch_id: str) -> BatchState:
        """Return the batch's state, with its outcomes once it is over."""
        try:
            client = self._model.client()
            batch = client.batches.retrieve(batch_id)
            if batch.status not in _OVER:
                return BatchState(is_over=False)
            outcomes: dict[str, ModelAnswer | ModelError] = {}
            for file_id in (batch.output_file_id, batch.error_file_id):
                if file_id:
                    outcomes |= self._read(client.files.content(file_id).content)
        except Exception as error:
            raise while_asking(error) from error
        problems = (batch.errors.data or []) if batch.errors else []
        problem = "; ".join(str(one.message) for one in problems if one.message)[:500]
        return BatchState(is_over=True, outcomes=outcomes, problem=problem or f"the batch ended as {batch.status}")

    def _known(self, label: str) -> str | None:
        for known in self._model.client().batches.list(limit=100):
            if (known.metadata or {}).get("label") == label and known.status not in ("failed", "cancelled"):
                return known.id
        return None

    def _line(self, key: str, request: ModelRequest) -> str:
        return json.dumps({"custom_id": key, "method": "POST", "url": _ENDPOINT, "body": self._model.body(request)})

    def _read(self, content: bytes) -> dict[str, ModelAnswer | ModelError]:
        found: dict[str, ModelAnswer | ModelError] = {}
        for line in content.decode("utf-8", "replace").splitlines():
            try:
                entry = mapping(json.loads(line)) if line.strip() else {}
            except ValueError:
                continue
            if entry.get("custom_id"):
                found[str(entry["custom_id"])] = self._outcome(entry)
        return found

    def _outcome(self, entry: dict[str, Any]) -> ModelAnswer | ModelError:
        response = mapping(entry.get("response"))
        body = mapping(response.get("body"))
        if response.get("status_code") != 200:
            return reported(entry.get("error") or body.get("error") or body)
        try:
            events = [{"type": "response.completed", "response": body}]
            return answer_of(read_answer(events, model=self._model.id, used_call_ids=[]))
        except ModelError as error:
            return error
