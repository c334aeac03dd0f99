"""News from ticket systems: title and state of tickets, and the effect on conversations that are linked to them."""

from __future__ import annotations

from contextlib import suppress

from django.db import IntegrityError, transaction

from kern.errors import InvalidSessionNameError
from sessions_app.actions import sessions
from sessions_app.actions.locking import locked_or_404
from sessions_app.changes.kinds import Kind
from sessions_app.changes.log import record
from sessions_app.changes.payloads import TicketChanged
from sessions_app.infrastructure import broken_rows, clock
from sessions_app.models import IncomingWebhook, Session, Ticket, TicketLink, TicketSystem
from sessions_app.models.incoming_webhook import LONGEST_NOTE
from sessions_app.models.ticket_system import TicketEffect
from sessions_app.policy import names
from sessions_app.store.sessions import rename
from sessions_app.webhooks.incoming.reading import Heard

Outcome = IncomingWebhook.Outcome


def take(system: TicketSystem, heard: Heard) -> IncomingWebhook:
    """Store what was heard and what follows, in one transaction; what was heard before changes nothing.

    When it fails nothing is stored, so that the system may send it again.
    """
    if _is_known(system, heard):
        return note(system, Outcome.REPEATED, f"delivery {heard.delivery_id}" if heard.delivery_id else "")
    try:
        with transaction.atomic():
            row = IncomingWebhook.objects.create(
                system=system,
                delivery_id=heard.delivery_id,
                digest=heard.digest,
                outcome=Outcome.IGNORED,
                ticket_id=heard.ticket_id,
                state=(heard.state or "")[:60],
                note=heard.note[:LONGEST_NOTE],
            )
            TicketSystem.objects.filter(pk=system.pk).update(heard_at=clock.now())
            if heard.ticket_id:
                row.outcome = Outcome.CHANGED if _apply(system, heard) else Outcome.UNCHANGED
                row.save(update_fields=["outcome"])
    except IntegrityError:
        # The same came twice at once.
        if not _is_known(system, heard):
            raise
        return note(system, Outcome.REPEATED, "")
    return row


def note(system: TicketSystem, outcome: str, why: str) -> IncomingWebhook:
    """Record a request that was not taken."""
    return IncomingWebhook.objects.create(system=system, outcome=outcome, note=why[:LONGEST_NOTE])


def _is_known(system: TicketSystem, heard: Heard) -> bool:
    known = IncomingWebhook.objects.filter(system=system)
    by_id = bool(heard.delivery_id) and known.filter(delivery_id=heard.delivery_id).exists()
    return by_id or (bool(heard.digest) and known.filter(digest=heard.digest).exists())


def _apply(system: TicketSystem, heard: Heard) -> bool:
    """Store title and state, and tell the linked conversations. Returns whether anything is new."""
    before = Ticket.objects.filter(system=system, ticket_id=heard.ticket_id).first() or Ticket()
    ticket, is_new = Ticket.objects.heard(system, heard.ticket_id, title=heard.title, state=heard.state, at=heard.at)
    links = TicketLink.objects.filter(system=system, ticket_id=heard.ticket_id)
    # A link that was made while the ticket's first webhook was stored has no row of it yet.
    links.filter(record=None).update(record=ticket)
    if is_new:
        linked = Session.objects.there().filter(pk__in=links.values("session")).order_by("pk")
        for session in linked:
            with broken_rows.isolated("session", session.pk), transaction.atomic():
                _tell(session, system, ticket, before)
    return is_new


def _tell(session: Session, system: TicketSystem, ticket: Ticket, before: Ticket) -> None:
    locked = locked_or_404(session)
    columns = ((ticket.state, before.state), (ticket.title, before.title))
    news = ", ".join(now for now, then in columns if now and now != then)
    told = TicketChanged(
        ticket=ticket.ticket_id, system=system.slug, title=ticket.title, state=ticket.state, news=news or ticket.state
    )
    record(locked, Kind.TICKET_CHANGED, told, actor=system.name)
    _name(locked, ticket)
    if ticket.state != before.state:
        _follow(locked, system, ticket)


def _name(session: Session, ticket: Ticket) -> None:
    """Give the ticket's title to a conversation that is named by this ticket, where the naming rules take it."""
    first = session.tickets.primary_first().first()
    is_its_name = session.name_source == Session.NameSource.TICKET and not session.name_locked
    if not is_its_name or first is None or first.record_id != ticket.pk or not ticket.title or session.name == ticket.title:
        return
    with suppress(InvalidSessionNameError):
        if session.has_stand_in:
            session.name = names.checked(ticket.title, session)
            session.save(update_fields=["name"])
        else:
            rename(session.session_id, ticket.title, "ticket", session.name_version, None, "")


def _follow(session: Session, system: TicketSystem, ticket: Ticket) -> None:
    """Close, reopen or snooze the conversation, as the system's state map says."""
    effect = system.effect_of(ticket.state)
    if effect == TicketEffect.CLOSE:
        sessions.resolve(session, None, actor=system.name)
    elif effect == TicketEffect.REOPEN:
        sessions.reopen(session, None, actor=system.name)
    elif effect == TicketEffect.SNOOZE and session.status == Session.Status.OPEN:
        sessions.snooze(session, None, None, actor=system.name)
