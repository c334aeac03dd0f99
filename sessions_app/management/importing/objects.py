"""One object of a line, read key by key: each key that is read is removed, so that unread ones are noted at the end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from typing import Any, TypeVar

from kern.validation.text import one_line
from sessions_app.management.importing.moments import read_moment
from sessions_app.management.importing.notes import Notes
from sessions_app.validation.text import LONGEST_TEXT
from sessions_app.validation.text import normalized as clean

T = TypeVar("T")

#: Longest name of a tool and longest id of a call.
LONGEST_WORD = 200
#: Yes and no as JSON, spreadsheets and databases write them.
FLAGS = {
    **dict.fromkeys(("true", "1", "1.0", "yes", "y", "t"), True),
    **dict.fromkeys(("false", "0", "0.0", "no", "n", "f"), False),
}


class BadLineError(ValueError):
    """This line is no conversation; the text says why, for a person."""


class Reader:
    """Takes values out of an object. `what` is what the object is called in notes, `where` its place in the line."""

    def __init__(self, value: dict[str, Any], notes: Notes, where: str, what: str, zone: tzinfo = UTC) -> None:
        self.notes, self.where, self.what, self.zone = notes, where, what, zone
        self._left = dict(value)

    def take(self, *keys: str) -> Any:
        """The first value that says something under one of these names of one thing; another one that differs is noted."""
        given = [(key, self._left.pop(key)) for key in keys if key in self._left]
        said = [(key, value) for key, value in given if not _is_empty(value)]
        for key, value in said[1:]:
            if value != said[0][1]:
                self.note(f"the key {key!r} of {self.what} is not kept beside {said[0][0]!r}", value)
        return said[0][1] if said else next((value for _key, value in given), None)

    def line(self, *keys: str, longest: int) -> str:
        """A short text in one line; numbers count as their digits, what is cut or no text is noted."""
        value = self.take(*keys)
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if _is_empty(value):
            return ""
        if not isinstance(value, str):
            self.note(f"{keys[0]!r} of {self.what} is not kept, since it is no text", value)
            return ""
        text = one_line(value)
        if len(text) > longest:
            self.note(f"{keys[0]!r} of {self.what} is cut to {longest} characters", value)
        return text[:longest].strip()

    def moment(self, *keys: str) -> datetime | None:
        """A moment; one that makes no sense is noted."""
        return self.tried(lambda value: read_moment(value, self.zone), *keys)

    def flag(self, key: str, *, unreadable: bool) -> bool | None:
        """Yes or no, `None` where nothing is said; what is neither is noted and counts as `unreadable`."""
        value = self.take(key)
        if _is_empty(value):
            return None
        said = FLAGS.get(str(value).strip().lower())
        if said is None:
            self.note(f"{key!r} of {self.what} is neither true nor false and counts as {str(unreadable).lower()}", value)
        return unreadable if said is None else said

    def tried(self, read: Callable[[Any], T], *keys: str) -> T | None:
        """Return the result of `read` for the value; where that raises `ValueError`, its text is noted and there is none."""
        value = self.take(*keys)
        if _is_empty(value):
            return None
        try:
            return read(value)
        except ValueError as error:
            self.note(f"{keys[0]!r} of {self.what} is not kept, since {error}", value)
            return None

    def note(self, kind: str, detail: Any = None) -> None:
        self.notes.add(self.where, kind, detail)

    def finish(self) -> None:
        """Note every unread key."""
        for key, value in self._left.items():
            if not _is_empty(value):
                self.note(f"the key {key!r} of {self.what} is not kept", value)


def shown(text: str, what: str) -> str:
    """The text, which pages show whole. Raises `BadLineError` where that would be too much."""
    if len(text) > LONGEST_TEXT:
        raise BadLineError(f"{what} {len(text):,} characters, more than {LONGEST_TEXT:,}: cut it or leave it out")
    return text


def word(value: Any, what: str) -> str:
    """A tool's name or a call's id. Raises `BadLineError` where it is too long."""
    text = clean(str(value)).strip()
    if len(text) > LONGEST_WORD:
        raise BadLineError(f"{what} has more than {LONGEST_WORD} letters")
    return text


def _is_empty(value: Any) -> bool:
    return value is None or value == "" or value == [] or value == {}
