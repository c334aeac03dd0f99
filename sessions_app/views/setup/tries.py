"""A pattern tried on examples: what in each sentence is an id, and which."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from sessions_app.models import TicketSystem
from sessions_app.models.ticket_ids import example_of
from sessions_app.models.ticket_system import check_pattern, check_url_template


@dataclass(frozen=True)
class Try:
    """One example: its text with the ids marked, the first id, and how many more there are."""

    marked: SafeString
    found: str
    more: int = 0


@dataclass(frozen=True)
class Tries:
    """All examples, or why they could not be tried; and the address that the template makes."""

    tries: list[Try]
    problem: str = ""
    example_url: str = ""

    @property
    def matched(self) -> int:
        return sum(bool(one.found) for one in self.tries)

    @property
    def missed(self) -> int:
        return len(self.tries) - self.matched


def tried(system: TicketSystem, examples: Iterable[str]) -> Tries:
    """Try the pattern, key and address template of a row, which need not be valid, on sentences."""
    try:
        check_pattern(system.pattern)
    except ValidationError as problem:
        return Tries([], " ".join(problem.messages))
    return Tries([_try(system, text) for text in examples], example_url=_example_url(system))


def _try(system: TicketSystem, text: str) -> Try:
    found = system.mentions(text)
    labels = list(dict.fromkeys(system.label_of(mention.ticket_id) for mention in found))
    places = [(mention.start, mention.end) for mention in found]
    marked = mark_safe("".join(_pieces(text, places)))  # noqa: S308 - each piece is escaped
    return Try(marked, labels[0] if labels else "", max(0, len(labels) - 1))


def _pieces(text: str, places: list[tuple[int, int]]) -> Iterator[SafeString]:
    end = 0
    for start, stop in places:
        yield format_html("{}<mark>{}</mark>", text[end:start], text[start:stop])
        end = stop
    yield format_html("{}", text[end:])


def _example_url(system: TicketSystem) -> str:
    try:
        check_url_template(system.url_template)
    except ValidationError:
        return ""
    example = example_of(system.pattern)
    return system.url_of(example) if example else ""


def why_none(system: TicketSystem) -> str:
    """Return what to do where an example with a number has no id in it."""
    if system.pattern and all(char.isdigit() for char in example_of(system.pattern) or "x"):
        return _("A number alone may be anything: it counts after “#”, “ticket” or the key, and in an address.")
    return ""
