"""Attributes of customers, as programs tell them."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext as _

from sessions_app.errors import InvalidAction
from sessions_app.infrastructure import clock
from sessions_app.models import CustomerAttributes, Session
from sessions_app.validation.text import checked_line, checked_name

#: A customer has so many attributes, with names and values of so many characters.
MOST, LONGEST_KEY, LONGEST_VALUE = 30, 40, 300


def tell(user_id: str, told: Mapping[str, str], *, keep: bool = False) -> CustomerAttributes:
    """Store what a program tells of the customer in the place of what was told before; with `keep`, beside it.

    An empty value takes an attribute away. Raises `InvalidAction` for too many, and for names and values that are no short
    lines; `Http404` for a customer without a conversation, whom attributes would outlive.
    """
    named = {checked_key(name): checked_name(value, _("The attribute"), LONGEST_VALUE) for name, value in told.items()}
    with transaction.atomic():
        # Locked, so that the customer is not erased meanwhile.
        if not Session.objects.stored().filter(user_id=user_id).order_by("-pk").select_for_update()[:1]:
            raise Http404(_("There is no session of this user id."))
        # Two programs at once: the row is there before it is locked.
        CustomerAttributes.objects.get_or_create(user_id=user_id)
        row = CustomerAttributes.objects.select_for_update().get(user_id=user_id)
        known = {**(row.attributes if keep else {}), **named}
        row.attributes = {name: value for name, value in known.items() if value}
        if len(row.attributes) > MOST:
            raise InvalidAction(_("A customer has at most %(most)d attributes.") % {"most": MOST})
        row.told_at = clock.now()
        row.save()
    return row


def checked_key(name: str) -> str:
    """Return an attribute's name. Raises `InvalidAction` for an empty one, too."""
    key = checked_line(name, _("An attribute’s name"), LONGEST_KEY)
    if not key:
        raise InvalidAction(_("An attribute needs a name."))
    return key
