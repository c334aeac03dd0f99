"""A customer's name and mail address, corrected by people; a conversation that a person begins with a customer."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from kern.validation.inputs import Id
from sessions_app import audit
from sessions_app.actions import messages, sessions
from sessions_app.actions.locking import sessions_locked
from sessions_app.changes.kinds import Kind
from sessions_app.changes.log import record
from sessions_app.errors import InvalidAction
from sessions_app.models import Person, Queue, Session
from sessions_app.policy import stand_ins
from sessions_app.validation.limits import longest
from sessions_app.validation.text import checked_line, checked_message, checked_name

#: Of one customer so many conversations are corrected at once, the newest ones.
MOST = 50


def correct(session: Session, person: Person, *, name: str, email: str) -> int:
    """Correct the customer's name and mail address; returns the number of conversations that changed.

    Other conversations of the same user id that the person sees change with this one. Raises `InvalidCustomer` for a name or
    an address that is none.
    """
    wanted = checked_customer(name, email)
    same = Session.objects.visible_to(person).exclude(user_id="").filter(user_id=session.user_id).exclude(pk=session.pk)
    keys = [session.pk, *same.order_by("-updated_at", "-pk").values_list("pk", flat=True)[: MOST - 1]]
    with sessions_locked(keys) as locked:
        changed = [row for row in locked.values() if any(getattr(row, column) != text for column, text in wanted.items())]
        for row in changed:
            _correct(row, person, wanted)
    return len(changed)


class InvalidCustomer(InvalidAction):
    """A name or an address that cannot be stored; `field` is its column."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def checked_customer(name: str, email: str) -> dict[str, str]:
    """Return name and address as they are stored, by column. Raises `InvalidCustomer`."""
    try:
        kept = checked_name(name, _("The name"), longest(Session, "customer_name"))
    except InvalidAction as refusal:
        raise InvalidCustomer("customer_name", refusal.message) from refusal
    try:
        address = checked_line(email, _("The email address"), longest(Session, "customer_email"))
        if address:
            validate_email(address)
    except InvalidAction as refusal:
        raise InvalidCustomer("customer_email", refusal.message) from refusal
    except ValidationError as refusal:
        raise InvalidCustomer("customer_email", _("This is no email address, as in kim@example.com.")) from refusal
    return {"customer_name": kept, "customer_email": address}


def begin(
    queue: Queue,
    person: Person,
    text: str,
    *,
    name: str = "",
    email: str = "",
    user_id: Id = "",
    session_id: Id | None = None,
    channel: str = "desk",
) -> tuple[Session, bool]:
    """Begin a conversation with a customer by a message of a person, who is its assignee then.

    With the id of a session that was begun so before, nothing happens and that one is returned, and False. Raises
    `InvalidCustomer`, `InvalidAction` where nothing says who the customer is or the message is empty, `DuplicateId`.
    """
    customer, words = checked_customer(name, email), checked_message(text)
    if not (user_id or any(customer.values())):
        raise InvalidCustomer("customer_name", _("Say who the customer is: a name, an email address or a user id."))
    with transaction.atomic():
        session, is_new = sessions.start_session_once(
            queue, user_id=user_id, channel=channel, session_id=session_id, person=person, **customer
        )
        if is_new:
            messages.reply_once(session, person, words)
            sessions.assign(session, person, person)
    return session, is_new


def _correct(session: Session, person: Person, wanted: dict[str, Any]) -> None:
    before = {column: getattr(session, column) for column in wanted}
    for column, text in wanted.items():
        setattr(session, column, text)
    session.save(update_fields=list(wanted))
    stand_ins.renew(session)
    record(session, Kind.CUSTOMER_CORRECTED, person=person)
    audit.record(audit.Kind.CUSTOMER_CORRECTED, actor=person, subject=session, before=before, after=wanted)
