"""Limits of a turn's texts: what is kept of one that exceeds them, and how sizes are counted."""

from __future__ import annotations

from collections.abc import Iterator

from kern.validation.sizes import DEEPEST, bounded, is_too_deep, kept, size_of


def test_a_text_within_its_limit_is_kept_whole() -> None:
    assert kept("é" * 10, most=20) == "é" * 10
    assert kept("short", most=1_000) == "short"


def test_a_longer_text_is_cut_between_characters_and_says_so() -> None:
    cut = kept("é" * 1_000, most=201)
    assert len(cut.encode()) <= 201
    beginning, _, note = cut.partition("\n")
    assert set(beginning) == {"é"}
    assert note == f"[… cut: {len(beginning) * 2:,} of 2,000 bytes are kept …]"


def test_of_a_generator_the_first_items_are_kept_and_all_are_run() -> None:
    ran: list[int] = []

    def items() -> Iterator[object]:
        for number in range(10):
            ran.append(number)
            yield "word" if number else 7

    assert list(bounded(items(), most=9)) == [7, "word", "word"]
    assert ran == list(range(10))


def test_the_size_of_a_value_counts_its_texts_keys_and_numbers() -> None:
    assert size_of({"name": "Kim", "tags": ["a", "bc"], "age": 7, "left": None}) == 4 + 3 + 4 + 3 + 3 + 8 + 4 + 8


def test_a_value_that_is_nested_too_deep_is_known_even_where_it_holds_itself() -> None:
    nested: list[object] = []
    for _ in range(DEEPEST - 1):
        nested = [nested]
    assert not is_too_deep(nested)
    assert not is_too_deep({"a": [1, {"b": "text"}]})
    assert is_too_deep([[nested, nested]])
    endless: dict[str, object] = {}
    endless["itself"] = [endless, endless]
    assert is_too_deep(endless)
