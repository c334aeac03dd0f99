"""The asking side of the driver protocol: one process of one library, in that library's environment."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any

from bench.library.libraries import Library
from bench.paths import ROOT, VAR
from bench.report import CannotMeasureError


class DriverProcess:
    """A running driver. Use as a context manager; its words to standard error are kept in var/bench/<library>.log."""

    def __init__(self, library: Library) -> None:
        self.library = library
        VAR.mkdir(parents=True, exist_ok=True)
        self._log = (VAR / f"{library.key}.log").open("a")
        # No key, no proxy, no path of ours may change what a peer does.
        environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "OPENAI_API_KEY": "none"}
        if library.requirements is None:
            environment["PYTHONPATH"] = str(ROOT)
        self._process = subprocess.Popen(
            [library.python, str(library.driver)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            cwd=VAR,
            env=environment,
        )

    def __enter__(self) -> DriverProcess:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()

    def send(self, do: str, **details: Any) -> None:
        """Give a request without waiting for its answer."""
        if self._process.stdin is None:
            raise RuntimeError("the driver has no standard input")
        try:
            print(json.dumps({"do": do, **details}), file=self._process.stdin, flush=True)
        except BrokenPipeError as error:
            raise self._died() from error

    def answer(self) -> dict[str, Any]:
        """The answer to the oldest request without one. Raises `CannotMeasureError`."""
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise self._died()
        answer: dict[str, Any] = json.loads(line)
        if not answer.pop("ok"):
            raise CannotMeasureError(f"{self.library.name}: {answer['error']}")
        return answer

    def ask(self, do: str, **details: Any) -> dict[str, Any]:
        """One request and its answer."""
        self.send(do, **details)
        return self.answer()

    def _died(self) -> CannotMeasureError:
        return CannotMeasureError(f"{self.library.name}: its driver ended; see var/bench/{self.library.key}.log")


def fresh_file(library: Library, purpose: str, folder: Path = VAR / "databases") -> str:
    """The path of a database that does not exist yet."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob(f"{purpose}-{library.key}.db*"):
        old.unlink()
    return str(folder / f"{purpose}-{library.key}.db")
