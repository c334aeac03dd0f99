"""Finish a run of the claimed tree, as its worker reports."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.utils.translation import gettext as _

from kern.db.base import Claim
from kern.records.message import Message
from kern.records.run import ACTIVE, RunOutput, Status
from sessions_app.changes import log
from sessions_app.changes.kinds import OF_RUN_END, Kind
from sessions_app.changes.payloads import OfRun, OfStep
from sessions_app.models import Run, Session
from sessions_app.models.author import Author
from sessions_app.models.person_wanted import Reason
from sessions_app.policy import briefs, naming, needing_person, topic_shift, whose_turn
from sessions_app.policy.agents_hand_over import OF_AGENT, handed_over
from sessions_app.store import drafts, sessions
from sessions_app.store.claims import Held, hold
from sessions_app.store.ending import ENDS_FOR_PEOPLE, open_next, store_end
from sessions_app.store.pausing import pause_run
from sessions_app.store.steps import append, store_answer


def finish_run(claim: Claim, run: RunOutput, answer: Message | None) -> Status:
    """Store the end of a run and its last message; returns the final status.

    Where the AI only drafts and no person has looked at the answer, the turn does not end: it waits for people to send it.
    """
    if run.status in ACTIVE:
        raise ValueError(f"a run does not finish as {run.status}")
    held = hold(claim, run.run_id)
    if held.run.cancel_requested and run.may_still_be_stopped:
        run = replace(run, status="cancelled")
    if answer is not None and handed_over(run) is None and drafts.is_draft(held, run, answer):
        return _ask_to_send(claim, held, run, answer)
    if answer is not None:
        # What is said on a hand-over are the queue's words: people wrote them, so they need no review.
        append(held, answer, sent=run.status == "completed", reviewed=handed_over(run) is not None)
    store_end(held, run)
    if held.in_turn:
        _end_turn(held, run, answer)
    else:
        log.record(held.session, Kind.RUN_STEP, OfStep(run=run.run_id, root=claim.run_id), actor=held.run.agent_name)
    return run.status


def _ask_to_send(claim: Claim, held: Held, run: RunOutput, answer: Message) -> Status:
    draft, question = drafts.as_question(held, answer)
    store_answer(claim, draft, run.metrics)
    pause_run(claim, [question], run.metrics)
    return "paused"


def _end_turn(held: Held, run: RunOutput, answer: Message | None) -> None:
    """Record the turn's end, and make naming and the next turn due."""
    session, agent = held.session, held.run.agent_name
    for_customer = held.run.purpose == Run.Purpose.ANSWER
    answered = for_customer and run.status == "completed"
    waited_since = session.waiting_since
    sessions.used(session, answer.content if answer is not None and answered else "", Author.AGENT, agent)
    log.record(session, (OF_RUN_END if for_customer else ENDS_FOR_PEOPLE)[run.status], OfRun(run.run_id), actor=agent)
    if answered:
        naming.plan(session)
        topic_shift.plan(session)
        _hand_over(session, run, agent, waited_since)
    open_next(session)
    if run.status == "error":
        needing_person.after_failure(session, held.run)
        whose_turn.settle(session)


def _hand_over(session: Session, run: RunOutput, agent: str, waited_since: datetime | None) -> None:
    """Hand over to people where the agent did, or where its answers lead nowhere. The customer waits as long as before."""
    if session.queue is None or session.is_settled:
        return
    if (told := handed_over(run)) is not None:
        reason, note = OF_AGENT.get(str(told.get("because")), Reason.CANNOT), str(told.get("reason", ""))
        brief = briefs.from_agent(session, told.get("brief") or [])
        new = needing_person.hand_over(session, reason, by=agent, note=note, brief=brief)
    elif needing_person.lacks_progress(session):
        new = needing_person.hand_over(session, Reason.NO_PROGRESS, by=_("A rule of the queue"))
    else:
        return
    if new:
        session.raise_fence()
        if waited_since is not None:
            session.waiting_since = waited_since
            session.save(update_fields=["waiting_since"])
