"""Rows of an imported conversation: a session, an ended run for each turn, its messages and its tool calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db import transaction

from sessions_app import desk
from sessions_app.actions import tickets
from sessions_app.changes.kinds import Kind
from sessions_app.changes.log import record_unseen
from sessions_app.changes.payloads import Imported
from sessions_app.errors import InvalidAction
from sessions_app.infrastructure import clock
from sessions_app.management.importing.conversation import Conversation, Entry, Turn
from sessions_app.management.importing.journal import Journal
from sessions_app.management.importing.objects import BadLineError
from sessions_app.management.importing.triage import priority_of, put_labels
from sessions_app.models import Message, NameRecord, Person, Queue, Run, Session, TicketLink, TicketSystem, ToolCall
from sessions_app.policy import names, naming, stand_ins, whose_turn
from sessions_app.policy.naming_rules import Refusal
from sessions_app.store.message_rows import imported_message

CHANNEL = "import"
NAMED = "from the imported file"


@dataclass
class Importer:
    """Puts conversations into a queue: the line's own, else `queue`.

    `user_id` is the customer of lines that name none, `status` how those stand that do not say. A `dry_run` stores nothing.
    """

    queue: Queue
    user_id: str = ""
    status: str = Session.Status.OPEN
    dry_run: bool = False
    seen: dict[str, tuple[int, str]] = field(default_factory=dict)

    def add(self, conversation: Conversation, line: int) -> bool:
        """Store the conversation in one transaction; False when just that is there already.

        Raises `BadLineError` when its id belongs to something else, or was imported with other messages or for another
        customer, or its queue is not there.
        """
        customer = conversation.user_id or self.user_id
        session_id = _id_of(conversation, customer)
        before = self.seen.setdefault(session_id, (line, conversation.digest))
        if before[1] != conversation.digest:
            raise BadLineError(f"line {before[0]} has the same id and other messages")
        existing = Session.objects.filter(session_id=session_id).first()
        if existing and existing.status in Session.GONE:
            raise BadLineError("its id belongs to a deleted conversation: restore that first")
        if existing:
            _must_be_the_same(existing, conversation, customer)
            return False
        if self.dry_run and before[0] != line:
            return False
        queue = self._queue_of(conversation)
        with transaction.atomic():
            Rows(conversation, queue, self._agent_name(queue), conversation.status or self.status).store(session_id, customer)
            if self.dry_run:
                transaction.set_rollback(True)
        return True

    @cached_property
    def _queues(self) -> dict[str, Queue]:
        return {queue.slug: queue for queue in Queue.objects.all()}

    def _queue_of(self, conversation: Conversation) -> Queue:
        if not conversation.queue:
            return self.queue
        if conversation.queue not in self._queues:
            raise BadLineError(f"there is no queue {conversation.queue}; there are: {', '.join(self._queues)}")
        return self._queues[conversation.queue]

    def _agent_name(self, queue: Queue) -> str:
        """Return the name of the answering agent: the queue's, as nothing else is known."""
        names = {worker.id: worker.name for worker in desk.current().workers}
        return names.get(queue.agent_id, queue.name)


@dataclass
class Rows:
    """The rows of one conversation."""

    conversation: Conversation
    queue: Queue
    agent_name: str
    status: str
    people: dict[str, Person | None] = field(default_factory=dict)

    def store(self, session_id: str, customer: str) -> None:
        """Make all of them, in the caller's transaction."""
        conversation = self.conversation
        session = self._session(session_id, customer)
        turns = conversation.turns()
        runs = Run.objects.bulk_create([self._run(session, turn) for turn in turns])
        self._messages(session, list(zip(runs, turns, strict=True)))
        session.read_last_said()
        whose_turn.compute(session)
        self._name(session)
        self._tickets(session)
        put_labels(session, self.conversation)
        stand_ins.renew(session)
        naming.plan_imported(session)
        imported = Imported(runs=len(runs), messages=len(conversation.entries), digest=conversation.digest)
        record_unseen(session, Kind.SESSION_IMPORTED, imported)

    # The session ----------------------------------------------------------------------------------------------------------

    def _session(self, session_id: str, customer: str) -> Session:
        began = self.conversation.created_at or clock.now()
        last = max((at for entry in self.conversation.entries if (at := entry.created_at)), default=began)
        status, until = self._standing()
        return Session.objects.create(
            session_id=session_id,
            queue=self.queue,
            kind=desk.kind_of(self.queue.agent_id),
            user_id=customer,
            customer_name=self.conversation.customer_name,
            customer_email=self.conversation.customer_email,
            channel=CHANNEL,
            status=status,
            snoozed_until=until,
            assignee=self._assignee(),
            priority=priority_of(self.conversation),
            created_at=began,
            activity_at=last,
            updated_at=max(last, self.conversation.updated_at or last),
        )

    def _standing(self) -> tuple[str, datetime | None]:
        """The status, and the end of a snooze; one that is over has ended."""
        until = self.conversation.snoozed_until
        if self.status != Session.Status.SNOOZED:
            if until is not None:
                self._note("the end of a snooze goes with the status snoozed alone and is not kept", until.isoformat())
            return self.status, None
        if until is not None and until <= clock.now():
            self._note("a snooze that is over is open again", until.isoformat())
            return Session.Status.OPEN, None
        return self.status, until

    def _assignee(self) -> Person | None:
        wanted = self.conversation.assignee
        person = self._person(wanted)
        works = person is not None and person.is_active and Queue.objects.visible_to(person).filter(pk=self.queue.pk).exists()
        if wanted and not works:
            self._note("an assignee who does not work the queue, by email address, is not kept", wanted)
        return person if works else None

    def _name(self, session: Session) -> None:
        """Name the session as the line does, if that can be a name."""
        if not self.conversation.name:
            return
        name = self._kept_name(session)
        if not name:
            return
        source = self.conversation.name_source
        session.name, session.name_source, session.name_version = name, source, 1
        session.name_locked = source == Session.NameSource.HUMAN
        session.save(update_fields=["name", "name_source", "name_version", "name_locked"])
        NameRecord.objects.create(
            session=session, name=name, source=source, version=1, note=NAMED, created_at=session.updated_at
        )

    def _kept_name(self, session: Session) -> str:
        """Return the name of the line, or what the naming rules of the queue leave of it; empty where that is nothing."""
        judged = names.judge(self.conversation.name, session)
        if not isinstance(judged, Refusal):
            return judged
        if judged.mended:
            self._note(f"a name becomes “{judged.mended}”, since {judged.sentence}", self.conversation.name)
        else:
            self._note(f"a name is not kept, since {judged.sentence}", self.conversation.name)
        return judged.mended

    def _tickets(self, session: Session) -> None:
        systems = list(TicketSystem.objects.all()) if self.conversation.tickets else []
        for ticket in self.conversation.tickets:
            asked = [system for system in systems if ticket.system.lower() in ("", system.slug.lower(), system.name.lower())]
            try:
                system, number = tickets.located(ticket.ticket_id, asked)
            except InvalidAction as refused:
                why = f"there is no ticket system {ticket.system}" if ticket.system and not asked else refused.message
                self._note("a ticket is not linked", f"{ticket.ticket_id}: {why}")
                continue
            TicketLink.objects.get_or_create(
                session=session, system=system, ticket_id=number, defaults={"created_at": session.created_at}
            )

    # Turns and messages ---------------------------------------------------------------------------------------------------

    def _run(self, session: Session, turn: Turn) -> Run:
        spoken = [entry for entry in turn.entries if entry.role == "assistant"]
        answers = [entry.content for entry in spoken if entry.content]
        statuses = [entry.status for entry in spoken if entry.status]
        times = [at for entry in turn.entries if (at := entry.created_at)] or [session.created_at]
        counts = {name: sum(entry.tokens.get(name, 0) for entry in spoken) for name in ("input_tokens", "output_tokens")}
        return Run(
            session=session,
            agent_id=self.queue.agent_id,
            agent_name=next((entry.author for entry in reversed(spoken) if entry.author), self._agent),
            model=next((entry.model for entry in reversed(spoken) if entry.model), self.conversation.model),
            status=statuses[-1] if statuses else Run.Status.COMPLETED,
            content=answers[-1] if answers else "",
            error=next((entry.error for entry in reversed(spoken) if entry.error), ""),
            metrics={
                "tool_calls": sum(len(entry.calls) for entry in turn.entries),
                "model_calls": len(spoken),
                **{name: count for name, count in counts.items() if count},
            },
            created_at=times[0],
            updated_at=max(times),
        )

    def _messages(self, session: Session, turns: list[tuple[Run, Turn]]) -> None:
        journals = {id(entry): journal for run, turn in turns for journal in [Journal(run)] for entry in turn.entries}
        rows = [self._message(session, entry, journals.get(id(entry))) for entry in self.conversation.entries]
        Message.objects.bulk_create(rows, batch_size=500)
        calls = [call for journal in dict.fromkeys(journals.values()) for call in journal.calls.values()]
        ToolCall.objects.bulk_create(calls, batch_size=500)

    def _message(self, session: Session, entry: Entry, journal: Journal | None) -> Message:
        at = entry.created_at or session.created_at
        row = imported_message(
            session,
            journal.run if journal else None,
            role="assistant" if entry.stands_alone else entry.role,
            author_kind="person" if entry.stands_alone else entry.author_kind,
            author=entry.author or self._author_of(entry, session),
            words=entry.content,
            at=at,
            person=self._person(entry.email) if entry.stands_alone else None,
            internal=entry.internal,
            tool_name=entry.tool_name,
            reasoning=entry.reasoning,
        )
        if journal and entry.role == "tool":
            row.tool_call_id = journal.finish(entry.call_id, entry.content, at)
        elif journal:
            row.tool_calls = [
                {**call.to_dict(), "id": journal.propose(call.id, call.name, call.arguments, at)} for call in entry.calls
            ]
        return row

    def _author_of(self, entry: Entry, session: Session) -> str:
        """The name of an author whom the line does not name."""
        names = {"agent": self._agent, "customer": session.customer}
        person = self._person(entry.email) if entry.author_kind == "person" else None
        return str(person) if person else entry.email or names.get(entry.author_kind, "")

    def _person(self, email: str) -> Person | None:
        """The person of the desk with this address."""
        key = email.lower()
        if key and key not in self.people:
            self.people[key] = Person.objects.filter(email__iexact=key).first()
        return self.people.get(key)

    @property
    def _agent(self) -> str:
        return self.conversation.agent or self.agent_name

    def _note(self, kind: str, detail: Any) -> None:
        self.conversation.notes.add("", kind, detail)


def _id_of(conversation: Conversation, customer: str) -> str:
    """The session's id. What was imported when ids were made from less of the line keeps that one."""
    wanted, *earlier = conversation.ids_for(customer)
    known = Session.objects.filter(session_id__in=earlier, user_id=customer).values_list("session_id", flat=True)
    return next(iter(known), wanted)


def _must_be_the_same(session: Session, conversation: Conversation, customer: str) -> None:
    """Raises `BadLineError` unless the session was imported from these messages for this customer, where both name one.

    What was said in it since does not count.
    """
    imported = session.changes.filter(kind=Kind.SESSION_IMPORTED).first()
    if imported is None:
        raise BadLineError(f"there is a session {session.session_id} that was not imported")
    if customer and session.user_id and session.user_id != customer:
        raise BadLineError(f"{session.session_id} is already there for another customer: {session.user_id}, not {customer}")
    if imported.data["digest"] != conversation.digest:
        raise BadLineError(
            f"{session.session_id} is already there with other content: it was imported with {imported.data['messages']} "
            f"messages, this line has {len(conversation.entries)}; nothing of it was imported"
        )
