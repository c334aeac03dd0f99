"""Queues over the wire."""

from __future__ import annotations

from ninja import Schema

from sessions_app.models import Queue
from sessions_app.policy import disclosure


class QueueOut(Schema):
    """`members` are the email addresses of people who can be given its sessions.

    `notice` says who answers here, an AI or people: show it to customers before their first word, as the law asks
    (European AI Act, Article 50).
    """

    slug: str
    name: str
    ai_mode: str
    agent_id: str
    members: list[str]
    notice: str

    @staticmethod
    def resolve_notice(queue: Queue) -> str:
        return disclosure.notice(queue)

    @staticmethod
    def resolve_members(queue: Queue) -> list[str]:
        return sorted(person.email for person in queue.members.all() if person.is_active)
