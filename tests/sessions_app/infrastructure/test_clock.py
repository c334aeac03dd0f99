"""Leases and expiries are judged by the clock that all share: a process whose own is wrong takes nothing over, and lets nothing
expire early or late.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from kern.db.base import Claim
from kern.testing import call
from sessions_app.actions import messages, sessions
from sessions_app.infrastructure import clock
from sessions_app.models import Requirement, Run, Session
from sessions_app.store import DjangoDb

ROOT = Path(__file__).parents[3]
#: What a scheduler does, in a process whose clock is wrong.
SWEEP = """
import django; django.setup()
from sessions_app.workers import expiry, turns
for deed in (turns.recover, turns.wake, expiry.expire, expiry.remind): deed()
"""
#: What a worker does that claims a turn.
CLAIM = """
import sys, django; django.setup()
from kern.db.base import Claim
from sessions_app.store import DjangoDb
assert DjangoDb().claim_run(Claim(sys.argv[1], lease=60.0)) is not None
"""


def in_process(code: str, shift: float, *arguments: str) -> None:
    """Run the code on this test's database, in a process whose clock is ahead by so many seconds."""
    known = connection.settings_dict
    url = f"sqlite:///{known['NAME']}"
    if connection.vendor == "postgresql":
        url = f"postgresql://{known['USER']}:{known['PASSWORD']}@{known['HOST']}:{known['PORT']}/{known['NAME']}"
    variables = {"DJANGO_SETTINGS_MODULE": "tests.skewed_settings", "KERN_TEST_SHIFT": str(shift), "DATABASE_URL": url}
    environment = {**os.environ, **variables, "DEBUG": "1", "KERN_DESK": "tests.desk:desk"}
    command = [sys.executable, "-c", code, *arguments]
    # SQLite's locks are lost where a test read the file in this process: the other one would take the log away at its end.
    connection.close()
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("shift", [120.0, -120.0])
def test_a_process_whose_clock_is_wrong_judges_like_the_others(
    session: Session, asked: Callable[..., Requirement], shift: float
) -> None:
    question = asked(call("refund", order="7", cents=5))
    in_a_minute = timezone.now() + timedelta(seconds=60)
    Requirement.objects.filter(pk=question.pk).update(expires_at=in_a_minute, remind_at=None)
    assert session.queue
    other = sessions.start_session(session.queue, user_id="lee")
    messages.receive(other, "Hello")
    run = other.runs.get()
    assert DjangoDb().claim_run(Claim(run.run_id, lease=60.0)) is not None
    sleeping = sessions.start_session(session.queue, user_id="mo")
    Session.objects.filter(pk=sleeping.pk).update(status="snoozed", snoozed_until=in_a_minute)
    in_process(SWEEP, shift)
    assert Run.objects.get(pk=run.pk).status == "running"
    assert Requirement.objects.get(pk=question.pk).status == "pending"
    assert Session.objects.get(pk=sleeping.pk).status == "snoozed"
    a_second_ago = timezone.now() - timedelta(seconds=1)
    Requirement.objects.filter(pk=question.pk).update(expires_at=a_second_ago)
    Run.objects.filter(pk=run.pk).update(lease_until=a_second_ago)
    Session.objects.filter(pk=sleeping.pk).update(snoozed_until=a_second_ago)
    in_process(SWEEP, shift)
    assert Run.objects.get(pk=run.pk).status == "pending"
    assert Requirement.objects.get(pk=question.pk).status == "expired"
    assert Session.objects.get(pk=sleeping.pk).status == "open"


@pytest.mark.parametrize("shift", [120.0, -120.0])
def test_what_it_writes_is_right_for_the_others(session: Session, shift: float) -> None:
    messages.receive(session, "Hello")
    run = session.runs.get()
    before = clock.now()
    in_process(CLAIM, shift, run.run_id)
    run.refresh_from_db()
    assert run.lease_until is not None
    # A clock is asked to the second.
    assert before + timedelta(seconds=58) < run.lease_until < clock.now() + timedelta(seconds=62)
    assert abs((run.updated_at - clock.now()).total_seconds()) < 60
    assert not run.is_abandoned
