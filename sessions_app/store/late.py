"""Late writes of a worker whose turn was taken away: its partial answer, and the outcome of the call it had started.

Each once, and nothing else: further answers and calls belong to later turns.
"""

from __future__ import annotations

from kern.db.base import Claim
from kern.records.message import Message
from kern.validation.text import storable
from sessions_app.changes import log
from sessions_app.changes.kinds import Kind
from sessions_app.changes.payloads import OfRun, OutcomeKept
from sessions_app.models import Requirement, Run
from sessions_app.policy import endings
from sessions_app.store.claims import Held, locked
from sessions_app.store.message_rows import run_message
from sessions_app.store.pausing import go_on


def keep_words(claim: Claim, text: str) -> bool:
    """Store the partial answer of a turn that a person ended, as unsent; returns whether it was stored.

    A run that was cancelled at once keeps `lease_owner`, so that its worker can store its partial answer, once.
    """
    found = locked(claim.run_id)
    if found is None or not text:
        return False
    session, row = found
    if row.status != Run.Status.CANCELLED or row.lease_owner != claim.owner:
        return False
    words = Message("assistant", text, run_id=row.run_id, author=row.agent_name or None)
    run_message(words, row, sent=False).save(force_insert=True)
    row.content, row.lease_owner = storable(text), ""
    row.save(update_fields=["content", "lease_owner"])
    log.record(session, Kind.RUN_WORDS_KEPT, OfRun(row.run_id), actor=row.agent_name)
    return True


def outcome_kept(held: Held, output: Message) -> None:
    """Record the late outcome of a call: the question about it is no longer needed."""
    turn, actor = held.root, held.run.agent_name
    log.record(
        held.session,
        Kind.RUN_OUTCOME_KEPT,
        OutcomeKept(run=held.run.run_id, root=turn.run_id, tool=output.tool_name or ""),
        actor=actor,
    )
    asked = held.run.own_requirements.pending().filter(call_id=output.tool_call_id, reason=Requirement.Reason.UNCERTAIN)
    for question in asked.select_related("session__queue"):
        endings.drop(held.session, question, Requirement.Status.SUPERSEDED)
    go_on(held.session, turn)
