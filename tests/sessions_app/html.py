"""Pages as tests read them: on one line, without the line breaks that templates have around elements."""

from __future__ import annotations

import re
from typing import Any

_KEPT = re.compile(r"(?<=>)([^<]*)(?=</(?:textarea|pre)>)")


def flat(response: Any) -> str:
    """The HTML of a response or a text with no line break in it, except in what people typed and payloads.

    Line breaks next to an element are gone, the others are spaces.
    """
    html = response if isinstance(response, str) else response.content.decode()
    parts = _KEPT.split(html)
    # Every second part is what stands in a box for text.
    return "".join(part if number % 2 else _flat(part) for number, part in enumerate(parts))


def _flat(html: str) -> str:
    html = re.sub(r">\s*\n\s*", ">", html)
    html = re.sub(r"\s*\n\s*<", "<", html)
    return re.sub(r"\s+>", ">", re.sub(r"\s*\n\s*", " ", html))


def badges(response: Any) -> list[str]:
    """The words of the badges in the list's rows."""
    return re.findall(r'<span class="badge cut" data-tone="\w+"><svg.*?</svg><span class="cut">([^<]+)<', flat(response))
