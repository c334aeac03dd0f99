"""The rules one by one: each says what is wrong with a name, and mends it as well as it can."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kern.naming import LONGEST_NAME
from sessions_app.policy.naming_rules import language, words
from sessions_app.policy.naming_rules.base import MASKED_NAME, Context, NameRules, Rule
from sessions_app.policy.naming_rules.template import Frame
from sessions_app.text import personal_data
from sessions_app.text.forbidden_words import found_in, has_no_spaces

_LEAST_OF_A_NAME = 2


@dataclass(frozen=True)
class Case:
    """A name in its frame, under these rules."""

    name: str
    frame: Frame
    context: Context
    rules: NameRules

    @property
    def whole(self) -> str:
        return self.frame.around(self.name)

    @property
    def most_characters(self) -> int:
        return max(1, min(self.rules.max_characters or LONGEST_NAME, self.frame.room))


def wrong_with_forbidden(case: Case) -> str:
    word = found_in(case.whole, case.rules.forbidden_words)
    return _("“%(word)s” is one of the forbidden words for names") % {"word": word} if word else ""


def without_forbidden(case: Case) -> str:
    """Leave out the shortest run of words that has the forbidden one, as often as there is one."""
    forbidden, tokens = case.rules.forbidden_words, case.name.split()
    while tokens and found_in(" ".join(tokens), forbidden):
        start, end = next(
            (start, start + length)
            for length in range(1, len(tokens) + 1)
            for start in range(len(tokens) - length + 1)
            if found_in(" ".join(tokens[start : start + length]), forbidden) or length == len(tokens)
        )
        del tokens[start:end]
    return " ".join(tokens).strip(",;:–—- ")


def wrong_with_personal(case: Case) -> str:
    kinds = [place.kind for place in personal_data.find(case.name, case.rules.masks, case.context.ticket_ids)]
    if MASKED_NAME in case.rules.masks and _customer_words(case).search(case.name):
        kinds.append(MASKED_NAME)
    if not kinds:
        return ""
    shown = {
        "mail": _("an email address"),
        "phone": _("a phone number"),
        "card": _("a card number"),
        "document": _("a number of an account or a document"),
        "booking": _("a booking code"),
        "name": _("the customer’s name"),
    }
    return _("it has personal data in it: %(kinds)s") % {"kinds": ", ".join(shown[kind] for kind in dict.fromkeys(kinds))}


def without_personal(case: Case) -> str:
    masked = personal_data.mask(case.name, case.rules.masks, case.context.ticket_ids)
    return _customer_words(case).sub(personal_data.MASK, masked) if MASKED_NAME in case.rules.masks else masked


def _customer_words(case: Case) -> re.Pattern[str]:
    """Return the expression for the customer's names, each for itself; initials are in too many words."""
    names = [part for part in case.context.customer.split() if len(part) >= _LEAST_OF_A_NAME]
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, names))})(?!\w)" if names else r"(?!)", re.IGNORECASE)


def wrong_with_words(case: Case) -> str:
    have = words.count(case.name, case.context.ticket_ids)
    least, most = case.rules.min_words, case.rules.max_words
    if most and have > most:
        text = ngettext(
            "it has %(have)d words; names here have at most %(most)d",
            "it has %(have)d words; names here have at most %(most)d",
            have,
        )
        return text % {"have": have, "most": most}
    if have < least and not has_no_spaces(case.name):
        text = ngettext(
            "it has %(have)d word; names here have at least %(least)d",
            "it has %(have)d words; names here have at least %(least)d",
            have,
        )
        return text % {"have": have, "least": least}
    return ""


def without_words(case: Case) -> str:
    most = case.rules.max_words
    return words.cut_to_words(case.name, most, case.context.ticket_ids) if most else case.name


def wrong_with_characters(case: Case) -> str:
    have, most = len(case.name), case.most_characters
    if have <= most:
        return ""
    return _("it has %(have)d characters; names here have at most %(most)d") % {"have": have, "most": most}


def without_characters(case: Case) -> str:
    return words.cut_to_characters(case.name, case.most_characters)


def wrong_with_language(case: Case) -> str:
    if not language.is_foreign(case.name, case.rules.language):
        return ""
    return _("it is not written in the language of names here (%(language)s)") % {"language": case.rules.language}


def unchanged(case: Case) -> str:
    return case.name


#: In the order in which a refusal names them: what must not be seen first.
CHECKS: tuple[tuple[Rule, Callable[[Case], str], Callable[[Case], str]], ...] = (
    (Rule.PERSONAL, wrong_with_personal, without_personal),
    (Rule.FORBIDDEN, wrong_with_forbidden, without_forbidden),
    (Rule.WORDS, wrong_with_words, without_words),
    (Rule.CHARACTERS, wrong_with_characters, without_characters),
    (Rule.LANGUAGE, wrong_with_language, unchanged),
)
