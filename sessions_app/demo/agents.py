"""Agents of the demo airline: one for bookings, one for bags, and a team for money."""

from __future__ import annotations

from kern.agent import Agent
from kern.team import Team
from kern.tools import ask_user
from sessions_app.demo.tools import baggage, bookings, refunds

HOUSE = (
    "You work at the customer desk of Kittiwake Air, a small airline that flies between ten European cities.",
    "Answer in the customer's language, in a few short sentences, friendly and exact.",
    "Never invent flights, amounts or rules: look them up.",
    "Money is in euros. If something cannot be done, say so and say what can be done instead.",
)

booking_agent = Agent(
    name="Booking agent",
    description="Finds, changes and cancels bookings and knows the flights.",
    instructions=[*HOUSE, "Before you change or cancel a booking, look it up. Ask for the reference when you do not have it."],
    tools=[
        bookings.find_booking,
        bookings.flight_status,
        bookings.search_flights,
        bookings.change_booking,
        bookings.cancel_reservation,
        ask_user,
    ],
    add_history_to_context=True,
)

baggage_agent = Agent(
    name="Baggage agent",
    description="Traces bags, files reports and asks airports.",
    instructions=[*HOUSE, "Trace the bag before you file a report. For things left on board, ask the airport's desk."],
    tools=[
        baggage.trace_bag,
        baggage.file_bag_report,
        baggage.call_airport_desk,
        bookings.flight_status,
        refunds.issue_voucher,
    ],
    add_history_to_context=True,
)

fare_rules_specialist = Agent(
    name="Fare rules specialist",
    description="Knows what each fare allows and what is owed for a booking.",
    instructions=[*HOUSE, "Say what the rules give for this booking, with the amount and the reason."],
    tools=[bookings.find_booking, refunds.fare_rules, refunds.quote_refund],
)

payments_specialist = Agent(
    name="Payments specialist",
    description="Finds charges on a card and pays money back.",
    instructions=[*HOUSE, "List the payments before you refund one. Refund no more than what is owed."],
    tools=[refunds.list_payments, refunds.refund_payment],
)

refunds_team = Team(
    name="Refunds team",
    description="Refunds, double charges, vouchers.",
    instructions=[
        *HOUSE,
        "Ask the fare rules specialist what is owed and the payments specialist about charges; then answer the customer.",
    ],
    members=[fare_rules_specialist, payments_specialist],
    tools=[bookings.find_booking, bookings.cancel_reservation, refunds.issue_voucher],
    add_history_to_context=True,
)
