"""A person's address: `Person.email` is the truth; allauth's rows say no more than that it was verified."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from allauth.account.models import EmailAddress
from django.core import signing
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from sessions_app import audit
from sessions_app.accounts.mail import tell
from sessions_app.errors import InvalidAction
from sessions_app.models import Person

SALT = "kern.address"
#: So long (seconds) the link in the mail to a new address works.
VALID_FOR = 24 * 60 * 60


def forget_old_rows(person: Person) -> None:
    """Delete allauth's rows of other addresses: with one left over, an address that is gone would still sign in."""
    EmailAddress.objects.filter(user=person).exclude(email=person.email).delete()


def vouch_for(person: Person) -> None:
    """Mark the person's address as verified: an admin said so, or they opened the link that was sent there."""
    EmailAddress.objects.update_or_create(user=person, email=person.email, defaults={"verified": True, "primary": True})


@dataclass(frozen=True)
class Wish:
    """A requested change of address, as a signed link carries it: nothing is stored before it is confirmed."""

    person: Person
    address: str

    def link(self, request: HttpRequest) -> str:
        """The address of the page that confirms it."""
        token = signing.dumps([self.person.pk, self.address, self._state()], salt=SALT, compress=True)
        return request.build_absolute_uri(reverse("account_confirm_address", args=[token]))

    @classmethod
    def read(cls, token: str) -> Wish:
        """Return the wish of a link. Raises `InvalidAction` when it is old, not ours, or the account has changed since."""
        try:
            pk, address, state = signing.loads(token, salt=SALT, max_age=VALID_FOR)
            wish = cls(Person.objects.get(pk=pk, is_active=True), address)
        except (signing.BadSignature, ValueError, TypeError, Person.DoesNotExist):
            raise InvalidAction(_("This link does not work any more. Ask for a new one on your profile.")) from None
        if not constant_time_compare(state, wish._state()):
            raise InvalidAction(_("This link was used already, or your password or address changed since. Ask for a new one."))
        return wish

    def _state(self) -> str:
        """Return the part that makes the link valid once: it changes with the address and the password."""
        return salted_hmac(SALT, f"{self.person.email}|{self.person.password}").hexdigest()[:20]


def ask_for(wish: Wish, request: HttpRequest) -> bool:
    """Mail a link to the new address, and a notice to the old one. False where it could not be sent."""
    if Person.objects.filter(email=wish.address).exists():
        # The page says the same either way, so that it does not reveal who has an account; its owner is told.
        return tell("address_taken", wish.address, person=wish.person)
    sent = tell("address_confirm", wish.address, person=wish.person, link=wish.link(request), hours=VALID_FOR // 3600)
    return sent and tell("address_asked", wish.person.email, person=wish.person, address=wish.address)


def take(wish: Wish) -> str:
    """Change the person's address to the confirmed one; returns the old one.

    Raises `InvalidAction` when another person has it.
    """
    old = wish.person.email
    try:
        with transaction.atomic():
            person = Person.objects.select_for_update().get(pk=wish.person.pk)
            if person.email != old:
                raise InvalidAction(_("This link was used already."))
            person.email = wish.address
            person.save(update_fields=["email"])
            vouch_for(person)
            audit.record(
                audit.Kind.ADDRESS_CONFIRMED, actor=person, subject=person, before={"email": old}, after={"email": person.email}
            )
    except IntegrityError:
        raise InvalidAction(_("Another person has this address by now. An address belongs to one person.")) from None
    wish.person.refresh_from_db()
    tell_both(old, wish.address, person=person)
    return old


def tell_both(old: str, new: str, **context: Any) -> None:
    """Notify the old and the new address of the change."""
    for address in (old, new):
        tell("address_changed", address, old=old, new=new, **context)
