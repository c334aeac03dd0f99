"""What people see when a turn is stopped or takes too long while its model is silent or its tool hangs (rules L18, L19)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client
from pytest_django.fixtures import Settings

from kern.loop.heartbeat import heartbeat
from kern.models.base import ModelRequest
from kern.testing import call
from kern.threads.detached import left_behind
from kern.tools import tool
from sessions_app import desk as desks
from sessions_app.actions import decisions, handover, messages, runs
from sessions_app.models import Person, Queue, Run, Session, ToolCall
from sessions_app.store import DjangoDb
from sessions_app.workers import turns as turns_workers
from tests import desk as shop

Work = Callable[..., list[str]]


class Stuck:
    """A model and a tool that say and do nothing until they are let."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.goes_on = threading.Event()
        self.ended = threading.Event()

    def model(self, _: ModelRequest) -> str:
        """Answer late."""
        self._hang()
        self.ended.set()
        return "Much too late."

    def tool(self, order: str) -> str:
        """Look an order up."""
        self._hang()
        shop.ledger.write(f"looked up {order}")
        self.ended.set()
        return "much too late"

    def _hang(self) -> None:
        self.begun.set()
        self.goes_on.wait()


@pytest.fixture
def stuck() -> Iterator[Stuck]:
    made = Stuck()
    yield made
    made.goes_on.set()


@contextmanager
def worked(session: Session) -> Iterator[None]:
    """A worker has the session's pending turn in the meantime, and is done with it afterwards."""
    run_id = session.runs.roots().latest("pk").run_id

    def worker() -> None:
        try:
            turns_workers.execute(run_id)
        finally:
            connections.close_all()

    thread = threading.Thread(target=worker)
    thread.start()
    yield
    thread.join()


def sent(session: Session) -> list[str]:
    return list(session.messages.for_customer().order_by("pk").values_list("content", flat=True))


@contextmanager
def with_tool(stuck: Stuck, **options: object) -> Iterator[None]:
    """The clerk has the tool that hangs."""
    [clerk] = [worker for worker in shop.desk.workers if worker.id == "clerk"]
    clerk.tools.append(tool(name="look_up", **options)(stuck.tool))  # type: ignore[call-overload]
    yield
    clerk.tools.pop()


# Silence of the model -------------------------------------------------------------------------------------------------


def test_a_customer_is_answered_while_a_stopped_turns_server_is_silent_still(
    session: Session, ana: Person, client: Client, work: Work, stuck: Stuck
) -> None:
    shop.actor.says(stuck.model, "Here I am.")
    messages.receive(session, "Hi")
    with worked(session):
        assert stuck.begun.wait(60)
        messages.receive(session, "Are you there?")
        runs.cancel(session.runs.get(), ana)
    assert work() == ["cancelled", "completed"]
    assert sent(session) == ["Hi", "Are you there?", "Here I am."]
    client.force_login(ana)
    page = client.get(f"/open/{session.session_id}/").content.decode()
    assert "<b>You</b> asked the agent to stop" in page
    assert "<b>Clerk</b> stopped</" in page
    stuck.goes_on.set()
    assert stuck.ended.wait(60)
    assert sent(session)[-1] == "Here I am."


def test_a_takeover_frees_the_worker_whose_model_is_silent(session: Session, ana: Person, stuck: Stuck) -> None:
    shop.actor.says(stuck.model)
    messages.receive(session, "Hi")
    with worked(session):
        assert stuck.begun.wait(60)
        handover.take_over(session, ana)
    assert not stuck.goes_on.is_set()
    assert session.runs.get().status == "cancelled"


def test_a_turn_that_took_too_long_says_so_to_the_team_and_nothing_to_the_customer(
    session: Session, ana: Person, settings: Settings, client: Client, stuck: Stuck
) -> None:
    settings.KERN_TURN_SECONDS = 0.3
    shop.actor.says(stuck.model)
    messages.receive(session, "Hi")
    with worked(session):
        pass
    run = session.runs.get()
    assert (run.status, run.error) == ("error", "the turn took longer than 0.3 s and was stopped")
    client.force_login(ana)
    assert "took longer than 0.3 s and was stopped" in client.get(f"/open/{session.session_id}/").content.decode()
    assert sent(session) == ["Hi"]


def test_a_customer_who_writes_after_a_turn_took_too_long_is_answered(
    session: Session, settings: Settings, work: Work, stuck: Stuck
) -> None:
    Queue.objects.update(hands_over_failures=False)
    settings.KERN_TURN_SECONDS = 0.3
    shop.actor.says(stuck.model, "Here I am.")
    messages.receive(session, "Hi")
    with worked(session):
        assert stuck.begun.wait(60)
    settings.KERN_TURN_SECONDS = 300
    messages.receive(session, "Hello?")
    assert work()[-1] == "completed"
    assert sent(session) == ["Hi", "Hello?", "Here I am."]


# Tools that hang ------------------------------------------------------------------------------------------------------


def test_a_person_finds_out_what_became_of_a_call_that_took_too_long(
    session: Session, ana: Person, client: Client, work: Work, stuck: Stuck
) -> None:
    with with_tool(stuck, timeout=0.2):
        shop.actor.says(call("look_up", order="7"), "It is on its way.")
        messages.receive(session, "Where is order 7?")
        assert work() == ["paused"]
        asked = session.requirements.get()
        assert (asked.reason, asked.status) == ("uncertain", "pending")
        client.force_login(ana)
        page = client.get(f"/open/{session.session_id}/").content.decode()
        assert "Nobody knows whether <code>look_up</code> ran" in page
        assert "did not come back within 0.2 seconds" in page
        stuck.goes_on.set()
        assert stuck.ended.wait(60)
        assert ToolCall.objects.get().status == "started", "what comes late changes nothing"
        decisions.give_result(asked, ana, result="It left the house.", seen=session_now(session))
        assert work() == ["completed"]
    assert shop.ledger.lines == ["looked up 7"]
    assert sent(session)[-1] == "It is on its way."


def session_now(session: Session) -> int:
    return Session.objects.get(pk=session.pk).last_change


def test_stopping_a_turn_whose_tool_hangs_frees_the_worker_and_the_next_turn_reads_that_nobody_knows(
    session: Session, ana: Person, work: Work, stuck: Stuck
) -> None:
    with with_tool(stuck):
        script = shop.actor.says(call("look_up", order="7"), "I ask somebody.")
        messages.receive(session, "Where is order 7?")
        with worked(session):
            assert stuck.begun.wait(60)
            runs.cancel(session.runs.get(), ana)
        stuck.goes_on.set()
        assert stuck.ended.wait(60)
        messages.receive(session, "Well?")
        assert work() == ["cancelled", "completed"]
    [output] = [message.content for message in script.requests[-1].messages if message.role == "tool"]
    assert output.startswith("Nobody knows whether this call happened")


# The agent's own code hangs --------------------------------------------------------------------------------------------


@contextmanager
def with_instructions(stuck: Stuck) -> Iterator[None]:
    """The clerk's instructions are a function that hangs."""
    [clerk] = [worker for worker in shop.desk.workers if worker.id == "clerk"]
    before = clerk.instructions

    def instructions() -> str:
        stuck._hang()
        stuck.ended.set()
        return "Be brief."

    clerk.instructions = instructions
    yield
    clerk.instructions = before


def test_a_turn_whose_agent_hangs_in_its_own_code_ends_at_its_deadline_and_is_not_worked_again(
    session: Session, settings: Settings, work: Work, stuck: Stuck
) -> None:
    Queue.objects.update(hands_over_failures=False)
    settings.KERN_TURN_SECONDS = 0.3
    shop.actor.says("Much too late.", "Here I am.")
    with with_instructions(stuck):
        messages.receive(session, "Hi")
        assert work() == ["error"]
        assert "could not be stopped" in session.runs.get().error
        stuck.goes_on.set()
        assert stuck.ended.wait(60)
    settings.KERN_TURN_SECONDS = 300
    messages.receive(session, "Hello?")
    assert work()[-1] == "completed"
    assert len(sent(session)) == 3


def test_a_turn_whose_agent_hangs_in_its_own_code_can_be_stopped(session: Session, ana: Person, stuck: Stuck) -> None:
    with with_instructions(stuck):
        messages.receive(session, "Hi")
        with worked(session):
            assert stuck.begun.wait(60)
            runs.cancel(session.runs.get(), ana)
        assert session.runs.get().status == "cancelled"
        stuck.goes_on.set()
        assert stuck.ended.wait(60)
    assert session.runs.get().status == "cancelled"


def test_a_turn_is_handed_over_without_counting_as_a_death(session: Session, work: Work, stuck: Stuck) -> None:
    shop.actor.says(stuck.model, "Here I am.")
    messages.receive(session, "Hi")
    with worked(session):
        assert stuck.begun.wait(60)
        [claim] = heartbeat.claims()
        assert DjangoDb().hand_over(claim)
        run = session.runs.get()
        assert (run.status, run.lease_until, run.attempts) == ("pending", None, 0)
        assert not DjangoDb().hand_over(claim)
    assert work() == ["completed"]
    assert sent(session) == ["Hi", "Here I am."]


def test_threads_that_do_not_come_back_are_counted_until_they_do(
    session: Session, settings: Settings, work: Work, stuck: Stuck
) -> None:
    before = left_behind(0)
    settings.KERN_TURN_SECONDS = 0.3
    with with_tool(stuck):
        shop.actor.says(call("look_up", order="7"))
        messages.receive(session, "Where is order 7?")
        assert work() == ["error"]
        assert left_behind(0) == before + 1
        stuck.goes_on.set()
        assert stuck.ended.wait(60)


def test_a_tool_that_uses_the_database_leaves_no_connection_behind(session: Session, work: Work) -> None:
    held: list[BaseDatabaseWrapper] = []

    @tool
    def count_runs() -> str:
        """Count runs."""
        count = Run.objects.count()
        held.append(connections["default"])
        return str(count)

    [clerk] = [worker for worker in shop.desk.workers if worker.id == "clerk"]
    clerk.tools.append(count_runs)
    try:
        shop.actor.says(call("count_runs"), "One.")
        messages.receive(session, "How many?")
        assert work() == ["completed"]
    finally:
        clerk.tools.pop()
    assert [wrapper.connection for wrapper in held] == [None]


def test_endless_calls_end_with_words_for_people(session: Session, ana: Person, client: Client, work: Work) -> None:
    shop.actor.says(*[lambda request: call("note_order", order=str(len(request.messages)))] * 40)
    messages.receive(session, "Note everything")
    assert work() == ["error"]
    assert session.runs.get().error == (
        "the agent went on asking for tools instead of answering, although it had used all 30 calls of this turn"
    )
    client.force_login(ana)
    page = client.get(f"/open/{session.session_id}/").content.decode()
    assert "he agent went on asking for tools instead of answering" in page
    assert desks.agent_for("clerk").tool_call_limit == 30
