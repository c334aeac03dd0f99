"""What tests about decisions share: the change that a page carries, stricter policies, time that passes, and people at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

from django.db import connections
from django.utils import timezone

from kern.db.base import Claim
from kern.errors import InvalidAnswerError
from kern.records.message import Message, ToolCall
from kern.records.run import RunMetrics
from sessions_app.actions import messages, standing_approvals
from sessions_app.errors import AppError
from sessions_app.models import Decision, Person, Queue, Requirement, Session, StandingApproval, ToolPolicy
from sessions_app.store import DjangoDb
from sessions_app.workers import turns as turns_workers


def seen(session: Session) -> int:
    """The newest change, as a page that is up to date carries it."""
    return Session.objects.get(pk=session.pk).last_change


def statuses() -> list[str]:
    """How every question stands, the oldest first."""
    return list(Requirement.objects.order_by("pk").values_list("status", flat=True))


def tighten(session: Session, tool_name: str = "refund", **terms: Any) -> ToolPolicy:
    """Have the session's queue ask more of a tool, as an admin would."""
    assert session.queue
    return ToolPolicy.objects.create(queue=session.queue, tool_name=tool_name, **terms)


def time_is_up(requirement: Requirement) -> None:
    """Let the question's time have run out a second ago."""
    Requirement.objects.filter(pk=requirement.pk).update(expires_at=timezone.now() - timedelta(seconds=1))


def rule_of(person: Person, queue: Queue, until: datetime, tool_name: str = "refund") -> StandingApproval:
    """A rule that the person makes after as many approvals as it takes."""
    line = {"queue_slug": queue.slug, "tool_name": tool_name, "verdict": "approved", "person": person, "actor": str(person)}
    for _ in range(standing_approvals.IN_A_ROW):
        Decision.objects.create(**line)
    return standing_approvals.allow(queue, tool_name, person, until)


def die_during(session: Session, made: ToolCall) -> None:
    """Let a worker die while it runs the call, so that nobody knows whether it happened; the turn waits for another worker."""
    messages.receive(session, "Please help")
    run = session.runs.latest("pk")
    claim, db = Claim(run.run_id), DjangoDb()
    assert db.claim_run(claim) is not None
    db.store_answer(claim, Message("assistant", tool_calls=[made], run_id=run.run_id), RunMetrics())
    assert db.start_call(claim, run.run_id, made.id, made.parsed())
    session.runs.update(lease_until=timezone.now() - timedelta(hours=1))
    turns_workers.recover()


def verdicts(requirement: Requirement) -> list[str]:
    """What the record says about the question, in order."""
    return list(Decision.objects.filter(requirement=requirement).order_by("pk").values_list("verdict", flat=True))


def all_at_once(deeds: Sequence[Callable[[], object]]) -> list[str]:
    """Do all of it at the same time; for each `done`, or the name of the problem it met."""
    gate = threading.Barrier(len(deeds))

    def outcome(deed: Callable[[], object]) -> str:
        gate.wait()
        try:
            deed()
        except (AppError, InvalidAnswerError) as problem:
            return type(problem).__name__
        finally:
            connections.close_all()
        return "done"

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(outcome, deeds))
