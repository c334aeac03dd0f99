"""A program that uses the REST API as a careful one does: short patience, the same request again, the same key."""

from __future__ import annotations

import json
import random
import threading
import time
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import quote, urlencode

Json = dict[str, Any]
#: Longest wait (seconds) for one answer, and for one that counts.
ONE_TRY = 8.0
ALL_TRIES = 300.0


class Unanswered(Exception):
    """No answer that counts within `ALL_TRIES` seconds."""


class Refusal(Exception):
    """The API says no; `status` and `error` say how."""

    def __init__(self, status: int, error: Json) -> None:
        super().__init__(f"{status} {error.get('code')}: {error.get('message')}")
        self.status = status
        self.error = error


class Client:
    """One token. Any number of threads may use it. `troubles` counts the tries that came to nothing, by what happened."""

    def __init__(self, port: int, token: str) -> None:
        self._port = port
        self._token = token
        self._lock = threading.Lock()
        self.troubles: dict[str, int] = {}

    def get(self, path: str, **query: Any) -> Json:
        """What is there. Raises `Refusal` and `Unanswered`, as the others."""
        return self._insist("GET", f"{path}?{urlencode(query)}" if query else path)

    def everything(self, path: str) -> list[Json]:
        """A whole list, page after page."""
        items: list[Json] = []
        cursor: str | None = ""
        while cursor is not None:
            page = self.get(path, limit=100, **({"cursor": cursor} if cursor else {}))
            items += page["items"]
            cursor = page["next"]
        return items

    def post(self, path: str, body: Json, *, key: str = "") -> Json:
        """Hand something in, once: repeated until an answer comes, with the idempotency key where there is one."""
        return self._insist("POST", path, body, key)

    def _insist(self, method: str, path: str, body: Json | None = None, key: str = "") -> Json:
        end = time.monotonic() + ALL_TRIES
        pause = 0.2
        while time.monotonic() < end:
            try:
                status, answer = self._try(method, path, body, key)
            except (OSError, HTTPException, ValueError) as error:
                status, answer = 0, {}
                self._count(type(error).__name__)
            if 200 <= status < 300:
                return answer
            if 400 <= status < 500 and status != 429:
                raise Refusal(status, answer.get("error", {}))
            if status:
                self._count(f"status {status}")
            time.sleep(pause * random.uniform(0.7, 1.3))
            pause = min(pause * 2, 3.0)
        raise Unanswered(f"{method} {path}")

    def _try(self, method: str, path: str, body: Json | None, key: str) -> tuple[int, Json]:
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        connection = HTTPConnection("127.0.0.1", self._port, timeout=ONE_TRY)
        try:
            connection.request(method, f"/api{path}", None if body is None else json.dumps(body), headers)
            response = connection.getresponse()
            text = response.read()
            return response.status, json.loads(text) if response.status < 500 else {}
        finally:
            connection.close()

    def _count(self, trouble: str) -> None:
        with self._lock:
            self.troubles[trouble] = self.troubles.get(trouble, 0) + 1


def of_session(session_id: str, rest: str = "") -> str:
    """The path of a session, or of something of it."""
    return f"/sessions/{quote(session_id)}{rest}"
