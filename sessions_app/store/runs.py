"""A run's changes of state: open, answer, claim, renew, cancel, pause, finish. Each locks the session first (design §5.0)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from kern.db.base import Claim, Signal
from kern.errors import LeaseLostError, RunNotContinuableError, RunNotFoundError, SessionBusyError, UnresolvedRequirementsError
from kern.records.conflicts import must_agree
from kern.records.message import Message, storable
from kern.records.requirement import Requirement
from kern.records.run import ACTIVE, RunMetrics, RunOutput, Status
from kern.session import SessionKind
from sessions_app import models as rows
from sessions_app.changes import log
from sessions_app.infrastructure import clock
from sessions_app.models import Person, Run, Session, ToolCall
from sessions_app.policy import daily_limits, endings
from sessions_app.store import drafts, sessions
from sessions_app.store.claims import Held, hold, is_ours
from sessions_app.store.questions import answer_from_program, ask
from sessions_app.store.reading import INTERRUPTED
from sessions_app.store.records import (
    message_row,
    metrics_row,
    requirement_record,
    run_row,
)
from sessions_app.store.steps import append, store_answer

ENDS = {"completed": "run.completed", "error": "run.failed", "cancelled": "run.cancelled"}
#: What only a person reads is no news to those who answer the customer.
ENDS_FOR_PEOPLE = {**ENDS, "completed": "run.advised"}


def open_run(run: RunOutput, claim: Claim, kind: SessionKind) -> tuple[Session, str | None]:
    """Store the run and its messages under the claim; the session's row, and the run before this one."""
    session = sessions.lock_or_create(run, kind)
    previous = session.runs.roots().order_by("-pk").first()
    active = session.runs.roots().active().first()
    if active is not None and not active.is_abandoned:
        raise SessionBusyError(f"session {session.session_id} has an active run: {active.run_id}")
    if active is not None:
        active.error = INTERRUPTED
        active.save(update_fields=["error"])
        endings.end(session, active, "error")
    row = run_row(run, session)
    _give(row, session, claim)
    row.save(force_insert=True)
    for message in run.messages:
        message_row(message, row).save(force_insert=True)
    asked = next((message.content for message in run.messages if message.role == "user"), "")
    sessions.used(session, asked, rows.Message.Author.CUSTOMER)
    log.record(session, "run.started", actor=row.agent_name, run=row.run_id)
    return session, previous.run_id if previous else None


def claim_run(claim: Claim) -> bool:
    """Pending → running under the claim and the session's fence; whether it was won.

    A run that was asked to stop before its worker died, or whose queue was silenced since, is cancelled instead.
    """
    found = locked(claim.run_id)
    if found is None:
        return False
    session, row = found
    if row.status != Run.Status.PENDING or row.run_id != claim.run_id:
        return False
    if row.cancel_requested or is_silenced(row, session):
        _cancel_now(session, row)
        return False
    _give(row, session, claim)
    row.attempts += 1
    row.agent_name = row.agent_name or storable(claim.agent_name)[:100]
    row.model = row.model or storable(claim.model)[:100]
    given = ["status", "lease_owner", "lease_until", "fence", "worker", "updated_at"]
    row.save(update_fields=[*given, "attempts", "agent_name", "model"])
    log.record(session, "run.started", actor=row.agent_name, run=row.run_id, attempt=row.attempts)
    return True


def _give(row: Run, session: Session, claim: Claim) -> None:
    now = clock.now()
    row.status, row.updated_at = Run.Status.RUNNING, now
    row.lease_owner, row.lease_until = claim.owner, now + timedelta(seconds=claim.lease)
    row.worker = claim.worker[:120]
    row.fence = claim.fence = session.fence


def is_silenced(row: Run, session: Session) -> bool:
    """Whether the turn would speak or act for the AI where it is off by now. What people have it do for them goes on."""
    return row.purpose == Run.Purpose.ANSWER and session.led_by_person


def renew(claim: Claim) -> Signal:
    """Extend the lease, and tell what became of the run. A heartbeat locks no session: it changes no state."""
    row = Run.objects.select_related("session__queue").filter(run_id=claim.run_id).first()
    signal = _signal(row, claim)
    if row is None or signal == "lost":
        return "lost"
    until = clock.now() + timedelta(seconds=claim.lease)
    ours = Run.objects.filter(pk=row.pk, status=Run.Status.RUNNING, lease_owner=claim.owner, fence=row.fence)
    return signal if ours.update(lease_until=until) else "lost"


def look(claims: Sequence[Claim]) -> list[Signal]:
    """What became of the runs, without extending their leases."""
    found = Run.objects.select_related("session__queue").filter(run_id__in=[claim.run_id for claim in claims])
    rows_by_id = {row.run_id: row for row in found}
    return [_signal(rows_by_id.get(claim.run_id), claim) for claim in claims]


def _signal(row: Run | None, claim: Claim) -> Signal:
    if row is None or not is_ours(row, row.session, claim):
        return "lost"
    return "cancelled" if row.cancel_requested or is_silenced(row, row.session) else "ok"


def answer_run(run_id: str, answers: Sequence[Requirement]) -> None:
    """Paused → pending with every open requirement answered, or an error and nothing."""
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


def requeue(session: Session, row: Run) -> None:
    """Paused → pending: the turn waits for a worker, which the sweep finds."""
    row.status, row.updated_at = Run.Status.PENDING, clock.now()
    row.save(update_fields=["status", "updated_at"])
    log.record(session, "run.pending", run=row.run_id)


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


def cancel_run(run_id: str, person: Person | None) -> bool:
    """End the turn, or ask its living worker to; a member's run stands for the whole turn."""
    found = locked(run_id)
    if found is None or not found[1].is_active:
        return False
    session, row = found
    if row.status == Run.Status.RUNNING and not row.is_abandoned:
        Run.objects.filter(pk=row.pk).update(cancel_requested=True)
        log.record(session, "run.cancel_requested", person, run=row.run_id)
    else:
        _cancel_now(session, row, person)
    return True


def _cancel_now(session: Session, row: Run, person: Person | None = None) -> None:
    endings.end(session, row, "cancelled", person=person)
    log.record(session, "run.cancelled", person, run=row.run_id)
    _open_next(session)


def pause_run(claim: Claim, requirements: Sequence[Requirement], metrics: RunMetrics) -> None:
    """Running → paused, without a claim. A run that was asked to stop meanwhile is cancelled: nobody waits for an answer."""
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
        _cancel_now(held.session, held.root)
        return
    kind = "run.paused" if waits else "run.pending"
    log.record(held.session, kind, actor=held.root.agent_name, run=held.root.run_id)


def _store_requirements(held: Held, requirements: Sequence[Requirement]) -> None:
    known = rows.Requirement.objects.filter(requirement_id__in=[item.requirement_id for item in requirements])
    stored = set(known.values_list("requirement_id", flat=True))
    asking = {row.run_id: row for row in [held.root, *Run.objects.filter(root=held.root)]}
    for item in requirements:
        if item.requirement_id not in stored and not _is_answered(item, asking[item.run_id]):
            ask(held, item, asking[item.run_id])


def _is_answered(item: Requirement, run: Run) -> bool:
    """Whether what nobody knew is known by now: whoever had started the call came back with its outcome."""
    finished = ToolCall.objects.filter(run=run, call_id=item.call_id, status=ToolCall.Status.FINISHED)
    return item.reason == "uncertain" and finished.exists()


def finish_run(claim: Claim, run: RunOutput, answer: Message | None) -> Status:
    """Store the end of a run of the claimed tree and its last message; a turn's end also makes what follows due. How it ended.

    Where the AI only drafts and nobody has looked at the answer, the turn does not end: it waits for people to send it.
    """
    if run.status in ACTIVE:
        raise ValueError(f"a run does not finish as {run.status}")
    held = hold(claim, run.run_id)
    if held.run.cancel_requested and run.may_still_be_stopped:
        run = replace(run, status="cancelled")
    if answer is not None and drafts.is_draft(held, run, answer):
        draft, question = drafts.as_question(held, answer)
        store_answer(claim, draft, run.metrics)
        pause_run(claim, [question], run.metrics)
        return "paused"
    if answer is not None:
        append(held, answer, sent=run.status == "completed")
    _store_end(held, run)
    if not held.in_turn:
        log.record(held.session, "run.step", actor=held.run.agent_name, run=run.run_id, root=claim.run_id)
        return run.status
    for_customer = held.run.purpose == Run.Purpose.ANSWER
    said = answer.content if answer is not None and run.status == "completed" and for_customer else ""
    sessions.used(held.session, said, rows.Message.Author.AGENT, held.run.agent_name)
    ends = ENDS if for_customer else ENDS_FOR_PEOPLE
    log.record(held.session, ends[run.status], actor=held.run.agent_name, run=run.run_id)
    if run.status == "completed" and for_customer:
        held.session.plan_naming()
    _open_next(held.session)
    return run.status


def break_off(claim: Claim, status: Status, why: str) -> bool:
    """End the claimed turn without its worker's word. Whether it was still the claim's."""
    try:
        held = hold(claim)
    except LeaseLostError:
        return False
    held.root.error = storable(why)
    held.root.save(update_fields=["error"])
    endings.end(held.session, held.root, status)
    log.record(held.session, ENDS[status], actor=held.root.agent_name, run=held.root.run_id)
    _open_next(held.session)
    return True


def hand_over(claim: Claim) -> bool:
    """Running → pending, as this worker ends: another may take the turn at once. Whether it was still the claim's.

    It is no death of a worker, so the attempt does not count. A turn that somebody wished to stop is stopped.
    """
    try:
        held = hold(claim)
    except LeaseLostError:
        return False
    row = held.root
    if row.cancel_requested:
        _cancel_now(held.session, row)
        return True
    row.status, row.lease_owner, row.lease_until, row.updated_at = Run.Status.PENDING, "", None, clock.now()
    row.attempts = max(0, row.attempts - 1)
    row.save(update_fields=["status", "lease_owner", "lease_until", "updated_at", "attempts"])
    log.record(held.session, "run.recovered", run=row.run_id, attempts=row.attempts)
    return True


def fail_unread(run_id: str, error: str, only_pending: bool) -> bool:
    """End the turn as failed, reading no more of it than its row. The customer's next message begins another one."""
    found = locked(run_id)
    if found is None or not found[1].is_active or (only_pending and found[1].status != Run.Status.PENDING):
        return False
    session, row = found
    row.error, row.permanent_error = storable(error), True
    row.save(update_fields=["error", "permanent_error"])
    endings.end(session, row, Run.Status.ERROR)
    log.record(session, ENDS["error"], actor=row.agent_name, run=row.run_id)
    return True


def _store_end(held: Held, run: RunOutput) -> None:
    row = held.run
    row.content, row.error = storable(run.content), storable(run.error)
    row.permanent_error, row.refused = run.permanent_error, run.refused
    metrics, model = metrics_row(run.metrics), run.model[:100] or row.model
    daily_limits.count_cost(held.session, row, model, metrics)
    row.metrics, row.model = metrics, model
    row.agent_name = storable(run.agent_name)[:100] or row.agent_name
    row.save(update_fields=["content", "error", "permanent_error", "refused", "metrics", "model", "agent_name"])
    endings.end(held.session, row, run.status)


def _open_next(session: Session) -> None:
    """The customer may have written meanwhile: one next turn answers all of it (design §5.7). The sweep finds it."""
    following = daily_limits.open_next(session)
    if following is not None:
        log.record(session, "run.pending", run=following.run_id)


def locked(run_id: str) -> tuple[Session, Run] | None:
    """The session, locked, and the turn that the run belongs to; `None` when there is no such run."""
    session = Session.objects.filter(runs__run_id=run_id).select_for_update(of=("self",)).first()
    if session is None:
        return None
    row = Run.objects.select_related("root").get(run_id=run_id)
    turn = row.root or row
    turn.session = session
    return session, turn
