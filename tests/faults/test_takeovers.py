"""People and real workers: what a worker was doing when somebody took over, and what people decided for it to do."""

from __future__ import annotations

import time
from datetime import date
from typing import Any

import pytest

from kern.records.outcomes import UNKNOWN
from sessions_app.actions import decisions, handover, messages
from sessions_app.actions import sessions as session_actions
from sessions_app.models import Person, Queue, Run, Session, ToolCall
from tests.deciding import seen
from tests.faults.conftest import Installation
from tests.responses_server import Calls, Text

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]
ANSWER = "Here is your answer."
RACES = 12


@pytest.fixture
def ana(installation: Installation) -> Person:
    return Person.objects.create_superuser("ana@example.com", "secret", display_name="Ana")


def note(order: str, seconds: float = 0.0) -> Calls:
    return Calls([("note_order", {"order": order, "seconds": seconds})])


def is_over(session: Session) -> bool:
    return not session.runs.roots().active().exists()


def kinds(session: Session) -> list[str]:
    return list(session.changes.order_by("pk").values_list("kind", flat=True))


def said(session: Session) -> list[str]:
    return list(session.messages.for_customer().order_by("pk").values_list("content", flat=True))


def outputs_read(installation: Installation) -> list[str]:
    """The outputs of calls that the model's newest request holds."""
    return [item["output"] for item in installation.model.requests[-1]["input"] if item.get("type") == "function_call_output"]


def test_a_takeover_meets_a_worker_that_is_finishing_and_its_answer_is_sent_before_or_not_at_all(
    installation: Installation, ana: Person
) -> None:
    installation.model.reply_with(lambda request: Text(ANSWER))
    installation.start_worker()
    sessions = []
    for number in range(RACES):
        session = session_actions.start_session(Queue.objects.get(slug="orders"), user_id=f"kim-{number}")
        messages.receive(session, "Help")
        assert installation.model.wait_for(lambda server, asked=number: len(server.requests) > asked, 60)  # type: ignore[misc]
        # Sooner or later after the model was asked, so that the worker is in the middle of its answer, or at its end.
        time.sleep(number / 100)
        handover.take_over(session, ana)
        installation.until(lambda session=session: is_over(session))  # type: ignore[misc]
        sessions.append(session)
    for session in sessions:
        happened, run = kinds(session), session.runs.get()
        if run.status == "completed":
            assert said(session) == ["Help", ANSWER]
            assert happened.index("run.completed") < happened.index("session.taken_over")
        else:
            assert (run.status, said(session)) == ("cancelled", ["Help"])
            assert "run.completed" not in happened
            unsent = list(session.messages.filter(sent=False).values_list("content", flat=True))
            assert len(unsent) <= 1
            assert all(ANSWER.startswith(words) for words in unsent)
        assert Session.objects.get(pk=session.pk).led_by_person


def test_what_a_workers_tool_did_during_a_takeover_is_read_by_the_next_turn_and_not_done_again(
    installation: Installation, session: Session, ana: Person
) -> None:
    installation.model.reply_with(note("7", seconds=1.0), Text("Order 7 is noted."))
    installation.start_worker()
    messages.receive(session, "Note order 7")
    installation.until(lambda: installation.ledger() == ["order 7"])
    handover.take_over(session, ana)
    assert Run.objects.get().status == "cancelled"
    installation.until(lambda: ToolCall.objects.get().status == "finished")
    handover.hand_back(session, ana)
    installation.until(lambda: session.runs.latest("pk").status == "completed")
    assert outputs_read(installation) == ["Order 7 is written down."]
    assert (installation.ledger(), len(installation.model.requests)) == (["order 7"], 2)
    assert installation.model.rejections == []


def test_what_a_dead_workers_tool_may_have_done_is_not_done_again_when_a_person_took_over_and_handed_back(
    installation: Installation, session: Session, ana: Person
) -> None:
    installation.model.reply_with(note("7", seconds=600.0), Text("I ask somebody."))
    worker = installation.start_worker()
    messages.receive(session, "Note order 7")
    installation.until(lambda: installation.ledger() == ["order 7"])
    installation.kill(worker)
    handover.take_over(session, ana)
    handover.hand_back(session, ana)
    installation.start_worker()
    installation.until(lambda: session.runs.latest("pk").status == "completed")
    assert outputs_read(installation) == [UNKNOWN]
    assert installation.ledger() == ["order 7"]
    assert installation.model.rejections == []


def test_edited_arguments_of_every_json_type_arrive_typed_in_the_worker_of_another_process(
    installation: Installation, session: Session, ana: Person
) -> None:
    given = {
        "text": "a",
        "number": 1,
        "share": 0.5,
        "flag": False,
        "size": "small",
        "day": "2026-11-23",
        "items": [1],
        "place": {"street": "Main St 1", "floor": 1},
        "maybe": "x",
    }
    edited: dict[str, Any] = {
        "text": 'Ж "quoted"\n\u2028 7',
        "number": 2**53 + 1,
        "share": 1e-7,
        "flag": True,
        "size": "large",
        "day": "2028-02-29",
        "items": [],
        "place": {"street": "", "floor": None},
        "maybe": None,
    }
    installation.model.reply_with(Calls([("send_parcel", given)]), Text("It is sent."))
    installation.start_worker()
    messages.receive(session, "Send it")
    installation.until(lambda: session.requirements.pending().exists())
    question = session.requirements.get()
    installation.until(lambda: Run.objects.get().status == "paused")
    decisions.approve(question, ana, arguments=edited, seen=seen(session))
    installation.until(lambda: is_over(session))
    question.refresh_from_db()
    assert (question.status, question.arguments, question.edited_arguments) == ("executed", given, edited)
    ran = [date.fromisoformat(value) if name == "day" else value for name, value in edited.items()]
    assert installation.ledger() == repr(ran).splitlines()
