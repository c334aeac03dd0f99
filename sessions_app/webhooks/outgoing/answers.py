"""Answers of receivers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

#: A request with its answer takes at most so many seconds, also where a server sends a byte now and then.
SECONDS = 10.0
#: So much of an answer is kept; what is longer is not read.
KEPT = 2_000


@dataclass(frozen=True)
class Answer:
    """The outcome of a request: a status, or the `problem` that kept it from having one."""

    status: int | None = None
    problem: str = ""
    headers: Sequence[tuple[str, str]] = ()
    body: str = ""
    took: int = 0

    @property
    def is_success(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    def header(self, name: str) -> str:
        """Return the header's value, empty without one."""
        return next((value for key, value in self.headers if key.lower() == name), "")

    def as_text(self) -> str:
        """Return the answer as it is shown: headers, an empty line, the beginning of the body."""
        if self.status is None:
            return ""
        head = "\n".join(f"{name}: {value}" for name, value in self.headers)
        return f"{head[:KEPT]}\n\n{self.body}".strip()
