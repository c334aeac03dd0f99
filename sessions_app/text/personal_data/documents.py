"""Numbers of bank accounts and documents, and booking codes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stdnum import iban
from stdnum.br import cpf
from stdnum.de import idnr
from stdnum.es import dni, nie
from stdnum.fr import nir
from stdnum.it import codicefiscale
from stdnum.pl import pesel
from stdnum.se import personnummer
from stdnum.us import ssn

from sessions_app.text.personal_data.numbers import digits_where

Span = tuple[int, int]
_IBAN_START = re.compile(r"(?<![A-Z0-9])[A-Z]{2}\d{2}(?=[ .\-]{0,3}[A-Z0-9])", re.IGNORECASE)
_WORD_END = re.compile(r"(?<=[A-Z0-9])(?![A-Z0-9])", re.IGNORECASE)
_LONGEST_IBAN = 34 + 3 * 33
_CODE = re.compile(r"(?<![\w.-])[A-Z0-9][A-Z0-9.\-/]{7,17}(?<![.\-/])(?![\w])", re.IGNORECASE)
_SSN = re.compile(r"(?<![\w-])\d{3}[- .]\d{2}[- .]\d{4}(?![\w-])")
#: National insurance number of the United Kingdom: it has no check digit.
_NINO = re.compile(r"(?<!\w)[A-CEGHJ-PR-TW-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D](?!\w)", re.IGNORECASE)
_DOCUMENT_WORD = (
    r"(?:passport|id(?:entity)? card|(?:personal)?ausweis|reisepass|passeport|pasaporte|passaporto|passaporte|dni|nie|nif|ssn"
    r"|social security|national insurance|driv(?:ing|er['’]?s) licen[cs]e|führerschein|permis de conduire)"
)
_NUMBER_WORD = r"(?:[ .:#]{0,2}(?:number|no|nr|nummer|núm(?:ero)?|num[eé]ro|n[°º]|is|ist|es|est))*"
_LABELLED = re.compile(
    rf"(?<!\w){_DOCUMENT_WORD}{_NUMBER_WORD}[ .:#-]{{1,3}}((?=(?:[A-Z]*\d){{3}})[A-Z0-9]{{5,14}})(?!\w)", re.IGNORECASE
)
_BOOKING = re.compile(r"(?<![\w-])(?=[A-Z]*\d)(?=\d*[A-Z])(?![A-Z]{2}\d{4})[A-Z0-9]{6}(?![\w-])", re.IGNORECASE)
_BOOKING_WORD = r"(?:booking|reservation|confirmation|pnr|record locator|buchung(?:scode)?|reserva|réservation|prenotazione)"
_CODE_WORD = r"(?:[ .:#]{0,2}(?:code|number|reference|ref|no|nr|nummer|is))*"
#: Letters alone are a code where they are capitals: "booking cancelled" has none.
_BOOKING_LABELLED = re.compile(rf"(?<!\w)(?i:{_BOOKING_WORD}{_CODE_WORD})[ .:#-]{{1,3}}([A-Z0-9]{{5,8}})(?!\w)")


def documents(text: str) -> Iterator[Span]:
    """Yield where numbers of bank accounts, passports, identity cards and tax payers stand."""
    yield from _ibans(text)
    yield from (found.span() for found in _SSN.finditer(text) if ssn.is_valid(re.sub(r"\D", "-", found[0])))
    yield from (found.span() for found in _NINO.finditer(text))
    yield from (found.span() for found in _CODE.finditer(text) if _is_code(found[0]))
    yield from digits_where(text, _is_number)
    yield from (found.span(1) for found in _LABELLED.finditer(text))


def booking_codes(text: str) -> Iterator[Span]:
    """Yield where booking codes stand: six letters and digits, no flight number; more kinds after a word like "booking"."""
    yield from (found.span() for found in _BOOKING.finditer(text))
    yield from (found.span(1) for found in _BOOKING_LABELLED.finditer(text))


def _ibans(text: str) -> Iterator[Span]:
    """Yield IBANs. Words behind one look like its letters, so each end of a word is tried."""
    for begin in _IBAN_START.finditer(text):
        ends = (end.start() for end in _WORD_END.finditer(text, begin.end(), begin.start() + _LONGEST_IBAN))
        for end in ends:
            if iban.is_valid(re.sub(r"[ .\-]", "", text[begin.start() : end])):
                yield begin.start(), end
                break


def _is_code(code: str) -> bool:
    return dni.is_valid(code) or nie.is_valid(code) or codicefiscale.is_valid(code) or _is_personnummer(code)


def _is_personnummer(code: str) -> bool:
    return "-" in code and personnummer.is_valid(code)


def _is_number(digits: str) -> bool:
    """Return whether the digits alone are a document's: numbers with two check digits, or with a date of birth."""
    if len(digits) == 15:
        return nir.is_valid(digits)
    if len(digits) == 11:
        return cpf.is_valid(digits) or pesel.is_valid(digits) or idnr.is_valid(digits)
    return False
