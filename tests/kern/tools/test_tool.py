"""A tool is a typed function: called like one, described to the model, checked, and run with converted arguments."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime
import enum
import json
import math
import subprocess
import sys
from decimal import Decimal
from typing import Annotated, Any, Literal, NotRequired, TypedDict

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kern.errors import InvalidAnswerError, ToolError
from kern.tools import RunContext, Tool, as_tool, ask_user, tool

CONTEXT = RunContext(session_id="s1", run_id="r1", call_id="c1", user_id="ana", agent_name="Desk")


class Cabin(enum.Enum):
    ECONOMY = "economy"
    BUSINESS = "business"


@dataclasses.dataclass
class Passenger:
    name: str
    born: datetime.date
    bags: int = 1


class Extras(TypedDict):
    meal: str
    seat: NotRequired[str]


class Payment(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(strict=True)
    amount: Decimal
    due: datetime.date

    @pydantic.field_validator("amount")
    @classmethod
    def is_positive(cls, amount: Decimal) -> Decimal:
        if amount <= 0:
            raise ValueError("must be more than nothing")
        return amount


@tool
def find_booking(reference: str, with_history: bool = False) -> str:
    """Look up a booking.

    Args:
        reference: six letters or digits, e.g. K7QX2M
        with_history: whether changes are listed,
            oldest first
    """
    return f"{reference} {with_history}"


def test_a_decorated_function_is_still_called_like_one() -> None:
    assert find_booking("K7QX2M", with_history=True) == "K7QX2M True"
    assert find_booking.__name__ == "find_booking"  # type: ignore[attr-defined]


def test_the_model_sees_name_description_and_parameters() -> None:
    schema = find_booking.model_schema()
    assert (schema.name, schema.description) == ("find_booking", "Look up a booking.")
    assert schema.parameters == {
        "type": "object",
        "properties": {
            "reference": {"type": "string", "description": "six letters or digits, e.g. K7QX2M"},
            "with_history": {
                "type": "boolean",
                "description": "whether changes are listed, oldest first",
                "default": False,
            },
        },
        "required": ["reference"],
        "additionalProperties": False,
    }


@pytest.mark.parametrize(
    ("option", "kind"),
    [
        ("requires_confirmation", "confirmation"),
        ("requires_user_input", "user_input"),
        ("external_execution", "external_execution"),
    ],
)
def test_each_option_gives_its_kind_of_requirement(option: str, kind: str) -> None:
    def send(text: str) -> None: ...

    options: dict[str, Any] = {option: True}
    assert tool(**options)(send).requirement_kind == kind
    assert as_tool(send).requirement_kind is None


def test_contradicting_options_are_refused() -> None:
    def send(text: str) -> None: ...

    with pytest.raises(ValueError, match="confirmation and external_execution; a tool has at most one"):
        tool(requires_confirmation=True, external_execution=True)(send)
    with pytest.raises(ValueError, match="no parameters of it: addresse"):
        tool(requires_user_input=True, user_input_fields=["addresse"])(send)
    with pytest.raises(ValueError, match="does not set requires_user_input"):
        tool(user_input_fields=["text"])(send)
    with pytest.raises(ValueError, match="letters, digits"):
        tool(name="send it!")(send)


def starred(*names: str) -> None: ...


def double_starred(**names: str) -> None: ...


def by_position(name: str, /) -> None: ...


def untyped(name) -> None: ...  # type: ignore[no-untyped-def]


class Callback: ...


def with_callback(on_done: Callback) -> None: ...


@pytest.mark.parametrize(
    ("function", "complaint"),
    [
        (starred, r"takes \*names"),
        (double_starred, r"takes \*\*names"),
        (by_position, "by position only"),
        (untyped, "annotate it, for example name: str"),
        (with_callback, "'on_done' of tool 'with_callback' cannot be filled from JSON"),
        ("text", "from a function"),
    ],
)
def test_a_signature_that_no_model_could_fill_is_refused_at_once(function: Any, complaint: str) -> None:
    with pytest.raises(TypeError, match=complaint):
        tool(function)


def test_arguments_become_the_annotated_types() -> None:
    seen: dict[str, Any] = {}

    def book(
        when: datetime.date,
        at: datetime.datetime,
        cabin: Cabin,
        passengers: list[Passenger],
        extras: Extras,
        payment: Payment,
        kind: Literal["single", "return"] = "single",
        limit: Decimal | None = None,
    ) -> None:
        seen.update(locals())

    arguments = {
        "when": "2026-02-03",
        "at": "2026-02-03T10:00:00Z",
        "cabin": "business",
        "passengers": [{"name": "Ana", "born": "1990-01-02"}],
        "extras": {"meal": "none"},
        "payment": {"amount": 19.99, "due": "2026-02-01"},
        "limit": 0.1,
    }
    assert tool(book).call(arguments, CONTEXT) == "done"
    assert seen["when"] == datetime.date(2026, 2, 3)
    assert seen["at"] == datetime.datetime(2026, 2, 3, 10, tzinfo=datetime.UTC)
    assert seen["cabin"] is Cabin.BUSINESS
    assert seen["passengers"] == [Passenger("Ana", datetime.date(1990, 1, 2), 1)]
    assert seen["extras"] == {"meal": "none"}
    assert seen["payment"] == Payment(amount=Decimal("19.99"), due=datetime.date(2026, 2, 1))
    assert (seen["kind"], seen["limit"]) == ("single", Decimal("0.1"))


def test_a_models_own_validation_complains_by_path() -> None:
    def pay(payment: Payment) -> None: ...

    with pytest.raises(InvalidAnswerError, match=r"payment\.amount must be more than nothing") as caught:
        tool(pay).check({"payment": {"amount": -1, "due": "2026-02-01"}})
    assert list(caught.value.errors) == ["payment.amount"]


class Window(pydantic.BaseModel):
    until: float = math.inf
    widths: list[float] = [1.0, math.nan]


def test_a_limit_of_infinity_is_left_out_of_the_schema_and_kept_in_the_call() -> None:
    def search(
        text: str,
        limit: float = math.inf,
        price: Annotated[float, pydantic.Field(ge=0, lt=math.inf)] = 5,
        total: Decimal = Decimal("Infinity"),
        window: Window = Window(),  # noqa: B008 - what the default becomes is what is looked at
    ) -> str:
        return f"{text} up to {limit}"

    made = as_tool(search)
    json.dumps(made.model_schema().parameters, allow_nan=False)
    assert made.parameters["properties"]["limit"] == {"type": "number"}
    assert made.parameters["properties"]["price"] == {"type": "number", "minimum": 0, "default": 5.0}
    assert made.call({"text": "bags"}, CONTEXT) == "bags up to inf"


def test_the_run_context_is_injected_and_hidden_from_the_model() -> None:
    def note(text: str, context: RunContext, again: RunContext | None = None) -> str:
        assert again is context
        return f"{text} {context.user_id} {context.idempotency_key}"

    made = as_tool(note)
    assert list(made.parameters["properties"]) == ["text"]
    assert made.call({"text": "hi"}, CONTEXT) == "hi ana r1:c1"


def test_a_coroutine_function_is_awaited_inside_and_outside_of_a_loop() -> None:
    async def slow(number: int) -> int:
        await asyncio.sleep(0)
        return number + 1

    made = as_tool(slow)

    async def in_a_loop() -> str:
        return made.call({"number": 2}, CONTEXT)

    assert made.call({"number": 1}, CONTEXT) == "2"
    assert asyncio.run(in_a_loop()) == "3"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("as it is\n", "as it is\n"),
        (None, "done"),
        (True, "true"),
        ([1, 2.5], "[1,2.5]"),
        ({"when": datetime.date(2026, 1, 31), "price": Decimal("19.90")}, '{"when":"2026-01-31","price":"19.90"}'),
        (Passenger("Zoë", datetime.date(1990, 1, 2)), '{"name":"Zoë","born":"1990-01-02","bags":1}'),
        (Payment(amount=Decimal(1), due=datetime.date(2026, 1, 1)), '{"amount":"1","due":"2026-01-01"}'),
        ({"share": float("nan"), "cabin": Cabin.ECONOMY}, '{"share":null,"cabin":"economy"}'),
    ],
)
def test_results_become_text(value: Any, text: str) -> None:
    def give() -> Any:
        return value

    assert as_tool(give).call({}, CONTEXT) == text


def test_what_a_tool_raises_reaches_the_caller() -> None:
    def fail() -> str:
        raise ToolError("no such order")

    with pytest.raises(ToolError, match="no such order"):
        as_tool(fail).call({}, CONTEXT)


def test_a_bound_method_is_a_tool() -> None:
    class Shop:
        def open(self, day: str) -> str:
            return f"open on {day}"

    assert as_tool(Shop().open).call({"day": "Monday"}, CONTEXT) == "open on Monday"


def test_wrong_arguments_are_all_reported_and_nothing_runs() -> None:
    ran: list[str] = []

    def order(sku: str, count: int, gift: bool = False) -> None:
        ran.append(sku)

    with pytest.raises(InvalidAnswerError) as caught:
        as_tool(order).call({"sku": 5, "count": "5", "gift": 1, "colour": "red"}, CONTEXT)
    assert set(caught.value.errors) == {"sku", "count", "gift", "colour"}
    assert all(path in str(caught.value) for path in caught.value.errors)
    assert ran == []


@tool(requires_user_input=True, user_input_fields=["iban", "holder"])
def pay_out(amount: Decimal, iban: str, holder: str = "") -> str:
    """Send money.

    :param amount: in euros
    :param str iban: the account,
        with spaces or without
    :returns: nothing
    """
    return f"{amount} to {iban} {holder}"


def test_a_persons_fields_are_hidden_from_the_model_and_asked_of_the_person() -> None:
    assert list(pay_out.model_schema().parameters["properties"]) == ["amount"]
    assert pay_out.model_schema().parameters["required"] == ["amount"]
    fields = pay_out.input_fields()
    assert [(field.name, field.required) for field in fields] == [("iban", True), ("holder", False)]
    assert fields[0].description == "the account, with spaces or without"
    # What the model guessed for them is dropped, what it has to give is checked.
    assert pay_out.check({"amount": 5, "iban": "guess"}, partial=set(pay_out.user_input_fields)) == {"amount": 5}
    with pytest.raises(InvalidAnswerError, match="amount is required"):
        pay_out.check({}, partial=set(pay_out.user_input_fields))
    assert pay_out.call({"amount": 5, "iban": "DE1", "holder": "Ana"}, CONTEXT) == "5 to DE1 Ana"


def test_without_named_fields_a_person_fills_all() -> None:
    def ask(text: str, context: RunContext, count: int = 1) -> None: ...

    made = tool(requires_user_input=True)(ask)
    assert [field.name for field in made.input_fields()] == ["text", "count"]
    assert made.model_schema().parameters["properties"] == {}


def test_ask_user_lets_a_person_choose() -> None:
    assert ask_user.requirement_kind == "user_feedback"
    assert ask_user.name == "ask_user"
    assert ask_user.parameters["required"] == ["question", "options"]
    asked = {"question": "Which seat?", "options": ["window", "aisle"]}
    assert ask_user.check(asked) == asked
    # Its answer is a person's: by itself it does nothing.
    with pytest.raises(ToolError, match="a person answers this question; nothing is executed"):
        ask_user.call(asked, CONTEXT)


def test_a_type_defined_further_down_is_found_later() -> None:
    assert isinstance(later_typed, Tool)
    assert later_typed.parameters["properties"]["thing"]["properties"] == {"size": {"type": "integer"}}


@tool
def later_typed(thing: Later) -> None: ...


@dataclasses.dataclass
class Later:
    size: int


def test_importing_tools_loads_neither_pydantic_nor_jsonschema() -> None:
    check = "import sys, kern.tools; sys.exit(bool({'pydantic', 'jsonschema'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0


def recorder(seen: dict[str, Any]) -> Tool:
    def record(
        when: datetime.date,
        at: datetime.datetime,
        amount: Decimal,
        cabin: Cabin,
        counts: dict[str, int],
        note: str | None,
    ) -> None:
        seen.update(when=when, at=at, amount=amount, cabin=cabin, counts=counts, note=note)

    return tool(record)


@given(
    when=st.dates(),
    at=st.datetimes(timezones=st.just(datetime.UTC)),
    amount=st.decimals(min_value=-(10**6), max_value=10**6, places=2),
    cabin=st.sampled_from(Cabin),
    counts=st.dictionaries(st.text(), st.integers(-(2**53), 2**53)),
    note=st.none() | st.text(),
)
def test_any_typed_value_survives_the_way_through_json(**values: Any) -> None:
    seen: dict[str, Any] = {}
    recorder(seen).call(
        {
            **values,
            "when": values["when"].isoformat(),
            "at": values["at"].isoformat(),
            "amount": float(values["amount"]),
            "cabin": values["cabin"].value,
        },
        CONTEXT,
    )
    assert seen == values
