"""Template tags and filters of the inbox: text, times, money, icons, arguments."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django import template
from django.conf import settings
from django.contrib.auth.password_validation import password_validators_help_texts
from django.forms import BoundField
from django.template import Context
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html, format_html_join, json_script
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from sessions_app.accounts.mail import mail_reaches_people
from sessions_app.infrastructure.clock import now
from sessions_app.infrastructure.costs import cost_of_run
from sessions_app.models import Message, Run
from sessions_app.models.triage import Priority
from sessions_app.policy import disclosure
from sessions_app.queries.counting import COUNT_CAP
from sessions_app.queries.inbox_views import Box
from sessions_app.templatetags import durations
from sessions_app.templatetags.text_boxes import COUNTED
from sessions_app.text import unseen
from sessions_app.text.formatting import SHOWN, markdown_html

register = template.Library()


@register.filter
def markdown(text: str) -> SafeString:
    """Render an agent's text or draft, the same on every page."""
    return markdown_html(text or "")


@register.filter
def editable(text: str) -> str:
    """Return the text of a field, with invisible characters marked; the form reads them back (see `unseen`)."""
    return unseen.editable(str(text))


@register.simple_tag
def byline(message: Message) -> tuple[str, str]:
    """Return the author and their role for the customer."""
    return disclosure.byline(message)


@register.simple_tag
@lru_cache(maxsize=256)
def icon(name: str, size: str = "") -> SafeString:
    """Render an icon of the sprite; `size="s"` for the small one."""
    address = f"{static('icons.svg')}#{name}"
    return format_html('<svg class="icon{}" aria-hidden="true"><use href="{}"/></svg>', f" {size}" if size else "", address)


@register.simple_tag
def ago(when: datetime | None, way: str = "short") -> SafeString:
    """Render the time since then: short as in a row (`22m`), or in words (`way="ago"`: `12 min ago`).

    The exact time on hover.
    """
    return _counted(when, durations.since(when, way), way)


@register.simple_tag
def left(when: datetime | None, way: str = "left") -> SafeString:
    """Render the remaining time, in words (`24 min left`) or short as in a row (`way="short"`); the exact time on hover."""
    return _counted(when, durations.until(when, way), way, " data-future")


@register.simple_tag
def password_rules() -> str:
    """Return the rules of a new password, in words."""
    return " ".join(str(line) for line in password_validators_help_texts() if "commonly" not in str(line))


@register.simple_tag
def mail_is_sent() -> bool:
    """Return whether mail reaches people, so that links can be sent to them."""
    return mail_reaches_people()


@register.simple_tag(takes_context=True)
def command(context: Context) -> str:
    """The key that people hold for commands on the computer that asks: ⌘ on a Mac, else Ctrl."""
    agent = context["request"].headers.get("User-Agent", "") if "request" in context else ""
    return "⌘" if "Mac" in agent else "Ctrl"


@register.simple_tag
def span_tables() -> SafeString:
    """The words for spans of time and the time it is, for the script that goes on counting by this clock."""
    return json_script({"now": now().timestamp(), "tables": durations.tables()}, "spans")


@register.simple_tag
def clock(when: datetime | None) -> SafeString:
    """The time of day; the exact time on hover."""
    return _time(when, f"{timezone.localtime(when):%H:%M}" if when else "")


@register.filter
def in_words(when: datetime | None) -> str:
    """Return the time since then, inside of a sentence: `12 min ago`."""
    return durations.since(when, "ago")


@register.filter
def time_left(when: datetime | None) -> str:
    """Return the remaining time, inside of a sentence: `24 min left`."""
    return durations.until(when, "left")


@register.filter
def length_of_time(span: timedelta) -> str:
    """A whole span in words: `12 hours`."""
    return durations.length(span)


@register.simple_tag
def why_signed_out(code: str | None) -> str:
    """Return the reason for signing in again, from the code in the address; other values show nothing."""
    idle, lifetime = durations.length(settings.SIGN_IN_IDLE), durations.length(settings.SIGN_IN_LIFETIME)
    return {
        "idle": _("You were signed out, as nothing was done here for %(time)s.") % {"time": idle},
        "lifetime": _("You were signed out: a sign-in lasts %(time)s at most.") % {"time": lifetime},
        "ended": _("You were signed out: on another device, by an admin, or since the password was changed."),
    }.get(code or "", "")


@register.filter
def moment(when: datetime | None) -> str:
    """A time to come, as short as it is clear: `09:00`, `Tue 09:00`, `Tue 8 Dec, 09:00`."""
    return durations.moment(when) if when else ""


@register.filter
def exact(when: datetime | None) -> str:
    """Date and time to the second, as everybody reads it."""
    return f"{timezone.localtime(when):%Y-%m-%d %H:%M:%S %Z}" if when else ""


def _time(when: datetime | None, text: str) -> SafeString:
    if when is None:
        return SafeString("")
    return format_html('<time datetime="{}" title="{}">{}</time>', when.isoformat(timespec="seconds"), exact(when), text)


def _counted(when: datetime | None, text: str, way: str, direction: str = "") -> SafeString:
    """A time that an open page goes on counting."""
    if when is None:
        return SafeString("")
    form = '<time datetime="{}" title="{}" data-way="{}"{}>{}</time>'
    return format_html(form, when.isoformat(timespec="seconds"), exact(when), way, mark_safe(direction), text)  # noqa: S308 - ours


@register.filter
def count(number: int | None) -> str:
    """Return a count for the sidebar: `12`, or `1,000+` where counting stopped; nothing for zero."""
    if not number:
        return ""
    return f"{COUNT_CAP:,}+" if number > COUNT_CAP else f"{number:,}"


@register.filter
def count_of(box: Box) -> str:
    """Return the count of a view; with a plus where only its newest rows were looked at."""
    told = count(box.count)
    return f"{told}+" if told and box.at_least and not told.endswith("+") else told


@register.filter
def arrow(priority: Priority) -> str:
    """Return the icon of a priority: arrows up and down, never a colour."""
    icons = {Priority.URGENT: "chevrons-up", Priority.HIGH: "chevron-up", Priority.LOW: "chevron-down"}
    return icons.get(priority, "circle-dashed")


@register.filter
def glance(arguments: Any) -> str:
    """A call's arguments on one line: `482, cause: "carrier"`; the first one's key goes without saying."""
    if not isinstance(arguments, Mapping):
        return _short(arguments) if arguments else ""
    parts = [_short(value) if first else f"{key}: {_short(value)}" for first, (key, value) in _first(arguments)]
    return ", ".join(parts)[:200]


def _first(arguments: Mapping[str, Any]) -> list[tuple[bool, tuple[str, Any]]]:
    return [(number == 0, item) for number, item in enumerate(arguments.items())]


def _short(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)[:80]


@register.filter
def sentence(text: str) -> str:
    """With a capital and a full stop: what programs report begins and ends as it likes."""
    words = text.strip()
    return words[:1].upper() + words[1:] + ("" if words.endswith((".", "!", "?", "…")) else ".")


@register.filter
def one_line(text: str) -> str:
    """The first words of a result, for a folded step."""
    return " ".join((text or "").split())[:120]


@register.filter
def pretty(value: Any) -> str:
    """Arguments or a result to be read: JSON indented, other text as it is."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return str(value)
        if not isinstance(value, dict | list):
            return str(value)
    return json.dumps(value, ensure_ascii=False, indent=1 if len(str(value)) > 60 else None, default=str)


@register.filter
def beginning(text: str) -> str:
    """Return the part of a text that a page shows; three dots where it is cut."""
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


@register.filter
def said(value: Any) -> str:
    """One argument as people say it: yes and no, text without quotes, the rest as JSON."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if value is None:
        return _("nothing")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


@register.filter
def seconds(value: float | None) -> str:
    """A duration: `0.4 s`, `94 s`, `4 min`, `3 h`."""
    if value is None:
        return ""
    if value < 100:
        return f"{value:.1f} s" if value < 10 else f"{value:.0f} s"
    return f"{value / 60:.0f} min" if value < 7200 else f"{value / 3600:,.0f} h"


@register.filter
def money(amount: Decimal | None) -> str:
    """Return a model's cost, in dollars with enough digits to be more than zero."""
    if amount is None:
        return ""
    for digits in (2, 3, 4, 6):
        if round(amount, digits):
            return f"${amount:.{max(digits, 2)}f}" if digits > 2 or amount >= 1 else f"${amount:.3f}"
    return "$0"


@register.filter
def microdollars(amount: int) -> str:
    """Return an amount in millionths of a dollar as `money` writes it."""
    return money(Decimal(amount) / 1_000_000)


@register.filter
def cost(run: Run) -> str:
    """Return the run's cost, where its model's price is known."""
    return money(cost_of_run(run.model, run.metrics))


@register.filter
def tokens(run: Run) -> int:
    """Tokens in and out."""
    return int(run.metrics.get("input_tokens", 0)) + int(run.metrics.get("output_tokens", 0))


@register.simple_tag
def widget(field: BoundField) -> SafeString:
    """A form's field in our look."""
    return field.as_widget(attrs={"class": "input"})


@register.simple_tag
def counted() -> SafeString:
    """Attributes of a text box that says how much room is left."""
    return format_html_join(" ", '{}="{}"', COUNTED.items())
