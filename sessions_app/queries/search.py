"""Search in sessions: parse a query, choose its words, and find the sessions that have them all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import Q
from django.utils.translation import gettext as _

from sessions_app.actions import tickets
from sessions_app.infrastructure.one_statement import read_together
from sessions_app.models.person import Person
from sessions_app.models.session import Session, SessionSet
from sessions_app.models.ticket import TicketLink
from sessions_app.queries.operators import NAMES, Operator
from sessions_app.queries.search_index import having, probes
from sessions_app.text.folding import fold
from sessions_app.text.tokens import Term, term, tokens
from sessions_app.validation.text import searchable

LONGEST_QUERY = 500
MOST_WORDS = 8
LONGEST_WORD = 100
#: Limit of ignored words that are named.
NAMED = 3
#: Limit of conversations that are found by a ticket's whole id.
NAMED_BY_TICKET = 200
_QUOTES = '"“”„«»＂'
_OPERATOR = f"(?P<name>{'|'.join(NAMES)}):(?:[{_QUOTES}](?P<quoted>[^{_QUOTES}]+)[{_QUOTES}]|(?P<value>[^\\s{_QUOTES}]+))"
_PHRASE = f"[{_QUOTES}](?P<phrase>[^{_QUOTES}]+)[{_QUOTES}]"
_PART = re.compile(
    f"(?:(?<!\\S)(?P<not>-)(?=[^\\s-]))?(?:(?<![^\\s-]){_OPERATOR}|{_PHRASE}|(?P<word>[^\\s{_QUOTES}]+)|(?P<quote>[{_QUOTES}]))",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Words:
    """A query as it was `written`: every word of `used` must be there, `unused` are the others."""

    written: str = ""
    used: list[str] = field(default_factory=list)
    #: Those of `used` that stand in quotes: their last word is whole.
    phrases: list[str] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)
    #: Words and phrases that may not be there.
    excluded: list[Term] = field(default_factory=list)
    operators: list[Operator] = field(default_factory=list)
    #: Operators whose value means nothing: they are words.
    misread: list[str] = field(default_factory=list)
    #: The query's parts as they were written.
    parts: list[str] = field(default_factory=list)

    @property
    def terms(self) -> list[Term]:
        """The words as the index is asked for them."""
        found = (term(word, whole=word in self.phrases) for word in self.used)
        # `words_of` uses no text without a word in it.
        return [searched for searched in found if searched]

    @property
    def complaint(self) -> str:
        """Sentences about what was read as words, and about ignored words; empty when all is as it was meant."""
        return " ".join(filter(None, (self._misreading, self._leaving_out)))

    @property
    def refusal(self) -> str:
        """The complaint, for programs: empty where only signs are left out, which no text is found by."""
        return self.complaint if self.misread or any(tokens(word) for word in self.unused) else ""

    @property
    def _misreading(self) -> str:
        if not self.misread:
            return ""
        named = _(", ").join(f"“{word}”" for word in map(_shortened, self.misread[:NAMED]))
        return _("Searched for as words: %(words)s. Such a value is not known.") % {"words": named}

    @property
    def _leaving_out(self) -> str:
        if not self.unused:
            return ""
        named = _(", ").join(f"“{word}”" for word in map(_shortened, self.unused[:NAMED]))
        more = len(self.unused) - NAMED
        if more > 0:
            named = _("%(words)s and %(more)d more") % {"words": named, "more": more}
        uses = _(
            "Not searched for: %(words)s. A search uses words with letters, digits or emoji: "
            "%(most)d of at most %(longest)d characters each."
        )
        return uses % {
            "words": named,
            "most": MOST_WORDS,
            "longest": LONGEST_WORD,
        }


def words_of(query: str, *, for_person: bool = True) -> Words:
    """Take a query apart: operators, phrases in quotes, words. Everything else stands for itself.

    `for_person`: a person asks, who may say `me`.
    """
    text = searchable(query)
    words, known = Words(text[:LONGEST_QUERY]), {""}
    for found in _PART.finditer(text[:LONGEST_QUERY]):
        words.parts.append(found[0])
        if found["name"] and _take_operator(words, found, for_person=for_person):
            continue
        _take_word(words, known, found)
    if len(text) > LONGEST_QUERY:
        words.unused.append(text[LONGEST_QUERY:])
    return words


def _take_operator(words: Words, found: re.Match[str], *, for_person: bool) -> bool:
    operator = Operator(found["name"].lower(), found["quoted"] or found["value"], found["not"] is not None)
    if not operator.is_understood(for_person=for_person):
        words.misread.append(str(operator))
        return False
    if operator not in words.operators:
        fits = len(words.operators) < MOST_WORDS
        (words.operators if fits else words.unused).append(operator if fits else str(operator))  # type: ignore[arg-type]
    return True


def _take_word(words: Words, known: set[str], found: re.Match[str]) -> None:
    is_phrase = found["phrase"] is not None
    written = (found["phrase"] or found["word"] or found["quote"] or found[0]).strip()
    folded = fold(written) if found["quote"] is None and tokens(written) else ""
    if found["not"] and (excluded := term(written, whole=is_phrase)) and len(words.excluded) < MOST_WORDS:
        words.excluded.append(excluded)
    elif folded not in known and len(known) <= MOST_WORDS and len(folded) <= LONGEST_WORD:
        known.add(folded)
        words.used.append(written)
        if is_phrase:
            words.phrases.append(written)
    elif not folded or folded not in known:
        words.unused.append(written)


def matching(sessions: SessionSet, words: Words, person: Person | None = None) -> SessionSet:
    """Return sessions that have every word in their name, customer, tickets' ids or anything said.

    A word may also be a whole session id, and the query a ticket as people paste it: "Ticket#ZD-48213" or a web address.
    """
    if not words.written:
        return sessions
    return fitting(sessions, words, look_up([words]), person)


@dataclass(frozen=True)
class LookedUp:
    """Rows read before a search: next to its words, ids would keep a database from using its index."""

    #: Sessions that words name by their whole ids, those of the ticket that a query names, and numbers of hits.
    sessions: dict[str, int]
    of_tickets: dict[str, list[int]]
    hits: dict[Term, int]


def look_up(queries: Sequence[Words]) -> LookedUp:
    """Read what the searches need to know, in one statement for several; only the first may name a ticket."""
    terms = list(dict.fromkeys(term for words in queries for term in words.terms))
    used = {word for words in queries for word in words.used}
    first = queries[0].written
    ids = Session.objects.filter(session_id__in=used).values_list("session_id", "pk", "merged_into")
    links = TicketLink.objects.filter(ticket_id__in=tickets.searched(first)).values_list("session", flat=True)
    named, linked, *counts = read_together(ids, links[:NAMED_BY_TICKET], *probes(terms))
    hits = {term: sum(count) for term, count in zip(terms, counts, strict=False)}
    return LookedUp({session_id: merged_into or pk for session_id, pk, merged_into in named}, {first: linked}, hits)


def fitting(sessions: SessionSet, words: Words, known: LookedUp, person: Person | None = None) -> SessionSet:
    """Return sessions that fit the query, as `matching`, where what it needs is looked up already."""
    fits = Q()
    for word, searched in zip(words.used, words.terms, strict=True):
        named = known.sessions.get(word)
        said = having(searched, known.hits.get(searched, 0))
        fits &= said if named is None else said | Q(pk=named)
    for excluded in words.excluded:
        fits &= ~having(excluded)
    for operator in words.operators:
        fits &= operator.condition(person)
    linked = known.of_tickets.get(words.written, [])
    if not fits:
        return sessions.filter(pk__in=linked)
    return sessions.filter(fits | Q(pk__in=linked) if linked else fits)


def _shortened(word: str) -> str:
    return word if len(word) <= 30 else f"{word[:30]}…"
