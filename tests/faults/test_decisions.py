"""Decisions from several processes at once: whoever wins, the tool runs as often as one person approved it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from kern.testing import call
from sessions_app import desk as desks
from sessions_app.actions import messages, sessions
from sessions_app.models import Person, Queue, Requirement, Run, Session
from sessions_app.workers import expiry
from sessions_app.workers import turns as turns_workers
from tests import forked
from tests.deciding import seen, tighten, time_is_up, verdicts
from tests.desk import actor, ledger
from tests.faults.conftest import database_url

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]
#: A deed, and the people who do it at the same time, each list in a process of its own.
Deeds = list[tuple[str, list[Person]]]
Race = Callable[[Requirement, Deeds], list[list[str]]]


@pytest.fixture
def people(transactional_db: None, settings: Settings) -> list[Person]:
    """Ana and Ben, who work the orders."""
    settings.KERN_DESK = "tests.desk:desk"
    ledger.lines.clear()
    desks.sync()
    both = [Person.objects.create_user(f"{name.lower()}@example.com", display_name=name) for name in ("Ana", "Ben")]
    Queue.objects.get(slug="orders").members.add(*both)
    return both


@pytest.fixture
def session(people: list[Person]) -> Session:
    return sessions.start_session(Queue.objects.get(slug="orders"), user_id="kim")


@pytest.fixture
def asked(session: Session) -> Requirement:
    """A refund that waits for people."""
    actor.says(call("refund", order="7", cents=100), "Done.", "I saw your message.")
    messages.receive(session, "Please help")
    work()
    return session.requirements.get()


def work() -> list[str]:
    """What workers do until nothing is due; the turns' states."""
    while (due := Run.objects.due().first()) is not None:
        turns_workers.execute(due.run_id)
    return list(Run.objects.order_by("pk").values_list("status", flat=True))


@pytest.fixture
def race(tmp_path: Path) -> Race:
    """Have processes do their deeds at the same time; what became of each deed, a list for each process."""
    kept = {key: value for key, value in os.environ.items() if key in ("PATH", "HOME", "LANG")}
    told = {"DJANGO_SETTINGS_MODULE": "tests.faults.settings", "DEBUG": "1", "KERN_DESK": "tests.desk:desk"}

    def run(requirement: Requirement, deeds: Deeds) -> list[list[str]]:
        number = seen(requirement.session)
        asked = [[deed, requirement.pk, number, *(person.pk for person in people)] for deed, people in deeds]
        environment = {**kept, **told, "KERN_VAR": str(tmp_path), "DATABASE_URL": database_url()}
        done = forked.completed(["-m", "tests.deciders", json.dumps(asked)], environment)
        assert done.returncode == 0, done.stderr
        return [line.split() for line in done.stdout.splitlines()]

    return run


def test_twenty_decisions_from_four_processes_run_the_tool_once(asked: Requirement, race: Race, people: list[Person]) -> None:
    outcomes = race(asked, [("approve", (people * 3)[:5])] * 4)
    assert sorted(outcome for process in outcomes for outcome in process) == ["AlreadyDecided"] * 19 + ["done"]
    assert work() == ["completed"]
    assert ledger.lines == ["refund 7 100"]
    assert verdicts(asked) == ["asked", "approved", "executed"]


def test_the_same_person_in_three_processes_is_one_approver(
    session: Session, asked: Requirement, race: Race, people: list[Person]
) -> None:
    tighten(session, approvers=2)
    outcomes = race(asked, [("approve", people[:1] * 3)] * 3)
    assert sorted(outcome for process in outcomes for outcome in process) == ["InvalidAction"] * 8 + ["done"]
    assert work() == ["paused"]
    assert ledger.lines == []


def test_expiry_in_one_process_and_approval_in_another_have_one_outcome(
    asked: Requirement, race: Race, people: list[Person]
) -> None:
    Requirement.objects.update(expires_at=timezone.now() + timedelta(seconds=1))
    approvals, others, _ = race(asked, [("approve", people), ("approve", people), ("expire", people)])
    time_is_up(asked)
    expiry.expire()
    assert work() == ["completed"]
    approved = [*approvals, *others].count("done")
    assert len(ledger.lines) == approved
    assert verdicts(asked) == (["asked", "approved", "executed"] if approved else ["asked", "expired"])


def test_a_decision_and_a_message_from_two_processes_leave_nothing_half_done(
    asked: Requirement, race: Race, people: list[Person]
) -> None:
    (decided,), (wrote,) = race(asked, [("approve", people[:1]), ("write", people[:1])])
    assert wrote == "done"
    states = work()
    asked.refresh_from_db()
    if decided == "done":
        assert (states, ledger.lines) == (["completed", "completed"], ["refund 7 100"])
    else:
        assert (decided, states, ledger.lines) == ("StaleError", ["paused"], [])
        assert (asked.status, asked.look_again) == ("pending", True)


def test_a_decision_and_a_takeover_from_two_processes_run_the_tool_only_if_it_was_approved_and_not_taken_over(
    asked: Requirement, race: Race, people: list[Person]
) -> None:
    (decided,), (took_over,) = race(asked, [("approve", people[:1]), ("take_over", people[1:])])
    assert took_over == "done"
    assert work() == ["cancelled"]
    assert ledger.lines == []
    assert verdicts(asked)[1:] == (["approved", "superseded"] if decided == "done" else ["superseded"])
