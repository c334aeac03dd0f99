"""Rules for names: one row for the whole desk, and one for each queue that differs from it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from kern.naming import LONGEST_NAME
from sessions_app.infrastructure import clock
from sessions_app.models import shapes
from sessions_app.models.fields import MomentField, OrderedJSONField
from sessions_app.models.queue import Queue
from sessions_app.models.row import Row
from sessions_app.text.forbidden_words import must_be_words

MOST_MESSAGES = 1_000
#: A week, in seconds.
LONGEST_DELAY = 604_800
#: A month, in minutes.
LONGEST_REST = 44_640
MOST_WORDS = 50


class OnShift(models.TextChoices):
    """The reaction to a conversation whose topic moved away from its automatic name."""

    SUGGEST = "suggest", _("Suggest another name")
    RENAME = "rename", _("Rename it")
    IGNORE = "ignore", _("Leave the name")


class LetterCase(models.TextChoices):
    """The capital letters of names."""

    ANY = "any", _("As written")
    SENTENCE = "sentence", _("Sentence: the first letter is a capital")
    TITLE = "title", _("Title: each word begins with a capital")
    UPPER = "upper", _("Capitals")
    LOWER = "lower", _("Small letters")


class OverBudget(models.TextChoices):
    """The reaction to a month's budget that is used up."""

    STOP = "stop", _("stop until the next month")
    OFFLINE = "offline", _("use the offline namer")
    WARN = "warn", _("go on and warn")


class Masked(models.TextChoices):
    """Kinds of personal data that names do not show."""

    MAIL = "mail", _("Email addresses")
    PHONE = "phone", _("Phone numbers")
    CARD = "card", _("Card numbers")
    DOCUMENT = "document", _("Account and document numbers")
    BOOKING = "booking", _("Booking codes")
    NAME = "name", _("The customer’s name")


def check_masks(value: Any) -> None:
    """Check a list of kinds of `Masked`. Raises `ValidationError`."""
    if not isinstance(value, list) or not set(value) <= set(Masked.values):
        raise ValidationError(_("Write a list of %(kinds)s."), params={"kinds": ", ".join(Masked.values)})


class NamingPolicy(Row):
    """The naming rules of a queue, or of the whole desk (no queue). An empty column means "as the desk".

    At the desk it means the product's default. `policy.naming.naming_in_force` merges them, and is the only reader.
    """

    queue = models.OneToOneField(
        Queue,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="naming_policy",
        help_text=_("Empty: the whole desk."),
    )

    # When ------------------------------------------------------------------------------------------------------------
    enabled = models.BooleanField(null=True, blank=True, help_text=_("Whether conversations are named automatically."))
    after_messages = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MaxValueValidator(MOST_MESSAGES)],
        help_text=_("Messages of customers and agents before a name is made."),
    )
    delay = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MaxValueValidator(LONGEST_DELAY)],
        help_text=_("Seconds between the answer and the naming."),
    )
    rests_after = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MaxValueValidator(LONGEST_REST)],
        help_text=_("Minutes after the last answer in which a short conversation gets its name too. 0: never."),
    )
    recheck_after = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MaxValueValidator(MOST_MESSAGES)],
        help_text=_("Further messages after which the name is compared with the topic again. 0: never."),
    )
    on_shift = models.CharField(max_length=8, null=True, blank=True, choices=OnShift)

    # Shape -----------------------------------------------------------------------------------------------------------
    min_words = models.PositiveSmallIntegerField(null=True, blank=True, validators=[MaxValueValidator(MOST_WORDS)])
    max_words = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MaxValueValidator(MOST_WORDS)], help_text=_("0: no limit.")
    )
    max_characters = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(10), MaxValueValidator(LONGEST_NAME)]
    )
    template = models.CharField(
        max_length=100,
        null=True,
        blank=True,
        help_text=_("For example {ticket} – {name}; also {customer}, {queue} and {date}."),
    )
    language = models.CharField(
        max_length=20, null=True, blank=True, help_text=_("The language of names, such as en. “any”: the conversation’s.")
    )
    letter_case = models.CharField(max_length=10, null=True, blank=True, choices=LetterCase)
    forbidden_words = models.TextField(
        null=True,
        blank=True,
        validators=[must_be_words],
        help_text=_("Words that no name has in any queue, one a line; a queue’s own words are with the queue."),
    )

    # Personal data ---------------------------------------------------------------------------------------------------
    masks: models.JSONField[Any, Any] = OrderedJSONField(
        null=True, blank=True, fits=shapes.words_or_nothing, validators=[check_masks]
    )

    # Budget ----------------------------------------------------------------------------------------------------------
    monthly_budget = models.DecimalField(
        null=True,
        blank=True,
        max_digits=9,
        decimal_places=2,
        validators=[MinValueValidator(0)],
        help_text=_("Dollars that a queue’s names may cost in a month (UTC). 0: no limit."),
    )
    over_budget = models.CharField(max_length=8, null=True, blank=True, choices=OverBudget)

    updated_at = MomentField(default=clock.now, help_text=_("Since when it is in force."))
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )

    class Meta:
        verbose_name = _("naming rules")
        verbose_name_plural = _("naming rules")
        ordering = [F("queue").asc(nulls_first=True)]
        constraints = [
            models.UniqueConstraint(Coalesce("queue", Value(0)), condition=Q(queue=None), name="one_naming_policy_of_the_desk")
        ]

    def __str__(self) -> str:
        return str(self.queue) if self.queue else str(_("Whole desk"))


__all__ = ["LetterCase", "Masked", "NamingPolicy", "OnShift", "OverBudget", "check_masks"]
