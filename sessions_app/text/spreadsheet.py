"""CSV that is safe in any spreadsheet and locale (no formula runs), and that can be read back without loss.

Where a spreadsheet's list separator is not the comma, it splits our lines anew: at a semicolon inside of a note, say. So the
beginning of a formula is guarded with an apostrophe at the beginning of a cell and after every possible separator, in its
full-width form too. Invisible characters are shown by their code points (`sessions_app.text.unseen`).
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
# The beginning of a formula, after characters that a spreadsheet ignores, with the apostrophes that are there already.
_BEGINS = r"""(?P<before>(?:\A|(?<=[;,\t|\r\n]))[ \u00a0\u3000"]*|\A(?='*[\t\r]))"""
_UNGUARDED = re.compile(rf"{_BEGINS}(?P<formula>'*[{_FORMULA}\t\r])")
_GUARDED = re.compile(rf"{_BEGINS}'(?P<formula>'*[{_FORMULA}\t\r])")


def table(columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """Yield the rows as CSV, piece by piece, below a heading; lists and objects stand in one cell as JSON."""
    yield MARK + _line(columns)
    for row in rows:
        yield _line(row)


def read(text: str) -> Iterator[dict[str, str]]:
    """Yield the rows of such a file by their columns, every text as it was before it was written."""
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
