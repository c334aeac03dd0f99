"""Presenter of requirements: the state and its name on cards, in lists and on pages."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sessions_app.models import Person, Requirement
from sessions_app.queries.presenters.badge import Badge, Words
from sessions_app.queries.presenters.verbs import CALL, DRAFT, OUTSIDE, UNCERTAIN, Verbs


class Wait(Enum):
    """The action that an open requirement asks of a person."""

    LOOK_AGAIN = auto()
    SECOND = auto()
    DRAFT = auto()
    UNCERTAIN = auto()
    CONFIRM = auto()
    OUTSIDE = auto()
    ANSWER = auto()


BADGES = {
    Wait.LOOK_AGAIN: Badge(gettext_lazy("Customer wrote since"), "triangle-alert", "bad"),
    Wait.SECOND: Badge(gettext_lazy("Second approver"), "shield-check", "accent"),
    Wait.DRAFT: Badge(gettext_lazy("Draft to send"), "message-square-text", "wait"),
    Wait.UNCERTAIN: Badge(gettext_lazy("Did it run?"), "circle-help", "accent"),
    Wait.CONFIRM: Badge("", "hand", "wait"),
    Wait.OUTSIDE: Badge(gettext_lazy("Run outside"), "clipboard-paste", "accent"),
    Wait.ANSWER: Badge(gettext_lazy("Asks you"), "circle-help", "accent"),
}
_BY_KIND: dict[str, Wait] = {
    Requirement.Kind.CONFIRMATION: Wait.CONFIRM,
    Requirement.Kind.EXTERNAL_EXECUTION: Wait.OUTSIDE,
}
_BY_REASON: dict[str, Wait] = {Requirement.Reason.DRAFT: Wait.DRAFT, Requirement.Reason.UNCERTAIN: Wait.UNCERTAIN}
#: Titles of open cards, and of the calls that people look at again.
TITLES: dict[Wait, Words] = {
    Wait.LOOK_AGAIN: gettext_lazy("Customer wrote since: look again at <code>{tool}</code>"),
    Wait.SECOND: gettext_lazy("Approved by {who}, needs one more: <code>{tool}</code>"),
    Wait.DRAFT: gettext_lazy("{agent} drafted an answer"),
    Wait.UNCERTAIN: gettext_lazy("Nobody knows whether <code>{tool}</code> ran"),
    Wait.CONFIRM: gettext_lazy("{agent} wants to run <code>{tool}</code>"),
    Wait.OUTSIDE: gettext_lazy("Run outside: <code>{tool}</code>"),
    Wait.ANSWER: gettext_lazy("{agent} asks you"),
}
OUTCOMES: dict[str, Words] = {
    Requirement.Status.APPROVED: gettext_lazy("{who} approved this."),
    Requirement.Status.REJECTED: gettext_lazy("{who} rejected this."),
    Requirement.Status.ANSWERED: gettext_lazy("{who} answered this."),
    Requirement.Status.EXPIRED: gettext_lazy(
        "Nobody answered in time, so nothing was run. This does not count as a rejection."
    ),
    Requirement.Status.SUPERSEDED: gettext_lazy("The conversation went on, and this is not asked any more."),
    Requirement.Status.CANCELLED: gettext_lazy("The turn that asked this was stopped."),
    Requirement.Status.EXECUTED: gettext_lazy("{who} approved this, and it ran."),
    Requirement.Status.FAILED: gettext_lazy("{who} approved this, and it failed."),
}
#: The badges of risks; a usual risk has none.
RISKS: dict[str, Badge] = {
    "high": Badge(gettext_lazy("High risk"), tone="bad"),
    "medium": Badge(gettext_lazy("Medium risk"), tone="wait"),
}


@dataclass(frozen=True)
class RequirementStatus:
    """One requirement in words. `first_approved` says that the first of two approvals was given and counts."""

    requirement: Requirement
    first_approved: bool = False

    @property
    def wait(self) -> Wait:
        """The requested action; the reason of the requirement takes precedence over the kind of its answer."""
        asked = self.requirement
        if asked.look_again:
            return Wait.LOOK_AGAIN
        return Wait.SECOND if self.first_approved else self._asks

    @property
    def _asks(self) -> Wait:
        asked = self.requirement
        return _BY_REASON.get(asked.reason) or _BY_KIND.get(asked.kind) or Wait.ANSWER

    @property
    def badge(self) -> Badge:
        return BADGES[self.wait]

    @property
    def risk(self) -> Badge | None:
        """The risk of the call at the time of asking."""
        return RISKS.get(self.requirement.risk)

    @property
    def names_tool(self) -> bool:
        """True if the badge names the tool beside its words."""
        return not self.is_draft and self.wait is not Wait.LOOK_AGAIN

    @property
    def is_draft(self) -> bool:
        """True if it is an answer to the customer that a person reviews."""
        return self.requirement.reason == Requirement.Reason.DRAFT

    @property
    def is_uncertain(self) -> bool:
        """True if it asks for the outcome of an uncertain call."""
        return self.requirement.reason == Requirement.Reason.UNCERTAIN

    @property
    def is_confirmation(self) -> bool:
        """True if it asks for yes or no, which can be given together with others."""
        return self.requirement.kind == Requirement.Kind.CONFIRMATION

    @property
    def is_plain_call(self) -> bool:
        """True if it is a call under the tool's own policy: such calls are approved together."""
        return self.is_confirmation and self.requirement.reason == Requirement.Reason.POLICY

    @property
    def takes_a_response(self) -> bool:
        """True if a person may answer in the tool's place."""
        return not (self.is_draft or self.is_uncertain) and self._asks is not Wait.OUTSIDE

    @property
    def verbs(self) -> Verbs:
        """The labels of the buttons."""
        return {Wait.DRAFT: DRAFT, Wait.UNCERTAIN: UNCERTAIN, Wait.OUTSIDE: OUTSIDE}.get(self._asks, CALL)

    @property
    def approve(self) -> Words:
        """The label of the button that approves."""
        if self.requirement.look_again:
            return self.verbs.approve_anyway
        return self.verbs.approve_second if self.first_approved else self.verbs.approve

    def title(self, agent: str, mode: str = "", first_approver: str = "") -> SafeString:
        """The heading of an open card in this mode (empty, `edit`, `reject` or `respond`)."""
        titles = {"edit": self.verbs.editing, "reject": self.verbs.rejecting, "respond": self.verbs.responding}
        wait = self.wait
        if wait is Wait.SECOND and self._asks in (Wait.DRAFT, Wait.UNCERTAIN):
            wait = self._asks
        text = titles.get(mode, TITLES[wait])
        if not mode and wait is Wait.LOOK_AGAIN and self.is_draft:
            text = _("Customer wrote since: look again at the draft")
        return format_html(str(text), tool=self.requirement.tool_name, agent=agent, who=first_approver)

    def title_of_settled(self, reader: Person | None) -> SafeString:
        """The heading of a card that is not open any more, for this reader."""
        asked = self.requirement
        if asked.status == Requirement.Status.EXPIRED:
            text = _("Expired: <code>{tool}</code>")
        elif asked.decided_by_id is None:
            text = _("Not asked any more: <code>{tool}</code>")
        elif reader is not None and asked.decided_by_id == reader.pk:
            text = _("You decided this already: <code>{tool}</code>")
        else:
            text = _("Somebody was faster: <code>{tool}</code>")
        return format_html(text, tool=asked.tool_name)

    @property
    def outcome(self) -> str:
        """The outcome as a sentence."""
        asked = self.requirement
        text = OUTCOMES.get(asked.status, gettext_lazy("This is settled: {status}."))
        return str(text).format(who=asked.decided_by or _("Somebody"), status=asked.get_status_display())
