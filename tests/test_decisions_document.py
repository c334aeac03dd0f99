"""docs/decisions.md names code and tests that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "decisions.md").read_text()
ROWS = [
    line.strip("| ").split(" | ")
    for line in TEXT.splitlines()
    if line.startswith("| ") and line.count(" | ") == 2 and not line.startswith("| rule |")
]
CODE = (ROOT / "sessions_app", ROOT, ROOT / "templates")
TESTS = (ROOT / "tests" / "sessions_app", ROOT, ROOT / "tests")


def found(path: str, places: tuple[Path, ...]) -> str:
    """The text of the file, in the first place that has it."""
    for place in places:
        if (place / path).is_file():
            return (place / path).read_text()
    raise AssertionError(f"{path} is nowhere")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:40])
def test_the_code_of_a_rule_is_there(row: list[str]) -> None:
    for path, symbols in re.findall(r"`([\w./-]+\.(?:py|html|js))`((?:,? `[\w.]+`(?!\.))*)", row[1]):
        text = found(path, CODE)
        for symbol in re.findall(r"`([\w.]+)`", symbols):
            if not symbol.endswith((".py", ".html", ".js")):
                assert re.search(rf"\b{symbol.rsplit('.', 1)[-1]}\b", text), f"{path}: {symbol}"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:40])
def test_the_tests_of_a_rule_are_there(row: list[str]) -> None:
    for path in re.findall(r"`([\w./-]+\.py)`", row[2]):
        assert found(path, TESTS)
