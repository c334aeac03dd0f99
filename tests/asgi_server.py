"""The program on a real web server, in a thread of the test."""

from __future__ import annotations

import socket
import threading
from typing import Any

import uvicorn

from kern_inbox.asgi import application


class Server(threading.Thread):
    """The program's own ASGI application, or another one, on a free port."""

    def __init__(self, application: Any = application) -> None:
        super().__init__(daemon=True)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        options: dict[str, Any] = {"lifespan": "off", "log_level": "error", "proxy_headers": False}
        config = uvicorn.Config(application, timeout_graceful_shutdown=1, **options)
        self.server = uvicorn.Server(config)

    def run(self) -> None:
        self.server.run(sockets=[self.socket])

    def stop(self) -> None:
        self.server.should_exit = True
        self.join(10)
