"""What the server says without a script: enough sense for demos and browser tests.

It gives a short title where the instructions ask for one, calls an offered tool when the last message spells the call out
(`please run cancel_booking(reference="K7QX2M")`), quotes a tool's output, and otherwise says what it heard.
"""

from __future__ import annotations

import ast
import re
from typing import Any

from kern.models.offline.names import name_for
from kern.records.message import Message
from tests.responses_server.script import Calls, Reply, Text

Json = dict[str, Any]

_ASKS_FOR_TITLE = re.compile(r"\b(short|brief) (title|name|label)\b", re.IGNORECASE)
_CONSTANTS = {"true": True, "false": False, "null": None, "none": None}


def think(request: Json, delay: float = 0.0) -> Reply:
    """A reply to the request; `delay` is seconds before each piece of text."""
    items = _items(request)
    if not request.get("tools") and _ASKS_FOR_TITLE.search(_instructions(request, items)):
        return Text(title(_spoken_by(items, "user")), delay=delay)
    outputs = _outputs_at_the_end(items)
    if outputs:
        quoted = "\n\n".join(f"> {output}" for output in outputs)
        return Text(f"Done. This is what I got:\n\n{quoted}\n\nIs there anything else?", delay=delay)
    said = _spoken_by(items, "user")
    last = said[-1] if said else ""
    calls = spelled_out_calls(last, request.get("tools") or [])
    if calls and request.get("tool_choice") != "none":
        return Calls(calls, delay=delay)
    return Text(_echo(last, items), delay=delay)


def title(said: list[str]) -> str:
    """The offline responder's name, with the capitals that language models like."""
    name = name_for([Message("user", text) for text in said])
    return " ".join(f"{word[:1].upper()}{word[1:]}" for word in name.split()) or "New conversation"


def spelled_out_calls(text: str, tools: list[Json]) -> list[tuple[str, Json]]:
    """The calls of offered tools that the text spells out, left to right."""
    parameters = {tool["name"]: list(tool["parameters"].get("properties", {})) for tool in tools}
    calls: list[tuple[str, Json]] = []
    end = 0
    for found in re.finditer(r"\b([A-Za-z_]\w*)\(", text):
        name = found.group(1)
        if name in parameters and found.start() >= end:
            parsed = _parsed_call(text, found.start(), parameters[name])
            if parsed:
                arguments, end = parsed
                calls.append((name, arguments))
    return calls


def _parsed_call(text: str, start: int, parameters: list[str]) -> tuple[Json, int] | None:
    """The arguments, and where the call ends: at the first bracket that makes it an expression."""
    for closing in re.finditer(r"\)", text[start:]):
        end = start + closing.end()
        try:
            call = ast.parse(text[start:end], mode="eval").body
            if isinstance(call, ast.Call):
                unnamed = {name: _value(node) for name, node in zip(parameters, call.args, strict=False)}
                return {**unnamed, **{word.arg: _value(word.value) for word in call.keywords if word.arg}}, end
        except (SyntaxError, ValueError):
            continue
    return None


def _value(node: ast.expr) -> Any:
    """A literal; a bare word counts as text, for people do not always quote."""
    if isinstance(node, ast.Name):
        return _CONSTANTS.get(node.id.lower(), node.id)
    return ast.literal_eval(node)


def _echo(last: str, items: list[Json]) -> str:
    seen = sum(1 for item in items if item.get("role") in ("user", "assistant")) - 1
    earlier = "no earlier messages" if seen < 1 else "1 earlier message" if seen == 1 else f"{seen} earlier messages"
    heard = last if len(last) <= 200 else f"{last[:200]}…"
    return f"Thank you for your message. You wrote: “{heard}”. I see {earlier} in this conversation."


def _items(request: Json) -> list[Json]:
    given = request["input"]
    return [{"role": "user", "content": given}] if isinstance(given, str) else given


def _instructions(request: Json, items: list[Json]) -> str:
    system = [_content(item) for item in items if item.get("role") in ("system", "developer")]
    return "\n".join([request.get("instructions") or "", *system])


def _spoken_by(items: list[Json], role: str) -> list[str]:
    return [_content(item) for item in items if item.get("role") == role]


def _content(item: Json) -> str:
    content = item.get("content", "")
    return content if isinstance(content, str) else " ".join(part.get("text", "") for part in content)


def _outputs_at_the_end(items: list[Json]) -> list[str]:
    outputs: list[str] = []
    for item in reversed(items):
        if item.get("type") != "function_call_output":
            break
        outputs.insert(0, str(item["output"]))
    return outputs
