"""Filters and order of a list of sessions as an address has them: read from one, written into one.

`queries.narrowing` makes SQL of it, `queries.filter_menu` what a person chooses from.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from sessions_app.queries.search import LONGEST_QUERY, Words, words_of
from sessions_app.queries.session_order import ORDERS
from sessions_app.validation.text import searchable

#: Views whose own order is not the newest first: who waits longest for a person comes first.
OWN_ORDERS = {"needs-person": "oldest"}


@dataclass(frozen=True)
class Filters:
    """Filters and order of the list, as in the address."""

    q: str = ""
    queue: str = ""
    unread: bool = False
    unnamed: bool = False
    #: Empty: the list's own order.
    sort: str = ""
    details: bool = False

    @classmethod
    def of(cls, query: QueryDict) -> Filters:
        """Parse an address; unknown parameters are ignored."""
        sort = query.get("sort", "")
        return cls(
            # A little more than is looked for, so that it can be told.
            q=searchable(query.get("q", ""))[: LONGEST_QUERY + 50],
            queue=searchable(query.get("queue", ""))[:50],
            unread="unread" in query,
            unnamed="unnamed" in query,
            sort=sort if sort in ORDERS else "",
            details="details" in query,
        )

    def changed(self, **changes: Any) -> Filters:
        """Return the filters with these changes."""
        return replace(self, **changes)

    def query(self, **changes: Any) -> str:
        """Return the address's query, with `changes`; `?` and empty included, so that it replaces an old one."""
        given = {**self.__dict__, **changes}
        defaults = Filters()
        kept = {key: 1 if value is True else value for key, value in given.items() if value != getattr(defaults, key, "")}
        return f"?{urlencode(kept)}" if kept else "?"

    def order_in(self, where: str) -> str:
        """Return the order in a view of the inbox: the chosen one, else the view's own."""
        return self.sort or OWN_ORDERS.get(where, "newest")

    @property
    def here(self) -> str:
        """The query of fragments' addresses, which have more of their own."""
        return self.query()

    @property
    def suffix(self) -> str:
        """The query of pages' addresses: empty for defaults."""
        return "" if self.here == "?" else self.here

    @property
    def leading(self) -> str:
        """The query as the beginning of a longer one."""
        return f"{self.here[1:]}&" if self.here != "?" else ""

    @property
    def words(self) -> Words:
        """Return the search words."""
        return words_of(self.q)

    @property
    def narrows(self) -> bool:
        """Return True if anything narrows the list."""
        return bool(self.q or self.queue or self.unread or self.unnamed)
