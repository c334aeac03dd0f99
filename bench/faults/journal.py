"""The world outside: what tools did to it, in files that no part of the program reads, writes or restores."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path

VARIABLE = "FAULTS_JOURNAL"


class Journal:
    """A folder. An effect is there as soon as one system call returned, so a killed process leaves it whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self._lines = folder / "effects.jsonl"
        self._recognised = folder / "recognised"
        self._recognised.mkdir(parents=True, exist_ok=True)
        self._begun = folder / "begun"
        self._begun.mkdir(exist_ok=True)

    @classmethod
    def named_by_environment(cls) -> Journal:
        """The journal of the installation this process belongs to."""
        return cls(Path(os.environ[VARIABLE]))

    def write(self, tool: str, reference: str, key: str) -> None:
        """One more effect, whatever was before: an outside system that does as it is told, each time."""
        line = json.dumps({"tool": tool, "reference": reference, "key": key, "process": os.getpid()})
        handle = os.open(self._lines, os.O_APPEND | os.O_CREAT | os.O_WRONLY, 0o644)
        try:
            os.write(handle, f"{line}\n".encode())
        finally:
            os.close(handle)

    def write_once(self, reference: str, key: str) -> None:
        """An effect of an outside system that recognises the idempotency key: with the same key nothing more happens."""
        (self._recognised / f"{reference}~{key.replace('/', '_')}").touch()

    def is_first(self, reference: str) -> bool:
        """Whether nobody has asked this of the reference before."""
        try:
            (self._begun / reference).touch(exist_ok=False)
        except FileExistsError:
            return False
        return True

    @property
    def hung(self) -> int:
        """How many calls hung: the first ones of their references."""
        return len(list(self._begun.iterdir()))

    def counted(self) -> Counter[str]:
        """How often each reference had its effect."""
        counted: Counter[str] = Counter()
        if self._lines.exists():
            counted.update(json.loads(line)["reference"] for line in self._lines.read_text().splitlines())
        counted.update(path.name.partition("~")[0] for path in self._recognised.iterdir())
        return counted
