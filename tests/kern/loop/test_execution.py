"""What comes of a tool whose turn was taken away is handed in once, whichever is told first."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kern.loop.execution import LateOutcome, Outcome

DONE = Outcome("paid")


@pytest.mark.parametrize(
    "happens",
    [
        lambda late: (late.came(DONE), late.take_away()),
        lambda late: (late.take_away(), late.came(DONE)),
        lambda late: (late.take_away(), late.came(DONE), late.take_away()),
    ],
    ids=["the outcome first", "the turn first", "told again"],
)
def test_an_outcome_of_a_turn_that_was_taken_away_is_handed_in_once(happens: Callable[[LateOutcome], object]) -> None:
    handed_in: list[Outcome] = []
    happens(LateOutcome(handed_in.append))
    assert handed_in == [DONE]


def test_an_outcome_whose_turn_goes_on_is_not_handed_in() -> None:
    handed_in: list[Outcome] = []
    assert not LateOutcome(handed_in.append).came(DONE)
    assert handed_in == []
