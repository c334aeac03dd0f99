"""The end of a run, and of the questions that were asked in it: where every end of a run is written."""

from __future__ import annotations

from sessions_app.changes.log import record
from sessions_app.models import Person, Requirement, Run, Session
from sessions_app.models.requirement import END_OF_TURN


def end(
    session: Session,
    run: Run,
    status: str,
    *,
    questions: str = "cancelled",
    keep_owner: bool = False,
    person: Person | None = None,
) -> None:
    """`Run.end`, and what was asked in the run and the runs below it and leads to nothing becomes what `questions` says.

    The session's row must be locked; the caller records the end itself and opens the next turn.
    """
    for asked in run.end(status, keep_owner=keep_owner):
        drop(session, asked, questions, person)


def drop(session: Session, asked: Requirement, status: str, person: Person | None = None) -> None:
    """The call is not made: the question becomes cancelled or superseded, with a line in the record and a change of that name.

    The change says which (`requirement`, `tool`) and what it was `before`: pending, or approved or answered by people.
    """
    before = asked.drop(status, person)
    actor = "" if person else END_OF_TURN
    record(session, f"requirement.{status}", person, actor, requirement=asked.pk, tool=asked.tool_name, before=before)
