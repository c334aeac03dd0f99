"""Read what a webhook says of a ticket, by the paths of its system: `issue.fields.status.name`, `labels[0].name`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

from django.utils.dateparse import parse_datetime

from kern.validation.text import without_breaks, without_hidden
from sessions_app.validation.json_values import check_shape

LONGEST_VALUE = 500
#: Parts of a path: names with dots between, and places in lists in brackets or as names.
_PART = re.compile(r"[^.\[\]]+")
#: Milliseconds since 1970 are larger than any seconds of this era.
_MILLISECONDS = 100_000_000_000


class UnreadableBodyError(ValueError):
    """The body is no JSON object; the text says why."""


@dataclass(frozen=True)
class Said:
    """Values that a webhook has at the paths of its system; empty or `None` where there is nothing."""

    ticket: str = ""
    title: str | None = None
    state: str | None = None
    delivery_id: str = ""
    at: datetime | None = None


def read_body(body: bytes, content_type: str) -> Any:
    """Return the JSON of a body; also where it is a form with a field `payload`. Raises `UnreadableBodyError`."""
    try:
        text = body.decode("utf-8-sig")
        if content_type.partition(";")[0].strip().lower() == "application/x-www-form-urlencoded":
            text = parse_qs(text).get("payload", [""])[0]
        found = json.loads(text)
        check_shape(found)
    except (ValueError, RecursionError) as problem:
        raise UnreadableBodyError(f"the body is no JSON: {problem}"[:200]) from None
    if not isinstance(found, dict | list):
        raise UnreadableBodyError("the body is no JSON object")
    return found


def said(found: Any, paths: Mapping[str, Any], headers: Mapping[str, str]) -> Said:
    """Return what the JSON says at these paths (`id`, `title`, `state`, `delivery`, `at`); `header:…` names a header."""
    delivery = str(paths.get("delivery") or "")
    name = delivery.removeprefix("header:").lower()
    is_header = delivery.startswith("header:")
    return Said(
        ticket=text_at(found, paths.get("id")) or "",
        title=text_at(found, paths.get("title")),
        state=text_at(found, paths.get("state")),
        delivery_id=headers.get(name, "") if is_header else text_at(found, delivery) or "",
        at=_moment(value_at(found, paths.get("at"))),
    )


def text_at(found: Any, path: Any) -> str | None:
    """Return the text or number at the path as one line; `None` where there is none."""
    value = value_at(found, path)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return without_breaks(without_hidden(str(value))).strip()[:LONGEST_VALUE]


def value_at(found: Any, path: Any) -> Any:
    """Return the value at the path, `None` where it leads nowhere."""
    parts = _PART.findall(str(path or ""))
    if not parts:
        return None
    for part in parts:
        if isinstance(found, Mapping):
            found = found.get(part)
        elif isinstance(found, list) and part.isascii() and part.isdigit() and int(part[:9]) < len(found):
            found = found[int(part[:9])]
        else:
            return None
    return found


def _moment(value: Any) -> datetime | None:
    """Return a time that is written as ISO 8601 or as seconds or milliseconds since 1970."""
    try:
        if isinstance(value, str):
            at = parse_datetime(value) or datetime.fromisoformat(value)
            return at if at.tzinfo else at.replace(tzinfo=UTC)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value / 1000 if value > _MILLISECONDS else value, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    return None
