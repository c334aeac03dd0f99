"""Workers that began a call and were not heard of again."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from kern.db.base import Claim
from kern.records.message import Message, ToolCall
from kern.records.run import RunMetrics
from sessions_app.models import Run, Session
from sessions_app.store import DjangoDb
from sessions_app.workers import turns


def claims(session: Session) -> Claim:
    """A worker claimed the session's pending turn."""
    claim = Claim(session.runs.roots().latest("pk").run_id, worker="silent")
    assert DjangoDb().claim_run(claim) is not None
    return claim


def begins(session: Session, made: ToolCall) -> Claim:
    """A worker claimed the session's pending turn and began the call."""
    claim, db = claims(session), DjangoDb()
    db.store_answer(claim, Message("assistant", tool_calls=[made], run_id=claim.run_id), RunMetrics())
    assert db.start_call(claim, claim.run_id, made.id, made.parsed())
    return claim


def dies(claim: Claim) -> None:
    """The worker's lease has run out, and the sweep has noticed: the turn waits for another worker."""
    Run.objects.filter(run_id=claim.run_id).update(lease_until=timezone.now() - timedelta(hours=1))
    turns.recover()


def dies_in(session: Session, made: ToolCall) -> Claim:
    """A worker died in the call."""
    claim = begins(session, made)
    dies(claim)
    return claim


def output_of(claim: Claim, made: ToolCall, text: str) -> Message:
    """What the tool gave back to that worker."""
    return Message("tool", text, tool_call_id=made.id, tool_name=made.name, run_id=claim.run_id)
