"""Search in sessions: parse a query, choose its words, and find the sessions that have them all."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from django.db.models import Q
from django.utils.translation import gettext as _

from sessions_app.actions import tickets
from sessions_app.models.session import Session, SessionSet
from sessions_app.models.ticket import TicketLink
from sessions_app.text.folding import fold
from sessions_app.validation.text import searchable

LONGEST_QUERY = 500
MOST_WORDS = 8
LONGEST_WORD = 100
#: Limit of ignored words that are named.
NAMED = 3
_QUOTES = '"“”„«»＂'
_WORD = re.compile(f"[{_QUOTES}](?P<phrase>[^{_QUOTES}]+)[{_QUOTES}]|(?P<word>[^\\s{_QUOTES}]+)|(?P<quote>[{_QUOTES}])")


@dataclass(frozen=True)
class Words:
    """A query as it was `written`: every word of `used` must be there, `unused` are the others."""

    written: str = ""
    used: list[str] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)

    @property
    def complaint(self) -> str:
        """A sentence about ignored words; empty when all were used."""
        if not self.unused:
            return ""
        named = _(", ").join(f"“{word}”" for word in map(_shortened, self.unused[:NAMED]))
        more = len(self.unused) - NAMED
        if more > 0:
            named = _("%(words)s and %(more)d more") % {"words": named, "more": more}
        return _("Not searched for: %(words)s. A search uses %(most)d words of at most %(longest)d characters each.") % {
            "words": named,
            "most": MOST_WORDS,
            "longest": LONGEST_WORD,
        }


def words_of(query: str) -> Words:
    """Take a query apart: at spaces, but for phrases in quotes. Everything else stands for itself."""
    text = searchable(query)
    words, known = Words(text[:LONGEST_QUERY]), {""}
    for found in _WORD.finditer(text[:LONGEST_QUERY]):
        written = (found["phrase"] or found["word"] or found["quote"]).strip()
        folded = fold(written) if found["quote"] is None else ""
        if folded not in known and len(known) <= MOST_WORDS and len(folded) <= LONGEST_WORD:
            known.add(folded)
            words.used.append(written)
        elif not folded or folded not in known:
            words.unused.append(written)
    if len(text) > LONGEST_QUERY:
        words.unused.append(text[LONGEST_QUERY:])
    return words


def matching(sessions: SessionSet, words: Words) -> SessionSet:
    """Return sessions that have every word: in name, customer, last words or a ticket's id.

    Or as their whole id or customer's id.

    Or with the ticket that the query names as people paste it, as "Ticket#ZD-48213" or a web address.
    """
    if not words.written:
        return sessions
    fits = Q()
    for word in words.used:
        linked = TicketLink.objects.filter(search_text__contains=word).values("session")
        fits &= (
            Q(search_text__contains=word)
            | Q(pk__in=linked)
            | Q(pk__in=Session.objects.by_id(word).values("pk"))
            | Q(user_id=word)
        )
    named = TicketLink.objects.filter(ticket_id__in=tickets.searched(words.written)).values("session")
    return sessions.filter(fits | Q(pk__in=named) if words.used else Q(pk__in=named))


def _shortened(word: str) -> str:
    return word if len(word) <= 30 else f"{word[:30]}…"
