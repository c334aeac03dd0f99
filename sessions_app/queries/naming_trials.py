"""Naming rules tried on a queue's last conversations. Nothing is saved, and no model is asked.

A name that the AI gave is judged as it is; where none gave one yet, the offline namer proposes one, at no cost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import OuterRef, QuerySet, Subquery

from kern.models.offline.names import name_of
from sessions_app.models import Message, Queue, Session
from sessions_app.policy import names
from sessions_app.policy.naming import NamingInForce
from sessions_app.policy.naming_rules import Refusal, Rule

MOST = 20


@dataclass(frozen=True)
class Trial:
    """One conversation: its name now, the proposed one, and what becomes of it under the rules."""

    session: Session
    proposed: str
    outcome: str
    refusal: Refusal | None = None

    @property
    def is_persons(self) -> bool:
        return self.session.name_locked

    @property
    def is_refused(self) -> bool:
        return self.refusal is not None

    @property
    def rule(self) -> str:
        """Return the label of the rule that refused the proposed name."""
        return str(Rule(self.refusal.rule).label) if self.refusal is not None else ""


def last_of(queue: Queue | None) -> QuerySet[Session]:
    """Return the last conversations of the queue, or of the whole desk, with what the rules need to know of them."""
    first = Message.objects.filter(session=OuterRef("pk"), author_kind=Message.Author.CUSTOMER).order_by("pk")
    found = Session.objects.there() if queue is None else Session.objects.there().filter(queue=queue)
    said = found.annotate(first_said=Subquery(first.values("content")[:1]))
    return said.select_related("queue").prefetch_related("tickets").order_by("-activity_at", "-pk")[:MOST]


def try_rules(sessions: Sequence[Session], rules_of: dict[int | None, NamingInForce]) -> list[Trial]:
    """Return what becomes of the names of these conversations (see `last_of`) under the rules of their queues."""
    return [_tried(session, rules_of[session.queue_id]) for session in sessions]


def _tried(session: Session, rules: NamingInForce) -> Trial:
    said = getattr(session, "first_said", None) or ""
    stands_in = session.has_stand_in
    proposed = (name_of([said]) if said and stands_in else "") or session.name
    if session.name_locked or not proposed:
        return Trial(session, proposed, session.name)
    judged = names.judge(proposed, session, rules)
    if isinstance(judged, Refusal):
        return Trial(session, proposed, judged.mended, judged)
    return Trial(session, proposed, judged)
