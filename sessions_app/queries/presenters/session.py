"""Presenter of sessions: the state and its name in lists and at the head of a conversation."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from sessions_app.models import Session
from sessions_app.queries.presenters import run
from sessions_app.queries.presenters.badge import Badge

ASKS_FOR_PERSON = Badge(gettext_lazy("Asks for a person"), "user-round", "bad")
NEEDS_PERSON = Badge(gettext_lazy("Needs a person"), "user-round", "bad")
RESOLVED = Badge(gettext_lazy("Resolved"), is_quiet=True)


def badge_of(session: Session, run_status: str) -> Badge | None:
    """The badge of a session in which no decision waits; `run_status` is its newest turn's. Nothing where all is as usual."""
    if session.person_wanted_at:
        return ASKS_FOR_PERSON
    if session.is_held:
        return NEEDS_PERSON
    return run.badge_of(run_status) or (RESOLVED if session.status == Session.Status.CLOSED else None)


def head_badge(session: Session, run_status: str, waiting: int) -> Badge | None:
    """The badge at the head of a conversation in which so many decisions are `waiting`."""
    if waiting:
        several = ngettext("%(count)d decision", "%(count)d decisions", waiting) % {"count": waiting}
        return Badge(_("Waiting for a decision") if waiting == 1 else several, tone="wait")
    return badge_of(session, run_status)
