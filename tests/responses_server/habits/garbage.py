"""A server that sends garbage: pages, broken JSON, spoiled events, wrong lengths, other people's formats. All from a seed.

What it spoils is the answer that was asked for, so that some of it may come out right; nothing of it may come out wrong.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

from tests.responses_server.habits.base import Habits, Raw
from tests.responses_server.mutation import KINDS, Mutation, as_bytes, spoiled
from tests.responses_server.wire import Json, Spoken

CHAT = {"choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": "stop"}], "object": "chat.completion.chunk"}
STATUSES = (200, 202, 204, 301, 304, 400, 403, 404, 418, 422, 429, 499, 500, 502, 503, 529, 599)
ERRORS: tuple[object, ...] = (
    {"error": "model not loaded"},
    {"detail": [{"type": "missing", "loc": ["body", "input"], "msg": "Field required"}]},
    {"detail": "Not Found"},
    {"statusCode": 429, "message": "Rate limit is exceeded. Try again in 26 seconds."},
    {"error": {"message": None, "code": 400}},
    {"error": [None]},
    ["error"],
    "error",
    None,
    5,
)


class Garbage(Habits):
    """Each request gets the next piece of garbage."""

    name = "garbage"

    def __init__(self, seed: int = 0) -> None:
        self._dice = random.Random(seed)

    def check(self, request: Json) -> Json:
        return request

    def raw(self, spoken: Spoken) -> Raw | None:
        return self._dice.choice(MAKERS)(self._dice, list(spoken.events()))

    def error(self, status: int, error: Json) -> Json | str:
        return "<h1>" + str(error["message"])


def _spoiled_events(dice: random.Random, events: list[Json]) -> Raw:
    ways = {"line_end": dice.choice(["\n", "\r\n", "\r"]), "ending": dice.choice(["", "data: [DONE]\n\n", "data: {", "\0"])}
    return Raw(body=as_bytes(_some_spoiled(dice, events), has_names=dice.random() < 0.5, **ways))


def _some_spoiled(dice: random.Random, events: list[Json]) -> list[Json]:
    count = dice.randint(1, 6)
    return spoiled(events, [Mutation(dice.choice(KINDS), *(dice.randrange(99) for _ in range(3))) for _ in range(count)])


def _spoiled_bytes(dice: random.Random, events: list[Json]) -> Raw:
    body = bytearray(as_bytes(events))
    for _ in range(dice.randint(1, 20)):
        body[dice.randrange(len(body))] = dice.randrange(256)
    return Raw(body=bytes(body))


def _shuffled(dice: random.Random, events: list[Json]) -> Raw:
    return Raw(body=as_bytes(dice.sample(events, len(events))))


def _cut_short(dice: random.Random, events: list[Json]) -> Raw:
    body = as_bytes(events)
    return Raw(body=body[: dice.randrange(len(body))], length=len(body))


def _noise(dice: random.Random, events: list[Json]) -> Raw:
    return Raw(body=dice.randbytes(dice.randrange(2000)), content_type=dice.choice(["text/event-stream", "", "image/png"]))


def _page(dice: random.Random, events: list[Json]) -> Raw:
    return Raw(dice.choice(STATUSES), b"<!DOCTYPE html><title>502 Bad Gateway</title>", "text/html; charset=iso-8859-1")


def _error(dice: random.Random, events: list[Json]) -> Raw:
    wishes = {"Retry-After": dice.choice(["0", "soon", "-5", "1e400", "Wed, 21 Oct 2015 07:28:00 GMT", "99999999999"])}
    return Raw(dice.choice(STATUSES), json.dumps(dice.choice(ERRORS)).encode(), "application/json", wishes)


def _error_in_the_stream(dice: random.Random, events: list[Json]) -> Raw:
    lines = [f"data: {json.dumps(event)}" for event in events[: dice.randrange(len(events))]]
    return Raw(body="\n\n".join([*lines, f"data: {json.dumps(dice.choice(ERRORS))}", ""]).encode())


def _values(dice: random.Random, events: list[Json]) -> Raw:
    odd: list[Any] = [None, 5, [], {}, "text", [1, {"type": "response.completed"}], {"type": []}]
    values = [dice.choice(odd) for _ in range(9)]
    return Raw(body="".join(f"event: response.completed\ndata: {json.dumps(value)}\n\n" for value in values).encode())


def _chat(dice: random.Random, events: list[Json]) -> Raw:
    return Raw(body=b"".join(b"data: %s\n\n" % text for text in (json.dumps(CHAT).encode(), b"[DONE]")))


def _one_line(dice: random.Random, events: list[Json]) -> Raw:
    return Raw(body=b"data: " + b"[" * 100_000 + b"\n\n")


def _false_encoding(dice: random.Random, events: list[Json]) -> Raw:
    return Raw(body=as_bytes(events), headers={"Content-Encoding": dice.choice(["gzip", "deflate", "br", "zstd"])})


def _whole(dice: random.Random, events: list[Json]) -> Raw:
    """The right answer, but not as a stream."""
    return Raw(body=json.dumps(events[-1].get("response")).encode(), content_type="application/json")


def _honest(dice: random.Random, events: list[Json]) -> Raw:
    return Raw(body=as_bytes(events, line_end="\r\n"))


Maker = Callable[[random.Random, list[Json]], Raw]
#: Spoiled events more often than the rest, for there is most to find.
MAKERS: tuple[Maker, ...] = (
    *(_spoiled_events,) * 8,
    _spoiled_bytes,
    _shuffled,
    _cut_short,
    _noise,
    _page,
    _error,
    _error_in_the_stream,
    _values,
    _chat,
    _one_line,
    _false_encoding,
    _whole,
    _honest,
)
