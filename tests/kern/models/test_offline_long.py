"""However long and odd a text is, the offline responder reads it in one go.

A run of `re` stops the whole process, heartbeats included. The texts are so long that looking at each place again for each
other would take many minutes, so a test of these that ends is one that passed.
"""

from __future__ import annotations

import datetime

import pytest

from kern.models.base import ModelRequest, ask
from kern.models.offline import NOT_FOUND, Article, OfflineResponder
from kern.models.offline.arguments import find_arguments
from kern.models.offline.candidates import Schema, candidates, examples_of
from kern.models.offline.results import tell
from kern.naming import INSTRUCTIONS
from kern.records.message import Message
from kern.tools import tool

# Texts of this length, read under a tracer that notes each line, take longer than all other tests; they reach no line that
# `test_offline.py` does not.
pytestmark = pytest.mark.no_cover

LENGTH = 200_000
TODAY = datetime.date(2026, 4, 10)
PIECES = ["a", "1", '"', ".", "'", "_", "a@", "a.", "a-", "1,", 'a".1@ ', "\n", "from ", "1 of May "]
PARTS: dict[str, Schema] = {
    "state": {"enum": ["on hold", "MAD"]},
    "reference": {"type": "string", "pattern": "^[A-Z0-9]{6}$"},
    "day": {"type": "string", "format": "date"},
    "moment": {"type": "string", "format": "date-time"},
    "address": {"type": "string", "format": "email"},
    "key": {"type": "string", "format": "uuid"},
    "origin": {"type": "string"},
    "order": {"type": "string", "description": "The order's number, e.g. KA-1042"},
}


def long(piece: str) -> str:
    return "x" + piece * (LENGTH // len(piece)) + "x"


@tool
def book(reference: str, day: str, amount: float, seats: list[int]) -> str:
    """Cancel a booking and refund the amount on the day."""
    return f"{reference}{day}{amount}{seats}"


@pytest.mark.parametrize("piece", PIECES)
def test_a_long_message_is_answered(piece: str) -> None:
    responder = OfflineResponder([Article("Bags", "Bags fly to Oslo.")])
    said = [Message("user", long(piece)), Message("assistant", "Sorry?"), Message("user", long(piece))]
    assert ask(responder, ModelRequest(said, [book.model_schema()])).content == NOT_FOUND


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("name", PARTS)
def test_arguments_are_sought_in_one_go(name: str, piece: str) -> None:
    places = list(candidates(name, PARTS[name], long(piece), TODAY))
    assert len(places) < LENGTH


@pytest.mark.parametrize("space", [" ", "\n"])
def test_examples_are_sought_in_one_go(space: str) -> None:
    assert examples_of({"description": f"a code like{space * LENGTH}"}) == []
    assert examples_of({"description": f"a code like {space} : 'KA-1042'"}) == ["KA-1042"]


def test_a_list_takes_each_place_once_and_all_in_one_go() -> None:
    bags = {"properties": {"bags": {"type": "array", "items": {"type": "integer"}}}, "required": ["bags"]}
    assert find_arguments(bags, ["1 2 3 and 4 bags"], TODAY).values == {"bags": [4, 1, 2, 3]}
    assert find_arguments(bags, ["1 " * LENGTH], TODAY).values == {"bags": [1] * 2_000}


@pytest.mark.parametrize("piece", [*PIECES, "A person changed the arguments to {} before this ran.\n", "["])
def test_a_long_result_is_told(piece: str) -> None:
    assert tell(piece * (LENGTH // len(piece)))


def test_a_deep_result_is_told_as_it_is() -> None:
    deep = "[" * 200 + "]" * 200
    assert tell(deep) == deep


def test_a_long_conversation_gets_a_name() -> None:
    said = [Message("system", INSTRUCTIONS), Message("user", '"' * LENGTH + "My suitcase is lost. " * (LENGTH // 20))]
    assert ask(OfflineResponder(), ModelRequest(said)).content == "Lost suitcase"


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("Write to ana.b+c@mail.example.com, please", ["ana.b+c@mail.example.com"]),
        ("ana@example.com,ben@example.org", ["ana@example.com", "ben@example.org"]),
        ("ana@ example.com, @example.com, ana@example", []),
    ],
)
def test_addresses_are_found_as_people_write_them(text: str, addresses: list[str]) -> None:
    assert [value for _, _, value in candidates("address", PARTS["address"], text, TODAY)] == addresses
