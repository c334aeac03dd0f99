"""Schemas of the API's requests and responses."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.urls import reverse
from django.utils.translation import gettext as _
from ninja import Field, Schema
from pydantic import AfterValidator, AwareDatetime, BeforeValidator, model_validator

from kern.naming import LONGEST_NAME
from kern.validation.text import is_visible
from sessions_app.actions.tickets import LONGEST_ADDRESS
from sessions_app.api.pages import BrokenOut, must_be_readable
from sessions_app.api.strict import Input
from sessions_app.models import Message, Queue, Requirement, Run, Session, TicketLink, ToolCall
from sessions_app.policy import disclosure
from sessions_app.validation.json_values import check_text
from sessions_app.validation.text import LONGEST_TEXT, too_long, trimmed

LARGEST_NUMBER = 2**63 - 1


def _email(text: str) -> str:
    try:
        if text:
            validate_email(text)
    except ValidationError as error:
        raise ValueError(" ".join(error.messages)) from error
    return text


def _long_text(text: str) -> str:
    words = trimmed(text)
    if trouble := too_long(words):
        raise ValueError(trouble)
    return words


def _words(text: str) -> str:
    if not is_visible(text):
        raise ValueError(_("must not be empty"))
    return _long_text(text)


def _number_as_text(key: Any) -> Any:
    return str(key) if isinstance(key, int) and not isinstance(key, bool) else key


def _plain_line(text: str) -> str:
    if not text.isprintable() or text != text.strip():
        raise ValueError(_("must be one line of plain text without spaces at its ends"))
    return text


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(_("is no moment that can be stored")) from error


Text = Annotated[str, AfterValidator(check_text)]
#: Described and not checked by pydantic: a line end counts as one character, however it was sent.
LENGTH: dict[str, Any] = {"maxLength": LONGEST_TEXT}
LongText = Annotated[str, AfterValidator(check_text), AfterValidator(_long_text)]
Words = Annotated[str, AfterValidator(check_text), AfterValidator(_words)]
#: An id of the caller's; a number counts as its digits.
Id = Annotated[str, AfterValidator(check_text), AfterValidator(_plain_line), BeforeValidator(_number_as_text)]
Seen = Annotated[int, Field(ge=0, le=LARGEST_NUMBER, description="The `last_change` of the session as you know it.")]
OptionalSeen = Annotated[
    int | None,
    Field(
        ge=0,
        le=LARGEST_NUMBER,
        description="The session's `last_change` as you know it: with it, what happened since stops this (409 `newer`).",
    ),
]
Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]


class Sent(Schema):
    """The request's headers."""

    key: Text = Field(
        "",
        max_length=200,
        alias="Idempotency-Key",
        description="A word of your own, a new one for each message: see `key_taken`.",
    )


class QueueOut(Schema):
    """`members` are the email addresses of people who can be given its sessions.

    `notice` says who answers here, an AI or people: show it to customers before their first word, as the law asks
    (European AI Act, Article 50).
    """

    slug: str
    name: str
    ai_mode: str
    agent_id: str
    members: list[str]
    notice: str

    @staticmethod
    def resolve_notice(queue: Queue) -> str:
        return disclosure.notice(queue)

    @staticmethod
    def resolve_members(queue: Queue) -> list[str]:
        return sorted(person.email for person in queue.members.all() if person.is_active)


class SessionIn(Input):
    """A new session. Send a `session_id` of your own to make asking twice harmless."""

    queue: Text = Field(..., max_length=50, description="The queue's slug.", examples=["bookings"])
    user_id: Id | None = Field(
        None, min_length=1, max_length=200, description="Who the customer is in your system. A number counts as its digits."
    )
    customer_name: Text = Field("", max_length=120)
    customer_email: Annotated[Text, AfterValidator(_email)] = Field("", max_length=254)
    session_id: Id | None = Field(
        None,
        min_length=1,
        max_length=200,
        description="One line of plain text. A number counts as its digits.",
        examples=["order-7", "user_123/session 456"],
    )


class SessionOut(Schema):
    """`last_change` is the number to send as `seen`. Snoozed with `snoozed_until` null means: until the customer writes.

    `address` is where this session is in this interface, percent-encoded; what hangs below it follows after a slash.
    `notice` says who answers the customer now, an AI or people; `person_wanted_at` since when they ask for a person in vain.
    """

    session_id: str
    address: str
    queue: str | None
    user_id: str
    customer_name: str
    customer_email: str
    channel: str
    kind: str
    agent_id: str
    name: str
    name_source: str
    status: str
    snoozed_until: datetime | None
    ai_mode: str
    notice: str
    person_wanted_at: datetime | None
    assignee: str | None
    tickets: list[TicketOut]
    last_change: int
    last_text: str
    activity_at: datetime
    created_at: datetime
    updated_at: datetime

    @staticmethod
    def resolve_address(session: Session) -> str:
        return reverse("api:get_session", args=[session.session_id])

    @staticmethod
    def resolve_queue(session: Session) -> str | None:
        return session.queue.slug if session.queue else None

    @staticmethod
    def resolve_ai_mode(session: Session) -> str:
        return session.effective_ai_mode

    @staticmethod
    def resolve_notice(session: Session) -> str:
        return disclosure.notice(session.queue, session)

    @staticmethod
    def resolve_assignee(session: Session) -> str | None:
        return session.assignee.email if session.assignee else None

    @staticmethod
    def resolve_tickets(session: Session) -> list[TicketLink]:
        return list(session.tickets.all())


class LinkOut(Schema):
    """`ends_at` moves on with each message; null: never."""

    url: str
    ends_at: datetime | None


class ModeIn(Input):
    ai_mode: Literal["autopilot", "draft", "off", "queue"]


class StatusIn(Input):
    """`until` goes with `snoozed` alone."""

    status: Literal["open", "snoozed", "closed"]
    until: Moment | None = Field(None, description="With a time zone.", examples=["2030-01-31T09:00:00+01:00"])
    seen: OptionalSeen = None

    @model_validator(mode="after")
    def _no_end_of_nothing(self) -> StatusIn:
        if self.until is not None and self.status != "snoozed":
            raise ValueError(_("until goes with the status snoozed"))
        return self


class AssigneeIn(Input):
    assignee: Text | None = Field(..., max_length=254, description="An email address.", examples=["ana@example.com"])
    seen: OptionalSeen = None


class QueueIn(Input):
    queue: Text = Field(..., max_length=50, description="The queue's slug.", examples=["bookings"])
    seen: OptionalSeen = None


class TicketIn(Input):
    """`system` is a ticket system's slug; without it the system is found by what the id looks like."""

    ticket_id: Text = Field(
        ..., min_length=1, max_length=LONGEST_ADDRESS, description="Its id, or its web address.", examples=["ZD-48213"]
    )
    system: Text | None = Field(None, max_length=50)


class TicketOut(Schema):
    id: int
    ticket_id: str
    system: str
    url: str
    created_at: datetime

    @staticmethod
    def resolve_system(link: TicketLink) -> str:
        return link.system.slug


class NameIn(Input):
    """One line, 1 to 200 letters."""

    # Described and not checked here: the rule itself says best what is wrong with a name.
    name: Text = Field(..., json_schema_extra={"minLength": 1, "maxLength": LONGEST_NAME})


class MessageIn(Input):
    content: Words = Field(..., json_schema_extra={"minLength": 1, **LENGTH})


class ReplyIn(MessageIn):
    seen: OptionalSeen = None


class MessageOut(Schema):
    """`internal` messages are notes: never show them to the customer. `sent` says whether the words reached the customer.

    `said_by` is who said it as customers are told it ("Shop agent, AI", "Ana, support"): show it beside the words; empty for
    their own. `content` of agents and people is Markdown, of customers plain text; `html` is safe to put into a page, and keeps
    its shape there with `white-space: pre-wrap`; of a text of more than 20,000 characters it is the beginning.
    """

    message_id: str
    run_id: str | None
    role: str
    author_kind: str
    author: str
    said_by: str
    content: str
    html: str
    tool_calls: list[dict[str, Any]]
    tool_call_id: str
    tool_name: str
    internal: bool
    sent: bool
    created_at: datetime

    @staticmethod
    def resolve_said_by(message: Message) -> str:
        return disclosure.said_by(message) if message.role in ("user", "assistant") else ""

    @staticmethod
    def resolve_html(message: Message) -> str:
        return str(message.html) if message.role in ("user", "assistant") else ""

    @staticmethod
    def resolve_run_id(message: Message) -> str | None:
        return message.run.run_id if message.run else None


class ToolCallOut(Schema):
    """One line of a run's journal: proposed, then started on a `worker`, then finished.

    In a run that has ended, a proposed call was not made and never will be, and a started one may or may not have happened.
    """

    call_id: str
    tool_name: str
    arguments: dict[str, Any]
    status: str
    result: str
    failed: bool
    worker: str
    started_at: datetime | None
    finished_at: datetime | None

    @staticmethod
    def resolve_arguments(call: ToolCall) -> dict[str, Any]:
        must_be_readable(call)
        return call.arguments if isinstance(call.arguments, dict) else {}


class RunOut(Schema):
    """One turn of an agent. A member of a team has a `parent_run_id`. Never show a customer what a run said whose `purpose` is
    `draft` or `internal`: it was for the person in `asked_by`."""

    run_id: str
    parent_run_id: str | None
    purpose: str
    asked_by: str | None
    agent_id: str
    agent_name: str
    model: str
    status: str
    content: str
    error: str
    permanent_error: bool
    refused: bool
    metrics: dict[str, Any]
    tool_calls: list[ToolCallOut]
    created_at: datetime
    updated_at: datetime

    @staticmethod
    def resolve_parent_run_id(run: Run) -> str | None:
        return run.parent.run_id if run.parent else None

    @staticmethod
    def resolve_asked_by(run: Run) -> str | None:
        return run.asked_by.email if run.asked_by else None

    @staticmethod
    def resolve_tool_calls(run: Run) -> list[ToolCall]:
        return list(run.tool_calls.all())


class RequirementOut(Schema):
    """A requirement of a paused run. `root_run_id` is the run that goes on once all of them are answered.

    `policy` says who may decide; the person in `asked_for_by` may not approve. A `reason` of `draft` asks to send an answer.
    """

    requirement_id: str
    session_id: str
    run_id: str
    root_run_id: str
    kind: str
    reason: str
    status: str
    agent_name: str
    tool_name: str
    arguments: dict[str, Any]
    edited_arguments: dict[str, Any] | None
    parameters: dict[str, Any] = Field(..., description="The tool's JSON schema.")
    fields: list[dict[str, Any]]
    question: str
    options: list[str]
    multiple: bool
    note: str
    answer: Any
    look_again: bool
    policy: dict[str, Any]
    risk: str
    approvers: int
    expires_at: datetime | None
    asked_for_by: str | None
    reopened_from: str | None
    decided_by: str | None
    decided_at: datetime | None
    created_at: datetime

    @staticmethod
    def resolve_session_id(requirement: Requirement) -> str:
        return requirement.session.session_id

    @staticmethod
    def resolve_run_id(requirement: Requirement) -> str:
        return requirement.run.run_id

    @staticmethod
    def resolve_root_run_id(requirement: Requirement) -> str:
        return requirement.root.run_id

    @staticmethod
    def resolve_parameters(requirement: Requirement) -> dict[str, Any]:
        return dict(requirement.schema)

    @staticmethod
    def resolve_asked_for_by(requirement: Requirement) -> str | None:
        return requirement.asked_for_by.email if requirement.asked_for_by else None

    @staticmethod
    def resolve_reopened_from(requirement: Requirement) -> str | None:
        return requirement.reopened_from.requirement_id if requirement.reopened_from else None

    @staticmethod
    def resolve_decided_by(requirement: Requirement) -> str | None:
        return requirement.decided_by.email if requirement.decided_by else None


class DecisionIn(Input):
    """An answer. `approve` may carry other `arguments`, `reject` a `note`; `input` needs `values`, `choose` a `choice`,
    `result` a `result`, and `respond`, which answers in the tool's place, a `response`."""

    action: Literal["approve", "reject", "input", "choose", "result", "respond"]
    seen: Seen
    arguments: dict[str, Any] | None = None
    note: LongText = Field("", json_schema_extra=LENGTH)
    values: dict[str, Any] = {}
    choice: list[str] = Field([], max_length=50)
    result: LongText = Field("", json_schema_extra=LENGTH)
    response: LongText = Field("", json_schema_extra=LENGTH)


class SessionPage(Schema):
    items: list[SessionOut]
    broken: list[BrokenOut] = []
    next: str | None


class MessagePage(Schema):
    items: list[MessageOut]
    broken: list[BrokenOut] = []
    next: str | None


class RunPage(Schema):
    items: list[RunOut]
    broken: list[BrokenOut] = []
    next: str | None


class RequirementPage(Schema):
    items: list[RequirementOut]
    broken: list[BrokenOut] = []
    next: str | None


SessionOut.model_rebuild()
