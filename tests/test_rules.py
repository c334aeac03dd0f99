"""docs/rules.md names code and tests that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
RULES, KINDS = (ROOT / "docs" / "rules.md").read_text().split("\n## ")


def rows(text: str) -> list[list[str]]:
    """The cells of the tables' rows, without their heads."""
    lines = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith(("| # ", "| kind "))]
    return [re.split(r" \| ", line.strip("| ")) for line in lines]


@pytest.mark.parametrize("row", rows(RULES), ids=lambda row: row[0])
def test_the_files_of_a_rule_are_there(row: list[str]) -> None:
    _number, _rule, code, tests = row
    places = [ROOT, ROOT / "kern", ROOT / "kern" / "db", ROOT / "sessions_app" / "store"]
    for file in re.findall(r"`([\w/]+\.py)`", code):
        assert any((place / file).exists() for place in places), file
    for file in re.findall(r"`([\w/]+\.py)`", tests):
        assert any((place / file).exists() for place in (ROOT, ROOT / "tests" / "kern")), file


@pytest.mark.parametrize("row", rows(KINDS), ids=lambda row: row[0][:40])
def test_the_tests_of_a_kind_are_there(row: list[str]) -> None:
    _kind, _doors, named = row
    for file, words in re.findall(r"`([\w/]+\.py)`([^`;]*)", named):
        written = (ROOT / "tests" / file).read_text()
        for phrase in filter(None, (phrase.strip() for phrase in words.split(","))):
            assert f"def test_{phrase.replace(' ', '_')}(" in written, f"{file}: {phrase}"
