"""Rows of an imported conversation: a session, a completed run for each turn, its messages and its tool calls."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db import transaction
from django.utils import timezone

from sessions_app import desk
from sessions_app.changes import record
from sessions_app.management.importing.chat_format import BadLineError, Conversation, Entry
from sessions_app.models import Message, NameRecord, Queue, Run, Session, ToolCall
from sessions_app.storable import check_storable

CHANNEL = "import"
IMPORTED = "session.imported"
AUTHORS = {
    "user": Message.Author.CUSTOMER,
    "assistant": Message.Author.AGENT,
    "tool": Message.Author.SYSTEM,
    "system": Message.Author.SYSTEM,
}


@dataclass
class Importer:
    """Puts conversations into one queue. `user_id` is the customer of lines that name none."""

    queue: Queue
    user_id: str = ""
    seen: dict[str, tuple[int, str]] = field(default_factory=dict)

    @cached_property
    def agent_name(self) -> str:
        """Who answered, as far as we can say: the queue's agent."""
        names = {worker.id: worker.name for worker in desk.current().workers}
        return names.get(self.queue.agent_id, self.queue.name)

    def add(self, conversation: Conversation, line: int) -> bool:
        """Store the conversation in one transaction; False when just that is there already.

        Raises `BadLineError` when its id belongs to something else, or was imported with other messages or for another
        customer.
        """
        customer = conversation.user_id or self.user_id
        session_id = _id_of(conversation, customer)
        before = self.seen.setdefault(session_id, (line, conversation.digest))
        if before[1] != conversation.digest:
            raise BadLineError(f"line {before[0]} has the same id and other messages")
        existing = Session.objects.filter(session_id=session_id).first()
        if existing:
            _must_be_the_same(existing, conversation, customer)
            return False
        with transaction.atomic():
            session = self._session(conversation, session_id, customer)
            turns = conversation.turns()
            runs = Run.objects.bulk_create([self._run(session, turn) for turn in turns])
            self._messages(session, list(zip(runs, turns, strict=True)))
            session.read_last_said()
            record(session, IMPORTED, runs=len(runs), messages=len(conversation.entries), digest=conversation.digest)
        return True

    def _session(self, conversation: Conversation, session_id: str, customer: str) -> Session:
        session = Session.objects.create(
            session_id=session_id,
            queue=self.queue,
            kind=desk.kind_of(self.queue.agent_id),
            user_id=customer,
            channel=CHANNEL,
            name=conversation.name,
            name_source=Session.NameSource.HUMAN if conversation.name else Session.NameSource.NONE,
            name_version=1 if conversation.name else 0,
        )
        if conversation.name:
            NameRecord.objects.create(
                session=session, name=conversation.name, source=Session.NameSource.HUMAN, note="from the imported file"
            )
        return session

    def _run(self, session: Session, turn: list[Entry]) -> Run:
        answers = [entry.content for entry in turn if entry.role == "assistant" and entry.content]
        calls = sum(len(entry.calls) for entry in turn)
        return Run(
            session=session,
            agent_id=self.queue.agent_id,
            agent_name=self.agent_name,
            status=Run.Status.COMPLETED,
            content=answers[-1] if answers else "",
            metrics={"tool_calls": calls, "model_calls": sum(entry.role == "assistant" for entry in turn)},
        )

    def _messages(self, session: Session, turns: list[tuple[Run, list[Entry]]]) -> None:
        messages: list[Message] = []
        journal: list[ToolCall] = []
        for run, entries in turns:
            lines = Journal(run)
            for entry in entries:
                messages.append(self._message(session, run, entry, lines))
            journal += lines.calls.values()
        Message.objects.bulk_create(messages, batch_size=500)
        ToolCall.objects.bulk_create(journal, batch_size=500)

    def _message(self, session: Session, run: Run, entry: Entry, journal: Journal) -> Message:
        calls = [{**call.to_dict(), "id": journal.propose(call.id, call.name, call.arguments)} for call in entry.calls]
        return Message(
            session=session,
            run=run,
            role=entry.role,
            author_kind=AUTHORS[entry.role],
            author=self.agent_name if entry.role == "assistant" else "",
            content=entry.content,
            tool_calls=calls,
            tool_call_id=journal.finish(entry.call_id, entry.content) if entry.role == "tool" else "",
            tool_name=entry.tool_name,
        )


class Journal:
    """The tool calls of one run. A call id that a file uses twice in a turn gets a number: a journal line is one call."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.calls: dict[str, ToolCall] = {}
        self._waiting: dict[str, list[str]] = {}

    def propose(self, call_id: str, name: str, arguments: str) -> str:
        """Add a call; returns its id in this run."""
        unique, count = call_id, 1
        while unique in self.calls:
            count += 1
            unique = f"{call_id[:190]}#{count}"
        self.calls[unique] = ToolCall(run=self.run, call_id=unique, tool_name=name, arguments=arguments_of(arguments))
        self._waiting.setdefault(call_id, []).append(unique)
        return unique

    def finish(self, call_id: str, result: str) -> str:
        """Note a result; returns the id of its call in this run, or the given one when nothing of this run was asked."""
        waiting = self._waiting.get(call_id)
        if not waiting:
            return call_id
        call = self.calls[waiting.pop(0)]
        call.status, call.result, call.finished_at = ToolCall.Status.FINISHED, result, timezone.now()
        return call.call_id


def _id_of(conversation: Conversation, customer: str) -> str:
    """The session's id. What was imported when an id was made from the messages alone keeps that one."""
    wanted, earlier = conversation.id_for(customer), conversation.id_for("")
    if wanted != earlier and Session.objects.filter(session_id=earlier, user_id=customer).exists():
        return earlier
    return wanted


def _must_be_the_same(session: Session, conversation: Conversation, customer: str) -> None:
    """Raises `BadLineError` unless the session was imported from these messages for this customer, where both name one.

    What was said in it since does not count.
    """
    imported = session.changes.filter(kind=IMPORTED).first()
    if imported is None:
        raise BadLineError(f"there is a session {session.session_id} that was not imported")
    if customer and session.user_id and session.user_id != customer:
        raise BadLineError(f"{session.session_id} is already there for another customer: {session.user_id}, not {customer}")
    if imported.data["digest"] != conversation.digest:
        raise BadLineError(
            f"{session.session_id} is already there with other content: it was imported with {imported.data['messages']} "
            f"messages, this line has {len(conversation.entries)}; nothing of it was imported"
        )


def arguments_of(text: str) -> dict[str, Any]:
    """A call's arguments, empty when the text is no JSON object that can be stored; the message keeps the text as it was."""
    try:
        value = json.loads(text or "{}")
        check_storable(value)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
