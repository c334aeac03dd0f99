"""Keys on pages: the help, the palette's actions, and the attributes of buttons, all of one list."""

from __future__ import annotations

from django import template
from django.template import Context
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from sessions_app.queries.keys import ACTIONS, BY_NAME, COMMAND, GROUPS, Group, Key
from sessions_app.templatetags.inbox import command

register = template.Library()


@register.simple_tag
def key_groups() -> tuple[Group, ...]:
    """Return all keys, below their headings."""
    return GROUPS


@register.simple_tag
def palette_actions() -> tuple[Key, ...]:
    """Return the keys that do something with the open conversation."""
    return ACTIONS


@register.simple_tag(takes_context=True)
def caps(context: Context, key: Key) -> SafeString:
    """Render what is written on the keys."""
    return format_html_join("", "<kbd>{}</kbd>", ((command(context) if cap == COMMAND else cap,) for cap in key.caps))


@register.simple_tag
def shortcut(name: str, label: str = "") -> SafeString:
    """Render the attributes of the element that a key presses; with a `label` its title, which tells the key."""
    key = BY_NAME[name]
    said = format_html(' title="{} ({})"', label, key.caps[-1]) if label else ""
    return format_html('aria-keyshortcuts="{}"{}', key.shortcut, said)
