"""Export of a customer's data as one JSON document, piece by piece (its format is described in docs/data.md).

Names of people of the desk are left out: they are no data of the customer's. What these wrote about the customer is in it, also
notes that the customer never saw, marked `internal`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from django.db import models
from django.utils import timezone

from sessions_app import audit
from sessions_app.changes.kinds import Kind
from sessions_app.customers.whom import Customer
from sessions_app.infrastructure import clock
from sessions_app.models import (
    Change,
    CustomerAttributes,
    Decision,
    HandOver,
    Message,
    NameRecord,
    NameSuggestion,
    Requirement,
    Run,
    Session,
    SessionLabel,
    Ticket,
    TicketLink,
    ToolCall,
)

FORMAT, VERSION = "kern-inbox-customer", 1
#: Rows read and sent at once.
BATCH = 500
Row = TypeVar("Row", bound=models.Model)
#: Columns that go into the document under their own names. `docs/data.md` says of each other one why it does not.
COLUMNS: dict[type[models.Model], tuple[str, ...]] = {
    Session: (
        *("session_id", "user_id", "customer_name", "customer_email", "channel", "name", "name_source", "status"),
        *("created_at", "activity_at", "updated_at", "waiting_since", "waiting_for", "answered_at", "person_wanted_at"),
        *("person_wanted_for", "failed_at", "snoozed_until"),
    ),
    CustomerAttributes: ("user_id", "attributes", "told_at"),
    Message: (
        *("message_id", "role", "author_kind", "content", "internal", "sent", "reasoning", "tool_calls", "tool_call_id"),
        *("tool_name", "provider_items", "idempotency_key", "created_at"),
    ),
    Run: (
        *("run_id", "user_id", "purpose", "agent_id", "agent_name", "model", "status", "content", "error", "metrics"),
        *("created_at", "updated_at"),
    ),
    ToolCall: ("call_id", "tool_name", "arguments", "status", "result", "failed", "started_at", "finished_at"),
    Requirement: (
        *("requirement_id", "kind", "reason", "call_id", "tool_name", "agent_name", "arguments", "edited_arguments", "fields"),
        *("question", "options", "status", "note", "answer", "created_at", "decided_at", "expires_at"),
    ),
    Decision: (
        *("session_key", "requirement_key", "user_id", "customer_email", "queue_slug", "tool_name", "verdict"),
        *("arguments", "edited_arguments", "note", "waited", "created_at"),
    ),
    NameRecord: ("name", "source", "version", "note", "created_at"),
    NameSuggestion: ("name", "state", "created_at", "settled_at"),
    HandOver: ("reason", "note", "brief", "created_at"),
    SessionLabel: ("created_at",),
    TicketLink: ("ticket_id", "created_at"),
    Ticket: ("title", "state", "shown", "state_at"),
    Change: ("kind", "data", "created_at"),
}
#: Of a change's data, what names people of the desk, or serves undoing alone.
_OF_PEOPLE = ("assignee", "former", "stood")


def export_for(customer: Customer) -> Iterator[str]:
    """Return `exported` for a person or program, and record the export in the audit log."""
    audit.record(audit.Kind.CUSTOMER_EXPORTED, subject=customer.digest)
    return exported(customer)


def exported(customer: Customer) -> Iterator[str]:
    """Yield the document in pieces. `complete` stands at its end, so a document that was cut is no JSON."""
    about = {
        "format": FORMAT,
        "version": VERSION,
        "made_at": clock.now(),
        "customer": {"by": customer.by, "value": customer.value},
    }
    yield _open(about)
    yield from _list("attributes", _attributes_of(customer), _plain)
    yield from _list("conversations", customer.sessions().select_related("queue"), _conversation)
    yield from _list("turns_elsewhere", Run.objects.filter(pk__in=customer.shared_runs()), _turn_elsewhere)
    yield from _list("decisions_elsewhere", customer.lines(), _plain)
    yield ', "complete": true}\n'


def file_name() -> str:
    """Return the document's file name, without the customer's: many see names of files."""
    return f"customer-{timezone.localtime():%Y-%m-%d-%H%M%S}.json"


def _attributes_of(customer: Customer) -> models.QuerySet[CustomerAttributes]:
    """Return what programs told of the customer, whose user ids their conversations have."""
    ids = [customer.value] if customer.by == "user_id" else customer.sessions().exclude(user_id="").values("user_id")
    return CustomerAttributes.objects.filter(user_id__in=ids)


def _conversation(session: Session) -> Iterator[str]:
    queue = session.queue.slug if session.queue else None
    yield _open({**_values(session), "queue": queue, "priority": session.urgency.word})
    yield from _list("messages", session.messages.all(), _message)
    yield from _list("turns", session.runs.select_related("parent"), _turn)
    yield from _list("questions", session.requirements.select_related("run"), _question)
    yield from _list("decisions", Decision.objects.filter(session_key=session.session_id), _decision)
    yield from _list("names", session.names.all(), _plain)
    yield from _list("suggested_names", session.name_suggestions.all(), _plain)
    yield from _list("hand_overs", session.hand_overs.all(), _plain)
    yield from _list("labels", session.labels.select_related("label"), _label)
    yield from _list("tickets", session.tickets.select_related("system"), _ticket)
    yield from _list("log", session.changes.all(), _change)
    yield "}"


def _turn(run: Run) -> Iterator[str]:
    yield _open({**_values(run), "parent_run_id": run.parent.run_id if run.parent else None})
    yield from _list("tool_calls", run.tool_calls.all(), _plain)
    yield "}"


def _turn_elsewhere(run: Run) -> Iterator[str]:
    """Yield a turn in a conversation that holds those of other customers, with all that hangs on it."""
    runs = [run.pk, *run.below()]
    yield _open(_values(run))
    yield from _list("messages", Message.objects.filter(run__in=runs), _message)
    yield from _list("tool_calls", ToolCall.objects.filter(run__in=runs), _plain)
    yield from _list("questions", Requirement.objects.filter(run__in=runs).select_related("run"), _question)
    yield from _list("decisions", Decision.objects.filter(requirement__run__in=runs), _decision)
    yield "}"


def _message(message: Message) -> Iterator[str]:
    is_person = message.author_kind == Message.Author.PERSON
    yield _text({**_values(message), "author": "" if is_person else message.author})


def _question(asked: Requirement) -> Iterator[str]:
    yield _text({**_values(asked), "run_id": asked.run.run_id})


def _decision(line: Decision) -> Iterator[str]:
    yield _text({**_values(line), "by_person": bool(line.person_id or line.person_email)})


def _label(row: SessionLabel) -> Iterator[str]:
    yield _text({**_values(row), "name": row.label.name})


def _ticket(link: TicketLink) -> Iterator[str]:
    told = _values(link.record) if link.record else {}
    yield _text({**_values(link), **told, "system": link.system.name, "address": link.url})


def _change(change: Change) -> Iterator[str]:
    data = {name: value for name, value in change.data.items() if name not in _OF_PEOPLE}
    is_own = change.kind in (Kind.SESSION_STARTED, Kind.MESSAGE_CUSTOMER) and change.person_id is None
    actor = change.actor if is_own else ""
    yield _text({**_values(change), "data": data, "actor": actor})


def _plain(row: models.Model) -> Iterator[str]:
    yield _text(_values(row))


def _values(row: models.Model) -> dict[str, Any]:
    return {name: getattr(row, name) for name in COLUMNS[type(row)]}


def _list(name: str, rows: models.QuerySet[Row], form: Callable[[Row], Iterator[str]]) -> Iterator[str]:
    """Yield a member of the open object: the rows in order of their keys, a batch a query, so that no cursor stays open."""
    yield f", {json.dumps(name)}: ["
    last, begun = 0, False
    while batch := list(rows.filter(pk__gt=last).order_by("pk")[:BATCH]):
        for row in batch:
            yield ", " if begun else ""
            yield from form(row)
            begun = True
        last = batch[-1].pk
    yield "]"


def _open(values: dict[str, Any]) -> str:
    """Yield an object that goes on."""
    return _text(values)[:-1]


def _text(values: dict[str, Any]) -> str:
    return json.dumps(values, ensure_ascii=False, default=_moment)


def _moment(value: Any) -> str:
    return str(value.isoformat())
