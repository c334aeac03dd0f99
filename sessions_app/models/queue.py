"""Queues of sessions, one for each kind of work."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from sessions_app.models.assigning import Assigning
from sessions_app.models.fields import NameField
from sessions_app.models.folded import FoldedField, FoldedModel
from sessions_app.text.forbidden_words import must_be_words

# Not every database knows the bounds of its columns.
LARGEST_POSITION = 32_767
#: Days after the last message in which a customer's secret link works, unless an admin says otherwise.
LINK_DAYS = 90
#: Ten years.
LONGEST_LINK_DAYS = 3_650
#: Messages of one customer in a day, unless an admin says otherwise: more than a person writes, less than a loop.
MESSAGES_A_DAY = 200
MOST_MESSAGES_A_DAY = 1_000_000
#: A hundred years.
MOST_DAYS = 36_500


class AiMode(models.TextChoices):
    """The AI's behaviour for a customer's message."""

    AUTOPILOT = "autopilot", _("AI answers")
    DRAFT = "draft", _("AI drafts, a person sends")
    OFF = "off", _("AI is off")

    @classmethod
    def read(cls, stored: str) -> AiMode:
        """Return the stored mode. An invalid one is off: no AI answers without permission."""
        return cls(stored) if stored in cls.values else cls.OFF


class QueueSet(models.QuerySet["Queue"]):
    def visible_to(self, person: models.Model) -> QueueSet:
        """Return queues that the person is a member of; all of them for an admin."""
        return self if getattr(person, "is_superuser", False) else self.filter(members=person.pk)


class Queue(Assigning, FoldedModel):
    """One queue. The desk's Python object names it and its agent; all other columns are the admin's to change."""

    slug = models.SlugField(unique=True)
    name = NameField(max_length=80)
    icon = models.CharField(max_length=40, default="inbox", help_text=_("An icon of the sprite."))
    position = models.PositiveSmallIntegerField(default=0, validators=[MaxValueValidator(LARGEST_POSITION)])
    agent_id = models.CharField(max_length=100, help_text=_("Which agent or team of the desk works here."))
    ai_mode = models.CharField(max_length=10, choices=AiMode, default=AiMode.AUTOPILOT)
    forbidden_words = models.TextField(
        blank=True,
        validators=[must_be_words],
        help_text=_(
            "One word or phrase a line. No name of a conversation has them, whoever or whatever gives it, and customers who "
            "call themselves so are shown as Customer. Whole words are compared, without regard to case, accents and markup. "
            "Names that are there already stay. Empty: nothing is forbidden."
        ),
    )
    customer_page = models.BooleanField(default=True, help_text=_("Whether customers can write on a page of this queue."))
    welcome = models.TextField(blank=True, help_text=_("What the customer page says at the top."))
    ai_notice = models.TextField(
        blank=True,
        max_length=2_000,
        help_text=_("What customers read after the sentence that an AI takes part: whom they may call, for example."),
    )
    person_notice = models.TextField(
        blank=True,
        max_length=500,
        help_text=_("What customers read when people take over: when they answer, for example. Empty: that a person answers."),
    )
    hand_over_words = models.TextField(
        blank=True,
        validators=[must_be_words],
        help_text=_("One word or phrase a line. A customer’s message that has one of them is left to people, not to the AI."),
    )
    hand_over_after = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(LARGEST_POSITION)],
        help_text=_(
            "After so many answers of the AI in a row in which no tool did anything, people take over. Empty: never for that."
        ),
    )
    hands_over_failures = models.BooleanField(
        default=True,
        help_text=_("Whether people take over when the AI’s turn failed. Otherwise the customer’s next message is tried."),
    )
    link_days = models.PositiveSmallIntegerField(
        default=LINK_DAYS,
        validators=[MaxValueValidator(LONGEST_LINK_DAYS)],
        help_text=_("Days after the last message in which a customer's secret link works. 0: for ever."),
    )
    erase_after_days = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_DAYS)],
        help_text=_("Conversations that were closed, or spam, for so many days are erased for good. Empty: they are kept."),
    )
    messages_per_day = models.PositiveIntegerField(
        null=True,
        blank=True,
        default=MESSAGES_A_DAY,
        validators=[MaxValueValidator(MOST_MESSAGES_A_DAY)],
        help_text=_("So many messages one customer may send here in a day (UTC). 0 or empty: no limit."),
    )
    cost_per_day = models.DecimalField(
        null=True,
        blank=True,
        max_digits=9,
        decimal_places=2,
        validators=[MinValueValidator(0)],
        help_text=_(
            "Dollars that the AI’s answers to one customer may cost in a day (UTC), where the model’s price is known. Then a "
            "person answers, until the next day. 0 or empty: no limit."
        ),
    )
    search_text = FoldedField("name", "slug")
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="queues")

    objects = QueueSet.as_manager()

    class Meta:
        verbose_name = _("queue")
        verbose_name_plural = _("queues")
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name
