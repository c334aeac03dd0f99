"""Settings of a queue for the assignment of its conversations, and for what follows a person's reply."""

from __future__ import annotations

from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

#: Not every database knows the bounds of its columns.
MOST_OPEN = 32_767


class Assigns(models.TextChoices):
    """The choice of a person for a conversation without an assignee."""

    OFF = "off", _("By hand")
    ROUND_ROBIN = "round_robin", _("In turn: the person who was given none for the longest time")
    LEAST_LOADED = "least_loaded", _("The person with the fewest open conversations")


class AssignsWhen(models.TextChoices):
    """The conversations that are assigned automatically."""

    NEEDS_PERSON = "needs_person", _("It needs a person")
    WAITING = "waiting", _("It waits for people, for whatever reason")


class AfterReply(models.TextChoices):
    """The side that leads after a person's reply where the AI answers by itself."""

    AI = "ai", _("The AI answers the customer’s next message")
    PEOPLE = "people", _("People lead: the AI is silent until someone hands back")


class Assigning(models.Model):
    """The queue's columns for assignment. Only available people are given something, and no person loses anything."""

    assigns = models.CharField(
        max_length=12,
        choices=Assigns,
        default=Assigns.OFF,
        help_text=_("To whom of the available members a conversation that is nobody’s is given."),
    )
    assigns_when = models.CharField(
        max_length=12, choices=AssignsWhen, default=AssignsWhen.WAITING, help_text=_("When it is given to somebody.")
    )
    capacity = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MaxValueValidator(MOST_OPEN)],
        help_text=_(
            "A person with so many open conversations, of all queues, is given no more. People may have a number of their own. "
            "Empty: no limit."
        ),
    )
    after_reply = models.CharField(
        max_length=6,
        choices=AfterReply,
        default=AfterReply.AI,
        help_text=_("What happens after a person’s reply where the AI answers by itself."),
    )

    class Meta:
        abstract = True
