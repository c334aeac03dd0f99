"""Admins' verb for a queue: the settings of assignment, of what follows a reply, and of when people take over."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from sessions_app import audit
from sessions_app.errors import InvalidAction
from sessions_app.models import AuditEntry, Person, Queue

#: The columns that the page has; all others of a queue are changed in the administration.
COLUMNS = (
    *("assigns", "assigns_when", "capacity", "after_reply"),
    *("person_notice", "hand_over_words", "hand_over_after", "hands_over_failures"),
)


class StaleSettings(InvalidAction):
    """Another admin changed these settings meanwhile; nothing was saved."""

    status = 409


def values_of(queue: Queue) -> dict[str, Any]:
    """Return the settings of the queue by column."""
    return {name: _plain(getattr(queue, name)) for name in COLUMNS}


def seen_of(queue: Queue) -> str:
    """Return what a form remembers of the settings it was made from, so that a change of any door is noticed."""
    return hashlib.sha256(json.dumps(values_of(queue)).encode()).hexdigest()[:32]


def save(queue: Queue, person: Person, values: Mapping[str, Any], seen: str | None = None) -> bool:
    """Put these settings in force; returns whether any of them is new.

    Raises `StaleSettings` where they were changed since those that the form was made from (`seen`).
    """
    with transaction.atomic():
        locked = Queue.objects.select_for_update(of=("self",)).filter(pk=queue.pk).first()
        if locked is None:
            raise InvalidAction(_("This queue was deleted meanwhile."))
        before = values_of(locked)
        changed = {name: _plain(values[name]) for name in COLUMNS if _plain(values[name]) != before[name]}
        if changed and seen is not None and seen != seen_of(locked):
            raise StaleSettings(_last_change_of(locked))
        if changed:
            for name, value in changed.items():
                setattr(locked, name, value)
            locked.save(update_fields=list(changed))
            earlier = {name: before[name] for name in changed}
            audit.record(audit.Kind.SETUP_CHANGED, actor=person, subject=locked, before=earlier, after=changed)
    return bool(changed)


def _plain(value: Any) -> Any:
    """Return a value with plain line breaks: browsers send others."""
    return "\n".join(value.splitlines()) if isinstance(value, str) else value


def _last_change_of(queue: Queue) -> str:
    entries = AuditEntry.objects.filter(subject_kind="queue", subject_id=str(queue.pk)).order_by("-number")
    who = entries.values_list("actor_name", flat=True).first() or _("Somebody")
    return _("%(person)s changed settings of this queue meanwhile. Save again to replace theirs.") % {"person": who}
