"""Find dates in messages."""

from __future__ import annotations

import calendar
import datetime
import re
from collections.abc import Iterator

_MONTHS = {name.lower(): at for names in (calendar.month_name, calendar.month_abbr) for at, name in enumerate(names) if name}
_MONTH = "|".join(sorted((*_MONTHS, "sept"), key=len, reverse=True))
_FORMS = [
    re.compile(r"\b(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})(?!\d)"),
    re.compile(r"\b(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})\b"),
    re.compile(rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<word>{_MONTH})\b\.?(?:,?\s+(?P<year>\d{{4}}))?", re.I),
    re.compile(rf"\b(?P<word>{_MONTH})\b\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s+(?P<year>\d{{4}}))?", re.I),
]
_RELATIVE = re.compile(r"\b(today|tomorrow)\b", re.I)


def dates_in(text: str, today: datetime.date) -> Iterator[tuple[int, int, datetime.date]]:
    """Yield each date with its place (start, end); a date without a year is the next such day from `today` on."""
    for form in _FORMS:
        for match in form.finditer(text):
            if day := _day(match.groupdict(), today):
                yield match.start(), match.end(), day
    for match in _RELATIVE.finditer(text):
        yield match.start(), match.end(), today + datetime.timedelta(days=match[1].lower() == "tomorrow")


def _day(parts: dict[str, str | None], today: datetime.date) -> datetime.date | None:
    word = (parts.get("word") or "").lower()
    month = _MONTHS[word[:3] if word == "sept" else word] if word else int(parts["month"] or 0)
    day, year = int(parts["day"] or 0), int(parts["year"] or 0)
    try:
        if year:
            return datetime.date(year, month, day)
        this_year = datetime.date(today.year, month, day)
        return this_year if this_year >= today else this_year.replace(year=today.year + 1)
    except ValueError:
        return None
