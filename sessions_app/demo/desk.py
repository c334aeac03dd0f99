"""The demo desk, Kittiwake Air. Your own desk is a module like this one; name it in KERN_DESK."""

from __future__ import annotations

from sessions_app.demo.agents import baggage_agent, booking_agent, refunds_team
from sessions_app.demo.knowledge import ARTICLES
from sessions_app.desk import Desk, QueueSpec, TicketSystemSpec

desk = Desk(
    name="Kittiwake Air",
    queues=[
        QueueSpec(
            "bookings", "Bookings", booking_agent, icon="plane", welcome="Questions about a flight or a booking? Write here."
        ),
        QueueSpec(
            "baggage", "Baggage", baggage_agent, icon="luggage", welcome="A bag is late, lost or damaged? Tell us its tag."
        ),
        QueueSpec("refunds", "Refunds", refunds_team, icon="receipt", welcome="Refunds, double charges and vouchers."),
    ],
    knowledge=ARTICLES,
    ticket_systems=[
        TicketSystemSpec("desk", "Helpdesk", "https://desk.example/tickets/{id}", pattern=r"ZD-\d{4,7}"),
        TicketSystemSpec("ops", "Operations", "https://ops.example/browse/{id}", pattern=r"OPS-\d{2,6}"),
    ],
)
