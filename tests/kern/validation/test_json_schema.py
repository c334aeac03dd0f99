"""Values against schemas: nothing is converted, and every complaint says where and what."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kern.errors import InvalidAnswerError
from kern.records.input_fields import validate_fields
from kern.records.requirement import InputField, Requirement
from kern.tools import tool
from kern.validation.json_schema import validate


def schema_of(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def errors_of(arguments: Any, schema: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(InvalidAnswerError) as caught:
        validate(arguments, schema)
    return caught.value.errors


@pytest.mark.parametrize(
    ("part", "good", "bad", "complaint"),
    [
        ({"type": "integer"}, 5, "5", "must be a whole number"),
        ({"type": "integer"}, 0, True, "must be a whole number"),
        ({"type": "number"}, 1.5, "1.5", "must be a number"),
        ({"type": "number"}, 1, float("nan"), "must be a finite number"),
        ({"type": "boolean"}, False, 0, "must be true or false"),
        ({"type": ["string", "null"]}, None, 5, "must be text or null"),
        ({"type": "string", "format": "date"}, "2026-02-28", "2026-02-30", "must be a date like 2026-01-31"),
        ({"type": "string", "format": "date-time"}, "2026-02-28T10:00:00Z", "2026-02-28", "must be a date and time"),
        ({"type": "string", "format": "time"}, "10:30", "25:00", "must be a time"),
        ({"enum": ["single", "return"]}, "return", "both", "must be single or return"),
        ({"type": "string", "pattern": "^[A-Z0-9]{6}$"}, "K7QX2M", "K7", "must match"),
        ({"type": "string", "pattern": "^P-[0-9]$", "examples": ["P-1", "P-2"]}, "P-3", "P", "must look like P-1 or P-2"),
        ({"type": "integer", "minimum": 1}, 1, 0, "must be at least 1"),
        ({"type": "array", "items": {}, "minItems": 1}, [1], [], "must have at least 1 entries"),
        ({"anyOf": [{"type": "integer"}, {"type": "boolean"}]}, True, "x", "must be a whole number or must be true or false"),
    ],
)
def test_a_value_fits_or_is_complained_about(part: dict[str, Any], good: Any, bad: Any, complaint: str) -> None:
    validate({"value": good}, schema_of(value=part))
    assert complaint in errors_of({"value": bad}, schema_of(value=part))["value"]


def test_every_error_is_reported_at_its_own_path() -> None:
    schema = schema_of(
        passengers={"type": "array", "items": schema_of(name={"type": "string"}, bags={"type": "integer"})},
        day={"type": "string", "format": "date"},
    )
    errors = errors_of({"passengers": [{"name": 5}, {"name": "Ben", "bags": 1, "dog": "Rex"}], "hour": 3}, schema)
    assert errors == {
        "passengers.0.name": "must be text",
        "passengers.0.bags": "is required",
        "passengers.1.dog": "is unknown",
        "day": "is required",
        "hour": "is unknown",
    }


def test_arguments_that_are_no_object_are_refused() -> None:
    assert errors_of(["a"], schema_of()) == {"": "must be an object"}


def test_a_persons_edit_is_checked_against_the_tools_schema() -> None:
    @tool(requires_confirmation=True)
    def refund(order: int, amount: float) -> None: ...

    asked = Requirement(
        kind="confirmation",
        run_id="r",
        root_run_id="r",
        session_id="s",
        call_id="c",
        tool_name="refund",
        arguments={"order": 7, "amount": 10},
        schema=refund.parameters,
    )
    with pytest.raises(InvalidAnswerError, match="amount must be a number"):
        asked.edit({"order": 7, "amount": "12"})
    assert asked.edited_arguments is None
    asked.edit({"order": 7, "amount": 12.5})
    assert asked.effective_arguments == {"order": 7, "amount": 12.5}


FIELDS = [
    InputField("iban", {"type": "string"}),
    InputField("count", {"type": "integer", "default": 1}, required=False),
]


@pytest.mark.parametrize(
    ("values", "errors"),
    [
        ({}, {"iban": "is required"}),
        ({"iban": "  "}, {"iban": "is required"}),
        ({"iban": "DE1", "count": "2"}, {"count": "must be a whole number"}),
        ({"iban": "DE1", "holder": "Ana"}, {"holder": "is not asked for"}),
        ({"iban": 5, "x": 1}, {"x": "is not asked for", "iban": "must be text"}),
    ],
)
def test_a_persons_input_is_refused_with_a_reason_a_field(values: dict[str, Any], errors: dict[str, str]) -> None:
    with pytest.raises(InvalidAnswerError) as caught:
        validate_fields(values, FIELDS, {})
    assert caught.value.errors == errors


def test_a_persons_input_that_fits_is_taken() -> None:
    validate_fields({"iban": "DE1"}, FIELDS, {})
    validate_fields({"iban": "DE1", "count": 3}, FIELDS, {})
    validate_fields({"note": None}, [InputField("note", {"type": ["string", "null"]})], {})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_whatever_arrives_is_taken_or_refused_and_never_breaks(value: Any) -> None:
    schema = schema_of(tree={"$ref": "#/$defs/Tree"}) | {
        "$defs": {"Tree": {"type": "object", "additionalProperties": {"$ref": "#/$defs/Tree"}}}
    }
    refused = []
    for arguments in (value, {"tree": value}):
        try:
            validate(arguments, schema)
        except InvalidAnswerError as error:
            refused.append(error.errors)
    assert all(refused)
