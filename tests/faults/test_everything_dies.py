"""A small installation in which everything dies at random; `make faults` plays it larger, longer and on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.faults.round import Size, play

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]


def test_nothing_is_lost_doubled_or_left_over_when_everything_dies(tmp_path: Path) -> None:
    outcome = play(tmp_path / "round", "sqlite", Size(turns=20, sessions=6), seed=5)
    assert {what: lines for what, lines in outcome.verdict.found.items() if lines} == {}
    assert outcome.messages >= 20
    # How many die before everybody has an answer is a matter of the machine's speed.
    assert outcome.killed.total() >= 1
