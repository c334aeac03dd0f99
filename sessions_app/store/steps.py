"""Steps of a run at work. Each checks the claim in its caller's transaction, and raises `LeaseLostError` where it is lost."""

from __future__ import annotations

from kern.db.base import Claim
from kern.records.message import Message
from kern.records.requirement import Status as RequirementStatus
from kern.records.run import RunMetrics, RunOutput
from kern.validation.json_values import storable_json
from kern.validation.text import storable
from sessions_app.changes import log
from sessions_app.changes.kinds import Kind
from sessions_app.changes.payloads import OfStep
from sessions_app.infrastructure import clock
from sessions_app.models import Decision, Requirement, Run, ToolCall
from sessions_app.models.queue import AiMode
from sessions_app.policy import daily_limits
from sessions_app.store.claims import Held, hold, hold_for_outcome
from sessions_app.store.message_rows import run_message
from sessions_app.store.records import metrics_row, proposed_call_row, run_row


def open_member_run(claim: Claim, run: RunOutput) -> None:
    """Store a member's run below its parent, with its messages."""
    held = hold(claim, run.parent_run_id)
    row = run_row(run, held.session, parent=held.run)
    row.root, row.purpose = held.root, held.root.purpose
    row.save(force_insert=True)
    for message in run.messages:
        run_message(message, row).save(force_insert=True)
    log.record(held.session, Kind.RUN_STEP, OfStep(run=run.run_id, root=claim.run_id), actor=run.agent_name)


def append(held: Held, message: Message, *, sent: bool = True, reviewed: bool = False) -> bool:
    """Add a message to the held run; returns whether the customer may read it now.

    Where the AI does not answer by itself, the customer gets only text that a person approved, or that was `reviewed` before.
    """
    if not reviewed and message.role == "assistant" and held.session.effective_ai_mode != AiMode.AUTOPILOT:
        sent = sent and is_approved(held, message)
    row = run_message(message, held.run, sent=sent)
    row.save(force_insert=True)
    return row.sent and row.role == "assistant" and row.content != "" and held.run.parent_id is None


def is_approved(held: Held, message: Message) -> bool:
    """Return whether a person sends exactly this text."""
    sent = [Requirement.Status.APPROVED, Requirement.Status.ANSWERED, Requirement.Status.EXECUTED]
    drafts = Requirement.objects.filter(run=held.run, reason=Requirement.Reason.DRAFT, status__in=sent)
    return storable(message.content) in [_text_to_send(draft) for draft in drafts]


def _text_to_send(draft: Requirement) -> str:
    written_by_a_person = draft.answer.get("response") if isinstance(draft.answer, dict) else None
    return str(written_by_a_person or (draft.edited_arguments or draft.arguments).get("text", ""))


def append_message(claim: Claim, message: Message) -> None:
    """Append one message of one run of the claimed tree."""
    held = hold(claim, message.run_id)
    _stepped(held, spoke=append(held, message))


def store_answer(claim: Claim, message: Message, metrics: RunMetrics) -> None:
    """Append the model's answer, journal its calls as proposed, keep the run's metrics."""
    held = hold(claim, message.run_id)
    spoke = append(held, message)
    ToolCall.objects.bulk_create([proposed_call_row(call, held.run) for call in message.tool_calls])
    used = metrics_row(metrics)
    daily_limits.count_cost(held.session, held.run, held.run.model, used)
    held.run.metrics = used
    Run.objects.filter(pk=held.run.pk).update(metrics=used, updated_at=clock.now())
    _stepped(held, spoke=spoke)


def start_call(claim: Claim, run_id: str, call_id: str, arguments: dict[str, object], requirement_id: str | None) -> bool:
    """Change proposed → started, once; with a requirement that approved a repetition, started → started again, once."""
    held = hold(claim, run_id)
    before = ToolCall.Status.PROPOSED if requirement_id is None else ToolCall.Status.STARTED
    approved = _requirement(held, requirement_id) if requirement_id is not None else None
    if requirement_id is not None and (approved is None or approved.status != Requirement.Status.APPROVED):
        return False
    started = {"arguments": storable_json(arguments), "worker": claim.worker, "owner": claim.owner, "started_at": clock.now()}
    call = ToolCall.objects.filter(run=held.run, call_id=call_id, status=before)
    if not call.update(status=ToolCall.Status.STARTED, **started):
        return False
    if approved is not None:
        _came_to(approved, Requirement.Status.EXECUTED)
    _stepped(held)
    return True


def finish_call(claim: Claim, output: Message, failed: bool) -> Held:
    """Journal the call as finished and append its output; a call that is finished already keeps its one output.

    Where the turn is not this worker's any more, nothing but that lands (`Held.ours` is false then).
    """
    call_id = output.tool_call_id or ""
    held = hold_for_outcome(claim, output.run_id, call_id)
    finished = {
        "status": ToolCall.Status.FINISHED,
        "result": storable(output.content),
        "failed": failed,
        "finished_at": clock.now(),
    }
    call = ToolCall.objects.filter(run=held.run, call_id=call_id).first()
    if call is None:
        ToolCall.objects.create(run=held.run, call_id=call_id, tool_name=output.tool_name or "", **finished)
    elif call.status != ToolCall.Status.FINISHED:
        ToolCall.objects.filter(pk=call.pk).update(**finished)
    else:
        return held
    append(held, output)
    _settle_approvals(held, call_id, failed)
    _stepped(held)
    return held


def settle_requirement(held: Held, requirement_id: str, status: RequirementStatus) -> None:
    """Store the outcome of a decided call in its requirement, and in the log; repeating it changes nothing."""
    requirement = _requirement(held, requirement_id)
    if requirement is not None and requirement.status != status:
        _came_to(requirement, status)


def _settle_approvals(held: Held, call_id: str, failed: bool) -> None:
    """Settle all approvals of the call: also that of a call that was asked about again as uncertain."""
    settled = [Requirement.Status.APPROVED, Requirement.Status.ANSWERED]
    about = Requirement.objects.filter(run=held.run, call_id=call_id, status__in=settled)
    for requirement in about.select_related("session__queue").order_by("pk"):
        _came_to(requirement, Requirement.Status.FAILED if failed else Requirement.Status.EXECUTED)


def _requirement(held: Held, requirement_id: str) -> Requirement | None:
    found = Requirement.objects.select_related("session__queue")
    return found.filter(requirement_id=requirement_id, root=held.root).first()


def _came_to(requirement: Requirement, status: str) -> None:
    """Change approved or answered → executed or failed; an executed one may still turn out to have failed."""
    settled = [Requirement.Status.APPROVED, Requirement.Status.ANSWERED, Requirement.Status.EXECUTED]
    if Requirement.objects.filter(pk=requirement.pk, status__in=settled).update(status=status):
        requirement.status = status
        Decision.objects.append(requirement, status, actor=requirement.agent_name)


def _stepped(held: Held, *, spoke: bool = False) -> None:
    kind, step = Kind.RUN_SPOKE if spoke else Kind.RUN_STEP, OfStep(run=held.run.run_id, root=held.root.run_id)
    log.record(held.session, kind, step, actor=held.run.agent_name)
