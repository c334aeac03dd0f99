"""Tools about flights and bookings."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from kern.tools import RunContext, tool
from sessions_app.demo import airline
from sessions_app.demo.tools.types import Airport, AnyDay, Day, FlightNumber, Reference


@tool(idempotent=True, risk="low")
def find_booking(reference: Reference) -> str:
    """Look up a booking by its reference: passengers, flight, fare, what was paid and whether the flight is on time."""
    return airline.describe_booking(airline.booking(reference))


@tool(idempotent=True, risk="low")
def flight_status(flight: FlightNumber, day: AnyDay = "") -> str:
    """Tell the status of a flight by its number: on time, delayed or cancelled, and why."""
    return airline.describe_flight(airline.flight(flight, day))


@tool(idempotent=True, risk="low")
def search_flights(origin: Airport, destination: Airport, day: Day) -> str:
    """Search flights between two airports on a day, with free seats and prices."""
    found = airline.flights_between(origin, destination, day)
    if not found:
        return f"No flights from {origin} to {destination} on {day}."
    return "\n".join(
        f"{airline.describe_flight(leg)} {leg['seats']} seats, from {airline.euros(leg['price'])}." for leg in found
    )


@tool(requires_confirmation=True, idempotent=True, expires_after=timedelta(hours=8), remind_before=timedelta(hours=1))
def change_booking(reference: Reference, flight: FlightNumber, day: Day, context: RunContext) -> str:
    """Change a booking: move, rebook or reschedule all its passengers to another flight and day."""
    return airline.change(reference, flight, day, context.idempotency_key)


@tool(
    requires_confirmation=True,
    idempotent=True,
    risk="high",
    expires_after=timedelta(hours=24),
    remind_before=timedelta(hours=2),
)
def cancel_reservation(
    reference: Reference,
    context: RunContext,
    reason: Annotated[str, Field(description="Why, in the customer's words", max_length=300)] = "the customer asked for it",
) -> str:
    """Cancel a booking or reservation for all passengers. This cannot be undone; the fare rules say what is paid back."""
    return airline.cancel(reference, reason, context.idempotency_key)
