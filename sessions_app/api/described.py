"""Additions to the API's description beside the parts that ninja reads from the operations."""

from __future__ import annotations

from typing import Any

EXPIRES = {
    "description": "When the token that was sent ends. Its person is warned 14 days before.",
    "schema": {"type": "string"},
}
#: Headers of answers, by status; `2XX` are those of every success.
HEADERS: dict[str, dict[str, Any]] = {
    "2XX": {"Token-Expires": EXPIRES},
    "401": {"WWW-Authenticate": {"description": "As in RFC 6750.", "schema": {"type": "string"}}},
    "405": {"Allow": {"description": "The methods of this address.", "schema": {"type": "string"}}},
    "429": {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "string"}}},
    "503": {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "string"}}},
}


def complete(details: dict[str, Any], scope: str) -> None:
    """Add to an operation's description the scope that its token needs, and the headers of its answers."""
    details["security"] = [{"TokenAuth": [scope]}]
    details["description"] = f"{details.get('description', '')}\n\nScope: `{scope}`.".strip()
    for status, answer in details["responses"].items():
        headers = HEADERS["2XX"] if int(status) < 300 else HEADERS.get(str(status), {})
        if headers:
            answer["headers"] = headers
