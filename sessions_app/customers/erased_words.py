"""Take erased words out of SQLite's full-text index for good.

The index has parts that are written once. A deleted entry is only marked as deleted in a newer part; its words go when both are
merged (https://sqlite.org/fts5.html#the_merge_command). PostgreSQL's vacuum does the like, at a time of its own.
"""

from __future__ import annotations

import time

from django.db import connection, transaction
from django.db.models import F

from sessions_app.models import SearchBacklog

#: Pages that one statement writes, so that nobody waits long for it.
PAGES = 200


def mark() -> None:
    """Remember that entries were deleted; part of the caller's transaction."""
    if connection.vendor == "sqlite" and not SearchBacklog.objects.update(erasures=F("erasures") + 1):
        SearchBacklog.objects.create(erasures=1)


def purge(seconds: float = 1.0) -> bool:
    """Merge the index where entries were deleted, until it is one part or the time is up. Returns whether it is done."""
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        return True
    seen = SearchBacklog.objects.values_list("erasures", flat=True).first()
    if not seen:
        return True
    end = time.monotonic() + seconds
    while _merge():
        if time.monotonic() >= end:
            return False
    # What was deleted meanwhile has counted on, and is merged the next time.
    SearchBacklog.objects.filter(erasures=seen).update(erasures=0)
    SearchBacklog.objects.filter(erasures=0, messages=0, sessions=0).delete()
    return True


def _merge() -> bool:
    """Merge a bit; returns whether there was anything to merge."""
    with transaction.atomic(), connection.cursor() as cursor:
        before = connection.connection.total_changes
        cursor.execute("INSERT INTO sessions_app_search (sessions_app_search, rank) VALUES ('merge', %s)", [-PAGES])
        return bool(connection.connection.total_changes - before >= 2)


__all__ = ["mark", "purge"]
