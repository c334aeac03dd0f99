"""Tools about money."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from kern.records.policy import Threshold
from kern.tools import RunContext, tool
from sessions_app.demo import airline
from sessions_app.demo.airline_data import FARES
from sessions_app.demo.tools.types import Euros, Fare, Payment, Reference, cents


@tool(idempotent=True, risk="low")
def fare_rules(fare: Fare) -> str:
    """Read the rules of a fare (light, standard or flex): refunds, changes and bags."""
    return FARES[fare].words


@tool(idempotent=True, risk="low")
def quote_refund(reference: Reference) -> str:
    """Work out how much money a booking would get back if it were cancelled, and why."""
    owed, why = airline.refund_owed(airline.booking(reference))
    return f"Booking {reference}: {airline.euros(owed)} would be paid back. {sentence(why)}"


def sentence(words: str) -> str:
    """The words with a full stop at their end."""
    return words if words.endswith(".") else f"{words[0].upper()}{words[1:]}."


@tool(idempotent=True, risk="low")
def list_payments(reference: Reference) -> str:
    """List the payments, charges and card transactions of a booking, to find a double charge."""
    airline.booking(reference)
    found = airline.store().rows("select * from payments where reference = ? order by payment", reference)
    lines = [
        f"{row['payment']} {row['what']}: {airline.euros(row['amount'])}, {airline.euros(row['refunded'])} paid back"
        for row in found
    ]
    return "\n".join(lines) or f"No payments are known for {reference}."


@tool(
    requires_confirmation=True,
    idempotent=True,
    expires_after=timedelta(hours=24),
    remind_before=timedelta(hours=2),
    thresholds=["amount > 400"],
)
def refund_payment(payment: Payment, amount: Euros, context: RunContext) -> str:
    """Refund a payment, or part of it, to the card it was paid with."""
    return airline.refund(payment, cents(amount), context.idempotency_key)


@tool(
    requires_confirmation=True,
    idempotent=True,
    risk="low",
    expires_after=timedelta(hours=2),
    remind_before=timedelta(minutes=30),
    thresholds=[Threshold("amount > 200", approvers=1)],
)
def issue_voucher(
    reference: Reference,
    amount: Euros,
    context: RunContext,
    reason: Annotated[str, Field(description="What it makes up for", max_length=200)] = "goodwill",
) -> str:
    """Issue a travel voucher for a booking, to make up for a delay or a mistake of ours."""
    return airline.voucher(reference, cents(amount), reason, context.idempotency_key)
