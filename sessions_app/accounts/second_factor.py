"""Second factors of people: required, present, missing."""

from __future__ import annotations

from allauth.mfa.adapter import get_adapter
from django.conf import settings

from sessions_app.models import Person


def is_required(person: Person) -> bool:
    """Return whether the installation (`REQUIRE_SECOND_FACTOR`) or an admin requires one of this person."""
    everybody, staff = settings.REQUIRE_SECOND_FACTOR == "everybody", settings.REQUIRE_SECOND_FACTOR == "staff"
    return everybody or (staff and (person.is_staff or person.is_superuser)) or person.must_use_second_factor


def has(person: Person) -> bool:
    """Return whether the person has one; without a query where the person was loaded with that."""
    known = getattr(person, "has_second_factor", None)
    return bool(get_adapter().is_mfa_enabled(person, ["totp", "webauthn"]) if known is None else known)


def must_set_up(person: Person) -> bool:
    """Return whether the person must set one up before anything else."""
    return is_required(person) and not has(person)
