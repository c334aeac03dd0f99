"""Attributes of a customer, told by programs: a few values by name, such as a booking or a fare."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from sessions_app.infrastructure import clock
from sessions_app.models.fields import MomentField, OrderedJSONField
from sessions_app.models.row import Row
from sessions_app.models.session import Session


def are_texts(stored: Any) -> bool:
    """Return whether this is what the column holds: texts by their names."""
    return isinstance(stored, dict) and all(isinstance(value, str) for value in stored.values())


class CustomerAttributesSet(models.QuerySet["CustomerAttributes"]):
    def forget_unowned(self, user_ids: Iterable[str]) -> None:
        """Delete the attributes of those of these customers who have no conversation any more."""
        left = Session.objects.stored().filter(user_id=OuterRef("user_id"))
        self.filter(user_id__in=[key for key in user_ids if key]).exclude(Exists(left)).delete()


class CustomerAttributes(Row):
    """The attributes of the customer with this id. All who see a conversation of theirs see them."""

    user_id = models.CharField(max_length=200, unique=True)
    attributes = OrderedJSONField(default=dict, fits=are_texts)
    told_at = MomentField(default=clock.now)

    objects = CustomerAttributesSet.as_manager()

    class Meta:
        verbose_name = _("customer’s attributes")
        verbose_name_plural = _("customers’ attributes")

    def __str__(self) -> str:
        return self.user_id
