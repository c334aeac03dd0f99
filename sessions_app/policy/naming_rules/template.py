"""Templates of names, such as `{ticket} – {name}`: checked, filled in, and recognised in a name.

A field without a value goes with what joins it to the rest: its dash, its brackets, its word. The fields' own text does not
count as part of the name; a value that the name has already is not put in twice.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from kern.naming import LONGEST_NAME
from kern.validation.text import is_one_line, one_line, without_hidden
from sessions_app.policy.naming_rules.base import Context
from sessions_app.text.personal_data import find

FIELDS = ("ticket", "customer", "queue", "date")
LONGEST_LITERALS = 40
#: Of a value only so much is put in, so that there is room for the name.
LONGEST_VALUE = 40
_FIELD = re.compile(r"\{([^{}]*)\}")
_SPACES = re.compile(r"\s+")
#: Words directly before a field belong to it: "ticket {ticket}".
_LAST_WORDS = re.compile(r"(?:\w[\w\s]*)?$")


@dataclass(frozen=True)
class Frame:
    """The text before and behind a name."""

    before: str = ""
    after: str = ""

    def around(self, name: str) -> str:
        return f"{self.before}{name}{self.after}"

    def within(self, whole: str) -> str | None:
        """Return the name in the frame; `None` where the text does not have this form."""
        folded, before, after = whole.casefold(), self.before.casefold(), self.after.casefold()
        alike = len(folded) == len(whole) and len(before) == len(self.before) and len(after) == len(self.after)
        if not alike:
            folded, before, after = whole, self.before, self.after
        if not (folded.startswith(before) and folded.endswith(after)) or len(whole) <= len(before) + len(after):
            return None
        return whole[len(before) : len(whole) - len(after)].strip() or None

    @property
    def room(self) -> int:
        """Return the characters that are left for a name."""
        return LONGEST_NAME - len(self.before) - len(self.after)


def check_template(template: str) -> None:
    """Check a template as an admin wrote it. Raises `ValidationError` with what to write instead; empty is the name alone."""
    if not template:
        return
    names = _FIELD.findall(template)
    literals = "".join(_FIELD.split(template)[::2])
    if (unknown := next((name for name in names if name not in (*FIELDS, "name")), None)) is not None:
        raise ValidationError(
            _("There is no field {%(name)s}. Write {name}, {ticket}, {customer}, {queue} or {date}.") % {"name": unknown}
        )
    if "{" in literals or "}" in literals:
        raise ValidationError(_("A brace is left over. Write fields as {name} or {ticket}."))
    if names.count("name") != 1:
        raise ValidationError(_("Write {name} once: it stands for the name itself, as in {ticket} – {name}."))
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ValidationError(_("{%(name)s} stands there twice. Write each field once.") % {"name": twice})
    if len(literals) > LONGEST_LITERALS:
        raise ValidationError(_("Beside its fields a template has at most %(most)d characters.") % {"most": LONGEST_LITERALS})
    if not is_one_line(literals) or without_hidden(literals) != literals:
        raise ValidationError(_("A template is one line, without invisible characters."))
    if find(literals):
        raise ValidationError(_("That template has personal data in it, which would be in every name."))


def literals_of(template: str) -> str:
    """Return the template's own text, without its fields."""
    return " ".join(_FIELD.split(template)[::2])


def frame_for(template: str, context: Context, *, without: Collection[str] = ()) -> Frame:
    """Return the frame of the context's names, without these fields. An invalid template frames nothing."""
    try:
        check_template(template)
    except ValidationError:
        return Frame()
    values = {field: "" if field in without else _value(getattr(context, field)) for field in FIELDS}
    parts = _FIELD.split(template) if template else ["", "name", ""]
    for field in FIELDS:
        if field in parts[1::2] and not values[field]:
            _drop(parts, 2 * parts[1::2].index(field) + 1)
    name = 2 * parts[1::2].index("name") + 1
    filled = [values[part] if index % 2 and part != "name" else part for index, part in enumerate(parts)]
    return Frame(_joined(filled[:name]).lstrip(), _joined(filled[name + 1 :]).rstrip())


def _joined(parts: list[str]) -> str:
    return _SPACES.sub(" ", "".join(parts))


def _value(text: str) -> str:
    """Return a field's value in one line; one that is too long is left out, for a part of an id is another id."""
    line = one_line(text)
    return line if len(line) <= LONGEST_VALUE else ""


def _drop(parts: list[str], index: int) -> None:
    """Take the field at that place out of the split template, with what joins it to the rest."""
    before, after = parts[index - 1], parts[index + 1]
    is_first = index == 1
    stem = before[: _LAST_WORDS.search(before).start()]  # type: ignore[union-attr]
    opens, closes = _is_bracket(stem[-1:], "Ps", "Pi"), _is_bracket(after[:1], "Pe", "Pf")
    if opens and closes:
        stem, after = stem[:-1], after[1:]
    if (opens and not closes) or (is_first and not (closes and not opens)):
        before, after = stem, ""
    else:
        before = ""
    parts[index - 1 : index + 2] = [before + after]


def _is_bracket(char: str, *categories: str) -> bool:
    return bool(char) and unicodedata.category(char) in categories
