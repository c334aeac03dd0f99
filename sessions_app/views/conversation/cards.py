"""Decision cards: a requirement's question, and the fields to answer it with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.dateformat import format as format_time
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from kern.records.policy import ApprovalLevel
from sessions_app.errors import Forbidden
from sessions_app.infrastructure.one_statement import read_steps
from sessions_app.models import Decision, Message, Person, Requirement, Run, ToolCall
from sessions_app.policy.approvals import Grounds, grounds_for, news_about, news_in_words
from sessions_app.queries.presenters.badge import Badge
from sessions_app.queries.presenters.requirement import RISKS, RequirementStatus
from sessions_app.validation.argument_fields import Field, concerns, fields_of
from sessions_app.validation.numbers import row_number
from sessions_app.views.conversation.run_blocks import agent_name

#: The form of each kind, where it is no confirmation.
FORMS: dict[str, str] = {
    Requirement.Kind.USER_INPUT: "input",
    Requirement.Kind.USER_FEEDBACK: "choose",
    Requirement.Kind.EXTERNAL_EXECUTION: "result",
}


@dataclass(frozen=True)
class Approval:
    """A line about one of two approvals: given by a person, or still open."""

    words: str
    person: Person | None = None
    is_open: bool = False


def journal_of(requirements: Iterable[Requirement]) -> QuerySet[ToolCall]:
    """Return the journal lines of the calls that these requirements are about, where they were begun."""
    asked = Q(pk__in=[])
    for requirement in requirements:
        asked |= Q(run=requirement.run_id, call_id=requirement.call_id)
    return ToolCall.objects.filter(asked, started_at__isnull=False)


@dataclass
class Card:
    """One requirement on the page.

    `seen` is the change number its forms carry; `mode` is empty, `edit`, `reject` or `respond`; `posted` what a person sent
    that was not accepted, `errors` why, by field; `newer` says that something arrived since they looked; `reader` is whose page
    it is.
    """

    requirement: Requirement
    seen: int
    mode: str = ""
    posted: Mapping[str, str] | None = None
    errors: dict[str, str] = field(default_factory=dict)
    message: str = ""
    newer: bool = False
    news: Message | None = None
    reader: Person | None = None

    @cached_property
    def status(self) -> RequirementStatus:
        """The state of the requirement, in words."""
        return RequirementStatus(self.requirement, first_approved=self.first_approval is not None)

    @property
    def tone(self) -> str:
        return "bad" if self.newer else self.status.badge.tone

    @property
    def title(self) -> SafeString:
        first = self.first_approval
        return self.status.title(self.agent, self.mode, first.actor if first else "")

    @property
    def title_of_settled(self) -> SafeString:
        return self.status.title_of_settled(self.reader)

    @property
    def agent(self) -> str:
        return self.requirement.agent_name or agent_name(self.requirement.run)

    @property
    def is_pending(self) -> bool:
        return self.requirement.status == Requirement.Status.PENDING and self.requirement.root.status == Run.Status.PAUSED

    @property
    def is_draft(self) -> bool:
        """True if it is an answer to the customer that a person reviews."""
        return self.status.is_draft

    @property
    def is_expired(self) -> bool:
        return self.requirement.status == Requirement.Status.EXPIRED

    @cached_property
    def grounds(self) -> Grounds:
        """The grounds of a decision now. A page with several cards reads them once for all."""
        return read_steps(grounds_for([self.requirement], self.reader))

    @cached_property
    def demand(self) -> ApprovalLevel:
        """The current needs of approving the proposed arguments: the queue's policy may have become stricter since."""
        return self.grounds.in_force.policy_of(self.requirement).demand(self.proposed, self.requirement.schema)

    @property
    def risk(self) -> Badge | None:
        """The badge of the risk; none for a usual one."""
        return RISKS.get(self.demand.risk)

    @property
    def needs_two(self) -> bool:
        """True if two different people must approve this."""
        return self.demand.approvers > 1

    @cached_property
    def first_approval(self) -> Decision | None:
        """The first of two approvals, where there is one that counts."""
        return self.grounds.first_of_two(self.requirement) if self.is_pending and self.needs_two else None

    @property
    def what_is_new(self) -> str:
        """The news that the reader did not know when they sent their answer, in words."""
        seen = row_number((self.posted or {}).get("seen", ""))
        if self.reader is None or seen is None:
            return ""
        return news_in_words(news_about(self.requirement, self.reader, seen))

    @cached_property
    def forbidden(self) -> str:
        """The reason why the reader may not decide this; empty where they may."""
        return self._forbidden(approving=False)

    @cached_property
    def no_approval(self) -> str:
        """The reason why the reader may not approve this, though they may reject it; empty where they may."""
        if self.approved_before:
            return _("You approved this. The second approval is another person's.")
        return self._forbidden(approving=True)

    def _forbidden(self, *, approving: bool) -> str:
        if self.reader is None or not self.is_pending:
            return ""
        try:
            self.grounds.in_force.may_decide(self.requirement, self.reader, approving=approving)
        except Forbidden as why:
            return why.message
        return ""

    @property
    def approved_before(self) -> bool:
        """True if the reader gave the first approval, so that another person has to give the second."""
        first = self.first_approval
        return first is not None and self.reader is not None and first.person_id == self.reader.pk

    @cached_property
    def journal(self) -> ToolCall | None:
        """The journal line of an uncertain call."""
        return journal_of([self.requirement]).first()

    @property
    def form(self) -> str:
        """The template of what a person can do about it now."""
        if self.forbidden:
            return "decisions/_forbidden.html"
        by_kind = "uncertain" if self.status.is_uncertain else FORMS.get(self.requirement.kind, "confirm")
        return f"decisions/_{self.mode or by_kind}.html"

    @property
    def shows_arguments(self) -> bool:
        """True if the call's arguments stand above the form, to be read."""
        if self.forbidden or self.mode == "respond":
            return True
        return not self.mode and (self.status.is_uncertain or self.requirement.kind != Requirement.Kind.USER_FEEDBACK)

    @property
    def shows_draft(self) -> bool:
        """True if the draft stands above the form, to be read."""
        return self.is_draft and not self.mode

    @property
    def asks_what_happened(self) -> bool:
        """True if the card asks for the outcome of the call."""
        return self.status.is_uncertain and not self.mode

    @property
    def can_edit(self) -> bool:
        """True if its reader may approve it with other arguments."""
        return self.status.is_confirmation and not self.no_approval

    @property
    def approvals(self) -> list[Approval]:
        """The lines about the two people who must agree."""
        first = self.first_approval
        if first is None:
            return [Approval(_("Needs two people"))]
        about = {"who": first.actor, "at": format_time(timezone.localtime(first.created_at), "H:i")}
        unedited = first.edited_arguments is None
        given = _("%(who)s, %(at)s, with no edits") if unedited else _("%(who)s, %(at)s, with edits")
        open_one = _("1 of 2: one more person, not %(who)s")
        return [Approval(given % about, first.person), Approval(open_one % about, is_open=True)]

    @property
    def reason(self) -> str:
        """The reason above the form; the form that rejects asks for one itself."""
        return "" if self.is_draft or self.mode == "reject" else self.why

    @property
    def why(self) -> str:
        """The agent's or the tool's explanation."""
        return self.requirement.question or str(self.requirement.schema.get("description", ""))

    @property
    def proposed(self) -> dict[str, Any]:
        """The arguments that an approval would let through: the first approver's edit, where there is one."""
        edited = self.requirement.edited_arguments
        arguments: dict[str, Any] = self.requirement.arguments if edited is None else edited
        return arguments

    @property
    def arguments(self) -> list[Field]:
        """The call's arguments to be read, without those that a person is asked for; `was` is what a first approver changed."""
        if self.is_draft:
            return []
        asked = {item["name"] for item in self.requirement.fields}
        wanted = {item.name: item for item in fields_of(self.requirement.schema, self.requirement.arguments) if item.given}
        shown = []
        for item in fields_of(self.requirement.schema, self.proposed):
            before = wanted.get(item.name)
            item.was = before.value if before else ""
            item.changed = (item.given, item.value) != (before is not None, item.was)
            if (item.given or before) and item.path[0] not in asked:
                shown.append(item)
        return shown

    @property
    def editable(self) -> list[Field]:
        """The call's arguments as a form."""
        return fields_of(self.requirement.schema, self.proposed, self.posted, self.errors)

    @property
    def asked(self) -> list[Field]:
        """The fields that a person is asked to fill in."""
        fields = self.requirement.fields
        schema = {
            "properties": {
                item["name"]: {"description": item.get("description", ""), **item.get("schema", {})} for item in fields
            },
            "required": [item["name"] for item in fields if item.get("required", True)],
            "$defs": self.requirement.schema.get("$defs", {}),
        }
        values = {item["name"]: item["value"] for item in fields if item.get("value") is not None}
        return fields_of(schema, values, self.posted, self.errors)

    @property
    def chosen(self) -> list[str]:
        """Options a person had ticked in an answer that was not accepted."""
        getlist = getattr(self.posted, "getlist", None)
        return list(getlist("choice")) if getlist else []

    @property
    def written(self) -> list[str]:
        """The text of an answer that came too late: words, or fields with the name before them."""
        if self.posted is None:
            return []
        words = next((self.posted[name] for name in ("note", "text", "result") if self.posted.get(name, "").strip()), "")
        if words:
            return [words]
        typed = [item for item in (*self.editable, *self.asked) if item.changed]
        return [f"{item.words}: {item.value or _('nothing')}" for item in typed] or self.chosen

    @property
    def other_errors(self) -> list[str]:
        """Errors that belong to no field of the form."""
        names = {item.name for item in self.editable} | {item.name for item in self.asked}
        strays = {path: text for path, text in self.errors.items() if not any(concerns(path, name) for name in names)}
        return [f"{path}: {text}" if path else text for path, text in strays.items()]
