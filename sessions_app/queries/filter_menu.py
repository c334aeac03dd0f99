"""The menu of filters: what narrows a list now, what could, and in which orders it can be shown, each with its address."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from sessions_app.models.triage import PRIORITIES
from sessions_app.queries.filters import Filters

Choice = tuple[str, str]


@dataclass(frozen=True)
class FilterMenu:
    """The choices of a list. `queues` are names by slug, `labels` names by key."""

    filters: Filters
    queues: dict[str, str]
    labels: dict[str, str] = field(default_factory=dict)

    def chips(self) -> list[Choice]:
        """Return the active filters: each one's name, and the address without it."""
        now = self.filters
        chosen = [
            (f"“{now.q}”" if now.q else "", now.query(q="")),
            (self.queues.get(now.queue, now.queue), now.query(queue="")),
            (self._label(now.label) if now.label else "", now.query(label="")),
            (self._priority(now.priority) if now.priority else "", now.query(priority="")),
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
        labels = [(self._label(key), now.query(label=key)) for key in self.labels if key != now.label]
        priorities = [(self._priority(word), now.query(priority=word)) for word in PRIORITIES if word != now.priority]
        return [*unread, *unnamed, *queues, *priorities, *labels]

    def sorts(self, first: str, where: str, *, of_sessions: bool = True) -> list[tuple[str, str, bool]]:
        """Return each order's name, its address and whether it is in force; `first` is the name of the usual order.

        `of_sessions`: the rows are sessions, not decisions, which have a risk and no priority.
        """
        names, own = {"newest": first, "oldest": _("Longest wait"), "priority": _("Priority")}, Filters().order_in(where)
        if not of_sessions:
            del names["priority"]
        chosen = self.filters.order_in(where)
        return [(name, self.filters.query(sort="" if sort == own else sort), sort == chosen) for sort, name in names.items()]

    def _label(self, key: str) -> str:
        return _("Label: %s") % self.labels.get(key, key)

    def _priority(self, word: str) -> str:
        return _("Priority: %s") % PRIORITIES[word].label
