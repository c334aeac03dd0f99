"""Index for search what an upgrade left: messages and sessions from before the index, the newest first, a batch at a time."""

from __future__ import annotations

import time

from django.db import transaction
from django.db.models import Max

from sessions_app.models import Message, SearchBacklog, SearchEntry, Session

BATCH = 200


def index_some(seconds: float = 1.0) -> int:
    """Index batches until the time is up; returns how many rows are left (about), 0 when all are indexed."""
    end = time.monotonic() + seconds
    while (left := _index_batch()) and time.monotonic() < end:
        pass
    return left


def begin_again() -> None:
    """Make the whole index due anew, as after words were split another way."""
    newest = [model._default_manager.aggregate(newest=Max("pk"))["newest"] or 0 for model in (Message, Session)]
    SearchBacklog.objects.update_or_create(defaults={"messages": newest[0], "sessions": newest[1]})


def _index_batch() -> int:
    """Index one batch in one transaction. A row that is written meanwhile indexes itself; doing it twice changes nothing."""
    with transaction.atomic():
        backlog = SearchBacklog.objects.select_for_update().first()
        if backlog is None or not (backlog.sessions or backlog.messages):
            return 0
        sessions = list(Session.objects.filter(pk__lte=backlog.sessions).order_by("-pk")[:BATCH])
        messages = list(
            Message.objects.filter(pk__lte=backlog.messages).defer("provider_items", "reasoning").order_by("-pk")[:BATCH]
        )
        for session in sessions:
            SearchEntry.objects.keep_session(session)
        SearchEntry.objects.keep_messages(messages)
        backlog.sessions = sessions[-1].pk - 1 if sessions else 0
        backlog.messages = messages[-1].pk - 1 if messages else 0
        if not backlog.sessions and not backlog.messages and not backlog.erasures:
            backlog.delete()
            return 0
        backlog.save(update_fields=["sessions", "messages"])
        return backlog.messages + backlog.sessions


__all__ = ["begin_again", "index_some"]
