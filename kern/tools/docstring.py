"""Parse a docstring: the function's description, and one text a parameter."""

from __future__ import annotations

import inspect
import re

_PARAMETERS = re.compile(r"^(Args|Arguments|Parameters|Params):\s*$")
_OTHER_SECTION = re.compile(r"^(Returns?|Raises|Yields|Examples?|Notes?|See Also|Attributes|Warnings?|Todo):\s*$")
_GOOGLE_ITEM = re.compile(r"^(?P<indent>\s+)\*{0,2}(?P<name>\w+)\s*(?:\([^)]*\))?\s*:\s*(?P<text>.*)$")
_FIELD_ITEM = re.compile(r"^:param\s+(?:[^:]*\s)?\*{0,2}(?P<name>\w+)\s*:\s*(?P<text>.*)$")
_OTHER_FIELD = re.compile(r"^:(returns?|rtype|raises?|type|yields?)\b")


def read_docstring(text: str | None) -> tuple[str, dict[str, str]]:
    """Return the description and the parameters' texts of a Google-style or `:param x:` docstring.

    What it says about results and exceptions is for programmers and is left out.
    """
    lines = inspect.cleandoc(text or "").splitlines()
    start = next((at for at, line in enumerate(lines) if _begins_a_section(line)), len(lines))
    return "\n".join(lines[:start]).strip(), {**_google_items(lines[start:]), **_field_items(lines[start:])}


def _begins_a_section(line: str) -> bool:
    return any(form.match(line) for form in (_PARAMETERS, _OTHER_SECTION, _FIELD_ITEM, _OTHER_FIELD))


def _google_items(lines: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    inside, indent, name = False, "", ""
    for line in lines:
        if line and not line[0].isspace():
            inside, indent, name = bool(_PARAMETERS.match(line)), "", ""
        item = _GOOGLE_ITEM.match(line) if inside else None
        if item and item["indent"] == (indent or item["indent"]):
            indent, name = item["indent"], item["name"]
            found[name] = item["text"].strip()
        elif inside and name and line.strip():
            found[name] = f"{found[name]} {line.strip()}".strip()
    return found


def _field_items(lines: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    name = ""
    for line in lines:
        if item := _FIELD_ITEM.match(line):
            name = item["name"]
            found[name] = item["text"].strip()
        elif line.startswith(":") or not line.strip():
            name = ""
        elif name and line[0].isspace():
            found[name] = f"{found[name]} {line.strip()}"
    return found
