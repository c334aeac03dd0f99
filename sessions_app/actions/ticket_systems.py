"""Ticket systems as admins set them up: save and remove them, with what that means for tickets and links."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sessions_app import audit
from sessions_app.actions import tickets
from sessions_app.errors import InvalidAction
from sessions_app.infrastructure import clock, sealing
from sessions_app.models import Person, TicketLink, TicketSystem

#: Links taken off before one request ends; the next goes on.
MOST_LINKS = 500
#: Columns that the audit log tells; the secret is not among them.
AUDITED = ("slug", "name", "key", "hue", "preset", "pattern", "url_template", "examples", "signature", "paths", "state_map")


def save(system: TicketSystem, secret: str = "") -> None:
    """Store a valid row, and a new secret where one is given; its tickets are shown by its state map from now on."""
    with transaction.atomic():
        stored = TicketSystem.objects.select_for_update().filter(pk=system.pk).first() if system.pk else None
        if secret:
            system.sealed_secret = sealing.seal(secret, sealing.WEBHOOKS)
            system.secret_end, system.secret_set_at = secret[-4:], clock.now()
        system.save()
        if stored is not None and stored.state_map != system.state_map:
            _show_anew(system)
        before, after = _audited(stored), _audited(system)
        changed = {name for name in AUDITED if before.get(name) != after[name]}
        if secret:
            after |= {"webhook": "new secret"}
            changed.add("webhook")
        if changed:
            audit.record(
                audit.Kind.SETUP_CHANGED if stored else audit.Kind.SETUP_ADDED,
                subject=system,
                before={name: before[name] for name in sorted(changed) if name in before} if stored else None,
                after={name: after[name] for name in sorted(changed)},
            )


def remove(system: TicketSystem, person: Person, confirmation: str) -> None:
    """Remove a system with its links, once its name was typed. Raises `InvalidAction` where that is still to be done."""
    linked = system.links.count()
    if linked and confirmation.strip().casefold() != system.name.casefold():
        raise InvalidAction(
            ngettext(
                "%(count)d conversation is linked to tickets of %(system)s. Type its name to remove it with the link.",
                "%(count)d conversations are linked to tickets of %(system)s. Type its name to remove it with the links.",
                linked,
            )
            % {"count": linked, "system": system.name}
        )
    for link in TicketLink.objects.filter(system=system).select_related("session", "system").order_by("pk")[:MOST_LINKS]:
        tickets.unlink(link, person)
    with transaction.atomic():
        locked = TicketSystem.objects.select_for_update().get(pk=system.pk)
        if left := locked.links.count():
            raise InvalidAction(
                _("%(done)d links are taken off, %(left)d are left. Remove it once more to go on.")
                % {"done": linked - left, "left": left}
            )
        before = _audited(locked)
        key = locked.pk
        locked.delete()
        audit.record(audit.Kind.SETUP_REMOVED, subject=f"ticketsystem {key}", name=system.name, before=before)


def _show_anew(system: TicketSystem) -> None:
    states = system.tickets.order_by().values_list("state", flat=True).distinct()
    for state in list(states):
        system.tickets.filter(state=state).update(shown=system.shown_state(state))


def _audited(system: TicketSystem | None) -> dict[str, Any]:
    return {name: getattr(system, name) for name in AUDITED} if system else {}
