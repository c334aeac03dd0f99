"""Template tags of what a search found: `{% load hits %}`."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlencode

from django import template
from django.template.context import Context
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from sessions_app.text import marking

register = template.Library()


@register.simple_tag(takes_context=True)
def marked(context: Context, text: str, message: int | str = "") -> SafeString:
    """Render a text with what the page's search found marked; in the current hit the first mark is the current one."""
    html = marking.marked(conditional_escape(text), context.get("marks") or [])
    at_hit = context.get("at_hit")
    if at_hit and message == at_hit.found.current:
        return mark_safe(html.replace("<mark>", '<mark aria-current="true">', 1))  # noqa: S308 - it was safe before
    return html


@register.simple_tag
def sentence(pieces: Iterable[marking.Piece]) -> SafeString:
    """Render the sentence around a hit."""
    return format_html_join("", "{}", ([_piece(piece)] for piece in pieces))


def _piece(piece: marking.Piece) -> SafeString | str:
    return format_html("<mark>{}</mark>", piece.text) if piece.is_hit else piece.text


@register.simple_tag(takes_context=True)
def is_current(context: Context, call_id: str) -> int | str:
    """Return the key of the current hit, if it is in this tool call; else empty."""
    at_hit = context.get("at_hit")
    return at_hit.found.current if at_hit and call_id in at_hit.calls else ""


@register.simple_tag
def timeline_query(bottom: str, seen: int | None, query: str) -> str:
    """Return the query with which a timeline is refreshed: down to its boundary, with what is marked as new and as found."""
    parts = {"since": bottom, "new": seen, "q": query or None}
    return "?" + urlencode({name: value for name, value in parts.items() if value is not None})


__all__ = ["is_current", "marked", "sentence", "timeline_query"]
