"""Search in sessions: parse a query, choose its words, and find the sessions that have them all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import Q
from django.utils.translation import gettext as _

from sessions_app.actions import tickets
from sessions_app.infrastructure.one_statement import read_together
from sessions_app.models.label import Label, SessionLabel
from sessions_app.models.person import Person
from sessions_app.models.session import Session, SessionSet
from sessions_app.models.ticket import TicketLink
from sessions_app.queries.operators import NAMES, Operator, standing_in
from sessions_app.queries.search_index import having, probes
from sessions_app.text.folding import fold
from sessions_app.text.tokens import Term, spans, term, tokens
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
    def places(self) -> list[str]:
        """The places in which the words must stand: values of `in:`. Without any they may stand anywhere."""
        return [operator.value.casefold() for operator in self.operators if operator.name == "in"]

    @property
    def is_quick(self) -> bool:
        """True if no words are looked for, only what operators say of a conversation's own columns."""
        return not (self.used or self.excluded or any(operator.asks_index for operator in self.operators))

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
    sessions: dict[str, int] = field(default_factory=dict)
    of_tickets: dict[str, list[int]] = field(default_factory=dict)
    hits: dict[Term, int] = field(default_factory=dict)
    #: Keys of the labels that have the words of a term.
    labels: dict[Term, list[int]] = field(default_factory=dict)


def look_up(queries: Sequence[Words]) -> LookedUp:
    """Read what the searches need to know, in one statement for several; only the first may name a ticket."""
    terms = list(dict.fromkeys(term for words in queries for term in (*words.terms, *words.excluded)))
    used = {word for words in queries for word in words.used}
    first = queries[0].written
    ids = Session.objects.filter(session_id__in=used).values_list("session_id", "pk", "merged_into")
    links = TicketLink.objects.filter(ticket_id__in=tickets.searched(first)).values_list("session", flat=True)
    names = Label.objects.values_list("pk", "name") if terms else Label.objects.none().values_list("pk", "name")
    named, linked, labels, *counts = read_together(ids, links[:NAMED_BY_TICKET], names, *probes(terms))
    hits = {term: sum(count) for term, count in zip(terms, counts, strict=False)}
    called = [(pk, spans(name)) for pk, name in labels]
    having_words = {term: [pk for pk, said in called if any(term.found_in(said))] for term in terms}
    known = {session_id: merged_into or pk for session_id, pk, merged_into in named}
    return LookedUp(known, {first: linked}, hits, having_words)


def fitting(sessions: SessionSet, words: Words, known: LookedUp, person: Person | None = None) -> SessionSet:
    """Return sessions that fit the query, as `matching`, where what it needs is looked up already."""
    fits = Q()
    for word, searched in zip(words.used, words.terms, strict=True):
        named = None if words.places else known.sessions.get(word)
        said = _standing(words.places, searched) if words.places else _having(searched, known)
        fits &= said if named is None else said | Q(pk=named)
    for excluded in words.excluded:
        fits &= ~_having(excluded, known)
    for operator in words.operators:
        if operator.name != "in":
            fits &= operator.condition(person)
    if words.places and not words.used:
        fits &= _any(operator.condition(person) for operator in words.operators if operator.name == "in")
    linked = known.of_tickets.get(words.written, [])
    if not fits:
        return sessions.filter(pk__in=linked)
    return sessions.filter(fits | Q(pk__in=linked) if linked else fits)


def _standing(places: Sequence[str], searched: Term) -> Q:
    """Return the condition of sessions in which the term stands in one of these places."""
    return _any(standing_in(place, searched) for place in places)


def _any(conditions: Iterable[Q]) -> Q:
    found = Q()
    for condition in conditions:
        found |= condition
    return found


def _having(searched: Term, known: LookedUp) -> Q:
    """Return the condition of sessions in which the term stands, or one of whose labels has it."""
    said = having(searched, known.hits.get(searched, 0))
    labels = known.labels.get(searched)
    return said | Q(pk__in=SessionLabel.objects.filter(label__in=labels).values("session")) if labels else said


def _shortened(word: str) -> str:
    return word if len(word) <= 30 else f"{word[:30]}…"
