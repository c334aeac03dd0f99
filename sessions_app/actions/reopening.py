"""Reopen an expired requirement: the same call in a new turn that waits for people from its beginning.

The expired turn went on without the call, so it can't be continued. The new one begins with the call already made; when it is
decided, a worker continues it like any paused turn. Of a team, the way from the leader down to the member is made anew.
"""

from __future__ import annotations

import json

from django.utils.translation import gettext as _

from kern.loop.delegation import DELEGATE
from kern.records.message import Message as MessageRecord
from kern.records.message import ToolCall as CallRecord
from sessions_app.actions.locking import session_locked
from sessions_app.actions.sessions import reopen_locked
from sessions_app.changes.kinds import Kind
from sessions_app.changes.log import record
from sessions_app.changes.payloads import OfRun, Reopened
from sessions_app.errors import AlreadyDecided, InvalidAction
from sessions_app.infrastructure import clock
from sessions_app.infrastructure.ids import new_id
from sessions_app.models import Decision, Message, Person, Requirement, Run, Session, ToolCall
from sessions_app.policy.in_force import may_decide, policy_of
from sessions_app.store.message_rows import copied_task, run_message
from sessions_app.store.questions import put_terms


def reopen(requirement: Requirement, person: Person) -> Requirement:
    """Ask people again about an expired requirement; returns the new pending one, in a new paused turn.

    Raises `AlreadyDecided` when it did not expire or is asked again already, `InvalidAction` while another turn is active or a
    person leads, `Forbidden` for a person who may not decide about it.
    """
    with session_locked(requirement.session) as session:
        row = Requirement.objects.select_related("session__queue", "run", "root", "decided_by").get(pk=requirement.pk)
        row.session = session
        may_decide(row, person)
        _must_be_reopenable(session, row)
        asks = _same_way_down(session, row)
        again = _asked_again(session, row, asks)
        Decision.objects.append(row, Decision.Verdict.REOPENED, person=person)
        Decision.objects.append(again, Decision.Verdict.ASKED, actor=row.agent_name)
        reopened = Reopened(requirement=again.pk, tool=again.tool_name, before=row.pk)
        record(session, Kind.REQUIREMENT_REOPENED, reopened, person=person)
        record(session, Kind.RUN_PAUSED, OfRun(again.root.run_id), actor=row.agent_name)
        reopen_locked(session, person)
        session.touch()
    return again


def _must_be_reopenable(session: Session, row: Requirement) -> None:
    if row.status != Requirement.Status.EXPIRED:
        raise AlreadyDecided(_("Only what expired can be reopened."), row)
    if row.reopened_as.exists():
        raise AlreadyDecided(_("This was reopened already."), row)
    if session.runs.roots().active().exists():
        raise InvalidAction(_("Another turn is active. Reopen this when it has ended."))
    if session.led_by_person and row.root.purpose == Run.Purpose.ANSWER:
        raise InvalidAction(_("A person leads this conversation. Hand it back to the AI first."))


def _same_way_down(session: Session, row: Requirement) -> Run:
    """Create a paused turn, with a member's run below for each of the old one's that led to the call.

    Returns the asking run.
    """
    path = [row.run]
    while path[0].parent is not None:
        path.insert(0, path[0].parent)
    above: Run | None = None
    for old in path:
        new = _twin(session, old, above)
        if above is not None:
            new.parent_call_id = _delegated(above, path[path.index(old) - 1], old.parent_call_id)
        new.save(force_insert=True)
        if above is not None:
            _copy_task(old, new)
        above = new
    assert above is not None  # a path has at least the run that asked
    return above


def _twin(session: Session, old: Run, above: Run | None) -> Run:
    return Run(
        session=session,
        parent=above,
        root=(above.root or above) if above else None,
        purpose=old.purpose,
        asked_by=old.asked_by,
        user_id=old.user_id,
        agent_id=old.agent_id,
        agent_name=old.agent_name,
        model=old.model,
        status=Run.Status.PAUSED,
        fence=session.fence,
    )


def _delegated(above: Run, old_above: Run, old_call_id: str) -> str:
    """Repeat the leader's call that gives the member its task; returns its id."""
    task = ToolCall.objects.filter(run=old_above, call_id=old_call_id).first()
    return _call(above, task.tool_name if task else DELEGATE, task.arguments if task else {})


def _call(run: Run, tool_name: str, arguments: dict[str, object]) -> str:
    """Store a message of the run that calls the tool, journalled as proposed; returns the call's id."""
    call = CallRecord(f"call_{new_id()}", tool_name, json.dumps(arguments, ensure_ascii=False))
    run_message(MessageRecord("assistant", tool_calls=[call], author=run.agent_name or None), run, sent=False).save()
    ToolCall.objects.create(run=run, call_id=call.id, tool_name=tool_name, arguments=arguments)
    return call.id


def _copy_task(old: Run, new: Run) -> None:
    """Copy the member's task."""
    for task in Message.objects.filter(run=old, role__in=["system", "user"]).order_by("pk"):
        copied_task(task, new).save(force_insert=True)


def _customer_wrote_since(row: Requirement) -> bool:
    """Return whether the customer wrote after the requirement was made, answered meanwhile or not."""
    written = row.session.messages.filter(author_kind=Message.Author.CUSTOMER)
    return row.look_again or written.filter(created_at__gt=row.created_at).exists()


def _asked_again(session: Session, row: Requirement, asks: Run) -> Requirement:
    again = Requirement(
        session=session,
        run=asks,
        root=asks.root or asks,
        kind=row.kind,
        reason=row.reason,
        call_id=_call(asks, row.tool_name, row.arguments),
        tool_name=row.tool_name,
        agent_name=row.agent_name,
        arguments=row.arguments,
        schema=row.schema,
        fields=row.fields,
        question=row.question,
        options=row.options,
        multiple=row.multiple,
        asked_for_by=row.asked_for_by,
        reopened_from=row,
        look_again=_customer_wrote_since(row),
        created_at=clock.now(),
    )
    put_terms(again, policy_of(row))
    again.save(force_insert=True)
    return again
