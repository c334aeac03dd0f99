"""Servers that hang: they accept a connection and say nothing, or never finish what they say."""

from __future__ import annotations

import socket
import threading
from types import TracebackType


class SilentServer:
    """Accepts whoever comes at `port`, reads nothing, and says `says` byte after byte, then nothing more. A context manager.

    `callers` counts the connections.
    """

    def __init__(self, says: bytes = b"") -> None:
        self.callers = 0
        self._says = says
        self._stopped = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    @property
    def redis_url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def __enter__(self) -> SilentServer:
        self._threads[0].start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stopped.set()
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while not self._stopped.is_set():
            try:
                caller, _ = self._socket.accept()
            except OSError:
                return
            self.callers += 1
            thread = threading.Thread(target=self._talk, args=(caller,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _talk(self, caller: socket.socket) -> None:
        with caller:
            said = 0
            while not self._stopped.wait(0.1):
                try:
                    caller.sendall(self._says[said : said + 1])
                except OSError:
                    return
                said += 1
