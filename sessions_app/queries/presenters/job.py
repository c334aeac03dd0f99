"""A job as pages and the API show it: title, state, bar, figures, time left."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sessions_app.errors import InvalidAction
from sessions_app.jobs.action import Action
from sessions_app.jobs.registry import action_of
from sessions_app.models import Job

S = Job.State
TONES = {S.RUNNING: "good", S.UNDOING: "good", S.FINISHED: "good", S.PAUSED: "wait", S.CANCELLING: "wait", S.CANCELLED: "wait"}
#: The width of the bar in its own units.
WIDTH = 1000


@dataclass(frozen=True)
class Part:
    """One colour of the bar."""

    tone: str
    x: float
    width: float


@dataclass(frozen=True)
class Figure:
    """One number beside the bar; `outcome` is the filter that shows its rows."""

    title: str
    count: int
    tone: str
    outcome: str


def in_words(seconds: float) -> str:
    """Return a length of time in its largest unit: `40 seconds`, `3 minutes`, `2 hours`."""
    if seconds < 90:
        number = max(1, round(seconds))
        return ngettext("%(number)d second", "%(number)d seconds", number) % {"number": number}
    if seconds < 5400:
        number = round(seconds / 60)
        return ngettext("%(number)d minute", "%(number)d minutes", number) % {"number": number}
    number = round(seconds / 3600)
    return ngettext("%(number)d hour", "%(number)d hours", number) % {"number": number}


@dataclass
class Shown:
    """A job with the words of its kind."""

    job: Job

    @cached_property
    def action(self) -> Action | None:
        """The job's action; `None` for one that this version does not know."""
        try:
            return action_of(self.job.kind)
        except InvalidAction:
            return None

    @cached_property
    def title(self) -> str:
        if self.action is None:
            return _("Unknown action “%(kind)s”") % {"kind": self.job.kind}
        return self.action.title(self.job)

    @property
    def tone(self) -> str:
        return TONES.get(S(self.job.state), "")

    @property
    def state(self) -> str:
        """The state in words; of a stopped job with how far it came."""
        if self.job.state in (S.PAUSED, S.CANCELLED):
            return _("%(state)s at %(count)d") % {"state": self.job.get_state_display(), "count": self.job.seen_to}
        return str(self.job.get_state_display())

    @property
    def seconds_left(self) -> float | None:
        """The expected time until the end, by the rate of late; `None` where nothing moves."""
        return self.job.to_do / self.job.rate if self.job.is_working and self.job.rate > 0 else None

    @property
    def words_left(self) -> str:
        """The expected time until the end, in words; empty where it is not known."""
        left = self.seconds_left
        if left is None:
            return ""
        return _("about %(time)s to go") % {"time": in_words(left)}

    @property
    def words_expected(self) -> str:
        """The time that the dry run expected, in words; empty where it is not worth saying."""
        seconds = self.job.estimate.get("seconds")
        return "" if seconds is None else in_words(float(seconds))

    @property
    def figures(self) -> list[Figure]:
        """The counts of outcomes that there are."""
        job = self.job
        all_of_them = [
            Figure(_("Done"), job.done, "good", "done"),
            Figure(_("Skipped"), job.skipped, "kept", "skipped"),
            Figure(_("Failed"), job.failed, "bad", "failed"),
            Figure(_("Undone"), job.undone, "wait", "undone"),
            Figure(_("Changed since, kept"), job.kept, "kept", "kept"),
        ]
        return [figure for figure in all_of_them if figure.count or figure.outcome == "done"]

    @property
    def parts(self) -> list[Part]:
        """The bar: done, skipped and kept, undone, failed."""
        job, x, parts = self.job, 0.0, []
        counts = (("good", job.done), ("kept", job.skipped + job.kept), ("wait", job.undone), ("bad", job.failed))
        for tone, count in counts:
            width = WIDTH * count / job.total if job.total else 0.0
            if width:
                parts.append(Part(tone, round(x, 2), round(width, 2)))
            x += width
        return parts

    @property
    def estimated_cost(self) -> Decimal | None:
        cost = self.job.estimate.get("cost")
        return Decimal(cost) if cost is not None else None

    @property
    def verbs(self) -> list[str]:
        """Verbs that are possible now, the most likely first."""
        job = self.job
        found = {
            S.PLANNED: ["start", "discard"] if job.to_do else ["discard"],
            S.RUNNING: ["pause", "cancel"],
            S.PAUSED: ["resume", "cancel"],
            S.CANCELLED: ["resume"],
        }.get(S(job.state), [])
        if job.failed and job.state in (S.FINISHED, S.CANCELLED, S.PAUSED):
            found = [*found, "retry"]
        can_undo = self.action is not None and self.action.can_undo
        if can_undo and job.done and job.state in (S.FINISHED, S.CANCELLED, S.PAUSED, S.UNDONE):
            found = [*found, "undo"]
        return found
