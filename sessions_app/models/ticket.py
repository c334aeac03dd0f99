"""Tickets of other systems, and links from sessions to them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Length
from django.utils.translation import gettext_lazy as _

from sessions_app.infrastructure import clock
from sessions_app.models.fields import MomentField, NameField
from sessions_app.models.folded import FoldedField, FoldedModel
from sessions_app.models.row import Row
from sessions_app.models.search_entry import SearchEntry
from sessions_app.models.session import Session
from sessions_app.models.ticket_system import DONE, TicketState, TicketSystem

LONGEST_TITLE = 200
LONGEST_STATE = 60
#: What a system tells of a ticket that no conversation is linked to may be about a customer: it does not stay.
KEPT_WITHOUT_SESSION = timedelta(days=30)


class TicketSet(models.QuerySet["Ticket"]):
    """Queries of what ticket systems told."""

    @transaction.atomic
    def heard(
        self, system: TicketSystem, ticket_id: str, *, title: str | None = None, state: str | None = None, at: datetime
    ) -> tuple[Ticket, bool]:
        """Store what a system told of a ticket at a moment, and return the row and whether anything in it is new.

        Messages overtake each other: one that is older than what is known changes nothing. `None` leaves a column as it is.
        Links that were made before the ticket was first heard of get it.
        """
        ticket, is_first = self.select_for_update().get_or_create(system=system, ticket_id=ticket_id, defaults={"heard_at": at})
        if is_first:
            TicketLink.objects.filter(system=system, ticket_id=ticket_id).update(record=ticket)
        elif at < ticket.heard_at:
            return ticket, False
        before = (ticket.title, ticket.state)
        ticket.heard_at = at
        if title is not None:
            ticket.title = title[:LONGEST_TITLE]
        if state is not None:
            ticket.state_at = at if ticket.state != state[:LONGEST_STATE] or ticket.state_at is None else ticket.state_at
            ticket.state, ticket.shown = state[:LONGEST_STATE], system.shown_state(state)
        ticket.save()
        return ticket, is_first or before != (ticket.title, ticket.state)

    def only_of(self, sessions: list[Session]) -> TicketSet:
        """Return tickets that are linked to these sessions and to no others."""
        here = TicketLink.objects.filter(session__in=sessions).exclude(record=None)
        elsewhere = TicketLink.objects.filter(record__in=here.values("record")).exclude(session__in=sessions)
        return self.filter(pk__in=here.values("record")).exclude(pk__in=elsewhere.values("record"))

    def forgotten(self) -> TicketSet:
        """Return tickets without a conversation that their system has told nothing of for 30 days."""
        return self.filter(links=None, heard_at__lt=clock.now() - KEPT_WITHOUT_SESSION)


class Ticket(Row):
    """A ticket as its system told of it; there is no row for a ticket that no system told of."""

    system = models.ForeignKey(TicketSystem, on_delete=models.CASCADE, related_name="tickets", db_index=False)
    ticket_id = models.CharField(max_length=80)
    title = NameField(max_length=LONGEST_TITLE, blank=True)
    state = NameField(max_length=LONGEST_STATE, blank=True, help_text=_("As its system calls it."))
    shown = models.CharField(max_length=8, blank=True, choices=TicketState, help_text=_("As it is shown here."))
    state_at = MomentField(null=True, blank=True, help_text=_("Since when it is in this state."))
    heard_at = MomentField(default=clock.now, help_text=_("When its system last told of it."))

    objects = TicketSet.as_manager()

    class Meta:
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        constraints = [models.UniqueConstraint(fields=["system", "ticket_id"], name="one_row_a_ticket")]
        indexes = [models.Index(fields=["shown", "-heard_at"], name="ticket_by_state")]

    def __str__(self) -> str:
        return self.ticket_id

    @property
    def is_done(self) -> bool:
        return self.shown in DONE

    @property
    def state_words(self) -> str:
        """The state as it is shown here, else as its system calls it."""
        return self.get_shown_display() if self.shown else self.state

    @property
    def tone(self) -> str:
        """The tone of the state's badge."""
        return {
            TicketState.OPEN: "wait",
            TicketState.NEW: "accent",
            TicketState.SOLVED: "good",
            TicketState.CLOSED: "good",
        }.get(TicketState(self.shown) if self.shown else TicketState.PENDING, "")

    @property
    def told(self) -> str:
        """Title and state in one line."""
        return " · ".join(filter(None, (self.title, str(self.state_words))))

    @property
    def url(self) -> str:
        return self.system.url_of(self.ticket_id)


class TicketLinkSet(models.QuerySet["TicketLink"]):
    """Queries of links."""

    def primary_first(self) -> TicketLinkSet:
        """Order the links of one session: the primary one, then as they were made."""
        return self.order_by("-is_primary", "pk")


class TicketLink(FoldedModel):
    """One session belongs to one ticket; a session may have several tickets, a ticket several sessions."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="tickets", db_index=False)
    system = models.ForeignKey(TicketSystem, on_delete=models.PROTECT, related_name="links")
    ticket_id = models.CharField(
        max_length=80, validators=[RegexValidator(r"^\S(.*\S)?$", _("A ticket id has no spaces at its ends."))]
    )
    record = models.ForeignKey(
        Ticket,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="links",
        help_text=_("What the system told of it."),
    )
    is_primary = models.BooleanField(default=False, help_text=_("Stands first. Without one it is the oldest link."))
    search_text = FoldedField("ticket_id")
    linked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    created_at = MomentField(default=clock.now)

    objects = TicketLinkSet.as_manager()

    class Meta:
        verbose_name = _("ticket link")
        verbose_name_plural = _("ticket links")
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["ticket_id"], name="ticket_by_id"),
            models.Index("system", Length("ticket_id"), "ticket_id", name="ticket_by_number"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["session", "system", "ticket_id"], name="one_link_a_ticket"),
            models.UniqueConstraint(fields=["session"], condition=Q(is_primary=True), name="one_primary_ticket"),
        ]

    def __str__(self) -> str:
        return self.ticket_id

    def save(self, *args: Any, **options: Any) -> None:
        if self._state.adding and self.record is None:
            self.record = Ticket.objects.filter(system=self.system, ticket_id=self.ticket_id).first()
        super().save(*args, **options)
        SearchEntry.objects.keep_session(self.session)

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        """Delete the link; the session is found by it no more."""
        deleted = super().delete(*args, **options)
        SearchEntry.objects.keep_session(self.session)
        return deleted

    def clean(self) -> None:
        """Normalise the id to its system's spelling. Raises `ValidationError` when the system has no such ids."""
        if self.system_id is None or not self.ticket_id:
            return
        found = self.system.id_in(self.ticket_id)
        if not found:
            problem = _("%(system)s has no ticket like this. Write for example %(example)s.")
            params = {"system": self.system, "example": self.system.expects()}
            raise ValidationError({"ticket_id": ValidationError(problem, params=params)})
        self.ticket_id = found

    @property
    def url(self) -> str:
        return self.system.url_of(self.ticket_id)

    @property
    def label(self) -> str:
        """The id as rows show it."""
        return self.system.label_of(self.ticket_id)

    @property
    def told(self) -> str:
        """Title and state as the system told them; empty where it told nothing."""
        return self.record.told if self.record else ""

    @property
    def rank(self) -> tuple[bool, int]:
        """The link's place among those of its session, as `primary_first` orders them."""
        return not self.is_primary, self.pk
