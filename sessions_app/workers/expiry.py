"""Expiry of requirements: remind the assignee before, and expire those without a decision.

Expired is not rejected: the model is told that there was no decision, and a person can reopen the question. The sweep calls
this.
"""

from __future__ import annotations

import logging

from django.core.mail import EmailMessage, get_connection
from django.db import connection, models, transaction
from django.utils.translation import gettext as _

from sessions_app.changes.kinds import Kind
from sessions_app.changes.log import record
from sessions_app.changes.payloads import OfRequirement, Reminded
from sessions_app.infrastructure import broken_rows, clock, mail_counts
from sessions_app.models import Decision, Requirement, Run, Session
from sessions_app.models.requirement import RequirementSet
from sessions_app.store.pausing import go_on

log = logging.getLogger(__name__)

BATCH = 200
CLOCK = "clock"
#: A mail server that does not answer holds the sweep up no longer than so many seconds a mail.
MAIL_SECONDS = 5


def expire() -> None:
    """Expire every overdue requirement; turns that waited only for them go on."""
    over = _of_paused_turns().filter(expires_at__lte=clock.now()).exclude(pk__in=broken_rows.resting("requirement"))
    for pk in over.order_by("expires_at").values_list("pk", flat=True)[:BATCH]:
        with broken_rows.isolated("requirement", pk), transaction.atomic():
            requirement = _locked(pk)
            if requirement is not None and requirement.is_overdue:
                expire_one(requirement)


def remind() -> None:
    """Remind assignees of requirements that expire soon, each once; one without an assignee waits for one."""
    due = _of_paused_turns().filter(remind_at__lte=clock.now(), expires_at__gt=clock.now())
    due = due.filter(session__assignee__isnull=False).exclude(pk__in=broken_rows.resting("requirement")).order_by("expires_at")
    for pk in due.values_list("pk", flat=True)[:BATCH]:
        with broken_rows.isolated("requirement", pk):
            _remind(pk)


def _remind(pk: int) -> None:
    with transaction.atomic():
        requirement = _locked(pk)
        if requirement is None or not _mark_reminded(requirement):
            return
    _send(requirement)


def expire_one(requirement: Requirement) -> bool:
    """Change pending → expired, and resume the turn if that was its last open requirement. Returns whether it was pending.

    The caller holds the session's lock.
    """
    if not requirement.settle(Requirement.Status.EXPIRED):
        return False
    Decision.objects.append(requirement, Decision.Verdict.EXPIRED, actor=CLOCK)
    record(
        requirement.session,
        Kind.REQUIREMENT_EXPIRED,
        OfRequirement(requirement=requirement.pk, tool=requirement.tool_name),
        actor=CLOCK,
    )
    go_on(requirement.session, requirement.root)
    return True


def _of_paused_turns() -> RequirementSet:
    return Requirement.objects.pending().filter(root__status=Run.Status.PAUSED)


def _locked(pk: int) -> Requirement | None:
    """Return the requirement with its session locked; `None` when it is settled, or the session is locked right now."""
    skip = connection.features.has_select_for_update_skip_locked
    sessions: models.QuerySet[Session] = Session.objects.filter(requirements=pk)
    if sessions.select_for_update(skip_locked=skip, of=("self",) if skip else ()).first() is None:
        return None
    found = _of_paused_turns().select_related("session__queue", "session__assignee", "run", "root")
    return found.filter(pk=pk).first()


def _mark_reminded(requirement: Requirement) -> bool:
    """Clear `remind_at` by compare-and-set; only the process that cleared it sends the reminder."""
    assignee = requirement.session.assignee
    waiting = Requirement.objects.pending().filter(pk=requirement.pk, remind_at__isnull=False)
    if assignee is None or not waiting.update(remind_at=None):
        return False
    Decision.objects.append(requirement, Decision.Verdict.REMINDED, actor=CLOCK, note=str(assignee))
    reminded = Reminded(requirement=requirement.pk, tool=requirement.tool_name, assignee=str(assignee))
    record(requirement.session, Kind.REQUIREMENT_REMINDER, reminded, actor=CLOCK)
    return True


def _send(requirement: Requirement) -> None:
    """Mail the assignee. A mail that can't be sent is one line in the log: the page shows the reminder anyway."""
    assignee, expires_at = requirement.session.assignee, requirement.expires_at
    if assignee is None or expires_at is None or not assignee.email:
        return
    about = {
        "tool": requirement.tool_name,
        "customer": requirement.session.customer,
        "minutes": max(1, round((expires_at - clock.now()).total_seconds() / 60)),
    }
    subject = _("%(tool)s waits for a decision: %(minutes)d min left") % about
    body = _("%(tool)s for %(customer)s expires in %(minutes)d minutes if nobody decides. Open Decisions in the inbox.") % about
    try:
        # A subject is one line; names of tools and customers may have several.
        mail = EmailMessage(
            " ".join(subject.split()), body, to=[assignee.email], connection=get_connection(timeout=MAIL_SECONDS)
        )
        mail.send()
        mail_counts.sent("reminder")
    except Exception as error:  # noqa: BLE001 - mail backends raise what they like, and nothing may stop the sweep
        mail_counts.failed("reminder")
        log.warning("the reminder of requirement %s was not sent: %s", requirement.pk, error)
