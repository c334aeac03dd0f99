"""Refuses what the real API refuses, in its words, and what is not canonical: who passes here is understood everywhere.

OpenAI takes items without `type` and bare texts, too; gateways drop them, and the model hears nothing (rule L14).
"""

from __future__ import annotations

import re
from typing import Any

from jsonschema import Draft202012Validator, SchemaError

Json = dict[str, Any]

_PARAMETERS = """
    background context_management conversation include input instructions max_output_tokens max_tool_calls metadata model
    moderation parallel_tool_calls previous_response_id prompt prompt_cache_key prompt_cache_options prompt_cache_retention
    reasoning safety_identifier service_tier store stream stream_options temperature text tool_choice tools top_logprobs
    top_p truncation user
"""
#: The parameters that `POST /v1/responses` knows.
PARAMETERS = frozenset(_PARAMETERS.split())
ROLES = ("assistant", "system", "developer", "user")
PARTS = {"assistant": ("output_text", "refusal")}
OTHER_PARTS = ("input_text", "input_image", "input_file")
NAME = re.compile(r"[a-zA-Z0-9_-]+")
LONGEST_ID = 64
ENCRYPTED = "reasoning.encrypted_content"


class Rejected(Exception):
    """The request breaks a rule of the API. `param` is the place."""

    def __init__(self, message: str, param: str | None = None, code: str | None = None, status: int = 400) -> None:
        super().__init__(message)
        self.param = param
        self.code = code
        self.status = status


def is_reasoning_model(model: str) -> bool:
    """By name: only these take `reasoning` and give encrypted content."""
    return bool(re.match(r"gpt-[5-9]|o\d", model))


def check(request: Any) -> Json:
    """The request as it came. Raises `Rejected`."""
    if not isinstance(request, dict):
        raise Rejected("We could not parse the JSON body of your request.")
    for name in request:
        _require(name in PARAMETERS, f"Unknown parameter: '{name}'.", name, "unknown_parameter")
    for name in ("model", "input"):
        _require(request.get(name), f"Missing required parameter: '{name}'.", name, "missing_required_parameter")
    _check_settings(request)
    _check_tools(request.get("tools") or [])
    _check_tool_choice(request)
    if not isinstance(request["input"], str):
        _check_input(request["input"])
    return request


def _require(holds: object, message: str, param: str, code: str | None = None) -> None:
    if not holds:
        raise Rejected(message, param, code)


def _check_settings(request: Json) -> None:
    limit = request.get("max_output_tokens")
    if limit is not None:
        _require(
            isinstance(limit, int) and limit >= 16,
            f"Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got {limit} instead.",
            "max_output_tokens",
            "integer_below_min_value",
        )
    temperature = request.get("temperature")
    _require(
        temperature is None or 0 <= temperature <= 2,
        f"Invalid 'temperature': expected a value between 0 and 2, but got {temperature}.",
        "temperature",
        "invalid_value",
    )
    if not is_reasoning_model(request["model"]):
        unsupported = "is not supported with this model."
        _require(not request.get("reasoning"), f"Unsupported parameter: 'reasoning.effort' {unsupported}", "reasoning.effort")
        _require(ENCRYPTED not in (request.get("include") or []), f"Encrypted content {unsupported}", "include")


def _check_tools(tools: list[Json]) -> None:
    _require(isinstance(tools, list), "Invalid type for 'tools': expected an array of objects.", "tools", "invalid_type")
    names = [tool.get("name") for tool in tools]
    _require(len(set(names)) == len(names), "Invalid 'tools': tool names must be unique.", "tools")
    for index, tool in enumerate(tools):
        place = f"tools[{index}]"
        _require(tool.get("type") == "function", f"Invalid value: '{tool.get('type')}'.", f"{place}.type", "invalid_value")
        _check_name(tool.get("name"), f"{place}.name")
        for field in ("parameters", "strict"):
            missing = f"Missing required parameter: '{place}.{field}'."
            _require(field in tool, missing, f"{place}.{field}", "missing_required_parameter")
        _check_schema(tool, f"{place}.parameters")


def _check_schema(tool: Json, param: str) -> None:
    schema = tool["parameters"]
    broken = f"Invalid schema for function '{tool['name']}': "
    code = "invalid_function_parameters"
    kind = schema.get("type") if isinstance(schema, dict) else None
    _require(kind == "object", f"{broken}schema must be a JSON Schema of 'type: \"object\"', got 'type: {kind}'.", param, code)
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise Rejected(f"{broken}{error.message}", param, code) from error
    if tool["strict"]:
        closed = schema.get("additionalProperties") is False and set(schema.get("required", [])) == set(schema["properties"])
        _require(closed, f"{broken}strict needs 'additionalProperties: false' and every property required.", param, code)


def _check_tool_choice(request: Json) -> None:
    choice = request.get("tool_choice", "auto")
    offered = {tool["name"] for tool in request.get("tools") or []}
    if isinstance(choice, dict):
        known = choice.get("name") in offered
        _require(known, f"Tool choice '{choice.get('name')}' not found in 'tools' parameter.", "tool_choice")
    else:
        _require(choice in ("auto", "none", "required"), f"Invalid value: '{choice}'.", "tool_choice", "invalid_value")
        needs_tools = "Tool choice 'required' must be specified with 'tools' parameter."
        _require(choice != "required" or offered, needs_tools, "tool_choice")


def _check_input(items: list[Json]) -> None:
    _require(isinstance(items, list), "Invalid type for 'input': expected a string or an array.", "input", "invalid_type")
    waiting: dict[str, int] = {}
    called: set[str] = set()
    for index, item in enumerate(items):
        place = f"input[{index}]"
        _require(isinstance(item, dict), f"Invalid type for '{place}': expected an object.", place, "invalid_type")
        kind = item.get("type")
        _require(kind, f"Missing required parameter: '{place}.type'.", f"{place}.type", "missing_required_parameter")
        if kind == "message":
            _check_message(item, place)
        elif kind == "function_call":
            _check_call(item, place)
            duplicate = f"Duplicate function call found with call_id {item['call_id']}."
            _require(item["call_id"] not in called, duplicate, f"{place}.call_id")
            called.add(item["call_id"])
            waiting[item["call_id"]] = index
        elif kind == "function_call_output":
            _check_output(item, place)
            orphan = f"No tool call found for function call output with call_id {item['call_id']}."
            _require(item["call_id"] in waiting, orphan, "input")
            del waiting[item["call_id"]]
        elif kind == "reasoning":
            _check_reasoning(item, place, items[index + 1 :])
        else:
            raise Rejected(f"Invalid value: '{kind}'.", f"{place}.type", "invalid_value")
    for call_id in waiting:
        raise Rejected(f"No tool output found for function call {call_id}.", "input")


def _check_message(item: Json, place: str) -> None:
    role = item.get("role")
    supported = ", ".join(f"'{known}'" for known in ROLES)
    wrong_role = f"Invalid value: '{role}'. Supported values are: {supported}."
    _require(role in ROLES, wrong_role, f"{place}.role", "invalid_value")
    extra = sorted(set(item) - {"type", "role", "content", "id", "status", "phase"})
    _require(
        not extra, f"Unknown parameter: '{place}.{(extra or [''])[0]}'.", f"{place}.{(extra or [''])[0]}", "unknown_parameter"
    )
    content = item.get("content")
    no_list = f"Invalid type for '{place}.content': expected an array of parts."
    _require(isinstance(content, list), no_list, f"{place}.content", "invalid_type")
    allowed = PARTS.get(str(role), OTHER_PARTS)
    for number, part in enumerate(content or []):
        param = f"{place}.content[{number}]"
        _require(isinstance(part, dict), f"Invalid type for '{param}': expected an object.", param, "invalid_type")
        kind = part.get("type")
        _require(kind in allowed, f"Invalid value: '{kind}'.", f"{param}.type", "invalid_value")
        if kind in ("input_text", "output_text"):
            _require(isinstance(part.get("text"), str), f"Missing required parameter: '{param}.text'.", f"{param}.text")


def _check_call(item: Json, place: str) -> None:
    _check_call_id(item, place)
    _check_name(item.get("name"), f"{place}.name")
    is_text = isinstance(item.get("arguments"), str)
    _require(is_text, f"Missing required parameter: '{place}.arguments'.", f"{place}.arguments")
    given = item.get("id")
    wrong_id = f"Invalid '{place}.id': '{given}'. Expected an ID that begins with 'fc'."
    _require(given is None or str(given).startswith("fc"), wrong_id, f"{place}.id", "invalid_value")


def _check_output(item: Json, place: str) -> None:
    _check_call_id(item, place)
    has_output = isinstance(item.get("output"), str)
    _require(has_output, f"Missing required parameter: '{place}.output'.", f"{place}.output", "missing_required_parameter")


def _check_call_id(item: Json, place: str) -> None:
    call_id = item.get("call_id")
    _require(isinstance(call_id, str), f"Missing required parameter: '{place}.call_id'.", f"{place}.call_id")
    _require(call_id, f"Invalid '{place}.call_id': empty string.", f"{place}.call_id", "empty_string")
    too_long = f"Invalid '{place}.call_id': string too long. Expected a string with maximum length {LONGEST_ID}."
    _require(len(str(call_id)) <= LONGEST_ID, too_long, f"{place}.call_id", "string_above_max_length")


def _check_name(name: Any, param: str) -> None:
    _require(isinstance(name, str), f"Missing required parameter: '{param}'.", param, "missing_required_parameter")
    fits = NAME.fullmatch(str(name)) and len(str(name)) <= LONGEST_ID
    _require(fits, f"Invalid '{param}': string does not match pattern '^[a-zA-Z0-9_-]+$'.", param, "invalid_value")


def _check_reasoning(item: Json, place: str, after: list[Json]) -> None:
    extra = sorted(set(item) - {"type", "id", "summary", "content", "encrypted_content"})
    _require(not extra, f"Unknown parameter: '{place}.{(extra or [''])[0]}'.", place, "unknown_parameter")
    for field in ("id", "summary"):
        _require(field in item, f"Missing required parameter: '{place}.{field}'.", f"{place}.{field}")
    if not item.get("encrypted_content"):
        stored = "Items are not persisted when `store` is set to false."
        raise Rejected(f"Item with id '{item['id']}' not found. {stored}", "input", status=404)
    led_to = next((other for other in after if other.get("type") != "reasoning"), {})
    is_answer = led_to.get("type") == "function_call" or led_to.get("role") == "assistant"
    alone = f"Item '{item['id']}' of type 'reasoning' was provided without its required following item."
    _require(is_answer, alone, "input")
