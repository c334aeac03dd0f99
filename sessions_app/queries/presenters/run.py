"""Presenter of runs: the state and its name in lists and in a conversation."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from sessions_app.models import Run
from sessions_app.queries.presenters.badge import Badge, Words

FAILED = Badge(_("Run failed"), "circle-alert", "bad")
WORKING = Badge(_("Agent working"), tone="good", is_live=True)
#: The badges of a session's newest turn in lists and heads. A paused turn is shown by its requirement.
BADGES: dict[str, Badge] = {Run.Status.ERROR: FAILED, Run.Status.RUNNING: WORKING, Run.Status.PENDING: WORKING}


def badge_of(status: str) -> Badge | None:
    """The badge of a turn in this state."""
    return BADGES.get(status)


@dataclass(frozen=True)
class RunStatus:
    """One run in words. Of a turn that is shown in parts, only the last one says how it stands (`is_last`)."""

    run: Run
    is_last: bool = True

    @property
    def is_working(self) -> bool:
        """True if further text will appear here."""
        return self.is_last and self.run.status in (Run.Status.PENDING, Run.Status.RUNNING)

    @property
    def is_paused(self) -> bool:
        return self.is_last and self.run.status == Run.Status.PAUSED

    @property
    def is_failed(self) -> bool:
        return self.is_last and self.run.status == Run.Status.ERROR

    @property
    def is_private(self) -> bool:
        """True if only the team sees it."""
        return self.run.purpose == Run.Purpose.INTERNAL

    @property
    def is_drafting(self) -> bool:
        """True if a draft for review is being written."""
        return self.is_working and self.run.purpose == Run.Purpose.DRAFT

    @property
    def has_totals(self) -> bool:
        """True if its model, tokens and cost are shown."""
        return self.is_last and self.run.status in (Run.Status.COMPLETED, Run.Status.ERROR)

    @property
    def can_be_stopped(self) -> bool:
        return (self.is_working or self.is_paused) and not self.run.cancel_requested

    @property
    def words(self) -> Words:
        """The text beside the agent's name."""
        if self.is_working:
            if self.run.cancel_requested:
                return _("Stopping")
            return _("Waiting for a worker") if self.run.status == Run.Status.PENDING else _("Working")
        if self.is_paused:
            return _("AI agent, waits for a person")
        stopped = self.is_last and self.run.status == Run.Status.CANCELLED
        return _("AI agent, stopped") if stopped else _("AI agent")

    @property
    def error(self) -> str:
        """The reason of its failure, as far as it is known."""
        return self.run.error or str(_("nobody knows why"))

    @property
    def consequences(self) -> list[Words]:
        """The consequences of its failure, a sentence each."""
        found: list[Words] = []
        if self.run.purpose == Run.Purpose.ANSWER:
            found.append(_("The customer got no answer."))
        if self.run.refused:
            found.append(_("The AI does not read this message again."))
        elif self.run.permanent_error:
            found.append(_("Trying again will hardly help until that is fixed."))
        return found

    def call_without_result(self, *, begun: bool) -> Words:
        """Return the known state of a call of this run without a result."""
        if begun:
            return _("running") if self.run.is_active else _("nobody knows whether it ran")
        return _("not run yet") if self.run.is_active else _("not run")
