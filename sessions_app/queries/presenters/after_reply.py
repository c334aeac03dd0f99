"""The consequence of a person's reply, as it is said before sending."""

from __future__ import annotations

from django.utils.translation import gettext as _

from sessions_app.actions.handover import leads_after_reply
from sessions_app.models import Run, Session
from sessions_app.models.queue import AiMode


def after_reply(session: Session, agent: str, status: str, purpose: str) -> str:
    """Return what happens after a reply; `status` and `purpose` are those of the active turn, empty where there is none."""
    is_written = purpose == Run.Purpose.ANSWER and status in (Run.Status.PENDING, Run.Status.RUNNING)
    then = _then(session, agent or _("The agent"), status == Run.Status.PAUSED)
    stops = _("Sending stops the answer being written.")
    return f"{stops} {then}" if is_written else then


def _then(session: Session, agent: str, waits: bool) -> str:
    if session.led_by_person:
        return _("After you reply: the AI stays silent")
    if waits:
        return _("After you reply: %(agent)s still waits for the decision") % {"agent": agent}
    if session.effective_ai_mode == AiMode.DRAFT:
        return _("After you reply: %(agent)s drafts, a person sends") % {"agent": agent}
    if leads_after_reply(session):
        return _("After you reply: the AI stays silent")
    return _("After you reply: %(agent)s answers the next message") % {"agent": agent}
