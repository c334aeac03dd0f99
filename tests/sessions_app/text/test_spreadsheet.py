"""A spreadsheet opens our CSV without running anything, whatever its locale takes for a separator, and we read it back."""

from __future__ import annotations

import csv
import io
from itertools import product

import pytest

from sessions_app.text.spreadsheet import MARK, read, table

FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "＝1", "＋1", "－1", "＠x", "﹦1", '=HYPERLINK("http://x")')
WORDS = (
    "Grüße; 12,50 | ok\tand\nmore",
    "'=1 was typed so",
    "''=1",
    "\t=1",
    "\r\n=1",
    "a\tb;'=1",
    '["a", "=1", -5]',
    "- one\n- two",
    "\u202e=1\u202c",
    "a\u200bb\U000e0041\U000e0042\U000e0043\U000e0044\U000e0045",
    "",
    " ",
)
BEGINNINGS = tuple("=+-@＝＋－＠﹦")


def written(text: object) -> str:
    return "".join(table(["id", "note", "end"], [[1, text, "end"]]))


@pytest.mark.parametrize(("separator", "before", "formula"), list(product(";,\t|\n", ("", " ", '"', "\u3000", ' "'), FORMULAS)))
def test_no_formula_begins_a_cell_wherever_a_spreadsheet_splits_the_line(separator: str, before: str, formula: str) -> None:
    text = written(f"a note{separator}{before}{formula}").removeprefix(MARK)
    by_quotes = [
        cell for delimiter in ",;\t|" for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) for cell in row
    ]
    # And where quotes count for nothing.
    as_it_is = text.translate(str.maketrans(";,\t|", "\n\n\n\n")).splitlines()
    for cell in [*by_quotes, *as_it_is]:
        assert not cell.lstrip(' "\u3000').startswith(BEGINNINGS), cell


@pytest.mark.parametrize("text", [*FORMULAS, *WORDS])
def test_what_was_written_is_read_back_as_it_was(text: str) -> None:
    [row] = read(written(text))
    assert row == {"id": "1", "note": text, "end": "end"}


@pytest.mark.parametrize(("value", "cell"), [(-5, "-5"), (0.5, "0.5"), (None, ""), ({"cents": -5}, '{"cents": -5}')])
def test_numbers_stay_numbers_and_nothing_is_nothing(value: object, cell: str) -> None:
    [row] = csv.DictReader(io.StringIO(written(value).removeprefix(MARK), newline=""))
    assert row["note"] == cell


def test_every_cell_is_quoted_and_a_spreadsheet_knows_the_encoding() -> None:
    assert written("a") == '\ufeff"id","note","end"\r\n"1","a","end"\r\n'
