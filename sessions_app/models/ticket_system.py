"""Systems that have tickets: how they look, how their ids are recognised, and what their states mean here."""

from __future__ import annotations

from urllib.parse import quote

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kern.validation.patterns import PatternError, compiled
from sessions_app.models import ticket_ids
from sessions_app.models.fields import MomentField, NameField, OrderedJSONField
from sessions_app.models.folded import FoldedField, FoldedModel
from sessions_app.models.ticket_mentions import Mention, mentions
from sessions_app.models.ticket_presets import Signature


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


class TicketState(models.TextChoices):
    """States of tickets as this program shows them; a system calls its own as it likes."""

    NEW = "new", _("New")
    OPEN = "open", _("Open")
    PENDING = "pending", _("Pending")
    ON_HOLD = "on_hold", _("On hold")
    SOLVED = "solved", _("Solved")
    CLOSED = "closed", _("Closed")


#: A ticket in one of these is done.
DONE = (TicketState.SOLVED, TicketState.CLOSED)


class TicketEffect(models.TextChoices):
    """Effects of a ticket's state on the conversations that are linked to it."""

    LEAVE = "leave", _("Leave it")
    CLOSE = "close", _("Close here")
    REOPEN = "reopen", _("Reopen here")
    SNOOZE = "snooze", _("Snooze until they answer")


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
    preset = models.CharField(max_length=20, blank=True, help_text=_("Which system it is, where it is one of the known ones."))
    key = NameField(
        max_length=4,
        blank=True,
        validators=[RegexValidator(r"^\w*$", _("Up to four letters or digits."))],
        help_text=_("The letters of its tile, for example ZD."),
    )
    hue = models.PositiveSmallIntegerField(default=4, validators=[MinValueValidator(1), MaxValueValidator(5)])
    examples = OrderedJSONField(default=list, blank=True, help_text=_("Sentences on which the pattern is tried."))

    signature = models.CharField(
        max_length=20, blank=True, choices=Signature, help_text=_("How its webhooks are signed; empty: no webhook.")
    )
    sealed_secret = models.TextField(blank=True, editable=False)
    secret_end = models.CharField(max_length=4, blank=True, editable=False)
    secret_set_at = MomentField(null=True, blank=True, editable=False)
    paths = OrderedJSONField(default=dict, blank=True, help_text=_("Where a webhook has id, title, state and delivery id."))
    state_map = OrderedJSONField(default=list, blank=True, help_text=_("What each of its states means here."))
    heard_at = MomentField(null=True, blank=True, editable=False, help_text=_("When its newest webhook came."))

    class Meta:
        verbose_name = _("ticket system")
        verbose_name_plural = _("ticket systems")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def tile(self) -> str:
        """The letters of its tile: its key, else the first two of its name."""
        return self.key or self.name[:2].upper()

    def shown_state(self, state: str) -> str:
        """Return how a state of this system is shown here; empty for a state that is not mapped."""
        wanted = state.strip().casefold()
        rows = (row for row in self.state_map if isinstance(row, dict) and str(row.get("there", "")).casefold() == wanted)
        found = str(next(rows, {}).get("shown", ""))
        return found if found in TicketState.values else ""

    def effect_of(self, state: str) -> str:
        """Return what a state of this system does to linked conversations (`TicketEffect`)."""
        wanted = state.strip().casefold()
        rows = (row for row in self.state_map if isinstance(row, dict) and str(row.get("there", "")).casefold() == wanted)
        found = str(next(rows, {}).get("here", ""))
        return found if found in TicketEffect.values else TicketEffect.LEAVE.value

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
        return next((spelled for guess in ids if (spelled := self.spelled(guess) or self.keyed(guess))), "")

    def keyed(self, text: str) -> str:
        """Return the id in a text that begins with the system's key, as "ZD-48213"; empty where it does not."""
        rest = ticket_ids.without_key(text, self.key)
        return self.spelled(rest) if rest else ""

    def label_of(self, ticket_id: str) -> str:
        """Return the id as rows show it: one of digits alone with the system's key before it."""
        return f"{self.key}-{ticket_id}" if self.key and ticket_id.isdigit() else ticket_id

    def mentions(self, text: str) -> list[Mention]:
        """Return the ids of this system that a running text mentions."""
        return list(mentions(text, lambda address: self.spelled(self.in_address([address])), self._written, self.key))

    def _written(self, word: str) -> str:
        """Return the id that a word of running text is.

        Where a pattern begins with a class of letters, many words with a number fit it, as "covid-19": capitals count there.
        """
        if self.pattern.startswith("["):
            return word if ticket_ids.fits(self.pattern, word) else ""
        return self.spelled(word)

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
