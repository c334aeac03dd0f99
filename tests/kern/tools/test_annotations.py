"""Types of a tool's parameters as JSON schemas that models and forms can read."""

from __future__ import annotations

import dataclasses
import enum
import json
from typing import Annotated, Any, Literal, NotRequired, Required, TypedDict

import pytest
from pydantic import Field

from kern.errors import InvalidAnswerError
from kern.tools import RunContext, as_tool

CONTEXT = RunContext(session_id="s1", run_id="r1", call_id="c1", user_id="ana", agent_name="Desk")


@dataclasses.dataclass
class Comment:
    text: str
    replies: list[Comment] = dataclasses.field(default_factory=list)


class Address(TypedDict, total=False):
    street: Required[str]
    city: str


class Customer(TypedDict):
    name: str
    homes: NotRequired[list[Address]]


class Size(enum.Enum):
    SMALL = "small"


def test_a_type_that_refers_to_itself_stays_a_reference() -> None:
    def post(comment: Comment) -> str:
        return f"{comment.text}, {comment.replies[0].text}"

    made = as_tool(post)
    shared = made.parameters["$defs"]["Comment"]
    assert shared["properties"]["replies"]["items"] == {"$ref": "#/$defs/Comment"}
    assert made.parameters["properties"]["comment"] == shared
    assert made.call({"comment": {"text": "Hi", "replies": [{"text": "Hello"}]}}, CONTEXT) == "Hi, Hello"
    with pytest.raises(InvalidAnswerError, match="replies"):
        made.check({"comment": {"text": "Hi", "replies": [{"words": "Hello"}]}})


def test_choices_that_may_be_left_open_name_null_among_them() -> None:
    def order(kind: Literal["single"], size: Size | None = None, way: Literal["air", "sea"] | None = None) -> str:
        return f"{kind} {size} {way}"

    made = as_tool(order)
    assert made.parameters["properties"] == {
        "kind": {"type": "string", "enum": ["single"]},
        "size": {"type": ["string", "null"], "enum": ["small", None], "default": None},
        "way": {"type": ["string", "null"], "enum": ["air", "sea", None], "default": None},
    }
    assert made.call({"kind": "single", "size": "small", "way": None}, CONTEXT) == "single Size.SMALL None"


def test_a_default_that_has_no_json_form_is_kept_from_the_model_and_used() -> None:
    unset = object()

    def find(text: str, after: Any = unset) -> str:
        return f"{text} {'from the beginning' if after is unset else after}"

    made = as_tool(find)
    assert "default" not in made.parameters["properties"]["after"]
    assert made.parameters["required"] == ["text"]
    assert made.call({"text": "bags"}, CONTEXT) == "bags from the beginning"


@pytest.mark.parametrize(
    "homes", [{}, {"homes": []}, {"homes": [{"street": "Long Road 1"}, {"street": "Short Road 2", "city": "Oslo"}]}]
)
def test_keys_of_a_typed_dict_may_be_missing_where_it_says_so(homes: dict[str, Any]) -> None:
    seen: list[object] = []

    def note(people: dict[str, Customer] | None, main: Annotated[Address | None, Field(description="first")] = None) -> None:
        seen.extend((people, main))

    people = {"ana": {"name": "Ana", **homes}}
    made = as_tool(note)
    made.call({"people": people, "main": {"street": "Long Road 1"}}, CONTEXT)
    assert seen == [people, {"street": "Long Road 1"}]
    assert made.parameters["properties"]["main"]["description"] == "first"
    for incomplete in ('{"homes": []}', '{"name": "Ana", "homes": [{"city": "Oslo"}]}'):
        with pytest.raises(InvalidAnswerError, match="is required"):
            made.check({"people": {"ana": json.loads(incomplete)}})
