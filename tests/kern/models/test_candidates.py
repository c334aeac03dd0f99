"""Places in a customer's text that fit the form that a tool's parameter asks for."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from kern.models.offline.candidates import Schema, candidates

TODAY = datetime.date(2026, 4, 10)
KEY = "0F8FAD5B-d9cb-469f-a165-70867728950e"


def found(name: str, part: Schema, text: str) -> list[Any]:
    places = list(candidates(name, part, text, TODAY))
    if part.get("type") == "string" and "enum" not in part and part.get("format") != "date":
        assert all(text[start:end].upper() == str(value).upper() for start, end, value in places)
    return [value for _, _, value in places]


@pytest.mark.parametrize(
    ("form", "text", "values"),
    [
        ("date", "From 8 May 2027 on.", ["2027-05-08"]),
        ("date", "Until 2027-05-10.", ["2027-05-10"]),
        ("date-time", "At 2026-05-01T10:30:00Z, or 2026-05-02 09:15.", ["2026-05-01T10:30:00Z", "2026-05-02 09:15"]),
        ("date-time", "On 2026-05-01.", []),
        ("email", "Write to ana.b+trip@mail.example.org, not to ben@desk.", ["ana.b+trip@mail.example.org"]),
        ("uuid", f"It is {KEY}; not {KEY[:-1]}.", [KEY]),
    ],
)
def test_a_format_finds_its_values(form: str, text: str, values: list[str]) -> None:
    assert found("value", {"type": "string", "format": form}, text) == values


@pytest.mark.parametrize(
    ("kind", "values"), [("integer", [3, 1_200]), ("number", [3, 1_200, 19.99]), (["integer", "null"], [3, 1_200])]
)
def test_numbers_are_no_dates_and_no_parts_of_references(kind: str | list[str], values: list[float]) -> None:
    text = "3 bags for 1,200 points or 19.99 by 8 May 2027 on order KB-20881 from 10.04.2026"
    assert found("amount", {"type": kind}, text) == values


def test_one_of_several_values_is_found_however_its_words_are_joined() -> None:
    part: Schema = {"type": ["string", "null"], "enum": ["on_hold", "MAD", "open", None]}
    assert found("state", part, "Mad that it is On Hold? MAD is open.") == ["on_hold", "MAD", "open"]


def test_a_pattern_that_cannot_be_matched_in_linear_time_finds_nothing() -> None:
    assert found("code", {"type": "string", "pattern": r"^(?=.*\d)[A-Z\d]{6}$"}, "K7QX2M") == []
    assert found("code", {"type": "string", "pattern": r"^[A-Z\d]{6}$"}, "the code k7qx2m, please") == ["K7QX2M"]


def test_a_reference_without_an_example_is_a_word_with_a_digit() -> None:
    assert found("booking_reference", {"type": "string"}, "Booking H3WR2T for 2 in May") == ["H3WR2T"]
    assert found("colour", {"type": "string"}, "Booking H3WR2T for 2 in May") == []


def test_a_value_that_looks_like_the_examples_is_found() -> None:
    part: Schema = {"type": "string", "description": "The order's number, e.g. KA-1042."}
    assert found("order", part, "Orders KB-20881 and ABC-1, in May") == ["KB-20881"]


def test_a_place_stands_behind_its_preposition_and_has_a_capital() -> None:
    text = "from Berlin to New York, from home to work"
    assert found("origin_city", {"type": "string"}, text) == ["Berlin"]
    assert found("destination", {"type": "string"}, text) == ["New York"]


@pytest.mark.parametrize("kind", ["object", "null", "boolean", "array"])
def test_what_no_words_can_say_has_no_candidates(kind: str) -> None:
    assert found("details", {"type": kind}, "All of it: 7 bags") == []
