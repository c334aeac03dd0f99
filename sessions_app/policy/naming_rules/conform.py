"""Judge a name by the rules: it passes, in its template and with its capital letters, or is refused with a proposal."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import replace

from django.utils.translation import gettext as _

from kern.errors import InvalidSessionNameError
from kern.naming import check_name
from kern.validation.text import is_visible, one_line
from sessions_app.policy.naming_rules.base import Context, NameRules, Refusal, Rule
from sessions_app.policy.naming_rules.checks import CHECKS, Case
from sessions_app.policy.naming_rules.template import FIELDS, frame_for
from sessions_app.policy.naming_rules.words import in_case
from sessions_app.text.forbidden_words import found_in, has_no_spaces

log = logging.getLogger(__name__)
#: Mending one rule may break another: a cut uncovers a word, a mask makes a name longer.
_ROUNDS = 5
#: What is left of a name must say something.
_LEAST_LETTERS = 3


def conform(name: str, context: Context, rules: NameRules) -> str | Refusal:
    """Return the name as it may be stored, or a refusal that says which rule it breaks and proposes a name that passes.

    What loses nothing is done and not refused: the template is filled in, capital letters are set. A name that passed passes
    again, and stays as it is.
    """
    judged = _judge(name, context, rules)
    if isinstance(judged, str):
        return judged
    itself = _passing([judged.proposal, one_line(name) if isinstance(name, str) else ""], context, rules)
    mended = itself if _letters(itself) >= _LEAST_LETTERS else ""
    return replace(judged, mended=mended, proposal=mended or _passing(_others(name, judged.rule, context), context, rules))


def _judge(name: str, context: Context, rules: NameRules) -> str | Refusal:
    """Return the name that may be stored, or a refusal with the desk's own proposal alone."""
    try:
        case = _case(check_name(name), context, rules)
    except InvalidSessionNameError as error:
        return Refusal(Rule.PLAIN, str(error))
    if refusal := _broken(case):
        return refusal
    return _by_desk(case) if context.desk_policy else case.whole


def _case(name: str, context: Context, rules: NameRules) -> Case:
    """Return the name taken out of its frame, in its capital letters. Values that it has already are not put around it."""
    frame = frame_for(rules.template, context)
    inner = frame.within(name)
    if inner is None:
        old = (frame_for(rules.template, replace(context, ticket=ticket)).within(name) for ticket in context.ticket_ids)
        inner = next((found for found in old if found is not None), None)
    if inner is None:
        there = _fields_in(name, context)
        frame = frame_for(rules.template, context, without=there)
        inner = (frame.within(name) if there else None) or name
    if found_in(frame.around(""), rules.forbidden_words):
        frame = frame_for("", context)
    cased = in_case(inner, rules.letter_case).strip()
    return Case(cased or inner, frame, context, rules)


def _fields_in(name: str, context: Context) -> list[str]:
    """Return the template's fields whose values are words of the name."""
    words = f" {' '.join(name.casefold().split())} "
    values = {field: " ".join(getattr(context, field).casefold().split()) for field in FIELDS}
    return [field for field, value in values.items() if value and f" {value} " in words]


def _broken(case: Case) -> Refusal | None:
    """Return the refusal by the first rule that the name breaks."""
    for rule, wrong_with, _mended in CHECKS:
        if sentence := wrong_with(case):
            return Refusal(rule, sentence)
    return None


def _by_desk(case: Case) -> str | Refusal:
    """Ask the desk's own rule last. What it answers is stored as it is, if it breaks no rule of the others."""
    assert case.context.desk_policy is not None
    try:
        answer = check_name(case.context.desk_policy(case.whole))
    except ValueError as error:
        return Refusal(Rule.DESK, one_line(str(error)) or _("the desk refuses it"), getattr(error, "proposal", ""))
    except Exception:
        # A desk is a program of its own: its faults keep no conversation from being read, but name nothing unseen.
        log.exception("naming_policy of the desk failed")
        return Refusal(Rule.DESK, _("the desk’s own rule for names failed; its log says why"))
    if answer == case.whole:
        return answer
    inner = case.frame.within(answer)
    return _broken(replace(case, name=inner or answer, frame=case.frame if inner else frame_for("", case.context))) or answer


def _passing(candidates: Iterable[str], context: Context, rules: NameRules) -> str:
    """Return the first candidate that passes when it is mended; empty if none does."""
    for candidate in candidates:
        mended = _mended(candidate, context, rules) if candidate else ""
        judged = _judge(mended, context, rules) if mended else None
        if isinstance(judged, str):
            return judged
    return ""


def _others(name: str, rule: Rule, context: Context) -> Iterator[str]:
    """Yield the name with more words where it has too few, then names that say less."""
    stand_ins = [one_line(text) for text in context.stand_ins]
    if rule == Rule.WORDS:
        yield from (f"{one_line(name)}: {text}" for text in (*stand_ins, context.queue, context.customer) if text)
    yield from stand_ins
    if context.date:
        yield _("Conversation of %(day)s") % {"day": context.date}
    yield _("Conversation")


def _letters(text: str) -> int:
    """Return the number of letters and digits, those without spaces between words counted twice: they say more."""
    return sum(char.isalnum() for char in text) * (2 if has_no_spaces(text) else 1)


def _mended(name: str, context: Context, rules: NameRules) -> str:
    """Return the name with each rule's remedy, in its frame; empty where nothing is left of it."""
    case = _case(name, context, rules)
    for _round in range(_ROUNDS):
        before = case.name
        for _rule, _wrong_with, mended in CHECKS:
            case = replace(case, name=mended(case))
        if not is_visible(case.name):
            return ""
        if case.name == before:
            break
    return case.whole
