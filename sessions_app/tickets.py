"""Links from sessions to tickets of other systems."""

from __future__ import annotations

import re
from urllib.parse import unquote

from django.db import transaction
from django.utils.translation import gettext as _

from sessions_app.changes import record
from sessions_app.models import Person, Session, TicketLink, TicketSystem
from sessions_app.problems import Refused
from sessions_app.texts import checked_line

LONGEST_ID = 80
LONGEST_ADDRESS = 500


def link(session: Session, person: Person, ticket_id: str, system: TicketSystem | None = None) -> TicketLink:
    """Link a ticket by its id or its pasted web address; without a system, by what its id looks like.

    Linking the same ticket again returns the link there is. Raises `Refused` when the id is empty or too long, or no system or
    several fit.
    """
    return link_once(session, person, ticket_id, system)[0]


def link_once(session: Session, person: Person, ticket_id: str, system: TicketSystem | None = None) -> tuple[TicketLink, bool]:
    """`link`, which tells too whether the link is new."""
    text = checked_line(ticket_id, _("The ticket's id"), LONGEST_ADDRESS)
    if not text:
        raise Refused(_("Write the ticket's id, or paste its web address."))
    system, number = _located(text, system)
    if len(number) > LONGEST_ID:
        raise Refused(_("A ticket's id has at most %(most)d characters.") % {"most": LONGEST_ID})
    with transaction.atomic():
        locked = Session.objects.locked(session.session_id)
        found, created = TicketLink.objects.get_or_create(
            session=locked, system=system, ticket_id=number, defaults={"linked_by": person}
        )
        if created:
            record(locked, "ticket.linked", person, ticket=number, system=system.slug, link=found.pk)
    return found, created


def unlink(link: TicketLink, person: Person) -> None:
    """Remove the link; the ticket itself is not touched. Unlinking twice does nothing."""
    with transaction.atomic():
        locked = Session.objects.locked(link.session.session_id)
        gone, _models = TicketLink.objects.filter(pk=link.pk).delete()
        if gone:
            record(locked, "ticket.unlinked", person, ticket=link.ticket_id, system=link.system.slug)


def _located(text: str, system: TicketSystem | None) -> tuple[TicketSystem, str]:
    """Which ticket of which system the text means."""
    systems = [system] if system else list(TicketSystem.objects.all())
    if not systems:
        raise Refused(_("There is no ticket system yet. An admin can add one."))
    for candidate in systems:
        if number := _id_in_address(candidate, text):
            return candidate, _spelled(candidate, number) or number
    if system:
        return system, _spelled(system, text) or text
    if text.startswith(("https://", "http://")):
        raise Refused(_("No ticket system has addresses like this one."))
    found = _system_of(text, systems)
    return found, _spelled(found, text) or text


def _id_in_address(system: TicketSystem, text: str) -> str:
    """The ticket's id when the text is its web address in that system."""
    before, _id, after = system.url_template.partition("{id}")
    pattern = re.escape(before) + "([^/?#]+)" + re.escape(after)
    # An address copied from a browser often has more at its end than the template.
    found = re.fullmatch(pattern + ("([/?#].*)?" if not after else ".*"), text)
    return unquote(found[1]).strip() if found else ""


def _system_of(ticket_id: str, systems: list[TicketSystem]) -> TicketSystem:
    fitting = (
        [system for system in systems if _spelled(system, ticket_id) == ticket_id]
        or [system for system in systems if _spelled(system, ticket_id)]
        or [system for system in systems if not system.pattern]
    )
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        known = ", ".join(system.name for system in systems)
        raise Refused(
            _("“%(id)s” looks like no ticket of %(known)s: check it, or paste the ticket's web address.")
            % {"id": ticket_id, "known": known}
        )
    names = _(" or ").join(system.name for system in fitting)
    raise Refused(_("“%(id)s” could be a ticket of %(names)s: choose the system.") % {"id": ticket_id, "names": names})


def _spelled(system: TicketSystem, ticket_id: str) -> str:
    """The id as the system writes it, whose pattern may know capitals or small letters alone; empty where it fits no way."""
    spellings = (ticket_id, ticket_id.upper(), ticket_id.lower())
    return next((spelling for spelling in spellings if _fits(system, spelling)), "")


def _fits(system: TicketSystem, ticket_id: str) -> bool:
    try:
        return bool(system.pattern) and re.fullmatch(system.pattern, ticket_id) is not None
    except re.error:
        # An admin's typing error in one system must not stop the others.
        return False
