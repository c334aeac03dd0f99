"""One process of the program: how it is started, what it writes, and how it ends."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess, SpawnProcess
from multiprocessing.util import register_after_fork

from kern_inbox.observability.redaction import redacted
from kern_inbox.run import console
from kern_inbox.run.forking import PROCESSES, begin, stopping_later
from kern_inbox.run.python_command import run_python

MOST_AT_ONCE = 65536


@dataclass
class Child:
    """One process of the program. `patience` is the number of seconds it may take to end when asked to.

    `command` is what starts it alone; it is not executed but run in a fork of this process. `ready_words` stand in the line
    with which the process says that it is ready; `is_ready` is set by it.
    """

    name: str
    command: Sequence[str]
    patience: float
    ready_words: str = ""
    is_ready: bool = False
    process: ForkProcess | SpawnProcess | None = field(default=None, repr=False)
    #: What the process writes; `None` before it starts, and when nothing more can come.
    output: Connection | None = field(default=None, repr=False)
    _begun_line: bytes = field(default=b"", repr=False)

    def start(self) -> None:
        """Start the process in a session of its own: Ctrl-C reaches the launcher alone, which then ends them in order."""
        self.output, writing = PROCESSES.Pipe(duplex=False)
        # Its siblings have no use for it, and would keep it open.
        register_after_fork(self.output, Connection.close)
        arguments = (self.name, self.command[1:], writing, os.getpid())
        self.process = PROCESSES.Process(target=_become, args=arguments, name=self.name)
        with stopping_later():
            self.process.start()
        writing.close()

    def print_lines(self) -> None:
        """Print the lines that the process has written; waits for some."""
        assert self.output is not None
        data = os.read(self.output.fileno(), MOST_AT_ONCE)
        *lines, self._begun_line = (self._begun_line + data).split(b"\n")
        if not data:
            lines, self._begun_line = [self._begun_line] if self._begun_line else [], b""
            self.output.close()
            self.output = None
        for line in lines:
            self._print(line.decode(errors="replace").rstrip("\r"))

    def ask_to_end(self) -> None:
        """Ask the process to end."""
        if self.process:
            self.process.terminate()

    @property
    def is_running(self) -> bool:
        """True while the process has not ended."""
        return self.process is not None and self.process.exitcode is None

    def kill(self) -> None:
        """Kill what is left of the process and of its own children, and print their last lines."""
        if self.process is None or self.process.pid is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.kill()
        self.process.join()
        while self.output and self.output.poll():
            self.print_lines()

    def end(self) -> str | None:
        """Return a description of the process's end, `None` while it runs."""
        code = self.process.exitcode if self.process else None
        if code is None:
            return None
        return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"

    def _print(self, line: str) -> None:
        # Also what no logger wrote: the last words of an interpreter, a library's own printing.
        console.write(self.name, redacted(line))
        self.is_ready = self.is_ready or bool(self.ready_words and self.ready_words in line)


def _become(name: str, arguments: Sequence[str], output: Connection, parent: int) -> None:
    """Be the process of this name: nothing comes in, and everything it writes goes to `output`."""
    begin(name, parent)
    with open(os.devnull) as nothing:  # noqa: PTH123
        os.dup2(nothing.fileno(), 0)
    os.dup2(output.fileno(), 1)
    os.dup2(output.fileno(), 2)
    output.close()
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    os.environ["PYTHONUNBUFFERED"] = "1"
    run_python(arguments)
