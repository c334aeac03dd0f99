"""Validation of a desk when it is loaded, so that no page and no turn meets its faults."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model as Row

from kern.participants.participant import Participant
from kern.session import SessionSummaryManager
from kern.validation.reasons import reason_of
from sessions_app.desk.fields import naming_fields, queue_fields, ticket_system_fields
from sessions_app.desk.kinds import mistaken, named
from sessions_app.desk.specs import Desk, QueueSpec
from sessions_app.models import NamingPolicy, Queue, TicketSystem

LONGEST_NAME = 100


def faults(desk: Desk) -> Iterator[str]:
    """Yield the faults of a desk, as sentences of one line."""
    is_mistaken = False
    for fault in mistaken(desk, Desk):
        is_mistaken = True
        yield fault
    # Objects of the wrong type cannot be checked any further.
    if is_mistaken:
        return
    if not desk.queues:
        yield "the desk has no queue."
    for participant in _everybody(desk.workers):
        yield from _faults_of_participant(participant)
    yield from _doubles(desk)
    for position, queue in enumerate(desk.queues):
        yield from _faults_of_queue(queue, position)
    for system in desk.ticket_systems:
        yield from _faults_of_row(f"ticket system {system.slug!r}", TicketSystem(**ticket_system_fields(system)))


def _everybody(participants: list[Any]) -> Iterator[Participant]:
    for participant in participants:
        yield participant
        yield from _everybody(participant.members)


def _faults_of_participant(one: Participant) -> Iterator[str]:
    if not isinstance(one.name, str) or not one.name:
        yield f"{named(type(one))} has no name; sessions find theirs by it."
    elif not isinstance(one.id, str) or not one.id:
        yield f"{one.name} has no id, as its name has neither letter of a to z nor digit: give it agent_id='…'."
    elif max(len(one.name), len(one.id)) > LONGEST_NAME:
        yield f"{one.name[:40]}… has a name or an id of more than {LONGEST_NAME} characters."
    if one.cache_session:
        yield f"{one.name} has cache_session=True, which is for development without the inbox only."
    yield from _faults_of_models(one)
    yield from _faults_of_tools(one)


def _faults_of_tools(one: Participant) -> Iterator[str]:
    """Yield faults that keep a tool from being shown to a model. All names in its annotations must be defined by now."""
    for tool in one.tools:
        try:
            tool.model_schema()
        except Exception as error:  # noqa: BLE001 - annotations are the desk's program, too, and may raise anything
            yield f"{one.name}: tool {tool.name!r} cannot be shown to a model: {' '.join(reason_of(error).split())}"


def _faults_of_models(one: Participant) -> Iterator[str]:
    if not _is_model(one.model):
        yield f"{one.name}: {_quoted(one.model)} is no model; write model=OpenAIResponses(id='…')."
    manager = one.session_summary_manager
    if manager is not None and not (isinstance(manager, SessionSummaryManager) and _is_model(manager.model)):
        yield f"{one.name}: write session_summary_manager=SessionSummaryManager(model=OpenAIResponses(id='…'))."


def _is_model(model: object) -> bool:
    return model is None or (not isinstance(model, type) and callable(getattr(model, "stream", None)))


def _quoted(value: object) -> str:
    return " ".join(repr(value).split())[:80]


def _doubles(desk: Desk) -> Iterator[str]:
    for what, keys in (
        ("agents have the id", [worker.id for worker in desk.workers]),
        ("queues have the slug", [queue.slug for queue in desk.queues]),
        ("ticket systems have the slug", [system.slug for system in desk.ticket_systems]),
    ):
        for key in sorted({key for key in keys if keys.count(key) > 1}):
            yield f"two {what} {key!r}."


def _faults_of_queue(spec: QueueSpec, position: int) -> Iterator[str]:
    yield from _faults_of_row(f"queue {spec.slug!r}", Queue(**queue_fields(spec, position)))
    yield from _faults_of_row(f"queue {spec.slug!r}: naming", NamingPolicy(**naming_fields(spec)))


def _faults_of_row(what: str, row: Row) -> Iterator[str]:
    """Yield the faults that an admin would see for such a row. The database isn't asked."""
    try:
        row.full_clean(validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        for name, messages in error.message_dict.items():
            choices = ", ".join(str(key) for key, _label in getattr(row._meta.get_field(name), "choices", None) or ())
            yield f"{what}: {name}: {' '.join(messages)}{f' Choose from {choices}.' if choices else ''}"
