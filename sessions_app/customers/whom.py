"""Find a customer's rows: by the exact user id, by mail address, or by the id of one conversation."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Literal

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from kern.validation.text import storable
from sessions_app.errors import InvalidAction
from sessions_app.models import Decision, Run, Session
from sessions_app.models.decision import DecisionSet
from sessions_app.models.session import SessionSet

By = Literal["user_id", "email", "session_id"]
WAYS: tuple[By, ...] = ("user_id", "email", "session_id")
LONGEST = 254
_MAIL = re.compile(r"[^@\s]+@[^@\s]+")


@dataclass(frozen=True)
class Customer:
    """A customer. `value` is compared exactly: `Kim`, `kim` and `kím` are three user ids.

    A mail address is compared without regard to the case of the letters A to Z, as mail programs do. It is looked for in the
    customers' address column, and in user ids. Nothing else is concluded: that two conversations name the same mail address
    makes their user ids one customer for a person who looks at the preview, and for no program.
    """

    by: By
    value: str

    @classmethod
    def of(cls, by: str, value: str) -> Customer:
        """Parse the input of a form or a program. Raises `InvalidAction` for an invalid one."""
        way = next((known for known in WAYS if known == by), None)
        if way is None:
            raise InvalidAction(_("Say how the customer is named: by user id, by email address, or by a conversation's id."))
        if not value.strip() or len(value) > LONGEST or value != storable(value):
            raise InvalidAction(_("Write the whole id or address, 1 to %(most)d characters.") % {"most": LONGEST})
        if way == "email" and not _MAIL.fullmatch(value):
            raise InvalidAction(_("This is no email address. To look for a user id, choose “User id”."))
        return cls(way, value)

    @property
    def digest(self) -> str:
        """Return a pseudonym for the audit log: entries about the same customer share it, and it names no person."""
        told = f"{self.by}:{_lowered(self.value) if self.by == 'email' else self.value}"
        return hmac.new(settings.SECRET_KEY.encode(), f"customer:{told}".encode(), hashlib.sha256).hexdigest()[:32]

    def sessions(self) -> SessionSet:
        """Return the conversations that belong to the customer alone, and those that they were merged with."""
        own = self._own().values("pk")
        into = self._own().exclude(merged_into=None).values("merged_into")
        return Session.objects.stored().filter(
            Q(pk__in=own) | Q(pk__in=into) | Q(merged_into__in=own) | Q(merged_into__in=into)
        )

    def _own(self) -> SessionSet:
        there = Session.objects.stored()
        if self.by == "session_id":
            return there.filter(session_id=self.value)
        if self.by == "email":
            return there.filter(pk__in=self._keys_by_mail())
        return there.filter(Q(user_id=self.value) | Q(pk__in=self._unowned()))

    def lines(self) -> DecisionSet:
        """Return lines of the decision log about deleted conversations of the customer."""
        left = Decision.objects.filter(erased_at=None, requirement=None).exclude(session_key="")
        if self.by == "session_id":
            return left.filter(session_key=self.value)
        if self.by == "user_id":
            return left.filter(user_id=self.value)
        found = left.filter(Q(customer_email__iexact=self.value) | Q(user_id__iexact=self.value))
        rows = found.values_list("pk", "customer_email", "user_id")
        return left.filter(pk__in=[pk for pk, *names in rows if self.is_named(*names)])

    def shared_runs(self) -> list[int]:
        """Return keys of the customer's turns in conversations without an owner that hold other users' turns too."""
        if self.by != "user_id":
            return []
        turns = Run.objects.roots().filter(user_id=self.value, session__user_id="")
        return list(turns.exclude(session__in=self._unowned()).values_list("pk", flat=True))

    def _unowned(self) -> SessionSet:
        """Return conversations that programs began without a user's id, and then ran for this user alone."""
        turns = Run.objects.filter(session=OuterRef("pk")).exclude(user_id="")
        keys = Run.objects.filter(user_id=self.value, session__user_id="").values("session")
        return Session.objects.filter(pk__in=keys).exclude(Exists(turns.exclude(user_id=self.value)))

    def _keys_by_mail(self) -> list[int]:
        # Databases differ in what they take for the same letter; so they are asked for too much, and this decides.
        found = Session.objects.stored().filter(Q(customer_email__iexact=self.value) | Q(user_id__iexact=self.value))
        rows = found.values_list("pk", "customer_email", "user_id")
        return [pk for pk, *names in rows if self.is_named(*names)]

    def is_named(self, *names: str) -> bool:
        """Return whether one of these names is the customer's mail address."""
        return _lowered(self.value) in map(_lowered, names)


def _lowered(text: str) -> str:
    return "".join(sign.lower() if sign.isascii() else sign for sign in text)
