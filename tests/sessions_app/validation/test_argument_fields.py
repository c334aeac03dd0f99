"""The arguments of a call as a form, and back with their types kept."""

from __future__ import annotations

from typing import Any

import pytest

from sessions_app.validation.argument_fields import fields_of
from sessions_app.validation.argument_values import values_of

SCHEMA: dict[str, Any] = {
    "properties": {
        "text": {"type": "string"},
        "whole": {"type": "integer"},
        "half": {"type": "number"},
        "yes": {"type": "boolean"},
        "pick": {"enum": ["a", 2, None]},
        "many": {"type": "array", "items": {"type": "integer"}},
        "maybe": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        "thing": {"$ref": "#/$defs/Thing"},
    },
    "required": ["text", "whole"],
    "$defs": {
        "Thing": {
            "type": "object",
            "properties": {
                "size": {"type": "number"},
                "made": {"type": "string", "format": "date"},
                "words": {"type": "array"},
            },
        }
    },
}
VALUES: dict[str, Any] = {
    "text": "line one\nline two",
    "whole": 10**20,
    "half": 79.0,
    "yes": False,
    "pick": 2,
    "many": [1, 2],
    "maybe": None,
    "thing": {"size": 1e-7},
    "extra": {"not": "in the schema"},
}


NULLABLE = {
    "properties": {
        "text": {"type": ["string", "null"]},
        "whole": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        "pick": {"type": ["string", "null"], "enum": ["a", "b", None]},
        "yes": {"type": ["boolean", "null"]},
        "word": {"type": "string"},
    },
    "required": ["text", "whole", "pick", "yes", "word"],
}


def posted(values: dict[str, Any], **changes: str) -> dict[str, str]:
    """A form as a browser sends it back: line breaks are CRLF."""
    texts = {field.key: field.value.replace("\n", "\r\n") for field in fields_of(SCHEMA, values)}
    return {**texts, **{f"arg.{name}": text for name, text in changes.items()}}


def test_a_form_sent_back_untouched_changes_nothing() -> None:
    values, errors = values_of(fields_of(SCHEMA, VALUES, posted(VALUES)))
    assert (values, errors) == (VALUES, {})
    assert [type(value) for value in values.values()] == [type(value) for value in VALUES.values()]
    assert values_of(fields_of(SCHEMA, {"text": "x", "whole": 1}, posted({"text": "x", "whole": 1})))[0] == {
        "text": "x",
        "whole": 1,
    }


@pytest.mark.parametrize("sent", ["one\r\ntwo\r\nthree", "one\ntwo\nthree"], ids=repr)
@pytest.mark.parametrize("text", ["one\r\ntwo\r\nthree", "one\rtwo\nthree"], ids=repr)
def test_line_breaks_are_no_edit_however_the_browser_writes_them(text: str, sent: str) -> None:
    [field] = fields_of({"properties": {"text": {"type": "string"}}}, {"text": text}, {"arg.text": sent})
    assert (field.widget, field.changed) == ("long", False)
    assert values_of([field]) == ({"text": text}, {})


def test_what_a_person_empties_does_not_come_back_as_the_default() -> None:
    words = {"type": "array", "items": {"type": "string"}, "default": ["z"]}
    schema = {"properties": {"words": words, "text": {"type": "string", "default": "dflt"}, "free": {"type": "string"}}}
    fields = fields_of(schema, {"words": ["m"], "text": "mine", "free": "x"}, {"arg.words": "", "arg.text": "", "arg.free": ""})
    assert values_of(fields) == ({"words": [], "text": ""}, {})
    assert [field.hint for field in fields] == ["default: z", "default: dflt", ""]


def test_an_object_that_is_not_given_is_a_field_a_property_and_left_out_where_none_is_filled() -> None:
    place = {"type": "object", "properties": {"street": {"type": "string"}, "no": {"type": "integer"}}, "required": ["street"]}
    schema = {"properties": {"place": place}}
    assert [field.name for field in fields_of(schema, {})] == ["place.street", "place.no"]
    assert values_of(fields_of(schema, {}, {"arg.place.street": "", "arg.place.no": ""})) == ({}, {})
    filled = fields_of(schema, {}, {"arg.place.street": "Main", "arg.place.no": "7"})
    assert values_of(filled) == ({"place": {"street": "Main", "no": 7}}, {})


def test_emptied_values_become_null_where_they_may() -> None:
    given = {"text": "x", "whole": 1, "pick": "a", "yes": True, "word": "x"}
    fields = fields_of(NULLABLE, given, {f"arg.{name}": "" for name in given})
    assert values_of(fields) == ({"text": None, "whole": None, "pick": None, "yes": None, "word": ""}, {})
    for field in fields:
        if field.widget == "choice":
            assert field.choices[0] == ("", "not set", True)
    untouched = dict.fromkeys(given)
    assert values_of(fields_of(NULLABLE, untouched, {f"arg.{name}": "" for name in given})) == (untouched, {})


@pytest.mark.parametrize("depth", [101, 800, 50_000])
def test_what_is_nested_too_deep_is_refused(depth: int) -> None:
    deep = {"arg.data": '{"a":' * depth + "1" + "}" * depth}
    _values, errors = values_of(fields_of({"properties": {"data": {"type": "object"}}}, {"data": {}}, deep))
    assert list(errors) == ["data"]


def test_changed_fields_become_their_schemas_types() -> None:
    changes = {
        "whole": "7",
        "half": "0.5",
        "yes": "true",
        "pick": "a",
        "many": "3\r\n\r\n 4",
        "maybe": "4",
        "thing.size": "2",
        "thing.made": "2026-05-02",
        "text": "x\r\ny",
    }
    values, errors = values_of(fields_of(SCHEMA, VALUES, posted(VALUES, **changes)))
    assert errors == {}
    wanted = {"whole": 7, "half": 0.5, "yes": True, "pick": "a", "many": [3, 4], "maybe": 4, "text": "x\ny"}
    assert values == {**VALUES, **wanted, "thing": {"size": 2, "made": "2026-05-02"}}


def test_what_does_not_fit_is_named_by_field() -> None:
    changes = {"whole": "", "half": "1,5", "pick": "z", "many": "1\nx", "maybe": "1.5", "yes": "perhaps", "thing.size": "big"}
    _values, errors = values_of(fields_of(SCHEMA, VALUES, posted(VALUES, **changes)))
    assert sorted(errors) == ["half", "many", "maybe", "pick", "thing.size", "whole", "yes"]


def test_each_type_has_its_own_widget() -> None:
    widgets = {field.name: field.widget for field in fields_of(SCHEMA, VALUES)}
    assert widgets == {
        "text": "long",
        "whole": "number",
        "half": "number",
        "yes": "choice",
        "pick": "choice",
        "many": "lines",
        "maybe": "number",
        "thing.size": "number",
        "thing.made": "date",
        "thing.words": "json",
        "extra": "json",
    }


def test_an_optional_value_can_be_taken_out_and_a_list_emptied() -> None:
    values, errors = values_of(fields_of(SCHEMA, VALUES, posted(VALUES, many="", **{"thing.size": ""})))
    assert errors == {}
    assert "many" not in values
    assert values["thing"] == {}
    needed = {"properties": {"many": SCHEMA["properties"]["many"]}, "required": ["many"]}
    assert values_of(fields_of(needed, {"many": [1]}, {"arg.many": ""})) == ({"many": []}, {})
