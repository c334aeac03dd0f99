"""The report on whose turn it is now, queue by queue."""

from __future__ import annotations

from sessions_app.actions import escalation, handover, messages, sessions, spam
from sessions_app.infrastructure.one_statement import read_steps
from sessions_app.models import Person, Queue, Session
from sessions_app.queries.turn_report import TurnLine, turns_now


def test_open_conversations_are_counted_by_the_side_that_has_the_next_word(orders: Queue, parcels: Queue, ben: Person) -> None:
    wants, led, with_agent, answered, is_spam, closed = (
        sessions.start_session(orders, user_id=f"kim-{number}") for number in range(6)
    )
    escalation.ask_for_person(wants)
    handover.take_over(led, ben)
    for session in (led, with_agent, answered, is_spam, closed):
        messages.receive(session, "Hello?")
    messages.reply(answered, ben, "Hello!", seen=Session.objects.get(pk=answered.pk).last_change)
    spam.mark(is_spam, ben)
    sessions.resolve(closed, ben)
    [line] = read_steps(turns_now([parcels, orders]))
    longest = Session.objects.get(pk=wants.pk).waiting_since
    assert line == TurnLine(orders, person=2, unassigned=1, agent=1, customer=1, nobody=0, longest=longest)
