"""The profile page: people correct their own names, and mistakes stand beside the field."""

from __future__ import annotations

import pytest
from django.test import Client

from sessions_app.models import AuditEntry, Person
from tests.sessions_app.html import flat


@pytest.fixture
def profile(client: Client, ben: Person) -> Client:
    """Ben's browser."""
    client.force_login(ben)
    return client


def test_a_new_name_is_stored_found_and_audited(profile: Client, ben: Person) -> None:
    assert profile.post("/profile/", {"display_name": "  Benedikt Öztürk "}).status_code == 303
    ben.refresh_from_db()
    assert (str(ben), "ozturk" in ben.search_text) == ("Benedikt Öztürk", True)
    assert AuditEntry.objects.filter(kind="account.changed", after__display_name="Benedikt Öztürk").exists()
    assert 'value="Benedikt Öztürk"' in flat(profile.get("/profile/"))


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "Write your name."),
        ("Ana", "Another person is called so"),
        ("boss@desk.example", "address"),
        ("x" * 81, "at most 80 characters"),
    ],
)
def test_a_name_that_cannot_be_one_is_refused_beside_the_field(profile: Client, ana: Person, typed: str, why: str) -> None:
    answer = profile.post("/profile/", {"display_name": typed})
    assert answer.status_code == 422
    page = flat(answer)
    assert why in page
    assert 'aria-invalid="true"' in page
    assert f'value="{typed}"' in page


def test_a_name_of_first_and_last_name_stays_the_administrations(profile: Client, ben: Person) -> None:
    Person.objects.filter(pk=ben.pk).update(display_name="", first_name="Ben", last_name="Adeyemi")
    assert profile.post("/profile/", {"display_name": "Ben Adeyemi"}).status_code == 303
    ben.refresh_from_db()
    assert ben.display_name == ""
