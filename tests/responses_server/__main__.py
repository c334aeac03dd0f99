"""`python -m tests.responses_server --port 8123`: the server with its built-in brain, until Ctrl-C or SIGTERM."""

from __future__ import annotations

import argparse
import signal
import threading

from tests.responses_server import ResponsesServer, habits


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.responses_server", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one and prints it")
    parser.add_argument("--delay", type=float, default=0.03, help="seconds before each word")
    parser.add_argument("--as", dest="name", choices=habits.NAMES, help="with the habits of this server")
    arguments = parser.parse_args()
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    kept = habits.named(arguments.name) if arguments.name else None
    with ResponsesServer(arguments.port, delay=arguments.delay, habits=kept) as server:
        print(f"port {server.port}", flush=True)
        print(f"OPENAI_BASE_URL={server.base_url} OPENAI_API_KEY=local", flush=True)
        stopped.wait()


if __name__ == "__main__":
    main()
