"""One line of a file in the format of docs/import.md, read leniently where the meaning is clear and refused where it is not."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, tzinfo
from typing import Any, NoReturn

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from kern.validation.text import storable
from sessions_app.management.importing.conversation import Conversation, Ticket
from sessions_app.management.importing.entries import EntryReader
from sessions_app.management.importing.moments import read_moment
from sessions_app.management.importing.notes import Notes
from sessions_app.management.importing.objects import BadLineError, Reader
from sessions_app.management.importing.vocabulary import CREATED, UPDATED, conversation_status, name_source, priority
from sessions_app.models.label import LONGEST_LABEL

LONGEST_ID = 200
LONGEST_NAME = 200
#: More than anything that stands in one line has.
LONGEST_LINE = 100_000


def read_line(line: bytes, zone: tzinfo = UTC) -> Conversation:
    """The conversation of a line: an object with `messages`, or a bare list of messages. Raises `BadLineError`."""
    value = _parse(line)
    about = value if isinstance(value, dict) else {"messages": value}
    notes = Notes()
    reader = Reader(about, notes, "", "the conversation", zone)
    messages = reader.take("messages", "items", "input")
    output = reader.take("output")
    if isinstance(messages, list) and isinstance(output, list):
        messages = [*messages, *output]
    if not isinstance(messages, list):
        raise BadLineError("it has no list of messages")
    if not messages:
        raise BadLineError("its list of messages is empty")
    digest = hashlib.sha256(json.dumps(messages, sort_keys=True).encode()).hexdigest()
    conversation = Conversation(_own_id(reader), EntryReader(notes, zone).entries(messages), notes, digest=digest)
    _describe(conversation, reader)
    reader.finish()
    conversation.set_times()
    return conversation


def _describe(conversation: Conversation, reader: Reader) -> None:
    """Read the fields of a conversation beside its messages."""
    conversation.name = reader.line("name", "title", "subject", longest=LONGEST_NAME)
    conversation.name_source = reader.tried(name_source, "name_source") or "imported"
    _customer(conversation, reader)
    conversation.status = reader.tried(conversation_status, "status", "state") or ""
    conversation.snoozed_until = reader.tried(lambda value: read_moment(value, reader.zone, ahead=True), "snoozed_until")
    conversation.assignee = _assignee(reader)
    conversation.queue = reader.line("queue", longest=50)
    conversation.model = reader.line("model", longest=100)
    conversation.agent = reader.line("agent", "agent_name", longest=100)
    conversation.tickets = [ticket for value in _as_list(reader.take("tickets", "ticket")) for ticket in _ticket(value, reader)]
    conversation.labels = [name for value in _as_list(reader.take("labels", "tags")) if (name := _label(value, reader))]
    conversation.priority = reader.tried(priority, "priority") or ""
    conversation.created_at = reader.moment(*CREATED)
    conversation.made_at = conversation.created_at.isoformat() if conversation.created_at else ""
    conversation.updated_at = reader.moment(*UPDATED)


def _customer(conversation: Conversation, reader: Reader) -> None:
    person, user = reader.take("customer", "requester", "contact"), reader.take("user")
    about = next((value for value in (person, user) if isinstance(value, dict)), {})
    # A customer who is no object is a name, a user who is none is an id.
    plain = {"name": None if person is about else person, "id": None if user is about else user}
    inner, bare = (Reader(value, reader.notes, reader.where, "the customer") for value in (about, plain))
    ids = (
        _customer_id(reader, "user_id", "customer_id"),
        _customer_id(inner, "id", "user_id"),
        _customer_id(bare, "id"),
    )
    names = (
        reader.line("customer_name", longest=120),
        inner.line("name", longest=120),
        bare.line("name", longest=120),
    )
    emails = (reader.tried(_email, "customer_email") or "", inner.tried(_email, "email") or "")
    inner.finish()
    conversation.user_id = _agreed(reader, "id", ids)
    conversation.customer_name = _agreed(reader, "name", names)
    conversation.customer_email = _agreed(reader, "email address", emails)


def _customer_id(reader: Reader, *keys: str) -> str:
    """Return the customer's id without invisible characters, which are noted. Raises `BadLineError` where it is too long.

    The rest of an id that is cut could be another customer's.
    """
    given = reader.take(*keys)
    if isinstance(given, str) and given != storable(given):
        raise BadLineError("its customer's id has a NUL or half a character in it")
    found = Reader({keys[0]: given}, reader.notes, reader.where, reader.what).line(keys[0], longest=LONGEST_LINE)
    found = "".join(filter(str.isprintable, found))
    if len(found) > LONGEST_ID:
        raise BadLineError(f"its customer's id has more than {LONGEST_ID} letters")
    if isinstance(given, str) and found != given.strip():
        reader.note(f"{keys[0]!r} of {reader.what} is kept without the signs in it that nobody sees", ascii(given))
    return found


def _agreed(reader: Reader, what: str, given: Sequence[str]) -> str:
    """The first that says something; another that says something else is noted."""
    said = list(dict.fromkeys(filter(None, given)))
    for other in said[1:]:
        reader.note(f"a second {what} of the customer is not kept", other)
    return said[0] if said else ""


def _parse(line: bytes) -> Any:
    if b"\x00" in line:
        raise BadLineError("it has NUL bytes in it, as files in UTF-16 have: save the file as UTF-8")
    try:
        return json.loads(line.decode("utf-8-sig"), parse_constant=_refuse, object_pairs_hook=_object)
    except UnicodeDecodeError as error:
        raise BadLineError(f"it is not UTF-8 (byte {error.start + 1})") from error
    except RecursionError as error:
        raise BadLineError("it is nested too deep") from error
    except ValueError as error:
        raise BadLineError(f"it is not JSON: {error}") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object. Raises `ValueError` where one key says two things: JSON would drop the first without a word."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if found.setdefault(key, value) != value:
            raise ValueError(f"the key {key!r} stands twice in one object with different values")
    return found


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a JSON value")


def _own_id(reader: Reader) -> str:
    """The line's id where it can be one, empty where it has none."""
    given = reader.take("id", "session_id", "conversation_id")
    if given is None:
        return ""
    if isinstance(given, bool) or not isinstance(given, (str, int)):
        raise BadLineError("its id is neither text nor a number")
    text = str(given).strip()
    if not text or len(text) > LONGEST_ID or not text.isprintable():
        raise BadLineError(f"its id must be 1 to {LONGEST_ID} letters in one line")
    return text


def _email(value: Any) -> str:
    text = value.strip() if isinstance(value, str) else ""
    try:
        validate_email(text)
    except ValidationError as error:
        raise ValueError("it is no email address") from error
    return text


def _assignee(reader: Reader) -> str:
    value = reader.take("assignee")
    about = value if isinstance(value, dict) else {"email": value}
    inner = Reader(about, reader.notes, reader.where, "the assignee")
    found = inner.line("email", longest=254)
    inner.finish()
    return found


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _label(value: Any, reader: Reader) -> str:
    """Return the name of a label, also of one that is an object."""
    if not isinstance(value, dict):
        return Reader({"labels": value}, reader.notes, reader.where, reader.what).line("labels", longest=LONGEST_LABEL)
    inner = Reader(value, reader.notes, reader.where, "a label")
    found = inner.line("name", "title", longest=LONGEST_LABEL)
    inner.finish()
    return found


def _ticket(value: Any, reader: Reader) -> list[Ticket]:
    """The ticket, or none where the value names none."""
    if isinstance(value, dict):
        inner = Reader(value, reader.notes, reader.where, "a ticket")
        found = Ticket(inner.line("id", "ticket_id", "url", longest=500), inner.line("system", longest=50))
        inner.finish()
    else:
        found = Ticket(Reader({"tickets": value}, reader.notes, reader.where, reader.what).line("tickets", longest=500))
    return [found] if found.ticket_id else []
