"""Labels and priority of an imported conversation."""

from __future__ import annotations

from sessions_app.actions import labels
from sessions_app.errors import AppError
from sessions_app.management.importing.conversation import Conversation
from sessions_app.models import Label, Session, SessionLabel
from sessions_app.models.label import MOST_OF_SESSION
from sessions_app.models.triage import PRIORITIES, Priority


def put_labels(session: Session, conversation: Conversation) -> None:
    """Put the line's labels on the session; those that are not there yet are made. What cannot be one is noted."""
    for name in conversation.labels:
        try:
            label = Label.objects.called(name).first() or labels.make(None, name)
        except AppError as refused:
            conversation.notes.add("", "a label is not kept", f"{name}: {refused.message}")
            continue
        if SessionLabel.objects.filter(session=session).count() >= MOST_OF_SESSION:
            conversation.notes.add("", f"of the labels the first {MOST_OF_SESSION} are kept", name)
            continue
        SessionLabel.objects.get_or_create(session=session, label=label, defaults={"created_at": session.created_at})


def priority_of(conversation: Conversation) -> int | None:
    """Return the column of the line's priority."""
    priority = PRIORITIES.get(conversation.priority, Priority.NORMAL)
    return None if priority == Priority.NORMAL else priority.value
