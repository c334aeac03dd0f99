"""Values of arguments as text, in fields and in words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _


def text_of(value: Any, schema: Mapping[str, Any] | None = None) -> str:
    """Return a value as the text of its field."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    indent = 1 if isinstance(value, list | dict) and schema is not None else None
    return json.dumps(value, ensure_ascii=False, indent=indent, default=str)


def spoken(value: Any) -> str:
    """Return a value in the words of a choice or a hint."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def line_feeds(text: str) -> str:
    """Return a browser's text with uniform line breaks."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
