"""Files and batches, as odd as servers are reported to be.

Answers come in another order than the requests; the id of a missing file is an empty text; requests that failed stand in a
file of their own. A batch is worked when a test lets it (`finish`), as a provider works it some time within a day. One that is
cancelled is `cancelling` until then and keeps what was answered; of the requests that were not reached some stand in the file
of errors and some nowhere. What is over, or being cancelled already, cannot be cancelled (409), and some servers cannot at all.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from typing import Any

from tests.responses_server.script import ErrorReply, Reply, Text
from tests.responses_server.wire import speak

Json = dict[str, Any]


class BatchOffice:
    """The files and batches of one server."""

    def __init__(self, reply_to: Callable[[Json], Reply]) -> None:
        self.batches: dict[str, Json] = {}
        self.files: dict[str, bytes] = {}
        self.is_open = True
        self.can_cancel = True
        self._reply_to = reply_to
        self._lock = threading.Lock()

    def handle(self, method: str, path: str, body: bytes) -> tuple[int, Json | bytes] | None:
        """Return status and content of the answer; `None` for an address that is not here."""
        if not self.is_open or not re.match(r"/v1/(?:files|batches)\b", path):
            return None
        with self._lock:
            if (method, path) == ("POST", "/v1/files"):
                return 200, self._upload(body)
            if (method, path) == ("POST", "/v1/batches"):
                return self._create(json.loads(body))
            if (method, path) == ("GET", "/v1/batches"):
                return 200, {"object": "list", "data": list(self.batches.values())[::-1], "has_more": False}
            if found := re.fullmatch(r"/v1/batches/(\w+)", path):
                return (200, self.batches[found[1]]) if found[1] in self.batches else None
            if method == "POST" and self.can_cancel and (found := re.fullmatch(r"/v1/batches/(\w+)/cancel", path)):
                return self._cancel(self.batches[found[1]]) if found[1] in self.batches else None
            if found := re.fullmatch(r"/v1/files/(\w+)/content", path):
                return (200, self.files[found[1]]) if found[1] in self.files else None
        return None

    def finish(self, *, status: str = "completed", answered: int | None = None) -> None:
        """Work every batch that waits; `answered` is the number of requests that were reached before it ended."""
        with self._lock:
            for batch in self.batches.values():
                if batch["status"] == "in_progress":
                    self._work(batch, status, answered)
                elif batch["status"] == "cancelling":
                    self._work(batch, "cancelled", answered)

    def _upload(self, body: bytes) -> Json:
        [content] = re.findall(rb"\r\n\r\n(\{.*?)\r\n--", body, re.DOTALL)
        return {
            "id": self._keep(content),
            "object": "file",
            "bytes": len(content),
            "created_at": 0,
            "filename": "requests.jsonl",
            "purpose": "batch",
            "status": "processed",
        }

    def _create(self, asked: Json) -> tuple[int, Json]:
        if asked["input_file_id"] not in self.files:
            return 400, {"error": {"message": "No such file.", "type": "invalid_request_error", "code": None, "param": None}}
        batch = {
            "id": f"batch_{len(self.batches)}",
            "object": "batch",
            "created_at": 0,
            "status": "in_progress",
            "output_file_id": None,
            "error_file_id": None,
            "errors": None,
            **asked,
        }
        self.batches[batch["id"]] = batch
        return 200, batch

    def _cancel(self, batch: Json) -> tuple[int, Json]:
        if batch["status"] != "in_progress":
            said = f"Cannot cancel a batch with status '{batch['status']}'."
            return 409, {"error": {"message": said, "type": "invalid_request_error", "code": None, "param": None}}
        batch["status"] = "cancelling"
        return 200, batch

    def _work(self, batch: Json, status: str, answered: int | None) -> None:
        requests = [json.loads(line) for line in self.files[batch["input_file_id"]].splitlines()]
        outputs, errors = [], []
        for request in requests[:answered][::-1]:
            reply = self._reply_to(request["body"])
            if isinstance(reply, Text):
                body = speak(reply, request["body"]).response()
                outputs.append(_line(request, 200, body))
            else:
                said = reply.message if isinstance(reply, ErrorReply) else "It failed."
                errors.append(_line(request, 400, {"error": {"message": said, "type": "invalid_request_error", "code": "bad"}}))
        if status != "completed" and answered is not None:
            errors += [_unreached(request, status) for request in requests[answered + 1 :: 2]]
        batch["status"] = status
        batch["output_file_id"] = self._keep(b"\n".join(outputs)) if outputs else None
        batch["error_file_id"] = self._keep(b"\n".join(errors)) if errors else ""

    def _keep(self, content: bytes) -> str:
        key = f"file_{len(self.files)}"
        self.files[key] = content
        return key


def _line(request: Json, status: int, body: Json) -> bytes:
    response = {"status_code": status, "request_id": "r", "body": body}
    return json.dumps({"id": "x", "custom_id": request["custom_id"], "response": response, "error": None}).encode()


def _unreached(request: Json, status: str) -> bytes:
    error = {"code": f"batch_{status}", "message": f"This request could not be executed before the batch was {status}."}
    return json.dumps({"id": "x", "custom_id": request["custom_id"], "response": None, "error": error}).encode()
