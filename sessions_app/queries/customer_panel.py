"""The customer beside a conversation: their other conversations, and what programs told of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models import Value
from django.db.models.functions import Lower
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sessions_app.infrastructure import clock
from sessions_app.infrastructure.one_statement import Steps
from sessions_app.models import CustomerAttributes, Message, Person, Queue, Session, UnsentText
from sessions_app.models.session import SessionSet

#: Other conversations that are shown, and those that are counted.
SHOWN, COUNTED = 6, 100
#: Somebody who typed in a composer so lately writes there now.
WRITES_FOR = timedelta(minutes=1)


@dataclass
class OtherSession:
    """Another conversation of the customer, and who is writing an answer there just now."""

    session: Session
    writer: Person | None = None

    @property
    def is_past(self) -> bool:
        return self.session.status == Session.Status.CLOSED

    @property
    def icon(self) -> str:
        return {"closed": "archive", "snoozed": "alarm-clock"}.get(self.session.status, "inbox")

    @property
    def state(self) -> str:
        """The state in a few words: `Open, with Ben`, `Closed, answered by AI`."""
        if not self.is_past:
            words = self.session.get_status_display()
            assignee = self.session.assignee
            return _("%(state)s, with %(person)s") % {"state": words, "person": assignee} if assignee else words
        if self.session.last_author_kind == Message.Author.AGENT:
            return _("Closed, answered by AI")
        if self.session.last_author_kind == Message.Author.PERSON and self.session.last_author:
            return _("Closed, answered by %(person)s") % {"person": self.session.last_author}
        return _("Closed")


@dataclass
class CustomerPanel:
    """The customer's other conversations that the reader may see, the newest of them, and their attributes."""

    others: list[OtherSession] = field(default_factory=list)
    count: int = 0
    #: The search that finds them all.
    query: str = ""
    attributes: CustomerAttributes | None = None

    @property
    def more(self) -> int:
        """The number of conversations beside those that are shown."""
        return self.count - len(self.others)

    @property
    def is_capped(self) -> bool:
        return self.count >= COUNTED

    @property
    def warning(self) -> str:
        """A sentence about other open conversations; empty where there is none."""
        open_ones = [other for other in self.others if other.session.status == Session.Status.OPEN]
        if not open_ones:
            return ""
        said = ngettext("One more is open.", "%(count)d more are open.", len(open_ones)) % {"count": len(open_ones)}
        writer = next((other.writer for other in open_ones if other.writer), None)
        return f"{said} " + _("%(person)s writes there now.") % {"person": writer} if writer else said


def same_customer(session: Session, seen: SessionSet) -> SessionSet:
    """Return the other sessions among `seen` that are of this customer: by the user id, without one by the mail address."""
    others = seen.exclude(pk=session.pk)
    if session.user_id:
        found = others.filter(user_id=session.user_id)
    elif session.customer_email:
        # The database folds both sides, so that its index is of use.
        found = others.alias(mail=Lower("customer_email")).filter(mail=Lower(Value(session.customer_email)))
    else:
        found = others.none()
    return found.order_by("-updated_at", "-pk")


def worked_by(person: Person, queues: Iterable[Queue]) -> SessionSet:
    """Return the sessions that the person sees, who works these queues."""
    there = Session.objects.there()
    return there if person.is_superuser else there.filter(queue__in=[queue.pk for queue in queues])


def customer_panel(session: Session, person: Person, queues: Iterable[Queue]) -> Steps[CustomerPanel]:
    """Return the panel for this reader, who works these queues; in two steps."""
    others = same_customer(session, worked_by(person, queues))
    shown, counted, told = yield [
        others.select_related("assignee")[:SHOWN],
        others.values_list("pk", flat=True)[:COUNTED],
        CustomerAttributes.objects.filter(user_id=session.user_id) if session.user_id else CustomerAttributes.objects.none(),
    ]
    shown.sort(key=lambda other: (other.updated_at, other.pk), reverse=True)
    (unsent,) = yield [
        UnsentText.objects.filter(session__in=[other.pk for other in shown], updated_at__gt=clock.now() - WRITES_FOR)
        .exclude(person=person)
        .exclude(text="")
        .select_related("person")
    ]
    writers = {text.session_id: text.person for text in unsent}
    rows = [OtherSession(other, writers.get(other.pk)) for other in shown]
    known = (session.user_id or session.customer_email).replace('"', "")
    return CustomerPanel(rows, len(counted), f'from:"{known}"', told[0] if told else None)
