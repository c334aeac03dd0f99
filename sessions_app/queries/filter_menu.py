"""The menu of filters: what narrows a list now, what could, and in which orders it can be shown, each with its address."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from sessions_app.queries.filters import Filters

Choice = tuple[str, str]


@dataclass(frozen=True)
class FilterMenu:
    """The choices of a list. `queues` are names by slug."""

    filters: Filters
    queues: dict[str, str]

    def chips(self) -> list[Choice]:
        """Return the active filters: each one's name, and the address without it."""
        now = self.filters
        chosen = [
            (f"“{now.q}”" if now.q else "", now.query(q="")),
            (self.queues.get(now.queue, now.queue), now.query(queue="")),
            (_("Unread") if now.unread else "", now.query(unread=False)),
            (_("Without a name yet") if now.unnamed else "", now.query(unnamed=False)),
        ]
        return [(name, address) for name, address in chosen if name]

    def choices(self) -> list[Choice]:
        """Return the inactive filters: each one's name, and the address with it."""
        now = self.filters
        unread = [] if now.unread else [(_("Unread"), now.query(unread=True))]
        unnamed = [] if now.unnamed else [(_("Without a name yet"), now.query(unnamed=True))]
        queues = [(name, now.query(queue=slug)) for slug, name in self.queues.items() if slug != now.queue]
        return [*unread, *unnamed, *queues]

    def sorts(self, first: str, where: str) -> list[tuple[str, str, bool]]:
        """Return each order's name, its address and whether it is in force; `first` is the name of the usual order."""
        names, own = {"newest": first, "oldest": _("Longest wait")}, Filters().order_in(where)
        chosen = self.filters.order_in(where)
        return [(name, self.filters.query(sort="" if sort == own else sort), sort == chosen) for sort, name in names.items()]
