"""Create the rows of a desk's queues and ticket systems."""

from __future__ import annotations

from django.db import transaction

from sessions_app.desk.fields import naming_fields, queue_fields, ticket_system_fields
from sessions_app.desk.loading import load
from sessions_app.models import NamingPolicy, Queue, TicketSystem


@transaction.atomic
def sync() -> None:
    """Make rows for the desk's new queues and ticket systems; of existing ones only the queue's agent is updated.

    Raises `DeskError`.
    """
    desk = load()
    for position, spec in enumerate(desk.queues):
        queue, is_new = Queue.objects.get_or_create(slug=spec.slug, defaults=queue_fields(spec, position))
        if is_new and (rules := naming_fields(spec)):
            NamingPolicy.objects.create(queue=queue, **rules)
        if queue.agent_id != spec.agent.id:
            queue.agent_id = spec.agent.id
            queue.save(update_fields=["agent_id"])
    for system in desk.ticket_systems:
        TicketSystem.objects.get_or_create(slug=system.slug, defaults=ticket_system_fields(system))
