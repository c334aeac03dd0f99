"""Build the row of a message, one function for each source; no other module makes one.

The rows are unsaved. `_row` holds what is true of all of them: text in a form that every database keeps, and an author's name
that fits its column.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from kern.records.message import Message as MessageRecord
from kern.validation.json_values import storable_json
from kern.validation.text import storable
from sessions_app.models import Message, Person, Run, Session
from sessions_app.models.author import Author
from sessions_app.validation.limits import longest

LONGEST_AUTHOR = longest(Message, "author")
LONGEST_TOOL_NAME = longest(Message, "tool_name")
_SPEAKERS = {"assistant": Author.AGENT, "user": Author.CUSTOMER}


def customer_message(session: Session, words: str, *, idempotency_key: str = "") -> Message:
    """Return what the customer wrote; a later run takes it."""
    return _row("user", Author.CUSTOMER, session.customer, words, session=session, idempotency_key=idempotency_key)


def person_message(
    session: Session, person: Person, words: str, *, internal: bool = False, idempotency_key: str = ""
) -> Message:
    """Return a person's reply to the customer; with `internal`, a note for the team."""
    where = {"session": session, "person": person, "internal": internal}
    return _row("assistant", Author.PERSON, str(person), words, idempotency_key=idempotency_key, **where)


def private_question(run: Run, person: Person, words: str, *, idempotency_key: str = "") -> Message:
    """Return the question with which a person begins a private run."""
    where = {"session": run.session, "run": run, "person": person, "internal": True, "sent": False}
    return _row("user", Author.PERSON, str(person), words, idempotency_key=idempotency_key, **where)


def run_message(message: MessageRecord, run: Run, *, sent: bool = True) -> Message:
    """Return a message of the library in a run.

    Inside a team no author is a customer, and a run for a person sends nothing.
    """
    author_kind = _SPEAKERS.get(message.role, Author.SYSTEM)
    if author_kind == Author.CUSTOMER and run.parent_id is not None:
        author_kind = Author.SYSTEM
    answers = run.purpose == Run.Purpose.ANSWER
    return _row(
        message.role,
        author_kind,
        message.author or (run.agent_name if message.role == "assistant" else ""),
        message.content,
        message_id=message.message_id,
        session_id=run.session_id,
        run=run,
        tool_calls=[storable_json(call.to_dict()) for call in message.tool_calls],
        tool_call_id=message.tool_call_id or "",
        tool_name=storable(message.tool_name or "")[:LONGEST_TOOL_NAME],
        provider_items=storable_json(message.provider_items),
        reasoning=storable(message.reasoning),
        internal=not answers,
        sent=sent and answers,
        created_at=datetime.fromtimestamp(message.created_at, UTC),
    )


def copied_task(task: Message, run: Run) -> Message:
    """Return a member's task as its new run begins with it."""
    where = {"session_id": run.session_id, "run": run, "internal": task.internal, "sent": task.sent}
    return _row(task.role, task.author_kind, task.author, task.content, **where)


def imported_message(
    session: Session, run: Run | None, *, role: str, author_kind: str, author: str, words: str, at: datetime, **columns: Any
) -> Message:
    """Return a message of a file, in one of its turns or, without a run, of a customer or a person."""
    return _row(role, author_kind, author, words, session=session, run=run, created_at=at, **columns)


def _row(role: str, author_kind: str, author: str, words: str, **columns: Any) -> Message:
    return Message(
        role=role,
        author_kind=author_kind,
        author=storable(author)[:LONGEST_AUTHOR],
        content=storable(words),
        **columns,
    )
