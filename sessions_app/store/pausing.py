"""Pause a turn, answer it, let it go on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kern.db.base import Claim
from kern.errors import RunNotContinuableError, RunNotFoundError, UnresolvedRequirementsError
from kern.records.conflicts import must_agree
from kern.records.requirement import Requirement
from kern.records.run import RunMetrics
from sessions_app import models as rows
from sessions_app.changes import log
from sessions_app.changes.kinds import Kind
from sessions_app.changes.payloads import OfRun
from sessions_app.infrastructure import clock
from sessions_app.models import Run, Session, ToolCall
from sessions_app.policy import whose_turn
from sessions_app.store import sessions
from sessions_app.store.claims import Held, hold, locked
from sessions_app.store.ending import cancel_now
from sessions_app.store.questions import answer_from_program, ask
from sessions_app.store.records import metrics_row, requirement_record


def pause_run(claim: Claim, requirements: Sequence[Requirement], metrics: RunMetrics) -> None:
    """Change running → paused, without a claim. A run with a cancellation request is cancelled instead."""
    held = hold(claim)
    now = clock.now()
    _store_requirements(held, requirements)
    # Rules may have answered everything at once; then the turn goes on like one that a person let go on.
    waits = held.root.requirements.pending().exists()
    paused = {"status": Run.Status.PAUSED, "updated_at": now}
    Run.objects.filter(root=held.root, status=Run.Status.RUNNING).update(**paused)
    released: dict[str, Any] = {"lease_owner": "", "lease_until": None, "metrics": metrics_row(metrics), **paused}
    if not waits:
        released |= {"status": Run.Status.PENDING, "attempts": 0}
    Run.objects.filter(pk=held.root.pk).update(**released)
    held.root.status = released["status"]
    sessions.used(held.session)
    if held.root.cancel_requested:
        cancel_now(held.session, held.root)
        return
    kind = Kind.RUN_PAUSED if waits else Kind.RUN_PENDING
    log.record(held.session, kind, OfRun(held.root.run_id), actor=held.root.agent_name)
    whose_turn.settle(held.session)


def _store_requirements(held: Held, requirements: Sequence[Requirement]) -> None:
    known = rows.Requirement.objects.filter(requirement_id__in=[item.requirement_id for item in requirements])
    stored = set(known.values_list("requirement_id", flat=True))
    asking = {row.run_id: row for row in [held.root, *Run.objects.filter(root=held.root)]}
    for item in requirements:
        if item.requirement_id not in stored and not _is_answered(item, asking[item.run_id]):
            ask(held, item, asking[item.run_id])


def _is_answered(item: Requirement, run: Run) -> bool:
    """Return whether the outcome of an uncertain call is known by now, from the worker that had started it."""
    finished = ToolCall.objects.filter(run=run, call_id=item.call_id, status=ToolCall.Status.FINISHED)
    return item.reason == "uncertain" and finished.exists()


def answer_run(run_id: str, answers: Sequence[Requirement]) -> None:
    """Change paused → pending with every open requirement answered, or raise and change nothing."""
    found = locked(run_id)
    if found is None:
        raise RunNotFoundError(f"there is no run {run_id}")
    session, row = found
    if row.run_id != run_id:
        raise RunNotContinuableError(f"run {run_id} is a member's; continue run {row.run_id}")
    if row.status != Run.Status.PAUSED:
        raise RunNotContinuableError(f"run {run_id} is {row.status}, not paused")
    _store_answers(session, row, answers)
    requeue(session, row)


def go_on(session: Session, turn: Run) -> None:
    """Make the paused turn due where none of its requirements is open any more. The session's row must be locked."""
    go_on_all([(session, turn)])


def go_on_all(turns: Sequence[tuple[Session, Run]]) -> None:
    """Let each of these turns go on as `go_on` does, with as many statements for many as for one."""
    paused = [(session, turn) for session, turn in turns if turn.status == Run.Status.PAUSED]
    if not paused:
        return
    asked = rows.Requirement.objects.pending().filter(root__in=[turn.pk for _session, turn in paused])
    waiting = set(asked.values_list("root_id", flat=True))
    ready = [(session, turn) for session, turn in paused if turn.pk not in waiting]
    if ready:
        _requeue_all(ready)


def requeue(session: Session, turn: Run) -> None:
    """Change paused → pending: the turn waits for a worker, which the sweep finds."""
    _requeue_all([(session, turn)])


def _requeue_all(turns: Sequence[tuple[Session, Run]]) -> None:
    # A turn that got this far has the deaths of its workers counted anew.
    changed = {"status": Run.Status.PENDING, "updated_at": clock.now(), "attempts": 0}
    Run.objects.filter(pk__in=[turn.pk for _session, turn in turns]).update(**changed)
    for _session, turn in turns:
        for name, value in changed.items():
            setattr(turn, name, value)
    log.record_all([log.Entry(session, Kind.RUN_PENDING, OfRun(turn.run_id)) for session, turn in turns])
    whose_turn.settle_all([session for session, _turn in turns])


def _store_answers(session: Session, root: Run, answers: Sequence[Requirement]) -> None:
    asked = list(root.requirements.select_related("session__queue", "run", "root").order_by("pk"))
    must_agree(map(requirement_record, asked), answers)
    given = {item.requirement_id: item for item in answers if item.is_resolved}
    waiting = [item for item in asked if item.status == rows.Requirement.Status.PENDING]
    unanswered = [requirement_record(item) for item in waiting if item.requirement_id not in given]
    if unanswered:
        names = ", ".join(f"{item.tool_name} ({item.kind}, {item.requirement_id})" for item in unanswered)
        raise UnresolvedRequirementsError(f"run {root.run_id} still waits for: {names}", unanswered)
    for item in waiting:
        answer_from_program(session, item, given[item.requirement_id])
