"""Presenter of sessions: the state and its name in lists and at the head of a conversation."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from sessions_app.models import Session
from sessions_app.models.person_wanted import Reason
from sessions_app.models.waiting import WaitingFor
from sessions_app.queries.presenters import run
from sessions_app.queries.presenters.badge import Badge

WAITS = Badge(gettext_lazy("Waits for an answer"), "clock", "wait")
NEEDS_PERSON = Badge(gettext_lazy("Needs a person"), "user-round", "bad")
#: Icon and tone of each reason.
_REASONS = {
    Reason.ASKED: ("user-round", "wait"),
    Reason.NO_ANSWER: ("circle-help", "wait"),
    Reason.CANNOT: ("bot", "wait"),
    Reason.FAILED: ("circle-alert", "bad"),
    Reason.NO_PROGRESS: ("rotate-cw", "wait"),
    Reason.WORDS: ("triangle-alert", "wait"),
    Reason.COLLEAGUE: ("message-square-text", "wait"),
}
RESOLVED = Badge(gettext_lazy("Resolved"), is_quiet=True)
SPAM = Badge(gettext_lazy("Spam"), "ban")


def badge_of(session: Session, run_status: str) -> Badge | None:
    """The badge of a session in which no decision waits; `run_status` is its newest turn's. Nothing where all is as usual."""
    if session.status == Session.Status.SPAM:
        return SPAM
    if session.needs_person:
        return _why_person(session)
    if session.is_held:
        return NEEDS_PERSON
    if session.status == Session.Status.CLOSED:
        return run.badge_of(run_status) or RESOLVED
    return run.badge_of(run_status) or (WAITS if session.waiting_for == WaitingFor.PERSON else None)


def _why_person(session: Session) -> Badge:
    """Return why the session needs a person; of a colleague's request, whose it is."""
    # A later version may know more reasons.
    reason = Reason(session.person_wanted_for) if session.person_wanted_for in Reason.values else Reason.ASKED
    icon, tone = _REASONS[reason]
    if reason == Reason.COLLEAGUE:
        return Badge(_("%(person)s asked") % {"person": session.person_wanted_by}, icon, tone)
    return Badge(reason.label, icon, tone)


def head_badge(session: Session, run_status: str, waiting: int) -> Badge | None:
    """The badge at the head of a conversation in which so many decisions are `waiting`."""
    if waiting:
        several = ngettext("%(count)d decision", "%(count)d decisions", waiting) % {"count": waiting}
        return Badge(_("Waiting for a decision") if waiting == 1 else several, tone="wait")
    return badge_of(session, run_status)
