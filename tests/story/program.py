"""The whole program as `make run` starts it, in a folder and on a port of its own."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).parents[2]
#: Longest a start may take (seconds): migrations, the demo, three processes on a busy machine.
PATIENCE = 120
#: Variables that would make this program somebody else's.
FOREIGN = (
    "DJANGO_SETTINGS_MODULE",
    "DATABASE_URL",
    "REDIS_URL",
    "OPENAI_API_KEY",
    "OPENAI_BASE_URL",
    "KERN_DESK",
    "KERN_MODEL",
    "KERN_NAMING_MODEL",
)


class Program:
    """`python -m kern_inbox.run`, with the demo desk; a context manager that stops it by SIGINT, as Ctrl-C does.

    `tables` is a database that has its tables and no rows of people: a start without any has tests of its own.
    """

    def __init__(self, folder: Path, tables: Path | None = None, /, **settings: str) -> None:
        if tables:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(tables, folder / "inbox.sqlite3")
        self.folder = folder
        self.port = _free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.settings = settings
        self.lines: list[str] = []
        self._ready = threading.Event()

    def __enter__(self) -> Program:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "kern_inbox.run"],
            cwd=ROOT,
            env=self._environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        threading.Thread(target=self._read, daemon=True).start()
        if not self._ready.wait(PATIENCE) or self.process.poll() is not None:
            self.process.kill()
            raise AssertionError("the program did not start:\n" + self.log)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError("the program did not stop:\n" + self.log) from None

    @property
    def log(self) -> str:
        return "".join(self.lines)

    def password_of(self, email: str) -> str:
        """As it was printed at the first start."""
        found = re.search(rf"{re.escape(email)}\s+(\S+)", self.log)
        assert found, f"no password of {email} was printed"
        return found[1]

    def process_called(self, name: str) -> int:
        """The process of this name below the launcher: its parts are forks, so their commands are the launcher's."""
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
                if int(parent) == self.process.pid and (folder / "comm").read_text().strip() == name:
                    return int(folder.name)
            except OSError:
                continue
        raise AssertionError(f"no process is called {name}")

    def manage(self, *words: str) -> str:
        """What a management command prints, in the program's own environment."""
        environment = {**self._environment(), "REDIS_URL": ""}
        done = subprocess.run(
            [sys.executable, "manage.py", *words], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _environment(self) -> Mapping[str, str]:
        inherited = {name: value for name, value in os.environ.items() if name not in FOREIGN}
        own = {"PORT": str(self.port), "KERN_VAR": str(self.folder), "DEBUG": "1", "PYTHONUNBUFFERED": "1"}
        return {**inherited, **own, **self.settings}

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            if "Ctrl-C stops everything" in line:
                self._ready.set()
        self._ready.set()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def eventually(what: str, look: object, *, patience: float = 60) -> None:
    """Look until `look()` is true; fails with `what` after `patience` seconds."""
    assert callable(look)
    end = time.monotonic() + patience
    while not look():
        assert time.monotonic() < end, f"never happened: {what}"
        time.sleep(0.2)
