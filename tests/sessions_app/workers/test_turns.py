"""Workers: one run, one worker; what a dead worker left is taken up; what can't go on says why."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from django.db import connection, connections, transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from kern.db.base import Claim, Signal
from kern.models.base import ModelRequest
from kern.records.message import Message
from kern.records.run import RunMetrics
from kern.testing import call
from sessions_app import desk as desks
from sessions_app.actions import decisions, messages, private_turns, runs
from sessions_app.models import Person, Queue, Run, Session
from sessions_app.store import DjangoDb
from sessions_app.workers import turns as turns_workers
from tests.desk import actor, ledger

Work = Callable[[], list[str]]
LONG_AGO = timedelta(hours=1)


def die(session: Session) -> Run:
    """A worker claimed the session's pending turn and was never heard of again."""
    run = session.runs.roots().latest("pk")
    assert DjangoDb().claim_run(Claim(run.run_id, worker="dead")) is not None
    Run.objects.filter(pk=run.pk).update(lease_until=timezone.now() - LONG_AGO)
    return run


def test_of_two_workers_one_does_the_turn(session: Session) -> None:
    actor.says(call("note_order", order="7"), "Noted.")
    messages.receive(session, "Note 7")
    run, gate = Run.objects.get(), threading.Barrier(2)

    def worker() -> None:
        gate.wait()
        try:
            turns_workers.execute(run.run_id)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        for job in [pool.submit(worker), pool.submit(worker)]:
            job.result()
    assert ledger.lines == ["order 7"]
    run.refresh_from_db()
    assert (run.status, run.attempts) == ("completed", 1)
    assert run.worker.count("/") == 2


def test_a_run_that_is_not_pending_is_left_alone(session: Session, work: Work) -> None:
    actor.says("Hello.")
    messages.receive(session, "Hi")
    work()
    turns_workers.execute(Run.objects.get().run_id)
    turns_workers.execute("no-such-run")
    assert len(actor.script.requests) == 1


def test_a_dead_workers_turn_goes_on_where_it_stopped(session: Session, work: Work) -> None:
    actor.says("Here I am.")
    messages.receive(session, "Hello?")
    die(session)
    turns_workers.recover()
    assert work() == ["completed"]
    assert session.messages.said().count() == 2


def test_a_living_workers_turn_is_not_taken(session: Session) -> None:
    messages.receive(session, "Hello?")
    DjangoDb().claim_run(Claim(Run.objects.get().run_id, lease=60))
    turns_workers.recover()
    assert Run.objects.get().status == "running"


def test_after_three_deaths_the_turn_says_so_and_can_be_retried(session: Session, ana: Person, work: Work) -> None:
    messages.receive(session, "Hello?")
    for _ in range(3):
        assert Run.objects.get().status == "pending"
        die(session)
        turns_workers.recover()
    failed = Run.objects.get()
    assert failed.status == "error"
    assert "died 3 times" in failed.error
    actor.says("At last.")
    runs.retry(failed, ana)
    assert work() == ["completed"]


def test_what_arrived_meanwhile_is_answered_after_the_turn_was_given_up(session: Session, work: Work) -> None:
    messages.receive(session, "Hello?")
    die(session)
    messages.receive(session, "Anybody?")
    Run.objects.update(attempts=3)
    turns_workers.recover()
    actor.says("Yes.")
    assert work() == ["error", "completed"]


def test_decisions_in_between_are_no_deaths(session: Session, ana: Person, work: Work) -> None:
    messages.receive(session, "Refund 7")
    for cents in (1, 2, 3, 4):
        actor.says(call("refund", order="7", cents=cents), call("refund", order="7", cents=cents + 1), "Done.")
        work()
        question = session.requirements.pending().first()
        assert question is not None
        decisions.approve(question, ana, seen=10**9)
    die(session)
    turns_workers.recover()
    assert Run.objects.get().status == "pending"


def test_a_call_that_a_death_left_uncertain_is_asked_about(session: Session, ana: Person, work: Work) -> None:
    messages.receive(session, "Note 7")
    run = Run.objects.get()
    claim, db = Claim(run.run_id), DjangoDb()
    assert db.claim_run(claim) is not None
    made = call("note_order", order="7")
    db.store_answer(claim, Message("assistant", tool_calls=[made], run_id=run.run_id), RunMetrics())
    assert db.start_call(claim, run.run_id, made.id, {"order": "7"})
    Run.objects.update(lease_until=timezone.now() - LONG_AGO)
    turns_workers.recover()
    assert work() == ["paused"]
    question = session.requirements.get()
    assert question.reason == "uncertain"
    actor.says("It is noted.")
    decisions.give_result(question, ana, result="It was written down.", seen=10**9)
    assert work() == ["completed"]
    assert ledger.lines == []


def test_a_turn_without_an_agent_says_what_to_do(session: Session, orders: Queue, work: Work) -> None:
    Queue.objects.update(agent_id="gone")
    messages.receive(session, "Hello?")
    assert work() == ["error"]
    error = Run.objects.get().error
    assert "no agent “gone”" in error
    assert "KERN_DESK" in error


def test_an_agent_that_cannot_be_used_ends_the_turn_and_says_why(session: Session, ana: Person, work: Work) -> None:
    clerk = next(worker for worker in desks.current().workers if worker.id == "clerk")
    words, clerk.instructions = clerk.instructions, lambda: dict[str, str]()["tone"]
    try:
        private_turns.ask_agent(session, ana, "Which tone?")
        assert work() == ["error"]
    finally:
        clerk.instructions = words
    failed = Run.objects.get()
    assert "“clerk” cannot be used: KeyError: 'tone'" in failed.error
    actor.says("A friendly one.")
    runs.retry(failed, ana)
    assert work() == ["completed"]


def test_the_sweep_hints_at_a_forgotten_turn_once_in_a_while(session: Session) -> None:
    messages.receive(session, "Hello?")
    assert turns_workers.due() == []
    Run.objects.update(updated_at=timezone.now() - LONG_AGO)
    assert turns_workers.due() == [Run.objects.get().run_id]
    assert turns_workers.due() == []
    Run.objects.update(lease_until=timezone.now() - LONG_AGO)
    assert turns_workers.due() == [Run.objects.get().run_id]


def test_what_becomes_due_in_a_session_is_found_after_its_turn(session: Session) -> None:
    def more(request: ModelRequest) -> str:
        messages.receive(session, "And this?")
        return "First answer."

    actor.says(more)
    messages.receive(session, "This?")
    first = Run.objects.get()
    turns_workers.execute(first.run_id)
    second = Run.objects.latest("pk")
    assert turns_workers.next_due(first.run_id) == [second.run_id]


def test_the_model_is_asked_without_a_database_connection_in_the_hand(session: Session, work: Work) -> None:
    held: list[bool] = []

    def look(request: ModelRequest) -> str:
        held.append(connection.connection is not None)
        return "Hello."

    actor.says(look)
    messages.receive(session, "Hi")
    assert work() == ["completed"]
    assert held == [False]
    assert Session.objects.get(pk=session.pk).last_text == "Hello."


class WatchedDb(DjangoDb):
    """Says when the heartbeat has looked at the runs and told what it saw."""

    def __init__(self) -> None:
        self.looks = 0
        self.told = threading.Event()

    def look(self, claims: Sequence[Claim]) -> list[Signal]:
        self.looks += 1
        if self.looks > 1:
            self.told.set()
        return super().look(claims)


def test_a_turn_inside_a_transaction_goes_on_though_the_heartbeat_cannot_see_it(session: Session) -> None:
    db = WatchedDb()

    def wait(request: ModelRequest) -> str:
        assert db.told.wait(60)
        return "Hello."

    actor.says(wait)
    with transaction.atomic():
        messages.receive(session, "Hi")
        run = session.runs.due().get()
        for _event in desks.agent_for("clerk").bound(db=db).execute(Claim(run.run_id)):
            pass
    assert [(run.status, run.content) for run in session.runs.all()] == [("completed", "Hello.")]


def test_the_sweeps_of_two_workers_do_not_disturb_each_other(session: Session) -> None:
    messages.receive(session, "Hello?")
    die(session)
    gate = threading.Barrier(2)

    def sweep() -> None:
        gate.wait()
        try:
            turns_workers.recover()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        for job in [pool.submit(sweep), pool.submit(sweep)]:
            job.result()
    assert session.changes.filter(kind="run.recovered").count() == 1


def test_a_turn_has_a_deadline(rows: None, settings: Settings) -> None:
    settings.KERN_TURN_SECONDS = 10
    assert desks.agent_for("clerk").deadline == 10


def test_an_agents_own_code_that_fails_is_why_the_turn_failed(session: Session, ana: Person, work: Work) -> None:
    def ask_the_crm() -> str:
        raise RuntimeError("the CRM is down")

    clerk = next(worker for worker in desks.current().workers if worker.id == "clerk")
    words, clerk.instructions = clerk.instructions, ask_the_crm
    messages.receive(session, "Where is my bag?")
    try:
        assert work() == ["error"]
    finally:
        clerk.instructions = words
    failed = Run.objects.get()
    assert failed.error == "RuntimeError: the CRM is down (in the instructions of Clerk)"
    actor.says("In Oslo.")
    runs.retry(failed, ana)
    assert work() == ["completed"]


def test_a_model_that_breaks_is_why_the_turn_failed(session: Session, work: Work) -> None:
    actor.says(ValueError("unreadable"))
    messages.receive(session, "Where is my bag?")
    assert work() == ["error"]
    assert Run.objects.get().error == "the model failed with ValueError: unreadable"


def test_a_turn_says_from_its_beginning_who_works_it(session: Session, work: Work) -> None:
    working: list[str] = []

    def look(request: ModelRequest) -> str:
        working.append(Run.objects.get().agent_name)
        return "In Oslo."

    actor.says(look)
    messages.receive(session, "Where is my bag?")
    assert work() == ["completed"]
    assert (working, Run.objects.get().agent_name) == (["Clerk"], "Clerk")
    told = session.changes.filter(kind__in=["run.started", "run.completed"])
    assert list(told.order_by("pk").values_list("kind", "actor")) == [("run.started", "Clerk"), ("run.completed", "Clerk")]


def test_an_answer_that_came_after_somebody_stopped_the_turn_is_not_sent(session: Session, ana: Person, work: Work) -> None:
    def stopped_meanwhile(request: ModelRequest) -> str:
        assert DjangoDb().cancel_run(Run.objects.get().run_id, person=ana)
        return "It is in Oslo."

    actor.says(stopped_meanwhile)
    messages.receive(session, "Where is my bag?")
    assert work() == ["cancelled"]
    words = session.messages.get(role="assistant")
    assert (words.content, words.sent) == ("It is in Oslo.", False)
    assert session.changes.filter(kind="run.cancelled").count() == 1


def test_instructions_that_a_function_makes_are_made_once_for_a_worker(session: Session, work: Work) -> None:
    counted = iter(range(9))
    clerk = next(worker for worker in desks.current().workers if worker.id == "clerk")
    words, clerk.instructions = clerk.instructions, lambda: f"Look number {next(counted)}."
    script = actor.says(call("note_order", order="7"), "Noted.")
    messages.receive(session, "Note 7")
    try:
        assert work() == ["completed"]
    finally:
        clerk.instructions = words
    assert [request.messages[0].content.split("\n")[-1] for request in script.requests] == ["Look number 0."] * 2
