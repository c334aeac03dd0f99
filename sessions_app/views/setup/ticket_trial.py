"""A webhook's body that an admin pastes: what would be read of it. Nothing is saved, and nothing is sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sessions_app.infrastructure import clock
from sessions_app.models import TicketLink, TicketSystem
from sessions_app.models.ticket_system import TicketEffect, TicketState
from sessions_app.templatetags.inbox import exact
from sessions_app.webhooks.incoming.bodies import Said, UnreadableBodyError, read_body, said, value_at
from sessions_app.webhooks.incoming.reading import OLDEST

#: Characters of a body that is tried, and names that are shown where a path leads nowhere.
LONGEST_BODY, MOST_NAMES = 100_000, 8
_FORM = "application/x-www-form-urlencoded"
_ICONS = {"good": "check", "wait": "triangle-alert", "bad": "x"}


@dataclass(frozen=True)
class Check:
    """One value that was looked for; the tone is `good`, `wait` where the webhook works without it, or `bad`."""

    tone: str
    sentence: str

    @property
    def icon(self) -> str:
        return _ICONS[self.tone]


@dataclass(frozen=True)
class Trial:
    """Everything that was looked for in a body."""

    checks: list[Check]

    @property
    def tone(self) -> str:
        return "bad" if any(check.tone == "bad" for check in self.checks) else "good"


def trial_of(system: TicketSystem, body: str) -> Trial:
    """Read a pasted body by the paths, the pattern and the state map of a row, which need not be stored or valid."""
    text = body.strip()
    try:
        # GitHub sends it so, unless told otherwise.
        found = read_body(text.encode(), _FORM if text.startswith("payload=") else "")
    except UnreadableBodyError as problem:
        return Trial([Check("bad", _("This cannot be read: %(problem)s.") % {"problem": problem})])
    return Trial(list(_checks(system, found)))


def _checks(system: TicketSystem, found: Any) -> Iterator[Check]:
    values, paths = said(found, system.paths, {}), system.paths
    yield _ticket(system, values, found)
    yield _text(_("Title"), values.title, found, paths.get("title"))
    yield _state(system, values, found)
    yield _delivery(values, found, paths.get("delivery"))
    yield _moment(values, found, paths.get("at"))


def _ticket(system: TicketSystem, values: Said, found: Any) -> Check:
    path = system.paths.get("id")
    if not path:
        return Check("bad", _("Say where the webhook has the ticket's id."))
    if not values.ticket:
        return Check("bad", _nowhere(_("Ticket's id"), found, path))
    ticket_id = system.id_in(values.ticket)
    if not ticket_id:
        return Check(
            "bad", _("“%(said)s” is no ticket of this system: the id pattern does not fit.") % {"said": values.ticket[:80]}
        )
    links = TicketLink.objects.filter(system=system.pk, ticket_id=ticket_id).count() if system.pk else 0
    linked = ngettext("%(count)d conversation is linked to it.", "%(count)d conversations are linked to it.", links)
    told = {"label": system.label_of(ticket_id), "linked": linked % {"count": links}}
    return Check("good", _("Ticket %(label)s. %(linked)s") % told)


def _text(what: str, value: str | None, found: Any, path: Any) -> Check:
    if not value:
        return Check("wait", _nowhere(what, found, path))
    return Check("good", _("%(what)s: “%(value)s”") % {"what": what, "value": value})


def _state(system: TicketSystem, values: Said, found: Any) -> Check:
    if not values.state:
        return Check("wait", _nowhere(_("State"), found, system.paths.get("state")))
    shown, told = system.shown_state(values.state), {"state": values.state}
    if not shown:
        return Check("wait", _("State “%(state)s” is not in the map: it is shown as it is, and does nothing here.") % told)
    effect = TicketEffect(system.effect_of(values.state)).label
    sentence = _("State “%(state)s” is shown as %(shown)s. Then: %(effect)s.")
    return Check("good", sentence % {**told, "shown": TicketState(shown).label, "effect": effect})


def _delivery(values: Said, found: Any, path: Any) -> Check:
    name = str(path or "")
    if name.startswith("header:"):
        told = {"name": name.removeprefix("header:")}
        return Check("good", _("The delivery's id comes in the header %(name)s, which a body does not have.") % told)
    return _text(_("Delivery's id"), values.delivery_id, found, path)


def _moment(values: Said, found: Any, path: Any) -> Check:
    if values.at is None:
        return Check(
            "wait", _("%(nowhere)s The time of arrival counts.") % {"nowhere": _nowhere(_("When it changed"), found, path)}
        )
    if values.at < clock.now() - OLDEST:
        return Check(
            "wait", _("Changed on %(at)s: a webhook that tells of something so old is refused.") % {"at": exact(values.at)}
        )
    return Check("good", _("Changed on %(at)s") % {"at": exact(values.at)})


def _nowhere(what: str, found: Any, path: Any) -> str:
    """Say that a path has no value, and which names there are at the place where it ends."""
    if not path:
        return _("%(what)s: no path, so it is not read.") % {"what": what}
    steps = str(path).split(".")
    ends = (found if not end else value_at(found, ".".join(steps[:end])) for end in range(len(steps) - 1, -1, -1))
    there = next((value for value in ends if value is not None), None)
    names = [str(name)[:40] for name in there][:MOST_NAMES] if isinstance(there, Mapping) else []
    told = {"what": what, "path": path, "names": ", ".join(names)}
    if not names:
        return _("%(what)s: %(path)s leads to no text here.") % told
    return _("%(what)s: %(path)s leads to no text here; there are %(names)s.") % told


__all__ = ["LONGEST_BODY", "Check", "Trial", "trial_of"]
