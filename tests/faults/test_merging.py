"""A merge and a real worker: it waits for a turn that works, and what the worker writes is lost by neither."""

from __future__ import annotations

import pytest

from sessions_app.actions import merging, messages
from sessions_app.actions import sessions as session_actions
from sessions_app.errors import InvalidAction
from sessions_app.models import Person, Queue, Session
from tests.faults.conftest import Installation
from tests.responses_server import Calls, Text

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]
ANSWER = "Here is your answer."
RACES = 6


@pytest.fixture
def ana(installation: Installation) -> Person:
    return Person.objects.create_superuser("ana@example.com", "secret", display_name="Ana")


def begun(name: str) -> Session:
    return session_actions.start_session(Queue.objects.get(slug="orders"), user_id="kim", session_id=name)


def said(session: Session) -> list[str]:
    return list(session.messages.for_customer().order_by("pk").values_list("content", flat=True))


def is_merged(kept: Session, gone: Session, ana: Person) -> bool:
    try:
        merging.merge(kept, gone, ana)
    except InvalidAction:
        return False
    return True


def test_a_merge_while_a_workers_tool_runs_is_refused_and_done_once_the_turn_is_over(
    installation: Installation, ana: Person
) -> None:
    installation.model.reply_with(Calls([("note_order", {"order": "7", "seconds": 1.0})]), Text(ANSWER))
    installation.start_worker()
    kept, gone = begun("kept"), begun("gone")
    messages.receive(gone, "Note order 7")
    installation.until(lambda: installation.ledger() == ["order 7"])
    with pytest.raises(InvalidAction, match="Wait until its turn has ended"):
        merging.merge(kept, gone, ana)
    installation.until(lambda: is_merged(kept, gone, ana))
    assert said(kept) == ["Note order 7", ANSWER]
    assert (installation.ledger(), installation.model.rejections) == (["order 7"], [])


def test_a_merge_meets_a_worker_that_is_finishing_and_loses_nothing(installation: Installation, ana: Person) -> None:
    installation.model.reply_with(lambda request: Text(ANSWER))
    installation.start_worker()
    for number in range(RACES):
        working, resting = begun(f"working-{number}"), begun(f"resting-{number}")
        messages.receive(working, "Help")
        kept, gone = (working, resting) if number % 2 else (resting, working)
        # Asked again and again, so that one of the tries meets the end of the turn.
        installation.until(lambda kept=kept, gone=gone: is_merged(kept, gone, ana))  # type: ignore[misc]
        assert (said(kept), said(gone)) == (["Help", ANSWER], [])
        assert [run.status for run in kept.runs.all()] == ["completed"]
        # What comes for the id that went is answered in the kept one.
        messages.receive(Session.objects.by_id(gone.session_id).get(), "And then?")
        installation.until(lambda kept=kept: said(kept) == ["Help", ANSWER, "And then?", ANSWER])  # type: ignore[misc]
