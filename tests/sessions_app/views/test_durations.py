"""Spans of time in words."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from sessions_app.templatetags.durations import said, since, tables, until

MINUTE, HOUR, DAY = 60, 3600, 86400


@pytest.mark.parametrize(
    ("way", "seconds", "words"),
    [
        ("short", -5, "now"),
        ("short", MINUTE - 1, "now"),
        ("short", 22 * MINUTE, "22m"),
        ("short", DAY - 1, "23h"),
        ("short", 13 * DAY, "13d"),
        ("short", 15 * DAY, "2w"),
        ("ago", 30, "just now"),
        ("ago", 12.5 * MINUTE, "12 min ago"),
        ("ago", 400 * DAY, "400 d ago"),
        ("left", -1, "time is up"),
        ("left", 59, "less than a minute left"),
        ("left", 24 * MINUTE, "24 min left"),
        ("left", 70 * MINUTE, "1 h 10 min left"),
        ("left", 20 * HOUR, "20 h left"),
        ("left", 3 * DAY, "3 d left"),
    ],
)
def test_a_span_is_said_in_its_largest_whole_unit(way: str, seconds: float, words: str) -> None:
    assert said(seconds, tables()[way]) == words


def test_times_are_counted_from_now() -> None:
    assert since(timezone.now() - timedelta(minutes=5, seconds=1), "ago") == "5 min ago"
    assert until(timezone.now() + timedelta(minutes=5, seconds=30), "short") == "5m"
    assert (since(None, "ago"), until(None, "left")) == ("", "")
