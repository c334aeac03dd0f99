"""The rules as a model is told them. Its template is filled in later, so it writes the name alone.

These words are for models, so they are not translated. Forbidden words are not among them: a list of insults makes insults
likelier.
"""

from __future__ import annotations

from sessions_app.policy.naming_rules import language
from sessions_app.policy.naming_rules.base import NameRules

_CASES = {
    "sentence": "Begin with a capital letter and write the rest as in a sentence.",
    "title": "Begin each word with a capital letter.",
    "upper": "Write capital letters alone.",
    "lower": "Write small letters alone.",
}
_PERSONAL = {
    "mail": "email addresses",
    "phone": "phone numbers",
    "card": "card numbers",
    "document": "numbers of accounts or documents",
    "booking": "booking codes",
    "name": "names of customers",
}
#: A name that fills this many characters needs no warning.
_ROOMY = 200


def language_of(rules: NameRules) -> str:
    """Return the language as a part of the sentence ("in English"); empty for the conversation's own."""
    if rules.language in ("", language.ANY):
        return ""
    return f"in {language.name_of(rules.language)}, whatever language the conversation is in"


def sentences(rules: NameRules) -> str:
    """Return the other rules in sentences."""
    told = [
        f"At least {rules.min_words} words." if rules.min_words > 1 else "",
        f"At most {rules.max_characters} characters." if rules.max_characters < _ROOMY else "",
        _CASES.get(rules.letter_case, ""),
        f"Leave out {', '.join(_PERSONAL[kind] for kind in rules.masks if kind in _PERSONAL)}." if rules.masks else "",
    ]
    return " ".join(sentence for sentence in told if sentence)
