"""The parts of a judgement: the rules, the conversation that gets the name, and a refusal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from django.db import models
from django.utils.translation import gettext_lazy as _

#: The kind of mask that hides the customer's name; the other kinds are those of `text.personal_data`.
MASKED_NAME = "name"


class Rule(models.TextChoices):
    """The rule that refuses a name."""

    PLAIN = "plain", _("One line of text")
    WORDS = "words", _("Number of words")
    CHARACTERS = "characters", _("Length")
    FORBIDDEN = "forbidden_word", _("Forbidden word")
    PERSONAL = "personal_data", _("Personal data")
    LANGUAGE = "language", _("Language")
    DESK = "desk", _("Rule of the desk")


class NameRules(Protocol):
    """The columns of a naming policy that shape a name. 0 words: no limit; an empty template: the name alone."""

    @property
    def min_words(self) -> int: ...
    @property
    def max_words(self) -> int: ...
    @property
    def max_characters(self) -> int: ...
    @property
    def template(self) -> str: ...
    @property
    def language(self) -> str: ...
    @property
    def letter_case(self) -> str: ...
    @property
    def forbidden_words(self) -> str: ...
    @property
    def masks(self) -> tuple[str, ...]: ...


@dataclass(frozen=True)
class Context:
    """The conversation: values of the template's fields, and names that a proposal may fall back on.

    `ticket` is the primary ticket's id. `desk_policy` is the desk's own rule: it returns the name, or another, or raises.
    """

    ticket: str = ""
    tickets: tuple[str, ...] = ()
    customer: str = ""
    queue: str = ""
    date: str = ""
    stand_ins: tuple[str, ...] = ()
    desk_policy: Callable[[str], str] | None = None

    @property
    def ticket_ids(self) -> tuple[str, ...]:
        """Return the ids of all its tickets, which are no personal data and count as no words."""
        return tuple(dict.fromkeys(each for each in (self.ticket, *self.tickets) if each))


@dataclass(frozen=True)
class Refusal:
    """A name that may not be: the rule, a sentence that ends a line ("it has 8 words, …"), and a name that passes.

    `mended` is what is left of the name itself, empty where that is too little; `proposal` is that, or another name that says
    less. It is empty where none was found that passes.
    """

    rule: Rule
    sentence: str
    proposal: str = ""
    mended: str = ""
