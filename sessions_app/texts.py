"""Text that people and programs send, made fit to be stored."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _

from kern.lines import is_one_line, is_visible, without_hidden
from sessions_app.problems import Refused

LONGEST_MESSAGE = 20_000


def clean(text: str) -> str:
    """Without spaces at the ends, and with only such characters as every database keeps (no NUL, no half surrogate pairs)."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode().strip()


def checked_message(text: str) -> str:
    """What somebody wrote, cleaned. Raises `Refused` when there is nothing to see or it is longer than 20,000 characters."""
    words = clean(text)
    if not is_visible(words):
        raise Refused(_("There is nothing to send: write something first."))
    if len(words) > LONGEST_MESSAGE:
        raise Refused(
            _("This is too long to send: %(have)d characters, at most %(most)d.")
            % {"have": len(words), "most": LONGEST_MESSAGE}
        )
    return words


def checked_name(text: str, what: str, longest: int) -> str:
    """A person's name, cleaned and without hidden characters; `what` names it in the error.

    Raises `Refused` when it is longer, has line breaks, or has nothing to see.
    """
    return without_hidden(_one_line(text, what, longest)).strip()


def _one_line(text: str, what: str, longest: int) -> str:
    line = clean(text)
    if len(line) > longest:
        raise Refused(_("%(what)s is too long: at most %(most)d characters.") % {"what": what, "most": longest})
    if not is_one_line(line) or (line and not is_visible(line)):
        raise Refused(_not_one_line(what))
    return line


def checked_line(text: str, what: str, longest: int) -> str:
    """A short line that programs compare (an id, an address), cleaned. Raises `Refused` as `checked_name` does, and for signs
    that nobody sees: two ids that look the same are the same.
    """
    line = _one_line(text, what, longest)
    if not line.isprintable():
        raise Refused(_not_one_line(what))
    return line


def _not_one_line(what: str) -> str:
    return _("%(what)s must be one line of plain text.") % {"what": what}


def row_number(text: str) -> int | None:
    """The number of a row as an address names it, `None` for what no row can have."""
    return int(text) if re.fullmatch("[0-9]{1,18}", text) else None
