"""Sanitise text from people and programs before it is stored."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from kern.errors import InvalidInputError
from kern.validation import inputs
from kern.validation.inputs import Id
from kern.validation.text import is_one_line, is_visible, storable, without_breaks, without_hidden
from sessions_app.errors import InvalidAction

#: Most characters of a text at every door: messages, replies, notes, questions, answers to the AI, imported content. Counted
#: are the characters as they are stored, so a line end is one, in every browser.
LONGEST_TEXT = 100_000


def normalized(text: str) -> str:
    """Text as it is stored: every line end is one `\\n`, and what no database keeps is replaced, as `storable` does."""
    return storable(text.replace("\r\n", "\n").replace("\r", "\n"))


def trimmed(text: str) -> str:
    """Return normalised text without blank lines around it.

    The first of several lines keeps its indentation, as the others do.
    """
    body = normalized(text).rstrip()
    start = len(body) - len(body.lstrip())
    first_line = body.rfind("\n", 0, start) + 1
    return body[first_line:] if "\n" in body[start:] else body[start:]


def too_long(words: str) -> str:
    """Return the error for trimmed text above the length limit; empty where it fits."""
    if len(words) <= LONGEST_TEXT:
        return ""
    return _("This is too long to send: %(have)s characters, at most %(most)s. Shorten it, or send it in parts.") % {
        "have": f"{len(words):,}",
        "most": f"{LONGEST_TEXT:,}",
    }


def too_long_inside(value: Any, path: str = "") -> dict[str, str]:
    """Return the errors for texts above the limit in a call's arguments, by path (`customer.notes[2]`)."""
    if isinstance(value, str):
        return {path: trouble} if (trouble := too_long(trimmed(value))) else {}
    if isinstance(value, dict):
        parts = [(f"{path}.{key}" if path else str(key), item) for key, item in value.items()]
    else:
        parts = [(f"{path}[{number}]", item) for number, item in enumerate(value)] if isinstance(value, list) else []
    return {where: why for inner, item in parts for where, why in too_long_inside(item, inner).items()}


def searchable(text: str) -> str:
    """Text to look for, in one line: line breaks, control characters and half characters, which no row has, are spaces.

    They do not vanish: the words around them would become one that another row may have.
    """
    return without_breaks(text).strip()


def checked_message(text: str) -> str:
    """Return a message, trimmed. Raises `InvalidAction` when nothing in it is visible or it exceeds `LONGEST_TEXT`."""
    words = trimmed(text)
    if not is_visible(words):
        raise InvalidAction(_("There is nothing to send: write something first."))
    if trouble := too_long(words):
        raise InvalidAction(trouble)
    return words


def checked_name(text: str, what: str, longest: int) -> str:
    """A person's name, trimmed and without hidden characters; `what` names it in the error.

    Raises `InvalidAction` when it is longer, has line breaks or other control characters, or has nothing to see.
    """
    return without_hidden(_one_line(text, what, longest)).strip()


def _one_line(text: str, what: str, longest: int) -> str:
    line = text.strip()
    if len(line) > longest:
        raise InvalidAction(_("%(what)s is too long: at most %(most)d characters.") % {"what": what, "most": longest})
    if not is_one_line(line) or (line and not is_visible(line)):
        raise InvalidAction(_not_one_line(what))
    return line


def checked_line(text: str, what: str, longest: int) -> str:
    """A short line that programs compare (an id, an address), trimmed. Raises `InvalidAction` as `checked_name` does, and for
    invisible signs: two ids that look the same are the same.
    """
    line = _one_line(text, what, longest)
    if not line.isprintable():
        raise InvalidAction(_not_one_line(what))
    return line


def checked_id(key: Id, what: str) -> str:
    """Return an id that a caller chose, as the library takes it (numbers and UUIDs are text), on one visible line.

    Raises `InvalidAction` for an empty one, too: an address without it would lead to another row.
    """
    try:
        line = inputs.checked_id(key.strip() if isinstance(key, str) else key, what)
    except InvalidInputError as error:
        text = _("%(what)s must be one line of plain text, 1 to %(most)d characters.")
        raise InvalidAction(text % {"what": what, "most": inputs.LONGEST_ID}) from error
    if not line.isprintable():
        raise InvalidAction(_not_one_line(what))
    return line


def _not_one_line(what: str) -> str:
    return _("%(what)s must be one line of plain text.") % {"what": what}
