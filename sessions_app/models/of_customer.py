"""The customer of a conversation, as it names them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from sessions_app.models.fields import NameField
from sessions_app.models.led import Led
from sessions_app.models.person import hue_of, initials_of
from sessions_app.text import forbidden_words


class OfCustomer(Led):
    """The session's columns that say whose it is, and how the customer is shown."""

    user_id = models.CharField(max_length=200, blank=True, help_text=_("The customer."))
    customer_name = NameField(max_length=120, blank=True)
    customer_email = models.EmailField(blank=True)

    class Meta:
        abstract = True

    @property
    def customer(self) -> str:
        """The customer's display name; "Customer" where their own name has a word that the queue forbids in names."""
        said = self.customer_name or self.customer_email or self.user_id
        return said if said and not self.forbidden_in(said) else "Customer"

    def forbidden_in(self, name: str) -> str:
        """Return the first word of the name that the session's queue forbids in names; empty where there is none."""
        return forbidden_words.found_in(name, self.queue.forbidden_words) if self.queue else ""

    @property
    def hue(self) -> int:
        return hue_of(self.customer)

    @property
    def initials(self) -> str:
        return initials_of(self.customer)
