"""A request of a ticket system, from its bytes to what it says of which ticket."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sessions_app.infrastructure.sealing import WEBHOOKS, UnreadableSecretError, unseal
from sessions_app.models import TicketSystem
from sessions_app.models.incoming_webhook import LONGEST_ID
from sessions_app.webhooks.incoming.bodies import read_body, said
from sessions_app.webhooks.incoming.signatures import Request, SignatureError, TooOldError, verified

#: What is older is not told apart from what came before: the memory of deliveries ends here.
OLDEST = timedelta(days=30)


@dataclass(frozen=True)
class Heard:
    """News of a ticket from its system. Without a ticket it is about something else."""

    ticket_id: str
    title: str | None
    state: str | None
    at: datetime
    delivery_id: str
    digest: str
    note: str = ""


def heard(system: TicketSystem, request: Request, now: datetime) -> Heard:
    """Verify and read a request. Raises `SignatureError`, `TooOldError` or `UnreadableBodyError`."""
    try:
        secret = unseal(system.sealed_secret, WEBHOOKS) if system.sealed_secret else ""
    except UnreadableSecretError:
        raise SignatureError("the secret cannot be read any more: store it anew") from None
    known = verified(system.signature, request, secret, now)
    values = said(read_body(request.body, request.headers.get("content-type", "")), system.paths, request.headers)
    at = min(values.at or known.signed_at or now, now)
    if at < now - OLDEST:
        raise TooOldError(f"it tells of {at:%Y-%m-%d}")
    ticket = system.id_in(values.ticket) if values.ticket else ""
    note = f"“{values.ticket[:80]}” is no ticket of this system" if values.ticket and not ticket else ""
    return Heard(
        ticket_id=ticket,
        title=values.title or None,
        state=values.state or None,
        at=at,
        delivery_id=(known.delivery_id or values.delivery_id)[:LONGEST_ID],
        digest=hashlib.sha256(known.signature.encode()).hexdigest() if known.signature else "",
        note=note,
    )
