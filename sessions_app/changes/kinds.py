"""Everything that can happen in a session: each kind of change with its payload, audience and sentence.

A new kind is one member of `Kind`; `log.record` takes nothing else. `kind_of` gives `None` for what a later version wrote, and
pages show such a row as one that this version cannot read.
"""

from __future__ import annotations

from enum import Flag, StrEnum, auto
from typing import Self

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sessions_app.changes import payloads as of


class Audience(Flag):
    """The readers who may learn of a change. Its payload is for the team alone, unless the reader's code picks a part of it."""

    TEAM = auto()
    INTEGRATION = auto()
    CUSTOMER = auto()


#: How a turn goes on inside.
TEAM = Audience.TEAM
#: What other programs may act on.
PROGRAMS = Audience.TEAM | Audience.INTEGRATION
#: What changes what the customer's own page shows.
ALL = PROGRAMS | Audience.CUSTOMER


class Kind(StrEnum):
    """`noun.what_happened`: the payload's class, who may learn of it, and the sentence that says it.

    Sentences name `{who}` did it, and fields of the payload.
    """

    payload: type[of.Payload]
    audience: Audience
    sentence: Promise

    def __new__(cls, value: str, payload: type[of.Payload], audience: Audience, sentence: Promise) -> Self:
        kind = str.__new__(cls, value)
        kind._value_ = value
        kind.payload, kind.audience, kind.sentence = payload, audience, sentence
        return kind

    SESSION_STARTED = "session.started", of.Payload, ALL, _("{who} began this conversation")
    SESSION_IMPORTED = "session.imported", of.Imported, PROGRAMS, _("Imported")
    SESSION_ASSIGNED = "session.assigned", of.Assigned, PROGRAMS, _("{who} assigned this to {assignee}")
    SESSION_NOBODY_FREE = (
        "session.nobody_free",
        of.Payload,
        PROGRAMS,
        _("Nobody of the queue was available, so this stays unassigned"),
    )
    SESSION_MOVED = "session.moved", of.Moved, ALL, _("{who} moved this from {before_name} to {queue_name}")
    SESSION_MERGED = "session.merged", of.Merged, ALL, _("{who} merged “{name}” into this")
    SESSION_UNMERGED = "session.unmerged", of.Merged, ALL, _("{who} took the merge with “{name}” apart")
    SESSION_KEPT_APART = (
        "session.kept_apart",
        of.Payload,
        PROGRAMS,
        _("{who} keeps this apart from another conversation of the same ticket"),
    )
    SESSION_NOT_APART = (
        "session.not_apart",
        of.Payload,
        PROGRAMS,
        _("{who} does not keep this apart from the other conversation any more"),
    )
    SESSION_CLOSED = "session.closed", of.PutAway, ALL, _("{who} resolved this")
    SESSION_REOPENED = "session.reopened", of.Payload, ALL, _("{who} opened this again")
    SESSION_SPAM = "session.spam", of.PutAway, PROGRAMS, _("{who} marked this as spam. The customer is not told.")
    SESSION_NOT_SPAM = "session.not_spam", of.Payload, PROGRAMS, _("{who} said that this is no spam")
    SESSION_SNOOZED = "session.snoozed", of.Snoozed, ALL, _("{who} snoozed this until {until}")
    SESSION_WOKEN = "session.woken", of.Payload, PROGRAMS, _("Back from snooze")
    SESSION_TAKEN_OVER = (
        "session.taken_over",
        of.Payload,
        ALL,
        _("{who} took over. The agent can no longer write or act here."),
    )
    SESSION_PERSON_WANTED = (
        "session.person_wanted",
        of.Payload,
        ALL,
        _("{who} asked for a person. The agent can no longer write or act here."),
    )
    SESSION_NEEDS_PERSON = (
        "session.needs_person",
        of.NeedsPerson,
        ALL,
        _("{who} handed this over to people: {why}"),
    )
    SESSION_WAITING = "session.waiting", of.Waiting, PROGRAMS, _("Now it is the turn of: {waiting_for}")
    SESSION_HANDED_BACK = "session.handed_back", of.OfMode, ALL, _("{who} handed this back to the agent")
    SESSION_MODE_CHANGED = (
        "session.mode_changed",
        of.OfMode,
        ALL,
        _("{who} had the agent work as the queue says from here on"),
    )
    SESSION_DELETED = "session.deleted", of.Payload, ALL, _("{who} deleted this")
    SESSION_RESTORED = "session.restored", of.Payload, ALL, _("{who} restored this")
    SESSION_ERASED = "session.erased", of.Payload, ALL, _("The customer was erased")
    COST_REACHED = (
        "limit.cost_reached",
        of.Payload,
        ALL,
        _("Today’s cost for this customer is used up; a person answers. Tomorrow the agent goes on by itself."),
    )
    LINK_MADE = (
        "link.made",
        of.Payload,
        ALL,
        _("{who} made a new link for the customer. The one before does not work any more."),
    )
    LINK_REVOKED = "link.revoked", of.Payload, ALL, _("{who} revoked the customer’s link")
    CUSTOMER_CORRECTED = "customer.corrected", of.Payload, PROGRAMS, _("{who} corrected the customer’s name or address")

    MESSAGE_CUSTOMER = "message.customer", of.OfMessage, ALL, _("{who} wrote")
    MESSAGE_PERSON = "message.person", of.OfMessage, ALL, _("{who} answered")
    MESSAGE_NOTE = "message.note", of.OfMessage, PROGRAMS, _("{who} left a note")

    LABEL_ADDED = "label.added", of.OfLabel, PROGRAMS, _("{who} added the label {label}")
    LABEL_REMOVED = "label.removed", of.OfLabel, PROGRAMS, _("{who} removed the label {label}")
    PRIORITY_SET = "priority.set", of.Prioritized, PROGRAMS, _("{who} set the priority to {priority}")

    NAME_CHANGED = "name.changed", of.Named, PROGRAMS, _("{who} named this “{name}”")
    NAME_FAILED = "name.failed", of.NotNamed, PROGRAMS, _("No name could be made: {why}")
    NAME_REQUESTED = "name.requested", of.Payload, PROGRAMS, _("{who} asked for a new name")
    NAME_LOCKED = "name.locked", of.Payload, PROGRAMS, _("{who} locked the name: automatic naming keeps it")
    NAME_UNLOCKED = "name.unlocked", of.Payload, PROGRAMS, _("{who} unlocked the name: automatic naming may replace it")

    NAME_SUGGESTED = "name.suggested", of.Suggested, PROGRAMS, _("The topic may have moved: “{name}” is suggested")
    NAME_DISMISSED = "name.dismissed", of.Suggested, PROGRAMS, _("{who} left the name as it is")

    TICKET_LINKED = "ticket.linked", of.TicketLinked, PROGRAMS, _("{who} linked {ticket}")
    TICKET_CHANGED = "ticket.changed", of.TicketChanged, PROGRAMS, _("{who} updated {ticket}: {news}")
    TICKET_FIRST = "ticket.first", of.OfTicket, PROGRAMS, _("{who} put {ticket} first")
    TICKET_DISMISSED = "ticket.dismissed", of.OfTicket, PROGRAMS, _("{who} said that {ticket} is not meant")
    TICKET_UNLINKED = "ticket.unlinked", of.OfTicket, PROGRAMS, _("{who} unlinked {ticket}")

    RUN_PENDING = "run.pending", of.OfRun, ALL, _("The turn waits for a worker")
    RUN_STARTED = "run.started", of.RunStarted, ALL, _("{who} began to answer")
    RUN_STEP = "run.step", of.OfStep, TEAM, _("{who} made a step")
    RUN_SPOKE = "run.spoke", of.OfStep, ALL, _("{who} wrote to the customer and works on")
    RUN_PAUSED = "run.paused", of.OfRun, ALL, _("The turn waits for people")
    RUN_COMPLETED = "run.completed", of.OfRun, ALL, _("{who} answered")
    RUN_ADVISED = "run.advised", of.OfRun, PROGRAMS, _("{who} answered privately")
    RUN_FAILED = "run.failed", of.OfRun, ALL, _("The turn failed")
    RUN_CANCELLED = "run.cancelled", of.OfRun, ALL, _("{who} stopped the agent")
    RUN_CANCEL_REQUESTED = "run.cancel_requested", of.OfRun, PROGRAMS, _("{who} asked the agent to stop")
    RUN_RECOVERED = "run.recovered", of.RunRecovered, TEAM, _("A worker stopped in the middle; another one went on")
    RUN_RETRIED = "run.retried", of.OfRun, ALL, _("{who} started the failed turn again")
    RUN_ASKED_AGAIN = "run.asked_again", of.OfRun, ALL, _("{who} asked the agent to look again")
    RUN_DRAFT_WANTED = "run.draft_wanted", of.OfRun, TEAM, _("{who} had the agent draft an answer")
    RUN_QUESTION_ASKED = "run.question_asked", of.OfRun, TEAM, _("{who} asked the agent privately")
    RUN_WORDS_KEPT = "run.words_kept", of.OfRun, TEAM, _("What {who} had written so far was kept")
    RUN_OUTCOME_KEPT = (
        "run.outcome_kept",
        of.OutcomeKept,
        TEAM,
        _("{tool} had begun before that; what came of it was kept"),
    )
    RUN_ERASED = "run.erased", of.Payload, ALL, _("A turn of an erased customer was erased")

    REQUIREMENT_ASKED = "requirement.asked", of.Asked, PROGRAMS, _("{who} asked for a decision about {tool}")
    REQUIREMENT_APPROVED = "requirement.approved", of.OfRequirement, PROGRAMS, _("{who} approved {tool}")
    REQUIREMENT_FIRST_APPROVAL = (
        "requirement.first_approval",
        of.FirstApproval,
        PROGRAMS,
        _("{who} approved as first of two {tool}"),
    )
    REQUIREMENT_ANSWERED = "requirement.answered", of.OfRequirement, PROGRAMS, _("{who} answered {tool}")
    REQUIREMENT_EXECUTED = "requirement.executed", of.OfRequirement, PROGRAMS, _("{who} gave the result of {tool}")
    REQUIREMENT_REJECTED = "requirement.rejected", of.OfRequirement, PROGRAMS, _("{who} rejected {tool}")
    REQUIREMENT_FAILED = "requirement.failed", of.OfRequirement, PROGRAMS, _("{who} could not do {tool}")
    REQUIREMENT_EXPIRED = "requirement.expired", of.OfRequirement, PROGRAMS, _("Nobody decided in time about {tool}")
    REQUIREMENT_CANCELLED = "requirement.cancelled", of.Dropped, PROGRAMS, _("{tool} was not run: the turn was stopped")
    REQUIREMENT_SUPERSEDED = "requirement.superseded", of.Dropped, PROGRAMS, _("{tool} was not run: the turn was given up")
    REQUIREMENT_REOPENED = (
        "requirement.reopened",
        of.Reopened,
        PROGRAMS,
        _("{who} asked again about {tool}, which had expired"),
    )
    REQUIREMENT_REMINDER = "requirement.reminder", of.Reminded, PROGRAMS, _("Time is running out for {tool}")
    POLICY_TIGHTENED = "policy.tightened", of.OfRequirement, PROGRAMS, _("{who} made the policy for {tool} stricter")

    @property
    def is_news(self) -> bool:
        """True if people must have seen it before they write or decide: messages, questions and decisions."""
        return self is Kind.RUN_COMPLETED or self.noun in ("message", "requirement")

    @property
    def noun(self) -> str:
        """The object of the change: the word before the dot."""
        return self.value.partition(".")[0]


#: What a requirement's status becomes is told by this kind; nothing is told of a pending one.
OF_REQUIREMENT_STATUS = {
    "approved": Kind.REQUIREMENT_APPROVED,
    "answered": Kind.REQUIREMENT_ANSWERED,
    "executed": Kind.REQUIREMENT_EXECUTED,
    "rejected": Kind.REQUIREMENT_REJECTED,
    "failed": Kind.REQUIREMENT_FAILED,
    "expired": Kind.REQUIREMENT_EXPIRED,
    "cancelled": Kind.REQUIREMENT_CANCELLED,
    "superseded": Kind.REQUIREMENT_SUPERSEDED,
}
#: How a turn's end is told, by the run's status.
OF_RUN_END = {"completed": Kind.RUN_COMPLETED, "error": Kind.RUN_FAILED, "cancelled": Kind.RUN_CANCELLED}
_BY_VALUE = {kind.value: kind for kind in Kind}


def kind_of(stored: str) -> Kind | None:
    """The kind that a row holds; `None` for one that this version does not know."""
    return _BY_VALUE.get(stored)


def kinds_about(noun: str) -> list[Kind]:
    """The kinds of what happens to this."""
    return [kind for kind in Kind if kind.noun == noun]


def kinds_seen_by(audience: Audience) -> frozenset[Kind]:
    """The kinds that this audience may learn of."""
    return frozenset(kind for kind in Kind if audience in kind.audience)
