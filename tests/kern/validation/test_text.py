"""What texts and values of JSON become before they are stored."""

from __future__ import annotations

from typing import Any

import pytest

from kern.validation.json_values import storable_json
from kern.validation.sizes import DEEPEST, is_too_deep
from kern.validation.text import one_line, storable, without_breaks


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("plain\r\n\ttext", "plain\r\n\ttext"),
        ("a\x00b", "a\ufffdb"),
        ("a\ud83db\ude00", "a?b?"),
        ("\U0001f600", "\U0001f600"),
        ("a\x1b\x85\u202e\u200bb", "a\x1b\x85\u202e\u200bb"),
    ],
)
def test_only_what_no_database_takes_is_replaced(text: str, kept: str) -> None:
    assert storable(text) == kept
    assert storable(kept) == kept


def test_a_value_of_json_keeps_its_shape() -> None:
    value: dict[Any, Any] = {"a\x00": ("b\ud83d", 1, 1.5, True, None), "huge": float("nan"), 3: object}
    assert storable_json(value) == {"a\ufffd": ["b?", 1, 1.5, True, None], "huge": "nan", "3": "<class 'object'>"}


def test_depth_is_counted_once() -> None:
    value: Any = "x"
    for _ in range(DEEPEST):
        value = [value]
    assert not is_too_deep(value)
    assert is_too_deep([value])


def test_a_line_has_a_space_for_every_break() -> None:
    assert without_breaks("a\x00b\ud83dc\nd\u2028e  f") == "a b c d e  f"
    assert one_line(" a\x00b \u202e\n c ") == "a b c"
