"""The demo's conversations: in every state there is, and each as the real verbs leave it."""

from __future__ import annotations

import re
from datetime import datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from sessions_app.changes.kinds import Kind
from sessions_app.demo.scenarios import SCENARIOS
from sessions_app.models import HandOver, Message, Person, Requirement, Run, Session, ToolCall
from sessions_app.models.session_read import unread_by


@pytest.fixture
def demo(transactional_db: None, settings: Settings, tmp_path: Path) -> None:
    """A development installation of the demo desk with an airline of its own."""
    settings.KERN_DESK = "sessions_app.demo.desk:desk"
    settings.KERN_VAR = tmp_path
    settings.DEBUG = True


def seed(*options: str) -> str:
    out = StringIO()
    call_command("seed_demo", *options, stdout=out)
    return out.getvalue()


def test_the_demo_shows_every_state_of_a_conversation(demo: None) -> None:
    seed("--if-empty")
    assert Session.objects.count() == len(SCENARIOS)
    assert set(Requirement.objects.pending().values_list("kind", flat=True)) == set(Requirement.Kind.values)
    assert {"executed", "rejected"} <= set(Requirement.objects.values_list("status", flat=True))
    assert set(Run.objects.values_list("status", flat=True)) == {"completed", "paused", "error"}
    assert set(Session.objects.values_list("status", flat=True)) == {"open", "snoozed", "closed"}
    assert set(Session.objects.values_list("name_source", flat=True)) == {"provisional", "human", "auto", "ticket"}
    assert Requirement.objects.pending().filter(look_again=True).count() == 1
    assert Run.objects.filter(parent__isnull=False, status="paused").exists()
    twice = Session.objects.filter(tickets__ticket_id="ZD-48213")
    assert [session.user_id for session in twice] == ["marta", "marta"]
    ben = Person.objects.get(email__startswith="ben")
    assert 0 < Session.objects.filter(unread_by(ben)).count() < len(SCENARIOS)
    assert not ToolCall.objects.filter(failed=True).exclude(result__contains="rejected").exists()


def test_nothing_of_the_demo_pretends_to_be_at_work(demo: None) -> None:
    seed()
    assert not Run.objects.filter(status__in=["pending", "running"]).exists()
    assert not Run.objects.exclude(lease_owner="").exists()
    for run in Run.objects.roots().filter(status="paused"):
        assert Requirement.objects.pending().filter(root=run).exists()
    for session in Session.objects.all():
        # That it is somebody else's turn, or sorted by a colleague, makes nothing unread.
        newest = (
            session.changes.exclude(kind__in=(Kind.SESSION_WAITING, Kind.LABEL_ADDED, Kind.PRIORITY_SET))
            .order_by("-pk")
            .first()
        )
        assert newest is not None
        assert session.last_change == newest.pk


def test_a_brief_of_the_demo_tells_the_times_of_its_messages(demo: None) -> None:
    seed()
    lines = [line for made in HandOver.objects.all() for line in made.brief]
    told = {line["message"]: datetime.fromisoformat(line["at"]) for line in lines}
    assert told == dict(Message.objects.filter(pk__in=told).values_list("pk", "created_at")) != {}


def test_passwords_are_told_once_and_work(demo: None) -> None:
    told = seed()
    password = re.search(r"ana@desk\.example +(\S+)", told)
    assert password is not None
    assert Person.objects.get(email="ana@desk.example").check_password(password[1])
    assert Person.objects.get(email="cy@desk.example").queues.count() == 0
    again = seed()
    assert "already" in again
    assert Session.objects.count() == len(SCENARIOS)


def test_a_database_in_use_is_left_alone(demo: None) -> None:
    Person.objects.create_user("somebody@example.com", "secret")
    assert seed("--if-empty") == ""
    assert Session.objects.count() == 0


def test_demo_people_are_never_made_on_a_server(demo: None, settings: Settings) -> None:
    settings.DEBUG = False
    with pytest.raises(CommandError, match="only with DEBUG"):
        seed()
    assert Person.objects.count() == 0
