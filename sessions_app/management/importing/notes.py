"""Notes about parts that an import does not keep unchanged, by line and counted by kind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sessions_app.validation.text import normalized

LONGEST_DETAIL = 200


@dataclass(frozen=True)
class Note:
    """One thing. `kind` is the sentence that all of its kind share, `where` the place in the line, `detail` what it was."""

    where: str
    kind: str
    detail: str = ""

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.kind}: {self.detail}" if self.detail else f"{place}{self.kind}"


class Notes:
    """The notes of one line, in the order in which it was read."""

    def __init__(self) -> None:
        self._found: list[Note] = []

    def add(self, where: str, kind: str, detail: Any = None) -> None:
        """Note something; `detail` is shortened."""
        self._found.append(Note(where, kind, "" if detail is None else _shortened(detail)))

    def __iter__(self) -> Iterator[Note]:
        return iter(self._found)


@dataclass
class Tally:
    """The number of notes of each kind, and the first line of each."""

    counts: dict[str, tuple[int, int]] = field(default_factory=dict)

    def add(self, line: int, notes: Notes) -> None:
        """Count the notes of a line."""
        for note in notes:
            count, first = self.counts.get(note.kind, (0, line))
            self.counts[note.kind] = (count + 1, first)

    def __str__(self) -> str:
        most_first = sorted(self.counts.items(), key=lambda item: -item[1][0])
        return "\n".join(f"{count:,} × {kind} (first in line {first:,})" for kind, (count, first) in most_first)


def as_text(value: Any) -> str:
    """A value as text: JSON where it is none."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _shortened(detail: Any) -> str:
    line = " ".join(normalized(as_text(detail)).split())
    return line if len(line) <= LONGEST_DETAIL else f"{line[:LONGEST_DETAIL]}…"
