"""Numbers of payment cards and phones."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import phonenumbers
from stdnum import luhn

Span = tuple[int, int]
#: Groups of digits with up to three separators between two of them. A mask that is there already separates, too.
_RUN = re.compile(r"(?<!\d)\d+(?:[ ./\-]{1,3}\d+)*")
_GROUP = re.compile(r"\d+")
_CARD_DIGITS = range(13, 20)
_CARD_WORD = r"(?:(?:credit|debit|kredit)? ?(?:card|karte)|carte|tarjeta|cart[ãa]o|carta|mastercard|amex)"
_ENDING = r"(?:ending|ends|ended|endet|endend|in|with|auf|mit|no|nr|number|nummer|se|terminant|par|terminad[ao]|en|final|com)"
#: "card ending 4417", "card •••• 4417"
_CARD_END = re.compile(rf"(?<!\w){_CARD_WORD}(?:[ .:#*x•…-]+{_ENDING}){{0,3}}[ .:#*x•…-]+(\d{{4}})(?!\w)", re.IGNORECASE)
#: Countries whose numbers are known when they are written as at home.
_AT_HOME = ("GB", "DE", "FR", "IT", "NL", "BE", "AT", "CH", "SE", "AU", "IN", "TR", "JP", "BR", "US")
_ABROAD = re.compile(r"(?<![\w+])(?:\+|00) ?\(?[1-9](?:[ ().\-/]{0,3}\d){6,14}(?!\w)")
_TRUNK = re.compile(r"(?<![\w+.,])\(?0\d?(?:[ ().\-/]{0,3}\d){7,12}(?!\w)")
_AMERICAN = re.compile(r"(?<![\w+])(?:1[ .-])?(?:\(\d{3}\) ?|\d{3}[.\- ])\d{3}[.\- ]\d{4}(?!\w)")
_PHONE_WORD = (
    r"(?:(?:tele)?phone|tel(?:e?fono|efon(?:e|nummer)?|éfono)?|mobile|cell|handy|mobil|móvil|celular|cellulare|portable|whatsapp"
    r"|(?:call|ring|text)(?: (?:me|us|him|her|back|on|at))*|fax)"
)
_LABELLED = re.compile(
    rf"(?<!\w){_PHONE_WORD}(?: ?(?:number|no|nr|nummer|is|:|\.))*[ :.#]{{1,3}}(\(?\d(?:[ ().\-/]{{0,3}}\d){{5,14}})(?!\w)",
    re.IGNORECASE,
)
_REFERENCE = re.compile(
    r"(?:order|invoice|bill|booking|reference|ref|ticket|case|flight|parcel|tracking|serial|part|customer|account|rechnung|auftrag|bestellung"
    r"|pedido|factura|commande|facture|number|no|nr|nummer|id|#)[ .:#-]{0,3}$",
    re.IGNORECASE,
)
_DATE = re.compile(r"(?:\d{4}([-./ ])\d{1,2}\1\d{1,2}|\d{1,2}([-./ ])\d{1,2}\2(?:\d{4}|\d{2}))(?: \d{1,2})?")


def digits_where(text: str, counts: Callable[[str], bool]) -> Iterator[Span]:
    """Yield neighbouring groups of digits whose digits together are a number that counts: the longest first."""
    for run in _RUN.finditer(text):
        groups = [(run.start() + group.start(), run.start() + group.end()) for group in _GROUP.finditer(run[0])]
        first = 0
        while first < len(groups):
            for last in reversed(range(first, min(first + 10, len(groups)))):
                start, end = groups[first][0], groups[last][1]
                if counts("".join(text[a:b] for a, b in groups[first : last + 1])):
                    yield start, end
                    first = last
                    break
            first += 1


def cards(text: str) -> Iterator[Span]:
    """Yield where card numbers stand, and the last four digits where a word says that they are a card's."""
    yield from digits_where(text, _is_card)
    yield from (found.span(1) for found in _CARD_END.finditer(text))


def _is_card(digits: str) -> bool:
    return len(digits) in _CARD_DIGITS and digits[0] in "23456" and luhn.is_valid(digits)


def phones(text: str) -> Iterator[Span]:
    """Yield where phone numbers stand.

    Ten digits in a row may be anything. Written as at home, a number counts with its leading zero or its American groups where
    its country has such numbers; else after a word like "call".
    """
    yield from (found.span() for found in _ABROAD.finditer(text) if _is_abroad(found[0]))
    for pattern in (_TRUNK, _AMERICAN):
        for found in pattern.finditer(text):
            before = text[max(0, found.start() - 20) : found.start()]
            if not _DATE.fullmatch(found[0]) and not _REFERENCE.search(before) and _is_at_home(found[0]):
                yield found.span()
    yield from (found.span(1) for found in _LABELLED.finditer(text) if not _DATE.fullmatch(found[1]))


def _is_abroad(written: str) -> bool:
    number = _parsed(f"+{written[2:]}" if written.startswith("00") else written, None)
    if number is None or str(number.national_number)[0] == "0" or number.italian_leading_zero:
        return number is not None and phonenumbers.is_valid_number(number)
    # With two zeros it may as well be a padded number of something else.
    counts = phonenumbers.is_valid_number if written.startswith("00") else phonenumbers.is_possible_number
    return counts(number)


def _is_at_home(written: str) -> bool:
    parsed = (_parsed(written, region) for region in _AT_HOME)
    return any(number is not None and phonenumbers.is_valid_number(number) for number in parsed)


def _parsed(written: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        return None
