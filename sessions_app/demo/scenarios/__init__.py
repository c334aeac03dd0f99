"""The demo's conversations, in every state that a conversation can be in."""

from __future__ import annotations

from collections.abc import Callable

from sessions_app.demo.scenarios import baggage, bookings, refunds
from sessions_app.models import Person

Telling = Callable[[Person, Person], None]
#: Each tells one conversation with Ana and Ben in it; the last one is the newest.
SCENARIOS: tuple[Telling, ...] = (
    bookings.pets_in_the_cabin,
    baggage.delivered_again,
    refunds.refund_that_was_refused,
    bookings.family_rebooked,
    baggage.damaged_suitcase,
    refunds.fare_question,
    refunds.waiting_for_the_bank,
    bookings.wheelchair,
    baggage.left_on_board,
    bookings.name_correction,
    refunds.charged_twice,
    baggage.smudged_tag,
    baggage.wedding_on_saturday,
    bookings.cancelled_lisbon_flight,
    refunds.lisbon_once_more,
    bookings.the_eighth_not_the_seventh,
    bookings.when_to_check_in,
)
