"""Makes a conversation happen: the same verbs, loop and tools as in real life, with a model that follows a script."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, QuerySet
from django.utils import timezone

from kern.db.base import Claim
from kern.errors import ModelError
from kern.models.base import ModelAnswer, Usage
from kern.records.message import ToolCall
from kern.session import NameSource
from kern.testing import ScriptedModel, call
from sessions_app import desk
from sessions_app.actions import customer_attributes, decisions, labels, messages, names, priorities, sessions, tickets
from sessions_app.models import (
    Change,
    Decision,
    HandOver,
    Message,
    NameRecord,
    Person,
    Queue,
    Requirement,
    Run,
    Session,
    SessionLabel,
    TicketLink,
    TicketSystem,
)
from sessions_app.models import ToolCall as Journal
from sessions_app.models.triage import Priority
from sessions_app.store import DjangoDb

#: The columns that tell when something happened, by model.
TIMES: dict[Any, tuple[str, ...]] = {
    Message: ("created_at",),
    Run: ("created_at", "updated_at"),
    Requirement: ("created_at", "decided_at"),
    NameRecord: ("created_at",),
    TicketLink: ("created_at",),
    SessionLabel: ("created_at",),
    Change: ("created_at",),
    HandOver: ("created_at",),
}
SESSION_TIMES = ("created_at", "updated_at", "activity_at", "waiting_since", "answered_at", "failed_at", "person_wanted_at")
#: Tokens of a turn's input, so that the pages have numbers to show.
PROMPT_TOKENS = 900


class Scenario:
    """One conversation being written. Use it inside a transaction: an unfinished one must not be seen or worked."""

    def __init__(self, key: str, queue: str, customer: str, email: str = "", *, user_id: str = "") -> None:
        self.session = sessions.start_session(
            Queue.objects.get(slug=queue),
            user_id=user_id or key,
            customer_name=customer,
            customer_email=email,
            session_id=f"demo-{key}",
        )

    def told(self, **attributes: str) -> Scenario:
        """A program tells what it knows of the customer."""
        customer_attributes.tell(self.session.user_id, attributes)
        return self

    def customer(self, text: str, *, minutes: float = 2) -> Scenario:
        """The customer writes, `minutes` after what happened before."""
        self.wait(minutes)
        messages.receive(self.now(), text)
        return self

    def agent(self, *replies: str | ToolCall | list[ToolCall] | ModelError) -> Scenario:
        """The turn that waits is worked; the model says `replies`, one each time it is asked."""
        run = self.session.runs.due().get()
        model = ScriptedModel([_measured(reply) for reply in replies], id="demo")
        worker = next(worker for worker in desk.current().workers if worker.id == run.agent_id)
        for _event in worker.bound(db=DjangoDb(), model=model).execute(Claim(run.run_id, fence=run.fence, worker="demo")):
            pass
        return self

    def approve(self, person: Person) -> Scenario:
        """A person approves what the agent asks for."""
        self.wait(4)
        decisions.approve(self.question(), person, seen=self.now().last_change)
        return self

    def reject(self, person: Person, note: str) -> Scenario:
        """A person rejects it, and says why."""
        self.wait(4)
        decisions.reject(self.question(), person, note=note, seen=self.now().last_change)
        return self

    def reply(self, person: Person, text: str) -> Scenario:
        """A person answers the customer."""
        self.wait(6)
        messages.reply(self.now(), person, text, seen=self.now().last_change)
        return self

    def note(self, person: Person, text: str) -> Scenario:
        """A person writes a note for the team."""
        self.wait(1)
        messages.note(self.now(), person, text)
        return self

    def ticket(self, person: Person, ticket_id: str) -> Scenario:
        """A person links a ticket of the demo's help desk, or of its operations (`OPS-…`)."""
        system = TicketSystem.objects.get(slug="ops" if ticket_id.startswith("OPS-") else "desk")
        tickets.link(self.now(), person, ticket_id, system)
        return self

    def triaged(self, person: Person, *names: str, priority: Priority = Priority.NORMAL) -> Scenario:
        """A person puts labels of these names on it, which are made where there are none, and sets the priority."""
        for name in names:
            labels.add_by_name(self.now(), person, name)
        priorities.set_priority(self.now(), person, priority)
        return self

    def named(self, name: str, person: Person | None = None) -> Scenario:
        """Name the conversation, by a person or else by the AI."""
        if person:
            names.rename(self.now(), person, name)
        else:
            DjangoDb().rename_session(self.session.session_id, name, "auto")
        return self

    def fell_back(self, name: str, source: NameSource = "ticket") -> Scenario:
        """No name could be generated, so something that was there anyway serves."""
        DjangoDb().rename_session(self.session.session_id, name, source)
        return self

    def read_by(self, *people: Person) -> Scenario:
        """These people have seen everything so far."""
        for person in people:
            sessions.mark_read(self.now(), person)
        return self

    def question(self) -> Requirement:
        """Return the pending requirement of the conversation."""
        return Requirement.objects.pending().get(session=self.session)

    def now(self) -> Session:
        """The session as it is."""
        self.session.refresh_from_db()
        return self.session

    def wait(self, minutes: float) -> Scenario:
        """Time passes: everything so far moves into the past, its order unchanged."""
        past = timedelta(minutes=minutes)
        for model, columns in TIMES.items():
            model.objects.filter(session=self.session).update(**{name: F(name) - past for name in columns})
        Journal.objects.filter(run__session=self.session).update(
            started_at=F("started_at") - past, finished_at=F("finished_at") - past
        )
        # The log is never changed; but this scenario is about the past, and is not visible yet.
        record: QuerySet[Decision] = QuerySet(Decision).filter(session_key=self.session.session_id)
        record.update(created_at=F("created_at") - past)
        Session.objects.filter(pk=self.session.pk).update(**{name: F(name) - past for name in SESSION_TIMES})
        for made in self.session.hand_overs.all():
            made.brief = [{**line, "at": (datetime.fromisoformat(line["at"]) - past).isoformat()} for line in made.brief]
            made.save(update_fields=["brief"])
        return self


def tomorrow_morning() -> Any:
    """Nine o'clock of the next day."""
    return (timezone.localtime() + timedelta(days=1)).replace(hour=9, minute=0, second=0, microsecond=0)


def delegated(member: str, task: str) -> ToolCall:
    """The call with which a team's leader gives work to a member."""
    return call("delegate_to_member", member=member, task=task)


def _measured(reply: str | ToolCall | list[ToolCall] | ModelError) -> ModelAnswer | ModelError:
    """A reply with the tokens it would have used."""
    if isinstance(reply, ModelError):
        return reply
    text = reply if isinstance(reply, str) else ""
    calls: Sequence[ToolCall] = [] if isinstance(reply, str) else reply if isinstance(reply, list) else [reply]
    spoken = len(text) // 4 + sum(len(item.arguments) // 4 + 12 for item in calls)
    return ModelAnswer(text, list(calls), Usage(input_tokens=PROMPT_TOKENS + 3 * spoken, output_tokens=spoken), "demo")
