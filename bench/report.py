"""What a bench hands back, and how it is shown: tables of what was measured, and a verdict for each budget."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

Verdict = Literal["holds", "broken", "not measured"]


class CannotMeasureError(Exception):
    """Something could not be installed, started or driven; the text says what and why."""


def p95(measured: Sequence[float]) -> float:
    """What 95 of 100 stay below; never above the largest, however few there are."""
    return statistics.quantiles(measured, n=20, method="inclusive")[-1]


@dataclass(frozen=True, slots=True)
class Budget:
    """One promise of the design beside what came out. `measured` is `None` where the bench could not be run."""

    what: str
    limit: float
    measured: float | None
    unit: str = ""
    #: Where the numbers come from: sizes, samples.
    data: str = ""

    @property
    def verdict(self) -> Verdict:
        if self.measured is None:
            return "not measured"
        return "holds" if self.measured <= self.limit else "broken"

    def row(self) -> list[str]:
        """The cells under `BUDGET_HEAD`."""
        measured = "–" if self.measured is None else f"{self.measured:.3g}{self.unit}"
        return [self.what, f"≤ {self.limit:g}{self.unit}", measured, self.verdict, self.data]


#: The title of the section with the verdicts.
BUDGETS = "Budgets"
BUDGET_HEAD = ("budget", "promised", "measured", "verdict", "on what")


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a head; the first column is text, the others are numbers."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(slots=True)
class Section:
    """What one bench found."""

    title: str
    tables: list[Table] = field(default_factory=list)
    budgets: list[Budget] = field(default_factory=list)
    #: How it was measured, in sentences: what a reader must know to trust or doubt the numbers.
    notes: list[str] = field(default_factory=list)
    #: What could not be measured, and why.
    failures: list[str] = field(default_factory=list)


def as_markdown(sections: Sequence[Section], machine: dict[str, str], again: str, title: str = "Benchmarks") -> str:
    """The whole report; readable as plain text too. `again` is the command that makes it anew."""
    parts = [
        f"# {title}",
        f"Made by `{again}`; run it again to check it on another machine. Numbers are of this machine and moment, the ratios"
        " are what is promised.",
        _lines([f"{key}: {value}" for key, value in machine.items()]),
        f"## {BUDGETS}",
        _table(BUDGET_HEAD, [budget.row() for section in sections for budget in section.budgets], left=(0, 3, 4)),
    ]
    for section in sections:
        parts.append(f"## {section.title}")
        parts += [f"**{table.title}**\n\n{_table(table.head, table.rows)}" for table in section.tables]
        if section.notes:
            parts.append(_lines(section.notes))
        parts += [f"Could not be measured: {failure}" for failure in section.failures]
    return "\n\n".join(parts) + "\n"


def put_into(report: str, sections: Sequence[Section], machine: dict[str, str], again: str) -> str:
    """Return the report with these sections measured anew; its other sections, and their budgets, stay as they were."""
    new = as_markdown(sections, machine, again)
    rows = _budget_rows(report) | _budget_rows(new)
    when = "; ".join(f"{key}: {machine[key]}" for key in ("when", "machine", "load before") if key in machine)
    texts = {title: f"Measured by `{again}`; {when}.\n\n{text}" for title, text in _parts(new)}
    texts = dict(_parts(report)) | texts | {BUDGETS: _table(BUDGET_HEAD, list(rows.values()), left=(0, 3, 4))}
    begin = report.partition("\n## ")[0].rstrip()
    return "\n\n".join([begin, *(f"## {title}\n\n{text}" for title, text in texts.items())]) + "\n"


def _parts(report: str) -> list[tuple[str, str]]:
    """Return title and text of each section of a report."""
    found = (part.partition("\n") for part in f"\n{report}".split("\n## ")[1:])
    return [(title.strip(), text.strip()) for title, _newline, text in found]


def _budget_rows(report: str) -> dict[str, list[str]]:
    """Return the budgets of a report, by what they promise."""
    lines = dict(_parts(report)).get(BUDGETS, "").splitlines()[2:]
    rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|"))
    return {row[0]: row for row in rows}


def _lines(items: Sequence[str]) -> str:
    return "\n".join(f"- {item}" for item in items)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], left: Sequence[int] = (0,)) -> str:
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        padded = [
            cell.ljust(width) if column in left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        return f"| {' | '.join(padded)} |"

    marks = ["-" * width if column in left else "-" * (width - 1) + ":" for column, width in enumerate(widths)]
    return "\n".join([line(head), f"| {' | '.join(marks)} |", *map(line, rows)])
