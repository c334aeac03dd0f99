"""Filters and order of a list of sessions as an address has them: read from one, written into one.

`queries.narrowing` makes SQL of it, `queries.filter_menu` what a person chooses from.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from sessions_app.models.triage import PRIORITIES
from sessions_app.queries.search import LONGEST_QUERY, Words, words_of
from sessions_app.queries.session_order import ORDERS
from sessions_app.validation.numbers import row_number
from sessions_app.validation.text import searchable

#: Views whose own order is not the newest first: who waits longest for a person comes first.
OWN_ORDERS = {"needs-person": "oldest"}
#: What says how a list looks, not what is in it.
LOOKS = ("details", "changed", "saved")


@dataclass(frozen=True)
class Filters:
    """Filters and order of the list, as in the address."""

    q: str = ""
    queue: str = ""
    #: The key of a label.
    label: str = ""
    priority: str = ""
    unread: bool = False
    unnamed: bool = False
    #: Empty: the list's own order.
    sort: str = ""
    details: bool = False
    #: Whether the address has all filters of its list, and not those of a saved view.
    changed: bool = False
    #: Those of the saved view that is shown: an address that differs from it has all of its filters.
    saved: Filters | None = field(default=None, compare=False)

    @classmethod
    def of(cls, query: QueryDict, saved: Filters | None = None) -> Filters:
        """Parse an address; unknown parameters are ignored. One of a saved view has its filters until it has its own."""
        details, changed = "details" in query, "changed" in query
        if saved is not None and not changed:
            return replace(saved, details=details, saved=saved)
        sort, priority = query.get("sort", ""), query.get("priority", "")
        label = row_number(query.get("label", ""))
        return cls(
            # A little more than is looked for, so that it can be told.
            q=searchable(query.get("q", ""))[: LONGEST_QUERY + 50],
            queue=searchable(query.get("queue", ""))[:50],
            label="" if label is None else str(label),
            priority=priority if priority in PRIORITIES else "",
            unread="unread" in query,
            unnamed="unnamed" in query,
            sort=sort if sort in ORDERS else "",
            details=details,
            changed=changed,
            saved=saved,
        )

    def changed_by(self, **changes: Any) -> Filters:
        """Return the filters with these changes."""
        return replace(self, **changes)

    def query(self, **changes: Any) -> str:
        """Return the address's query, with `changes`; `?` and empty included, so that it replaces an old one."""
        wanted = replace(self, **changes)
        kept: dict[str, Any] = {"details": 1} if wanted.details else {}
        if not wanted.is_saved:
            kept = {**wanted.own, **kept, **({"changed": 1} if wanted.changed or wanted.saved else {})}
        return f"?{urlencode(kept)}" if kept else "?"

    def order_in(self, where: str) -> str:
        """Return the order in a view of the inbox: the chosen one, else the view's own."""
        return self.sort or OWN_ORDERS.get(where, "newest")

    @property
    def own(self) -> dict[str, Any]:
        """The filters and the order of the list, as parameters of an address, without defaults."""
        given = {name: value for name, value in self.__dict__.items() if name not in LOOKS}
        return {name: 1 if value is True else value for name, value in given.items() if value != getattr(Filters, name)}

    @property
    def is_saved(self) -> bool:
        """Return True if these are the filters of the saved view that is shown."""
        return self.saved is not None and self.own == self.saved.own

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
        return bool(self.q or self.queue or self.label or self.priority or self.unread or self.unnamed)
