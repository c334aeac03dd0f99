"""The naming rules in force in a queue, and when a conversation's naming is due."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Q

from kern.naming import LONGEST_NAME
from sessions_app.infrastructure import clock
from sessions_app.infrastructure.broken_rows import CorruptDict
from sessions_app.infrastructure.prepared import Prepared, Slot
from sessions_app.models import NamingPolicy, Queue, Session
from sessions_app.models.naming_policy import LetterCase, Masked, OnShift, OverBudget

#: The rules of the desk and of one queue. Every message of a conversation without a name asks them.
_OF_QUEUE = Prepared(lambda: NamingPolicy.objects.filter(Q(queue=None) | Q(queue=Slot("queue", Queue, "id"))))


@dataclass(frozen=True)
class NamingInForce:
    """The naming rules of one queue: its own, else the desk's, else these defaults (see `NamingPolicy`'s columns).

    `forbidden_words` are the queue's own and the desk's, one a line.
    """

    enabled: bool = True
    after_messages: int = 3
    delay: int = 10
    rests_after: int = 30
    recheck_after: int = 10
    on_shift: str = OnShift.SUGGEST.value
    min_words: int = 0
    max_words: int = 0
    max_characters: int = LONGEST_NAME
    template: str = ""
    language: str = "any"
    letter_case: str = LetterCase.ANY.value
    forbidden_words: str = ""
    masks: tuple[str, ...] = ()
    monthly_budget: Decimal = Decimal(0)
    over_budget: str = OverBudget.STOP.value


@dataclass(frozen=True)
class NamingRules:
    """The naming rules of several queues, read together by `read_naming`."""

    rows: dict[int | None, NamingPolicy] = field(default_factory=dict)

    def of(self, queue: Queue | None) -> NamingInForce:
        """Return what is in force in the queue, or outside of queues."""
        desk = _columns(self.rows.get(None))
        own = _columns(self.rows.get(queue.pk)) if queue is not None else {}
        words = [queue.forbidden_words if queue is not None else "", *(row.get("forbidden_words", "") for row in (desk, own))]
        forbidden = "\n".join(text for text in words if text)
        return NamingInForce(**{**desk, **own, "forbidden_words": forbidden})


def read_naming(queues: Iterable[Queue | int | None] | None = None) -> NamingRules:
    """Read the rules of these queues (all of them, if not given) in one query."""
    rows = NamingPolicy.objects.all()
    if queues is not None:
        keys = [queue if isinstance(queue, int) else queue.pk for queue in queues if queue is not None]
        rows = rows.filter(Q(queue=None) | Q(queue__in=keys))
    return NamingRules({row.queue_id: row for row in rows})


def naming_in_force(queue: Queue | None) -> NamingInForce:
    """Return the naming rules in force in this one queue, now."""
    rows = _OF_QUEUE.all(queue=queue.pk if queue is not None else None)
    return NamingRules({row.queue_id: row for row in rows}).of(queue)


def plan(session: Session) -> None:
    """Schedule naming after an answer, for a session with a stand-in for a name.

    With enough messages it is due after the delay, else once the conversation rests: each answer puts that off. A retry after a
    failure keeps its time. The session's row must be locked.
    """
    if not session.has_stand_in or session.queue is None or session.name_failures:
        return
    rules, now = naming_in_force(session.queue), clock.now()
    if not rules.enabled:
        return
    # Counts no further than it must, so the length of the conversation does not matter.
    enough = session.messages.said().order_by("pk")[: rules.after_messages].count() >= rules.after_messages
    when = now + (timedelta(seconds=rules.delay) if enough else timedelta(minutes=rules.rests_after))
    if not enough and not rules.rests_after:
        return
    known = session.name_due_at
    if known is None or known > now:
        session.name_due_at = min(known, when) if enough and known else when
        session.save(update_fields=["name_due_at"])


def plan_imported(session: Session) -> None:
    """Make the naming of an imported session due at once, where its queue names and something was said."""
    if session.has_stand_in and naming_in_force(session.queue).enabled and session.messages.said().exists():
        session.name_due_at = clock.now()
        session.save(update_fields=["name_due_at"])


def _columns(row: NamingPolicy | None) -> dict[str, Any]:
    """Return the columns of the row that say something. Where the masks cannot be read, everything is masked."""
    if row is None:
        return {}
    values = {known.name: getattr(row, known.name) for known in fields(NamingInForce)}
    if isinstance(row.masks, CorruptDict):
        values["masks"] = Masked.values
    said = {name: value for name, value in values.items() if value is not None}
    return {**said, "masks": tuple(said["masks"])} if "masks" in said else said


__all__ = ["NamingInForce", "NamingRules", "naming_in_force", "plan", "plan_imported", "read_naming"]
