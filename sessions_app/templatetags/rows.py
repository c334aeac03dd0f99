"""One row of a list on a page, isolated from faults of others: `{% load rows %}{% row item "inbox/_row.html" %}`."""

from __future__ import annotations

from typing import Any

from django import template
from django.db import models
from django.template.base import FilterExpression, Node, NodeList, Parser, Token
from django.template.context import Context
from django.template.loader_tags import do_include
from django.utils.translation import gettext_lazy as _

from sessions_app.infrastructure import broken_rows

register = template.Library()
#: Names of rows on pages, by their model; others are an entry.
_NAMES = {
    "apitoken": _("token"),
    "change": _("event"),
    "decision": _("line of the decision log"),
    "message": _("message"),
    "namerecord": _("name"),
    "person": _("person"),
    "queue": _("queue"),
    "requirement": _("question"),
    "run": _("turn"),
    "session": _("conversation"),
    "standingapproval": _("standing approval"),
    "ticketlink": _("ticket"),
    "toolcall": _("call"),
}


class RowNode(Node):
    """An `{% include %}` that replaces an unreadable row by a notice, and leaves the other rows alone."""

    child_nodelists = ("nodelist",)

    def __init__(self, item: FilterExpression, shown: Node, element: str) -> None:
        self.item, self.shown, self.element = item, shown, element
        self.nodelist = NodeList()

    def render(self, context: Context) -> Any:
        item = self.item.resolve(context)
        if getattr(item, "broken", ""):
            return self._broken(context, item)
        try:
            return self.shown.render(context)
        except Exception as error:
            if broken_rows.is_away(error):
                raise
            kind, key = named(item)
            broken_rows.report(kind, key, error)
            return self._broken(context, item)

    def _broken(self, context: Context, item: Any) -> Any:
        kind, key = named(item)
        page = template.engines["django"].engine.get_template("_broken_row.html")  # type: ignore[attr-defined]
        shown = {"what": _NAMES.get(kind, _("entry")), "kind": kind, "key": key, "element": self.element}
        return page.render(context.new({**shown, "is_desk": getattr(context.get("user"), "is_authenticated", False)}))


def named(item: Any) -> tuple[str, object]:
    """Return the kind and the key of a page's row: a stored row, or an object made of one."""
    stored = item if isinstance(item, models.Model) else getattr(item, "row", item)
    if isinstance(stored, models.Model):
        return stored._meta.model_name or "", stored.pk
    return "entry", getattr(item, "pk", "")


@register.tag("row")
def do_row(parser: Parser, token: Token) -> RowNode:
    """`{% row item "template.html" with name=value as div %}`: the template for this item, or that it cannot be shown, as an
    element of this kind (`li` unless it is told)."""
    parts = token.split_contents()
    element = parts[-1] if parts[-2:-1] == ["as"] else ""
    parts = parts[:-2] if element else parts
    if len(parts) < 3:
        raise template.TemplateSyntaxError("row takes what it shows and a template")
    token.contents = " ".join(["include", *parts[2:]])
    shown = do_include(parser, token)
    # The parser gives these to the nodes that it makes itself.
    shown.token, shown.origin = token, parser.origin  # type: ignore[assignment]
    return RowNode(parser.compile_filter(parts[1]), shown, element or "li")


__all__ = ["RowNode", "do_row", "named"]
