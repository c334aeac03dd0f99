"""Programs of Python that tests start.

On Linux they are forks of one server for each process of tests (`tests.fork_server`); elsewhere forks are not safe, and each
loads everything by itself.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

from kern_inbox.run.forking import IS_LINUX, die_with_parent

ROOT = Path(__file__).parents[1]


class Started(Protocol):
    """A program that runs, asked and ended like one of `subprocess.Popen`."""

    pid: int

    @property
    def returncode(self) -> int | None: ...
    def poll(self) -> int | None: ...
    def wait(self) -> int: ...
    def send_signal(self, sig: int, /) -> None: ...


class ForkServer:
    """The process that starts programs; it ends with this one."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.fork_server"]
        environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
        self._process = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._asking = Lock()
        #: Seconds of a processor that ended programs took.
        self.used = 0.0

    def ask(self, **told: Any) -> Any:
        """Send a request, and return the answer."""
        assert self._process.stdin
        assert self._process.stdout
        with self._asking:
            self._process.stdin.write(json.dumps(told).encode() + b"\n")
            self._process.stdin.flush()
            return json.loads(self._process.stdout.readline())


def used() -> float:
    """Seconds of a processor that programs took which have ended; this process has not been their parent."""
    return server().used if server.cache_info().currsize else 0.0


@cache
def server() -> ForkServer:
    """The server of this process, started when it is asked for first."""
    return ForkServer()


class Forked:
    """A program that the server has started."""

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str], outputs: Sequence[str]) -> None:
        told = {"arguments": list(arguments), "environment": dict(environment), "outputs": list(outputs), "folder": str(ROOT)}
        self.pid: int = server().ask(**told)
        self._handle = os.pidfd_open(self.pid)
        self.returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None and (ended := server().ask(pid=self.pid)):
            self.returncode, used = ended
            server().used += used
            os.close(self._handle)
        return self.returncode

    def wait(self) -> int:
        while (code := self.poll()) is None:
            select.select([self._handle], [], [])
        return code

    def send_signal(self, sig: int, /) -> None:
        # By its handle: the number of one that has ended may be another's.
        if self.poll() is None:
            signal.pidfd_send_signal(self._handle, sig)


def start(arguments: Sequence[str], environment: Mapping[str, str], output: Path, errors: Path | None = None) -> Started:
    """Start `python ARGUMENTS…`; what it writes is added to the files."""
    files = (output, errors or output)
    for file in files:
        file.touch()
    if IS_LINUX:
        return Forked(arguments, environment, [str(file) for file in files])
    command = [sys.executable, *arguments]
    with files[0].open("ab") as out, files[1].open("ab") as err:
        return subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=err, preexec_fn=die_with_parent()
        )


def completed(arguments: Sequence[str | bytes], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run `python ARGUMENTS…` to its end."""
    words = [os.fsdecode(word) for word in arguments]
    with tempfile.TemporaryDirectory() as folder:
        output, errors = Path(folder) / "output", Path(folder) / "errors"
        code = start(words, environment, output, errors).wait()
        return subprocess.CompletedProcess(words, code, output.read_text(), errors.read_text())
