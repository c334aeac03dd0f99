"""The library under test and its peers: what runs them, and what importing them means."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from bench.paths import BENCH, DRIVERS, ROOT, VAR
from bench.report import CannotMeasureError


@dataclass(frozen=True, slots=True)
class Library:
    """One library. `requirements` pins a peer with all it needs; ours runs in the project's own environment."""

    key: str
    name: str
    imports: str
    requirements: str | None = None

    @property
    def python(self) -> str:
        """The interpreter that has the library."""
        return str(VAR / self.key / "bin" / "python") if self.requirements else sys.executable

    @property
    def driver(self) -> Path:
        return DRIVERS / f"{self.key}_driver.py"

    def install(self) -> None:
        """Make the peer's environment, or keep it when it was made from the same requirements. Raises
        `CannotMeasureError`."""
        if self.requirements is None:
            return
        wanted = hashlib.sha256((BENCH / self.requirements).read_bytes()).hexdigest()
        stamp = VAR / self.key / "installed"
        if stamp.is_file() and stamp.read_text() == wanted and Path(self.python).exists():
            return
        print(f"installing {self.name} into {VAR.relative_to(ROOT) / self.key}", file=sys.stderr)
        self._run(sys.executable, "-m", "venv", "--clear", str(VAR / self.key))
        self._run(self.python, "-m", "pip", "install", "--quiet", "-r", str(BENCH / self.requirements))
        stamp.write_text(wanted)

    def _run(self, *command: str) -> None:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise CannotMeasureError(f"{self.name} could not be installed: {last}")


KERN = Library(
    "kern",
    "kern",
    "from kern.agent import Agent; from kern.db.sqlite import SqliteDb; from kern.models.openai import OpenAIResponses",
)
AGNO = Library(
    "agno",
    "agno 3.1.10",
    "from agno.agent import Agent; from agno.db.sqlite import SqliteDb; from agno.models.openai import OpenAIResponses",
    "requirements-agno.txt",
)
AGENTS = Library(
    "agents",
    "openai-agents 0.24",
    "from agents import Agent, Runner, SQLiteSession, OpenAIResponsesModel",
    "requirements-agents.txt",
)
LIBRARIES = (KERN, AGNO, AGENTS)
PEERS = (AGNO, AGENTS)


def installed(failures: list[str]) -> list[Library]:
    """The libraries that can be measured; why the others cannot is added to `failures`."""
    ready = []
    for library in LIBRARIES:
        try:
            library.install()
            ready.append(library)
        except CannotMeasureError as error:
            failures.append(str(error))
    return ready
