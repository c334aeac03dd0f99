"""People at a browser who have just given their password again."""

from __future__ import annotations

import time

from django.test import Client

from sessions_app.models import Person


def sign_in_afresh(client: Client, person: Person) -> None:
    """Sign the person in as after their password was asked for again: pages that ask before a change let them through."""
    client.force_login(person)
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time(), "reauthenticated": True}]
    session["account_authentication_methods_user"] = str(person.pk)
    session.save()
