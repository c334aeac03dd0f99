"""The filters of the Tickets page, as they stand in its address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sessions_app.models import Queue, TicketSystem
from sessions_app.models.ticket_system import TicketState

KINDS = ("linked", "none", "closed", "twice")
#: The orders: what needs a look first, what its system told last, by system and id.
SORTS: dict[str, str | Promise] = {
    "look": gettext_lazy("Needs a look first"),
    "told": gettext_lazy("Last updated there"),
    "id": gettext_lazy("Ticket id"),
}
#: The state of tickets of which no state is known that is shown here.
UNKNOWN = "unknown"
#: A choice of a menu: its name, its address, and whether it is in force.
Choice = tuple[str, str, bool]


@dataclass(frozen=True)
class TicketFilters:
    """The filters and the order of the list; empty for everything. Unknown values of an address count as not given."""

    kind: str = KINDS[0]
    system: str = ""
    state: str = ""
    queue: str = ""
    sort: str = "look"

    @classmethod
    def of(cls, said: Mapping[str, str], systems: list[TicketSystem], queues: list[Queue]) -> TicketFilters:
        """Read the filters of an address."""
        known = {
            "kind": KINDS,
            "system": [system.slug for system in systems],
            "state": [*TicketState.values, UNKNOWN],
            "queue": [queue.slug for queue in queues],
            "sort": tuple(SORTS),
        }
        return cls(**{name: value for name, values in known.items() if (value := said.get(name, "")) in values})

    @property
    def narrows(self) -> bool:
        return bool(self.system or self.state or self.queue)

    def query(self, **changed: str) -> str:
        """Return the address with these filters, some of them changed."""
        now, first = replace(self, **changed), TicketFilters()
        return "?" + urlencode({name: value for name, value in vars(now).items() if value != getattr(first, name)})

    def links(self) -> Q:
        """The condition of links' tickets."""
        fits = Q(system__slug=self.system) if self.system else Q()
        if self.state == UNKNOWN:
            return fits & (Q(record=None) | Q(record__shown=""))
        return fits & Q(record__shown=self.state) if self.state else fits

    def tickets(self) -> Q:
        """The condition of tickets without a conversation, which are in no queue."""
        fits = Q(system__slug=self.system) if self.system else Q()
        return fits & Q(shown="" if self.state == UNKNOWN else self.state) if self.state else fits

    def menus(self, systems: list[TicketSystem], queues: list[Queue]) -> list[tuple[str, str, str, list[Choice]]]:
        """Return each filter's menu: its name in addresses, its title, what is chosen, and its choices."""
        states = [*((value, str(label)) for value, label in TicketState.choices), (UNKNOWN, _("No state told"))]
        return [
            self._menu("system", _("Any system"), [(system.slug, system.name) for system in systems]),
            self._menu("state", _("Any state there"), states),
            self._menu("queue", _("Any queue"), [(queue.slug, queue.name) for queue in queues]),
        ]

    def sorts(self) -> list[Choice]:
        """Return the orders."""
        return [(str(title), self.query(sort=sort), sort == self.sort) for sort, title in SORTS.items()]

    def _menu(self, name: str, any_one: str, values: list[tuple[str, str]]) -> tuple[str, str, str, list[Choice]]:
        now = getattr(self, name)
        choices = [(title, self.query(**{name: value}), value == now) for value, title in [("", any_one), *values]]
        return name, any_one, next((title for title, _address, chosen in choices if chosen), any_one), choices
