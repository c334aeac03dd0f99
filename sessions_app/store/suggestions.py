"""Suggested names. Each function works inside the transaction its caller opened, with the session's row locked."""

from __future__ import annotations

from sessions_app.changes import log
from sessions_app.changes.kinds import Kind
from sessions_app.changes.payloads import Suggested
from sessions_app.infrastructure import clock
from sessions_app.models import NameSuggestion, Person, Session


def suggest(session: Session, name: str) -> NameSuggestion | None:
    """Suggest the name in place of the present one; `None` where people want no suggestions, or dismissed this one."""
    earlier = session.name_suggestions
    if earlier.filter(state=NameSuggestion.State.NEVER).exists():
        return None
    if earlier.filter(state=NameSuggestion.State.DISMISSED, name=name).exists():
        return None
    earlier.filter(state=NameSuggestion.State.OPEN).update(state=NameSuggestion.State.DISMISSED, settled_at=clock.now())
    made = NameSuggestion.objects.create(session=session, name=name, for_version=session.name_version)
    log.record(session, Kind.NAME_SUGGESTED, Suggested(name=name))
    return made


def settle(suggestion: NameSuggestion, state: str, person: Person) -> None:
    """Store what the person decided about the suggestion, and record it so that open pages hear of it."""
    suggestion.state, suggestion.person, suggestion.settled_at = state, person, clock.now()
    suggestion.save(update_fields=["state", "person", "settled_at"])
    if state != NameSuggestion.State.ACCEPTED:
        log.record(suggestion.session, Kind.NAME_DISMISSED, Suggested(name=suggestion.name), person=person)
