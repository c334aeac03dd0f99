"""Links from sessions to tickets of other systems."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from sessions_app.actions.locking import locked_or_404
from sessions_app.changes.kinds import Kind
from sessions_app.changes.log import record
from sessions_app.changes.payloads import OfTicket, TicketLinked
from sessions_app.errors import InvalidAction
from sessions_app.models import DismissedMention, Person, SearchEntry, Session, TicketLink, TicketSystem, ticket_ids
from sessions_app.policy import stand_ins

LONGEST_ADDRESS = 500
LONGEST_SHOWN = 80


def link(session: Session, person: Person, ticket_id: str, system: TicketSystem | None = None) -> TicketLink:
    """Link a ticket by its id or its pasted web address; without a system, by the form of its id.

    The system's pattern decides what is an id of it, also in an address. Linking the same ticket again returns the link there
    is. Raises `InvalidAction` when no system has such ids, or several have.
    """
    return link_once(session, person, ticket_id, system)[0]


def link_once(
    session: Session, person: Person | None, ticket_id: str, system: TicketSystem | None = None
) -> tuple[TicketLink, bool]:
    """Link as `link` does; returns also whether the link is new."""
    found_in, number = located(ticket_id, [system] if system else list(TicketSystem.objects.all()))
    with transaction.atomic():
        locked = locked_or_404(session)
        found, created = TicketLink.objects.get_or_create(
            session=locked, system=found_in, ticket_id=number, defaults={"linked_by": person}
        )
        if created:
            locked.dismissed_mentions.filter(system=found_in, ticket_id=number).delete()
            record(locked, Kind.TICKET_LINKED, TicketLinked(ticket=number, system=found_in.slug, link=found.pk), person=person)
            stand_ins.renew(locked)
    return found, created


def make_primary(link: TicketLink, person: Person) -> None:
    """Put a ticket of a session first: names and rows show that one. Doing it again changes nothing."""
    with transaction.atomic():
        locked = locked_or_404(link.session)
        if TicketLink.objects.filter(pk=link.pk, is_primary=True).exists():
            return
        locked.tickets.filter(is_primary=True).update(is_primary=False)
        if locked.tickets.filter(pk=link.pk).update(is_primary=True):
            record(locked, Kind.TICKET_FIRST, OfTicket(ticket=link.ticket_id, system=link.system.slug), person=person)


def unlink(link: TicketLink, person: Person | None) -> None:
    """Remove the link; the ticket itself is not touched. Unlinking twice does nothing."""
    with transaction.atomic():
        locked = locked_or_404(link.session)
        gone, _models = TicketLink.objects.filter(pk=link.pk).delete()
        if gone:
            SearchEntry.objects.keep_session(locked)
            record(locked, Kind.TICKET_UNLINKED, OfTicket(ticket=link.ticket_id, system=link.system.slug), person=person)
            stand_ins.renew(locked)


def dismiss(session: Session, person: Person, ticket_id: str, system: TicketSystem | None = None) -> None:
    """Suggest a mentioned ticket no more in this session, to none who see it; linking it takes that back.

    Dismissing it again, and one that is linked, changes nothing. Raises `InvalidAction` as `link` does.
    """
    found_in, number = located(ticket_id, [system] if system else list(TicketSystem.objects.all()))
    with transaction.atomic():
        locked = locked_or_404(session)
        if locked.tickets.filter(system=found_in, ticket_id=number).exists():
            return
        defaults = {"person": person}
        _row, created = DismissedMention.objects.get_or_create(
            session=locked, system=found_in, ticket_id=number, defaults=defaults
        )
        if created:
            record(locked, Kind.TICKET_DISMISSED, OfTicket(ticket=number, system=found_in.slug), person=person)


def located(written: str, systems: list[TicketSystem]) -> tuple[TicketSystem, str]:
    """Return the ticket system and the id, in the system's spelling, of a typed text. Raises `InvalidAction` as `link`."""
    if not systems:
        raise InvalidAction(_("There is no ticket system yet. An admin can add one."))
    if len(written) > LONGEST_ADDRESS:
        raise InvalidAction(_("A ticket's address has at most %(most)d characters.") % {"most": LONGEST_ADDRESS})
    text = ticket_ids.normalized(written)
    if not text:
        raise InvalidAction(_("Write the ticket's id, or paste its web address."))
    systems, text = _named(systems, text)
    meant = ticket_ids.guesses(text)
    addressed = [system for system in systems if system.in_address(meant)]
    if not addressed and any(map(ticket_ids.has_scheme, meant)):
        raise InvalidAction(_("No ticket system has addresses like this one. Paste one like %s.") % _examples(systems))
    return _only_one(addressed or _systems_of(meant, systems), text, addressed or systems)


def searched(text: str) -> list[str]:
    """Return ids of tickets that a search for this text may mean, in every spelling.

    Addresses are read by the systems' templates.
    """
    meant = ticket_ids.guesses(ticket_ids.normalized(text))
    if any(map(ticket_ids.is_address, meant)):
        meant += [system.in_address(meant) for system in TicketSystem.objects.all()]
    return sorted({spelling for guess in meant if guess for spelling in ticket_ids.spellings(guess)})


def _named(systems: list[TicketSystem], text: str) -> tuple[list[TicketSystem], str]:
    """Return the system whose name the text begins with, alone, and the rest of the text."""
    named = [(ticket_ids.normalized(name), system) for system in systems for name in (system.name, system.slug)]
    # The longest name first: "Help desk" is not the system "Help" with a desk.
    for name, system in sorted(named, key=lambda pair: len(pair[0]), reverse=True):
        rest = text[len(name) :].lstrip(" :#")
        if text.casefold().startswith(name.casefold()) and text[len(name) :][:1] in (" ", ":", "#") and rest:
            return [system], rest
    return systems, text


def _systems_of(meant: list[str], systems: list[TicketSystem]) -> list[TicketSystem]:
    """Return the systems with such ids: by exact spelling, then by any; systems without a pattern last.

    A system's key counts more than a pattern that begins with a class of letters: many systems' ids fit such a one.
    """
    told = [system for system in systems if system.pattern and not system.pattern.startswith("[")]
    if exact := [system for system in told if any(system.spelled(guess) == guess for guess in meant)]:
        return exact
    if keyed := [system for system in systems if any(map(system.keyed, meant))]:
        return keyed
    for group in ([system for system in systems if system.pattern], [system for system in systems if not system.pattern]):
        for guess in meant:
            spelled = {system: system.spelled(guess) for system in group}
            exact = [system for system, spelling in spelled.items() if spelling == guess]
            if fitting := exact or [system for system, spelling in spelled.items() if spelling]:
                return fitting
    return []


def _only_one(fitting: list[TicketSystem], text: str, asked: list[TicketSystem]) -> tuple[TicketSystem, str]:
    found = [(system, number) for system in fitting if (number := system.id_in(text))]
    if len(found) == 1:
        return found[0]
    if not found:
        raise InvalidAction(
            _("“%(text)s” is no ticket of %(names)s. Write for example %(examples)s.")
            % {
                "text": text[:LONGEST_SHOWN],
                "names": _(" or ").join(system.name for system in asked),
                "examples": _examples(asked),
            }
        )
    names = _(" or ").join(system.name for system, _number in found)
    raise InvalidAction(
        _("“%(text)s” could be a ticket of %(names)s: write the system's name before it, like “%(first)s %(text)s”.")
        % {"text": text[:LONGEST_SHOWN], "names": names, "first": found[0][0].name}
    )


def _examples(systems: list[TicketSystem]) -> str:
    return _(" or ").join(system.expects() for system in systems)
