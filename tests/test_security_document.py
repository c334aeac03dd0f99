"""docs/security.md names code and tests that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "security.md").read_text()
ROWS = [line for line in TEXT.splitlines() if re.match(r"\| (\d|–)", line)]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[2:40])
def test_the_code_and_the_tests_of_a_row_are_there(row: str) -> None:
    _section, _what, code, tests = (cell.strip() for cell in row.strip("|").split(" | "))
    for path in re.findall(r"`([\w./-]+)`", code):
        assert (ROOT / path).exists(), path
    for path in re.findall(r"`([\w./-]+)`", tests):
        assert (ROOT / "tests" / path).exists(), path
    assert tests


def test_every_chapter_is_told() -> None:
    chapters = {number for line in re.findall(r"^## (.*)$", TEXT, re.MULTILINE) for number in re.findall(r"V(\d+)", line)}
    assert chapters == {str(number) for number in range(1, 18)}
