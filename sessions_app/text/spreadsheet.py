"""CSV that any spreadsheet opens without running anything, in any locale, and that is read back as it was.

Where a spreadsheet's list separator is not the comma, it splits our lines anew: at a semicolon inside of a note, say. So what
begins a formula is guarded with an apostrophe at the beginning of a cell and after everything that may separate cells, in
its full-width form too. Characters that nobody sees are shown as what they are (`sessions_app.text.unseen`).
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from sessions_app.text.unseen import as_it_was, editable

#: By it Excel knows that a file is UTF-8.
MARK = "\ufeff"
_FORMULA = "=+\\-@＝＋－＠﹦﹢﹣﹫"
# What begins a formula, after what a spreadsheet passes over, with the apostrophes that are there already.
_BEGINS = r"""(?P<before>(?:\A|(?<=[;,\t|\r\n]))[ \u00a0\u3000"]*|\A(?='*[\t\r]))"""
_UNGUARDED = re.compile(rf"{_BEGINS}(?P<formula>'*[{_FORMULA}\t\r])")
_GUARDED = re.compile(rf"{_BEGINS}'(?P<formula>'*[{_FORMULA}\t\r])")


def table(columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """The rows as CSV, piece by piece, below a heading; lists and objects stand in one cell as JSON."""
    yield MARK + _line(columns)
    for row in rows:
        yield _line(row)


def read(text: str) -> Iterator[dict[str, str]]:
    """The rows of such a file by their columns, every text as it was before it was written."""
    for row in csv.DictReader(io.StringIO(text.removeprefix(MARK), newline="")):
        yield {column: as_it_was(_GUARDED.sub(r"\g<before>\g<formula>", cell)) for column, cell in row.items()}


def _line(cells: Iterable[Any]) -> str:
    line = io.StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL).writerow([_cell(value) for value in cells])
    return line.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    # Numbers stay numbers, also below zero.
    if isinstance(value, int | float):
        return str(value)
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)
    return _UNGUARDED.sub(r"\g<before>'\g<formula>", editable(text))
