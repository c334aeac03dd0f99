"""Choices for the end of a snooze, by the reader's clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from sessions_app.actions.sessions import LONGEST_SNOOZE

MORNING = 9
AFTERNOON = 15
#: The format of a browser's field for date and time.
FIELD = "%Y-%m-%dT%H:%M"


def snooze_context() -> dict[str, Any]:
    """The ready choices, and the bounds of a time of one's own with the zone that it is meant in."""
    now = timezone.localtime()
    return {
        "snoozes": snooze_choices(now),
        "snooze_now": now,
        "snooze_zone": timezone.get_current_timezone_name(),
        "snooze_first": f"{now:{FIELD}}",
        "snooze_last": f"{timezone.localtime(now + LONGEST_SNOOZE - timedelta(days=1)):{FIELD}}",
        "snooze_usual": f"{_at(now, days=1, hour=MORNING):{FIELD}}",
    }


def snooze_choices(now: datetime | None = None) -> list[tuple[str, str, datetime]]:
    """Later today, tomorrow, next week: a name, its value for the form, and when that is."""
    local = timezone.localtime(now)
    choices = [
        (_("This afternoon"), _at(local, days=0, hour=AFTERNOON)),
        (_("Tomorrow"), _at(local, days=1, hour=MORNING)),
        (_("Next week"), _at(local, days=7 - local.weekday(), hour=MORNING)),
    ]
    # On a Sunday next week is tomorrow.
    distinct = {when: name for name, when in reversed(choices) if when > local}
    return [(name, when.isoformat(), when) for when, name in sorted(distinct.items())]


def _at(local: datetime, *, days: int, hour: int) -> datetime:
    """Return that hour so many days later, by the clock: a change of clocks in between moves the moment, not the hour."""
    return (local + timedelta(days=days)).replace(hour=hour, minute=0, second=0, microsecond=0, fold=0)
