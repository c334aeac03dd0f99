"""Ways out of a search that found nothing: the same with less, each with what it would find."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from sessions_app.models import Person
from sessions_app.models.session import SessionSet
from sessions_app.queries.counting import capped_counts
from sessions_app.queries.filters import Filters
from sessions_app.queries.narrowing import narrowed_otherwise
from sessions_app.queries.search import Words, fitting, look_up, words_of

#: Limit of ways that are tried.
MOST = 6


@dataclass(frozen=True)
class Way:
    """A search that finds something: what is different, its address's query, and how much it finds."""

    words: str
    query: str
    count: int


def ways_out(sessions: SessionSet, filters: Filters, person: Person) -> list[Way]:
    """Return searches with less that find something, in two statements."""
    tried = [(words, each) for words, each in _tries(filters) if each.words.written.strip()][:MOST]
    if not tried:
        return []
    queries = [words_of(each.q) for _words, each in tried]
    known = look_up(queries)
    found = [
        fitting(narrowed_otherwise(sessions, each, person), words, known, person)
        for (_words, each), words in zip(tried, queries, strict=True)
    ]
    counts = capped_counts(found)
    ways = [Way(words, each.suffix, count) for (words, each), count in zip(tried, counts, strict=True)]
    return [way for way in ways if way.count]


def _tries(filters: Filters) -> Iterator[tuple[str, Filters]]:
    words = filters.words
    if words.phrases:
        plain = filters.q.translate(dict.fromkeys(map(ord, '"“”„«»＂'), " "))
        yield _("Each word for itself"), filters.changed_by(q=plain)
    if filters.queue:
        yield _("In every queue"), filters.changed_by(queue="")
    if filters.label:
        yield _("With any label, or none"), filters.changed_by(label="")
    if filters.priority:
        yield _("Of every priority"), filters.changed_by(priority="")
    if filters.unread:
        yield _("Read ones, too"), filters.changed_by(unread=False)
    if len(words.parts) > 1:
        for part in dict.fromkeys(words.parts):
            yield _("Without %s") % part, filters.changed_by(q=_without(words, part))


def _without(words: Words, part: str) -> str:
    return " ".join(each for each in words.parts if each != part)


__all__ = ["Way", "ways_out"]
