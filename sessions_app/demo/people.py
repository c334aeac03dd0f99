"""People of the demo desk."""

from __future__ import annotations

import secrets

from sessions_app.models import Person, Queue

ANA = "ana@desk.example"
BEN = "ben@desk.example"
CY = "cy@desk.example"
#: Email → name and what the person may do.
PEOPLE = {
    ANA: ("Ana Duarte", "admin"),
    BEN: ("Ben Adeyemi", "works all queues"),
    CY: ("Cy Novak", "works no queue yet"),
}


def make_people() -> dict[str, str]:
    """Make the demo's people who are missing; returns the new ones' passwords by email."""
    passwords = {}
    for email, (name, _what) in PEOPLE.items():
        if Person.objects.filter(email=email).exists():
            continue
        passwords[email] = password = secrets.token_urlsafe(9)
        make = Person.objects.create_superuser if email == ANA else Person.objects.create_user
        person = make(email, password, display_name=name)
        if email == BEN:
            person.queues.set(Queue.objects.all())
    return passwords
