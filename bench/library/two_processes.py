"""What is lost when two processes work on one session."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from typing import Any

from bench.effort import Effort
from bench.library.driver_process import DriverProcess, fresh_file
from bench.library.libraries import KERN, Library, installed
from bench.report import Budget, CannotMeasureError, Section, Table

SESSION = "shared"
#: Seconds the model takes, so that the processes' turns overlap as real ones do.
THINKING = 0.02

NOTES = [
    f"Two processes run turns on one session of one file at the same time; the model takes {THINKING * 1000:.0f} ms. One of"
    " them also names the session after each of its turns. The session and its tables exist before they start.",
    "turn lost: the library reported success, and a newcomer does not read the question back through the library's own API."
    " name lost: the name is another one after the namer's next turn, though nobody else names the session. errors: what the"
    " library raised instead of doing the turn or the renaming.",
    "openai-agents has no session names.",
]


def measure(effort: Effort) -> Section:
    """Let two processes of every library talk, and count."""
    section = Section("Two processes on one session", notes=list(NOTES))
    counts: dict[Library, Count] = {}
    for library in installed(section.failures):
        try:
            counts[library] = _count(library, effort)
        except CannotMeasureError as error:
            section.failures.append(str(error))
    rows = [count.row(library) for library, count in counts.items()]
    head = ("library", "turns done", "turns lost", "names set", "names lost", "errors")
    section.tables = [Table(f"2 processes, {effort.talk_turns} turns each", head, rows)]
    section.notes += [
        f"{library.name}: {text} ({times}×)" for library, count in counts.items() for text, times in count.worst()
    ]
    section.budgets = _budgets(counts.get(KERN), effort)
    return section


class Count:
    """What both processes reported against what is stored."""

    def __init__(self, told: list[dict[str, Any]], stored: list[str], names: bool) -> None:
        said = Counter(text for one in told for text in one["said"])
        self.turns = said.total()
        self.turns_lost = (said - Counter(stored)).total()
        self.names = names
        self.names_set = sum(one["names_set"] for one in told)
        self.names_lost = sum(one["names_lost"] for one in told)
        self.errors = [text for one in told for text in one["errors"]]

    def row(self, library: Library) -> list[str]:
        names = [str(self.names_set), str(self.names_lost)] if self.names else ["none", "none"]
        return [library.name, str(self.turns), str(self.turns_lost), *names, str(len(self.errors))]

    def worst(self) -> list[tuple[str, int]]:
        """The commonest errors."""
        return Counter(text.splitlines()[0] for text in self.errors).most_common(2)


def _count(library: Library, effort: Effort) -> Count:
    file = fresh_file(library, "two-processes")
    with ExitStack() as stack:
        first, second = (stack.enter_context(DriverProcess(library)) for _ in range(2))
        names = first.ask("hello")["names"]
        second.ask("hello")
        for driver in (first, second):
            driver.ask("turns", file=file, session_ids=[SESSION])
        talk = {"file": file, "session_id": SESSION, "turns": effort.talk_turns, "thinking": THINKING}
        first.send("talk", who="Ana", renames=names, **talk)
        second.send("talk", who="Ben", renames=False, **talk)
        told = [first.answer(), second.answer()]
    with DriverProcess(library) as newcomer:
        return Count(told, newcomer.ask("read", file=file, session_id=SESSION)["said"], names)


def _budgets(ours: Count | None, effort: Effort) -> list[Budget]:
    data = f"2 processes, {effort.talk_turns} turns each"
    return [
        Budget("turns lost by two processes", 0, ours.turns_lost if ours else None, "", data),
        Budget("names lost by two processes", 0, ours.names_lost if ours else None, "", data),
        Budget("errors of two processes", 0, len(ours.errors) if ours else None, "", data),
    ]
