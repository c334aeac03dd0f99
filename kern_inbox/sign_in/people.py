"""Who is signed in, read together with what every request of theirs depends on."""

from __future__ import annotations

from allauth.account.auth_backends import AuthenticationBackend
from django.core.exceptions import ValidationError

from sessions_app.models import Person


class PersonBackend(AuthenticationBackend):  # type: ignore[misc]  # allauth ships no types
    """Sign-in by address as allauth does it; in one query with the person comes whether they have a second factor."""

    def get_user(self, user_id: str | int) -> Person | None:
        """The person of this id, unless their account is closed."""
        try:
            person = Person.objects.with_second_factor().filter(pk=user_id).first()
        except (ValidationError, ValueError):
            return None
        return person if person is not None and self.user_can_authenticate(person) else None
