"""Programs that talk to the API, as tests send them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.test import Client

from sessions_app.api.errors import MEANINGS

if TYPE_CHECKING:
    # What the test client returns; it has `json()` and `context`, too.
    from django.test.client import _MonkeyPatchedWSGIResponse

    Response = _MonkeyPatchedWSGIResponse
else:
    Response = HttpResponse


class Program:
    """A program that talks to the API, with a token or without."""

    def __init__(self, secret: str = "") -> None:
        self.client = Client(raise_request_exception=True)
        self.headers = {"Authorization": f"Bearer {secret}"} if secret else {}

    def get(self, path: str, **query: Any) -> Response:
        return self.client.get(f"/api{path}", query, headers=self.headers)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Response:
        data = body if isinstance(body, (str, bytes)) else json.dumps(body)
        sent = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return self.client.generic(method, f"/api{path}", data, content_type="application/json", headers=sent)

    def post(self, path: str, body: Any = None, **headers: str) -> Response:
        return self.send("POST", path, body, **headers)


def code(response: Response) -> str:
    """The error's code, one that is described; every error has the one shape, a refused name its rule and a proposal too."""
    error = json.loads(response.content)["error"]
    more = {"rule", "proposal"} if error["code"] == "invalid_name" else set()
    assert set(error) == {"code", "message", "fields"} | more
    assert error["message"]
    assert error["code"] in MEANINGS
    return str(error["code"])


def streamed(response: Any) -> AsyncIterator[bytes]:
    """What an answer to an `AsyncClient` streams, piece by piece; the client's types know whole answers alone."""
    pieces: AsyncIterator[bytes] = response.streaming_content
    return pieces
