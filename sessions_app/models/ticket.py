"""Links from sessions to tickets in other systems."""

from __future__ import annotations

import re
from urllib.parse import quote

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sessions_app.models.fields import NameField
from sessions_app.models.session import Session


def check_url_template(value: str) -> None:
    """An http(s) address with one `{id}` in it. Raises `ValidationError`."""
    if not value.startswith(("https://", "http://")) or value.count("{id}") != 1:
        raise ValidationError(
            _("Write a web address with {id} where the ticket's number goes, e.g. https://desk.example/t/{id}")
        )


def check_pattern(value: str) -> None:
    """A regular expression. Raises `ValidationError`."""
    try:
        re.compile(value)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValidationError(
            _("This is no regular expression: %(problem)s. Write for example HD-[0-9]+"), params={"problem": error}
        ) from error


class TicketSystem(models.Model):
    """A help desk, bug tracker or shop that has tickets; a ticket's address comes from its template."""

    slug = models.SlugField(unique=True)
    name = NameField(max_length=80)
    url_template = models.CharField(max_length=300, validators=[check_url_template])
    pattern = models.CharField(
        max_length=100,
        blank=True,
        validators=[check_pattern],
        help_text=_("What its ticket ids look like (a regular expression), to tell systems apart."),
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def url_of(self, ticket_id: str) -> str:
        """Where the ticket opens."""
        return self.url_template.replace("{id}", quote(ticket_id, safe=""))


class TicketLink(models.Model):
    """One session belongs to one ticket; a session may have several tickets, a ticket several sessions."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="tickets", db_index=False)
    system = models.ForeignKey(TicketSystem, on_delete=models.PROTECT, related_name="links")
    ticket_id = models.CharField(
        max_length=80, validators=[RegexValidator(r"^\S(.*\S)?$", _("A ticket id has no spaces at its ends."))]
    )
    linked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["ticket_id"], name="ticket_by_id")]
        constraints = [models.UniqueConstraint(fields=["session", "system", "ticket_id"], name="one_link_a_ticket")]

    def __str__(self) -> str:
        return self.ticket_id

    @property
    def url(self) -> str:
        return self.system.url_of(self.ticket_id)
