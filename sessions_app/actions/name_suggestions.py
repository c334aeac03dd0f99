"""People's answers to a suggested name: accept it, dismiss it, want none for this conversation."""

from __future__ import annotations

from django.utils.translation import gettext as _

from sessions_app.actions import names
from sessions_app.actions.locking import session_locked
from sessions_app.errors import InvalidAction
from sessions_app.models import NameSuggestion, Person, Session
from sessions_app.store import suggestions

State = NameSuggestion.State


def accept(session: Session, person: Person, suggestion_key: int) -> None:
    """Give the session the suggested name, as the person's choice.

    Raises `InvalidAction` when it is settled or for an earlier name, `InvalidSessionNameError` when it breaks a rule by now.
    """
    with session_locked(session) as locked:
        suggestion = _open(locked, suggestion_key)
        if suggestion.for_version != locked.name_version:
            raise InvalidAction(_("This conversation was renamed meanwhile. The suggestion was for its earlier name."))
        suggestions.settle(suggestion, State.ACCEPTED, person)
        names.rename(locked, person, suggestion.name)


def dismiss(session: Session, person: Person, suggestion_key: int, *, never: bool = False) -> None:
    """Leave the name as it is; with `never` no other one is suggested for this session. Raises `InvalidAction` if settled."""
    with session_locked(session) as locked:
        suggestions.settle(_open(locked, suggestion_key), State.NEVER if never else State.DISMISSED, person)


def _open(session: Session, key: int) -> NameSuggestion:
    found = session.name_suggestions.filter(pk=key, state=State.OPEN).first()
    if found is None:
        raise InvalidAction(_("That suggestion is settled already."))
    return found
