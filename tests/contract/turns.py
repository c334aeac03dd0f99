"""Turns to test storages with: a customer asks for a bag, an agent answers, asks for tools, or waits for a person."""

from __future__ import annotations

import copy
import time

from kern.db.base import Claim
from kern.records.message import Message, ToolCall, new_id
from kern.records.requirement import Requirement
from kern.records.run import RunMetrics, RunOutput


def open_turn(db, session_id="travel", said="Where is my bag?", *, user_id="ana", lease=60.0, kind="agent"):
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


def finish(db, run, claim, status="completed", content="It is in Oslo.", answer=True):
    run.status, run.content = status, content
    db.finish_run(claim, run, Message("assistant", content, run_id=run.run_id) if answer else None)


def whole_turn(db, session_id="travel", said="Where is my bag?", reply="It is in Oslo.", user_id="ana"):
    run, claim = open_turn(db, session_id, said, user_id=user_id)
    finish(db, run, claim, content=reply)
    return run


def propose(db, run, claim, *names):
    """The model asks for tools; gives the calls."""
    calls = [ToolCall(new_id(), name, '{"bag": 7}') for name in names]
    db.store_answer(claim, Message("assistant", "Let me look.", calls, run_id=run.run_id), RunMetrics(model_calls=1))
    return calls


def requirement(run, call, *, kind="confirmation", root=None, **more):
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


def paused_turn(db, *tools, session_id="travel"):
    """A turn that waits for one confirmation a tool; gives the run as it is stored."""
    run, claim = open_turn(db, session_id)
    calls = propose(db, run, claim, *(tools or ["refund"]))
    db.pause_run(claim, [requirement(run, call) for call in calls], RunMetrics(model_calls=1))
    return db.load_run(run.run_id)


def confirmed(run):
    answers = copy.deepcopy(run.requirements)
    for answer in answers:
        answer.confirm()
    return answers


def member_of(run, call, claim, db):
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


def interrupted_turn(db, **more):
    """A turn whose worker is gone: its lease has run out."""
    run, claim = open_turn(db, lease=0.01, **more)
    while db.load_run(run.run_id).status == "running":
        time.sleep(0.01)
    return run, claim


def texts(messages):
    return [message.content for message in messages]
