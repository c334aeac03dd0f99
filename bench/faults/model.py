"""`python -m bench.faults.model FOLDER`: the language model of the experiment, a server in a process of its own.

It has no memory but what a real one has, the request: it calls tools for the wishes it sees unanswered, and streams. Only the
troubles are counted here, because they end after a while. FOLDER/model.json says at the end what it was asked.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

from bench.faults.wishes import Wish, read
from tests.responses_server import Calls, Cut, Endless, ErrorReply, Hang, Reply, ResponsesServer, Text
from tests.responses_server.brain import think

Json = dict[str, Any]
#: More than the attempts of one run at one answer, so that the run fails.
STUBBORN = 4
WORDS = "This is what became of it, told in as many words as a patient clerk would use for it"


class Mind:
    """Decides what to answer."""

    def __init__(self) -> None:
        #: How often nothing more came, until the client went.
        self.silences = 0
        self._asked: Counter[str] = Counter()
        self._lock = threading.Lock()

    def answer(self, request: Json) -> Reply:
        """The reply to one request."""
        if not request.get("tools"):
            return think(request)
        items: list[Json] = request["input"]
        wishes = [wish for item in _since_last_answer(items) for wish in read(_text(item))]
        if trouble := self._trouble(wishes):
            return trouble
        called = {_reference(item) for item in items if item.get("type") == "function_call"}
        calls = [_call(wish) for wish in wishes if wish.wants_effect and wish.reference not in called]
        if calls:
            return Calls(calls)
        is_slow = any(wish.kind == "slow" for wish in wishes)
        return Text(f"{WORDS}: {', '.join(wish.reference for wish in wishes)}.", delay=0.15 if is_slow else 0.01)

    def _trouble(self, wishes: list[Wish]) -> Reply | None:
        for wish in wishes:
            with self._lock:
                self._asked[wish.reference] += 1
                asked = self._asked[wish.reference]
            if (wish.trouble == "error" and asked == 1) or (wish.trouble == "stubborn" and asked <= STUBBORN):
                return ErrorReply(503, "overloaded", "Too much to do.")
            if wish.trouble == "cut" and asked == 1:
                return Cut(5, Text(WORDS))
            if wish.trouble in ("silent", "alive") and asked == 1:
                self.silences += 1
                return Hang(5, Text(WORDS)) if wish.trouble == "silent" else Endless("comments", every=1.0)
        return None


def _since_last_answer(items: list[Json]) -> list[Json]:
    ends = [number for number, item in enumerate(items) if item.get("role") == "assistant"]
    return [item for item in items[(ends[-1] + 1 if ends else 0) :] if item.get("role") == "user"]


def _text(item: Json) -> str:
    content = item.get("content", "")
    return content if isinstance(content, str) else " ".join(part.get("text", "") for part in content)


def _reference(call: Json) -> str:
    return str(json.loads(call["arguments"]).get("reference", ""))


def _call(wish: Wish) -> tuple[str, Json]:
    if wish.kind == "pay":
        return "pay", {"reference": wish.reference, "cents": wish.cents}
    return wish.kind, {"reference": wish.reference}


def main() -> None:
    """Serve until SIGTERM."""
    folder = Path(sys.argv[1])
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with ResponsesServer() as server:
        mind = Mind()
        server.reply_with(mind.answer)
        print(server.base_url, flush=True)
        stopped.wait()
        # Half a request is what a worker leaves that dies while it sends.
        rejections = [text for text in server.rejections if "could not parse the JSON body" not in text]
        asked = {"requests": len(server.requests), "rejections": rejections, "silences": mind.silences}
        (folder / "model.json").write_text(json.dumps(asked))


if __name__ == "__main__":
    main()
