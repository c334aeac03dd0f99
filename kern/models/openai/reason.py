"""Find the error message in the body of a server's error, in any of the shapes that servers use."""

from __future__ import annotations

import json
from typing import Any

#: The fields that hold the message, the most specific first.
FIELDS = ("message", "msg", "detail", "error", "errors", "title", "reason")
#: Bodies hold each other: a gateway quotes its provider, as text, in an object, in an object.
DEEPEST = 6
#: Of a list of faults the first ones say enough.
MOST = 3


def reason_in(body: Any, depth: int = 0) -> str:
    """Return the server's message, or "" where there is none.

    `{"error": "…"}`, `{"detail": [{"loc": […], "msg": "…"}]}`, `{"statusCode": 429, "message": "…"}`, and what a gateway quotes
    of its provider (`metadata.raw`), which says more than the gateway's own words. A page of HTML has no words for people here.
    """
    if depth > DEEPEST:
        return ""
    if isinstance(body, str):
        return _in_text(body.strip(), depth)
    if isinstance(body, list):
        return "; ".join(found for one in body[:MOST] if (found := reason_in(one, depth + 1)))
    if not isinstance(body, dict):
        return ""
    metadata = body.get("metadata")
    quoted = reason_in(metadata.get("raw"), depth + 1) if isinstance(metadata, dict) else ""
    found = quoted or next((found for field in FIELDS if (found := reason_in(body.get(field), depth + 1))), "")
    return f"{_place(body['loc'])}: {found}" if found and isinstance(body.get("loc"), list) else found


def _in_text(text: str, depth: int) -> str:
    if text.startswith("<"):
        return ""
    if text.startswith(("{", "[")):
        try:
            return reason_in(json.loads(text), depth + 1) or text
        except (ValueError, RecursionError):
            return text
    return text


def _place(loc: list[Any]) -> str:
    return ".".join(str(part) for part in loc)
