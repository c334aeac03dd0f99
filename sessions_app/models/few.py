"""Indexes of sessions of which there are few among many, in all queues and within one."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

#: Sessions with a stand-in for a name (`Session.STAND_INS`). Not `IN`: SQLite finds an index with a condition only where the
#: query has the condition's own words, and never behind a list of parameters.
NAMELESS = Q(name_source="provisional") | Q(name_source="ticket")
_CONDITIONS = {
    "session_failed": Q(failed_at__isnull=False),
    "session_needs_person": Q(person_wanted_at__isnull=False),
    "session_naming_failed": Q(name_failed_at__isnull=False),
    "session_nameless": NAMELESS,
}
#: SQLite prefers an index that begins with the queue to one that only has the condition, and would read every session of the
#: queue: so there is one of each.
BY_FEW = tuple(
    models.Index(fields=[*of, "status", "-activity_at", "-id"], name=name + end, condition=condition)
    for name, condition in _CONDITIONS.items()
    for of, end in (([], ""), (["queue"], "_in_queue"))
)
