"""Durations in words: past and remaining. The open page goes on counting with the same tables (`static/js/times.js`)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sessions_app.infrastructure import clock

MINUTE, HOUR, DAY, WEEK = 60, 3600, 86400, 604800

#: Up to how many seconds (exclusive; none for the last) which words. A brace names the whole weeks, days, hours or minutes of
#: the span; `{rest}` the minutes beyond its whole hours.
Table = list[tuple[int | None, str]]


def tables() -> dict[str, Table]:
    """Return the forms of a duration in the reader's language: `short` (`22m`), `ago` (`12 min ago`), `left` (`1 h left`)."""
    return {
        "short": [(MINUTE, _("now")), (HOUR, "{minutes}m"), (DAY, "{hours}h"), (2 * WEEK, "{days}d"), (None, "{weeks}w")],
        "ago": [
            (MINUTE, _("just now")),
            (HOUR, _("{minutes} min ago")),
            (DAY, _("{hours} h ago")),
            (None, _("{days} d ago")),
        ],
        "left": [
            (0, _("time is up")),
            (MINUTE, _("less than a minute left")),
            (HOUR, _("{minutes} min left")),
            (10 * HOUR, _("{hours} h {rest} min left")),
            (2 * DAY, _("{hours} h left")),
            (None, _("{days} d left")),
        ],
    }


def said(seconds: float, table: Table) -> str:
    """Return a duration in the words of one of the `tables`."""
    words = next(words for limit, words in table if limit is None or seconds < limit)
    whole = max(0, int(seconds))
    units = {"weeks": whole // WEEK, "days": whole // DAY, "hours": whole // HOUR, "minutes": whole // MINUTE}
    return words.format(**units, rest=whole % HOUR // MINUTE)


def moment(when: datetime) -> str:
    """Return a future time by the reader's clock, as short as it is clear: `09:00`, `Tue 09:00`, `Tue 8 Dec, 09:00`."""
    local, today = timezone.localtime(when), timezone.localdate()
    days = (local.date() - today).days
    near = "H:i" if days == 0 else "D H:i" if 0 < days < 7 else ""
    return format_date(local, near or ("D j M, H:i" if local.year == today.year else "D j M Y, H:i"))


def since(when: datetime | None, way: str) -> str:
    """Return the time since then, in the `short` form or as `ago`; empty for `None`."""
    return said((clock.now() - when).total_seconds(), tables()[way]) if when else ""


def until(when: datetime | None, way: str) -> str:
    """Return the time until then, in the `short` form or as `left`; empty for `None`."""
    return said((when - clock.now()).total_seconds(), tables()[way]) if when else ""


def length(span: timedelta) -> str:
    """Return a whole duration: `7 days`, `12 hours`, `90 minutes`."""
    seconds = int(span.total_seconds())
    if seconds % DAY == 0 and seconds >= 2 * DAY:
        return ngettext("%(count)d day", "%(count)d days", seconds // DAY) % {"count": seconds // DAY}
    if seconds % HOUR == 0:
        return ngettext("%(count)d hour", "%(count)d hours", seconds // HOUR) % {"count": seconds // HOUR}
    return ngettext("%(count)d minute", "%(count)d minutes", seconds // MINUTE) % {"count": seconds // MINUTE}
