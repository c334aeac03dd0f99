"""Processes of a report: started on 127.0.0.1, ended by their own id, output kept in a file."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.report import CannotMeasureError
from tests.story.program import FOREIGN

#: Longest start of a gateway (seconds): some import for half a minute on a busy machine.
PATIENCE = 180.0


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens to."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def running(command: Sequence[str], folder: Path, port: int, environment: Mapping[str, str]) -> Iterator[None]:
    """Run the command until the block ends; the block begins once it listens on `port`. Raises `CannotMeasureError`."""
    log = folder / "output.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**{name: value for name, value in os.environ.items() if name not in FOREIGN}, **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait(process, port, log)
        yield
    finally:
        _end(process)


def install(command: Sequence[str], folder: Path) -> None:
    """Run an installer. Raises `CannotMeasureError` with the end of what it said."""
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise CannotMeasureError(f"{command[0]} is not installed") from None
    if done.returncode:
        raise CannotMeasureError(f"{' '.join(command)} failed: {(done.stderr or done.stdout)[-500:]}")


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as caller:
            caller.settimeout(1)
            if caller.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise CannotMeasureError(f"it did not start: {log.read_text(errors='replace')[-500:]}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
