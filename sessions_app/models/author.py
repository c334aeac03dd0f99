"""Authors of messages."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Author(models.TextChoices):
    """The kinds of authors that a message may have."""

    CUSTOMER = "customer", _("Customer")
    AGENT = "agent", _("Agent")
    PERSON = "person", _("Person")
    SYSTEM = "system", _("System")
