"""Load the signed-in person together with the columns that every request needs."""

from __future__ import annotations

from allauth.account.auth_backends import AuthenticationBackend
from django.core.exceptions import ValidationError

from sessions_app.infrastructure.prepared import Prepared, Slot
from sessions_app.models import Person

_BY_ID = Prepared(lambda: Person.objects.with_second_factor().filter(pk=Slot("id", Person, "id")))


class PersonBackend(AuthenticationBackend):  # type: ignore[misc]  # allauth ships no types
    """allauth's sign-in by address; one query reads the person and whether they have a second factor."""

    def get_user(self, user_id: str | int) -> Person | None:
        """Return the person of this id, unless their account is closed."""
        try:
            person = _BY_ID.first(id=user_id)
        except (ValidationError, ValueError):
            return None
        return person if person is not None and self.user_can_authenticate(person) else None
