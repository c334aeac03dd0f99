"""The warning of `cache_session=True` points at the line that asked for it, so that each such line is told."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import pytest

from kern.agent import Agent
from kern.team import Team


class MyAgent(Agent):
    pass


@pytest.mark.parametrize("kind", [Agent, Team, MyAgent])
def test_it_points_at_the_line_that_made_the_agent(kind: Callable[..., Any]) -> None:
    with pytest.warns(UserWarning, match="cache_session") as caught:
        kind(cache_session=True)
    here = test_it_points_at_the_line_that_made_the_agent.__code__
    assert [warning.filename for warning in caught] == [__file__]
    assert here.co_firstlineno < caught[0].lineno < here.co_firstlineno + 5


@pytest.mark.parametrize("kind", [Agent, Team])
def test_each_line_that_makes_one_is_told_and_told_once(kind: Callable[..., Any]) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for _ in range(3):
            kind(cache_session=True)
        kind(cache_session=True)
    assert len(caught) == 2
