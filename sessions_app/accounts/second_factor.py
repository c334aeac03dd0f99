"""Who has to have a second factor, and who has one."""

from __future__ import annotations

from allauth.mfa.adapter import get_adapter
from django.conf import settings

from sessions_app.models import Person


def is_required(person: Person) -> bool:
    """Whether the installation (`REQUIRE_SECOND_FACTOR`) or an admin asks it of this person."""
    everybody, staff = settings.REQUIRE_SECOND_FACTOR == "everybody", settings.REQUIRE_SECOND_FACTOR == "staff"
    return everybody or (staff and (person.is_staff or person.is_superuser)) or person.must_use_second_factor


def has(person: Person) -> bool:
    """Whether the person has one; without a query where the person was read together with that."""
    known = getattr(person, "has_second_factor", None)
    return bool(get_adapter().is_mfa_enabled(person, ["totp", "webauthn"]) if known is None else known)


def must_set_up(person: Person) -> bool:
    """Whether the person can do nothing else before they have set one up."""
    return is_required(person) and not has(person)
