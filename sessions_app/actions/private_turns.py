"""Private turns: people have the agent draft an answer, or ask it something. The customer sees none of it.

Such a turn is like any other: it may be cancelled and retried, and its calls need approval, only that the person who started it
may not approve them.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from sessions_app.actions.idempotency import checked_key, sent_before
from sessions_app.actions.locking import session_locked
from sessions_app.actions.runs import make_due, must_be_free
from sessions_app.changes.kinds import Kind
from sessions_app.changes.log import record
from sessions_app.changes.payloads import OfRun
from sessions_app.errors import InvalidAction
from sessions_app.models import Person, Run, Session
from sessions_app.store.message_rows import private_question
from sessions_app.validation.text import checked_message


def draft(session: Session, person: Person) -> Run:
    """Start a turn that drafts an answer to the customer, for the person to use or not.

    The customer's messages stay unanswered. Raises `InvalidAction` while a turn is active or before the first message.
    """
    with session_locked(session) as locked:
        must_be_free(locked)
        if not locked.messages.said().exists():
            raise InvalidAction(_("Nobody has said anything yet, so there is nothing to answer."))
        run = _begin(locked, person, Run.Purpose.DRAFT)
        record(locked, Kind.RUN_DRAFT_WANTED, OfRun(run.run_id), person=person)
    return run


def ask_agent(session: Session, person: Person, text: str) -> Run:
    """Ask the agent something privately: the customer sees neither the question nor the answer.

    Raises `InvalidAction` while a turn is active, and for text that is empty or too long.
    """
    return ask_agent_once(session, person, text)[0]


def ask_agent_once(session: Session, person: Person, text: str, *, idempotency_key: str = "") -> tuple[Run, bool]:
    """Ask as `ask_agent` does; returns also whether the question is new; with a known key, the first question's run.

    Raises `IdempotencyConflict` when the key came with something else.
    """
    words, key = checked_message(text), checked_key(idempotency_key)
    with session_locked(session) as locked:
        known = sent_before(locked, key, content=words, person_id=person.pk, internal=True, role="user")
        if known is not None and known.run is not None:
            return known.run, False
        must_be_free(locked)
        run = _begin(locked, person, Run.Purpose.INTERNAL)
        private_question(run, person, words, idempotency_key=key).save(force_insert=True)
        record(locked, Kind.RUN_QUESTION_ASKED, OfRun(run.run_id), person=person)
    return run, True


def _begin(session: Session, person: Person, purpose: Run.Purpose) -> Run:
    run = Run(session=session, agent_id=session.working_agent_id, purpose=purpose, asked_by=person)
    make_due(run, session)
    return run
