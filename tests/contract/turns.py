"""Turns to test storages with: a customer asks for a bag, an agent answers, asks for tools, or waits for a person."""

from __future__ import annotations

import copy
import time
from collections.abc import Iterable
from typing import Any

from kern.db.base import Claim, Db
from kern.records.kinds import Kind
from kern.records.message import Message, ToolCall, new_id
from kern.records.requirement import Requirement
from kern.records.run import RunMetrics, RunOutput, Status
from kern.session import AgentSession, SessionKind


def open_turn(
    db: Db,
    session_id: Any = "travel",
    said: str = "Where is my bag?",
    *,
    user_id: Any = "ana",
    lease: float = 60.0,
    kind: SessionKind = "agent",
) -> tuple[RunOutput, Claim]:
    """A running turn with the customer's words stored; gives the run and its claim."""
    run = RunOutput(
        session_id=session_id,
        user_id=user_id,
        agent_id="bags",
        agent_name="Bags",
        messages=[Message("system", "You find bags."), Message("user", said, author=user_id)],
    )
    claim = Claim(run.run_id, lease=lease, worker="worker-1")
    db.open_run(run, claim, kind=kind)
    return run, claim


def finish(
    db: Db,
    run: RunOutput,
    claim: Claim,
    status: Status = "completed",
    content: str = "It is in Oslo.",
    answer: bool = True,
) -> None:
    run.status, run.content = status, content
    db.finish_run(claim, run, Message("assistant", content, run_id=run.run_id) if answer else None)


def whole_turn(
    db: Db,
    session_id: Any = "travel",
    said: str = "Where is my bag?",
    reply: str = "It is in Oslo.",
    user_id: Any = "ana",
) -> RunOutput:
    run, claim = open_turn(db, session_id, said, user_id=user_id)
    finish(db, run, claim, content=reply)
    return run


def propose(db: Db, run: RunOutput, claim: Claim, *names: str) -> list[ToolCall]:
    """The model asks for tools; gives the calls."""
    calls = [ToolCall(new_id(), name, '{"bag": 7}') for name in names]
    db.store_answer(claim, Message("assistant", "Let me look.", calls, run_id=run.run_id), RunMetrics(model_calls=1))
    return calls


def requirement(
    run: RunOutput, call: ToolCall, *, kind: Kind = "confirmation", root: str | None = None, **more: Any
) -> Requirement:
    return Requirement(
        kind=kind,
        run_id=run.run_id,
        root_run_id=root or run.run_id,
        session_id=run.session_id,
        call_id=call.id,
        tool_name=call.name,
        arguments={"bag": 7},
        schema={"type": "object", "properties": {"bag": {"type": "integer"}}},
        **more,
    )


def paused_turn(db: Db, *tools: str, session_id: str = "travel") -> RunOutput:
    """A turn that waits for one confirmation a tool; gives the run as it is stored."""
    run, claim = open_turn(db, session_id)
    calls = propose(db, run, claim, *(tools or ["refund"]))
    db.pause_run(claim, [requirement(run, call) for call in calls], RunMetrics(model_calls=1))
    return stored_run(db, run)


def stored_run(db: Db, run: RunOutput | str) -> RunOutput:
    """The run as it is stored, which it has to be."""
    found = db.load_run(run if isinstance(run, str) else run.run_id)
    assert found is not None
    return found


def stored_session(db: Db, session_id: str) -> AgentSession:
    """The session as it is stored, which it has to be."""
    found = db.read_session(session_id)
    assert found is not None
    return found


def confirmed(run: RunOutput) -> list[Requirement]:
    answers = copy.deepcopy(run.requirements)
    for answer in answers:
        answer.confirm()
    return answers


def member_of(run: RunOutput, call: ToolCall, claim: Claim, db: Db) -> RunOutput:
    member = RunOutput(
        session_id=run.session_id,
        user_id="ana",
        agent_id="tracer",
        agent_name="Tracer",
        parent_run_id=run.run_id,
        parent_call_id=call.id,
        messages=[Message("user", "Trace bag 7", author="Bags")],
    )
    db.open_member_run(claim, member)
    return member


def interrupted_turn(db: Db, **more: Any) -> tuple[RunOutput, Claim]:
    """A turn whose worker is gone: its lease has run out."""
    run, claim = open_turn(db, lease=0.01, **more)
    while stored_run(db, run).status == "running":
        time.sleep(0.01)
    return run, claim


def texts(messages: Iterable[Message]) -> list[str | None]:
    return [message.content for message in messages]
