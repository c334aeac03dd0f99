"""`python -m bench.naming.model SECONDS`: a Responses server that thinks so long before each answer, in its own process."""

from __future__ import annotations

import signal
import sys
import threading

from tests.responses_server import ResponsesServer, Slow, Text
from tests.responses_server.brain import think


def main() -> None:
    """Serve until SIGTERM; prints the address."""
    seconds = float(sys.argv[1])
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with ResponsesServer() as server:
        # The answer comes in one piece: the time is the model's thinking, not the server's writing.
        server.reply_with(lambda request: Slow(seconds, _whole(think(request))))
        print(server.base_url, flush=True)
        stopped.wait()


def _whole(reply: object) -> Text:
    words = reply.text if isinstance(reply, Text) else "That is done."
    return Text(words, chunks=[words])


if __name__ == "__main__":
    main()
