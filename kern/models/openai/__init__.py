"""`OpenAIResponses`: models behind the Responses API, at OpenAI or any other server that speaks it."""

from __future__ import annotations

import copy
import json
import os
import random
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

from kern.errors import ModelError
from kern.models.base import AnswerRestarted, ModelEvent, ModelRequest, TextDelta
from kern.models.openai.errors import while_asking, while_reading
from kern.models.openai.request import to_input, to_tools
from kern.models.openai.response import read_answer
from kern.threads.cancellation import current, pause
from kern.validation.inputs import checked_seconds, must_be_count, must_be_texts

if TYPE_CHECKING:
    import openai

__all__ = [
    "OpenAIResponses",
]

#: The longest wait before a retry (seconds), also when the server asks for more: a worker waits meanwhile.
LONGEST_WAIT = 20.0
#: Seconds to wait for a connection, as opposed to for the model.
CONNECT_TIMEOUT = 10.0
#: The longest silence of a server where `timeout` is None (seconds): no limit would keep threads for ever.
LONGEST_SILENCE = 600.0
#: The API refuses a lower limit.
FEWEST_OUTPUT_TOKENS = 16

# Of the module, not the instance: an instance stays copyable, and clients are made once in a while.
_making_a_client = threading.Lock()


class OpenAIResponses:
    """A model behind the Responses API. Safe to share between threads; the SDK is imported by the first call.

    `api_key` and `base_url` default to OPENAI_API_KEY and OPENAI_BASE_URL, read at the first call. `timeout` is seconds without
    a byte (not of the whole answer; with `None` ten minutes). `retries` is the number of repetitions of a failed attempt; the
    SDK itself repeats none. `reasoning_effort`, `temperature` and `max_output_tokens` are sent only where they are given.
    `keep_reasoning` (implied by `reasoning_effort`) asks for encrypted reasoning and replays it within the run; models without
    reasoning refuse that. `wait` pauses for the given seconds before a retry; the default stops when the run is cancelled.
    """

    def __init__(
        self,
        id: str = "gpt-5.2",
        *,
        api_key: str | None = None,
        base_url: str | None = None,
        timeout: float | None = 60.0,
        retries: int = 2,
        reasoning_effort: str | None = None,
        keep_reasoning: bool = False,
        temperature: float | None = None,
        max_output_tokens: int | None = None,
        wait: Callable[[float], object] = pause,
    ) -> None:
        must_be_texts(id=id)
        must_be_count("retries", retries)
        self.id = id
        self.timeout = checked_seconds("timeout", timeout) or LONGEST_SILENCE
        self.retries = retries
        self.reasoning_effort = reasoning_effort
        self.keep_reasoning = keep_reasoning or reasoning_effort not in (None, "none")
        self.temperature = temperature
        self.max_output_tokens = max_output_tokens
        self._api_key = api_key
        self._base_url = base_url
        self._wait = wait
        self._client: openai.OpenAI | None = None
        self._client_process = 0

    def __repr__(self) -> str:
        return f"OpenAIResponses(id={self.id!r})"

    def stream(self, request: ModelRequest) -> Generator[ModelEvent, None, None]:
        """Yield text as it comes and, last, one `ModelAnswer`; `AnswerRestarted` when text was given and is asked for again.

        Raises `ModelError` for everything that goes wrong, after `retries` repetitions where they can help: no connection,
        silence, 408, 409, 429, 5xx, a failed response that blames the server, a cut or unreadable stream. An answer that hit
        `max_output_tokens` or the content filter is a permanent error: half an answer is not given out as one.
        """
        retries_left = self.retries
        while True:
            has_spoken = False
            try:
                with closing(self._attempt(request)) as events:
                    for event in events:
                        has_spoken = has_spoken or isinstance(event, TextDelta)
                        yield event
                return
            except ModelError as error:
                if error.permanent or retries_left <= 0 or current().is_cancelled:
                    raise
                asked = error.retry_after
            if has_spoken:
                yield AnswerRestarted()
            self._wait(_pause(self.retries - retries_left, asked))
            retries_left -= 1

    def without_retries(self) -> OpenAIResponses:
        """Return a copy that asks once, for callers that try again themselves; it opens connections of its own."""
        twin = copy.copy(self)
        twin.retries, twin._client = 0, None
        return twin

    def close(self) -> None:
        """Close idle connections. The next call opens new ones."""
        with _making_a_client:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def _attempt(self, request: ModelRequest) -> Generator[ModelEvent, None, None]:
        """Ask once. Raises only `ModelError`."""
        from kern.models.openai.network import count_bytes

        stream = self._open(request)
        count_bytes(stream.response)
        used = [call.id for message in request.messages for call in message.tool_calls]
        try:
            with stream:
                yield from read_answer(_events(stream), model=self.id, used_call_ids=used)
        except Exception as error:
            # The SDK passes on every exception of its parsers; only `ModelError` may leave the model (rule L15).
            raise while_reading(error) from error

    def _open(self, request: ModelRequest) -> openai.Stream[object]:
        """Open the stream of events as the server's JSON: the SDK's types say what should come, not what does."""
        try:
            import openai

            body = {**self.body(request), "stream": True}
            return self.client().post("/responses", body=body, cast_to=object, stream=True, stream_cls=openai.Stream[object])
        except Exception as error:
            raise while_asking(error) from error

    def body(self, request: ModelRequest) -> dict[str, Any]:
        """Build the request's body. Parameters that were not set are left out: other servers know fewer than OpenAI's."""
        instructions, items = to_input(request.messages, keep_reasoning=self.keep_reasoning)
        limit = request.max_output_tokens or self.max_output_tokens
        optional = {
            "instructions": instructions,
            "temperature": self.temperature,
            "max_output_tokens": max(limit, FEWEST_OUTPUT_TOKENS) if limit else None,
            "reasoning": {"effort": self.reasoning_effort} if self.reasoning_effort else None,
            "include": ["reasoning.encrypted_content"] if self.keep_reasoning else None,
            "tools": to_tools(request.tools) or None,
            "tool_choice": request.tool_choice if request.tools else None,
        }
        given = {name: value for name, value in optional.items() if value is not None}
        return {"model": self.id, "input": items, "store": False, **given}

    def client(self) -> openai.OpenAI:
        """Return the SDK's client, one a process: connections must not be shared across a fork."""
        with _making_a_client:
            if self._client is None or self._client_process != os.getpid():
                self._client = self._make_client()
                self._client_process = os.getpid()
            return self._client

    def _make_client(self) -> openai.OpenAI:
        key = (self._api_key or os.environ.get("OPENAI_API_KEY", "")).strip()
        if not key:
            raise ModelError(
                "there is no API key: set OPENAI_API_KEY (any text will do for a server that asks for none)",
                permanent=True,
                refused=False,
            )
        import httpx2
        import openai

        from kern.models.openai.network import let_break_off

        timeout = httpx2.Timeout(self.timeout, connect=min(self.timeout, CONNECT_TIMEOUT))
        base_url = self._base_url or os.environ.get("OPENAI_BASE_URL", "").strip() or "https://api.openai.com/v1"
        # A redirect would send customers' messages to an address that is not configured.
        http = openai.DefaultHttpxClient(timeout=timeout, follow_redirects=False)
        let_break_off(http)
        return openai.OpenAI(api_key=key, base_url=base_url, timeout=timeout, max_retries=0, http_client=http)


def _events(stream: openai.Stream[object]) -> Iterator[object]:
    """Yield the stream's events. A server that ignores `stream` sends the whole response at once.

    Raises a permanent `ModelError` where there is no event because the address answers with a page.
    """
    kind = stream.response.headers.get("content-type", "")
    if "json" in kind:
        yield _whole(json.loads(stream.response.read()))
        return
    is_empty = True
    for event in stream:
        is_empty = False
        yield event
    if is_empty and kind and "event-stream" not in kind:
        raise ModelError(
            f"the model server sent {kind}, not a stream of events: check OPENAI_BASE_URL", permanent=True, refused=False
        )


def _whole(response: Any) -> dict[str, Any]:
    """Return a response that came at once, as the event that ends a stream."""
    if isinstance(response, dict) and ("output" in response or response.get("object") == "response"):
        return {"type": "response.completed", "response": response}
    return {"type": "error", "error": response.get("error", response) if isinstance(response, dict) else None}


def _pause(attempt: int, asked: float | None) -> float:
    """Return the seconds to wait after failed attempt `attempt` (from 0).

    The random part keeps workers from coming back all at once.
    """
    wanted = 0.5 * 2**attempt if asked is None else asked
    return min(wanted, LONGEST_WAIT) + random.uniform(0, 0.5)  # noqa: S311 - spreads load, protects nothing
