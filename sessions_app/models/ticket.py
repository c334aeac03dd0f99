"""Links from sessions to tickets in other systems."""

from __future__ import annotations

from urllib.parse import quote

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kern.validation.patterns import PatternError, compiled
from sessions_app.infrastructure import clock
from sessions_app.models import ticket_ids
from sessions_app.models.fields import MomentField, NameField
from sessions_app.models.folded import FoldedField, FoldedModel
from sessions_app.models.session import Session


def check_url_template(value: str) -> None:
    """Check an http(s) address with one `{id}` in it. Raises `ValidationError`."""
    if not value.startswith(("https://", "http://")) or value.count("{id}") != 1:
        raise ValidationError(
            _("Write a web address with {id} where the ticket's number goes, e.g. https://desk.example/t/{id}")
        )


def check_pattern(value: str) -> None:
    """Check a regular expression that can be matched in linear time. Raises `ValidationError`."""
    try:
        compiled(value)
    except PatternError as error:
        raise ValidationError(
            _("This is no regular expression that can be used: %(problem)s. Write for example HD-[0-9]+"),
            params={"problem": error},
        ) from error


class TicketSystem(FoldedModel):
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
    search_text = FoldedField("name", "slug")

    class Meta:
        verbose_name = _("ticket system")
        verbose_name_plural = _("ticket systems")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def has_usable_pattern(self) -> bool:
        """Return whether ids can be matched. A pattern stored earlier may use constructs that are refused now."""
        try:
            check_pattern(self.pattern)
        except ValidationError:
            return False
        return True

    def url_of(self, ticket_id: str) -> str:
        """Return the ticket's address."""
        return self.url_template.replace("{id}", quote(ticket_id, safe=""))

    def spelled(self, ticket_id: str) -> str:
        """Return the id as this system writes it, empty where it does not fit its pattern."""
        return next((text for text in ticket_ids.spellings(ticket_id) if ticket_ids.fits(self.pattern, text)), "")

    def id_in(self, text: str) -> str:
        """Return the ticket's id in a typed or pasted text, empty where there is none of this system."""
        meant = ticket_ids.guesses(ticket_ids.normalized(text))
        if found := self.in_address(meant):
            return self.spelled(found)
        ids = [guess for guess in meant if not ticket_ids.has_scheme(guess)]
        return next((spelled for guess in ids if (spelled := self.spelled(guess))), "")

    def in_address(self, meant: list[str]) -> str:
        """Return the text in the id's place of an address of this system, valid or not; empty without such an address."""
        found = (ticket_ids.id_in_address(self.url_template, text) for text in reversed(meant) if ticket_ids.is_address(text))
        return next(filter(None, found), "")

    def expects(self) -> str:
        """Return an example of an id of this system and its address, for the error text."""
        example = ticket_ids.example_of(self.pattern) or self.links.order_by("-pk").values_list("ticket_id", flat=True).first()
        if not example or not self.spelled(example):
            return self.url_template
        return gettext("%(id)s or %(address)s") % {"id": example, "address": self.url_of(example)}


class TicketLink(FoldedModel):
    """One session belongs to one ticket; a session may have several tickets, a ticket several sessions."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="tickets", db_index=False)
    system = models.ForeignKey(TicketSystem, on_delete=models.PROTECT, related_name="links")
    ticket_id = models.CharField(
        max_length=80, validators=[RegexValidator(r"^\S(.*\S)?$", _("A ticket id has no spaces at its ends."))]
    )
    search_text = FoldedField("ticket_id")
    linked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    created_at = MomentField(default=clock.now)

    class Meta:
        verbose_name = _("ticket link")
        verbose_name_plural = _("ticket links")
        ordering = ["pk"]
        indexes = [models.Index(fields=["ticket_id"], name="ticket_by_id")]
        constraints = [models.UniqueConstraint(fields=["session", "system", "ticket_id"], name="one_link_a_ticket")]

    def __str__(self) -> str:
        return self.ticket_id

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
