"""What DjangoDb promises beyond the contract of every storage (tests/contract): the inbox's side of a turn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from kern.db.base import Claim
from kern.errors import LeaseLostError, StorageError
from kern.records.message import Message as Record
from kern.records.message import ToolCall as Call
from kern.records.requirement import Requirement as Question
from kern.records.run import RunMetrics, RunOutput, Status
from sessions_app.models import Change, Message, NameRecord, Person, Queue, Run, Session, ToolCall
from sessions_app.models.queue import AiMode
from sessions_app.store import DjangoDb
from tests.contract.django_storages import django_postgresql
from tests.sessions_app.naming_rules import name_by

pytestmark = pytest.mark.usefixtures("rows")
db = DjangoDb()


def customer_writes(session: Session, *texts: str) -> Run | None:
    for text in texts:
        Message.objects.create(session=session, content=text)
    return Run.objects.open_next(session)


def person_says(session: Session, person: Person, text: str, *, internal: bool = False) -> None:
    author = {"author_kind": Message.Author.PERSON, "author": str(person), "person": person}
    Message.objects.create(session=session, role="assistant", content=text, internal=internal, **author)


def claimed(run: Run | None) -> tuple[RunOutput, Claim]:
    assert run is not None
    claim = Claim(run.run_id, worker="worker-1")
    loaded = db.claim_run(claim)
    assert loaded is not None
    return loaded, claim


def answered(run: Run | None, text: str, status: Status = "completed") -> None:
    """A worker takes the turn, and it ends with these words."""
    loaded, claim = claimed(run)
    loaded.status, loaded.content = status, text
    db.finish_run(claim, loaded, Record("assistant", text, run_id=loaded.run_id, author="Orders"))


def kinds(session: Session) -> list[str]:
    told = session.changes.exclude(kind="session.waiting")
    return list(told.order_by("pk").values_list("kind", flat=True))


def said_before(session: Session, run: Run | None, last_n_runs: int = 10) -> list[tuple[str, str]]:
    assert run is not None
    history = db.history(session.session_id, before_run_id=run.run_id, last_n_runs=last_n_runs)
    return [(message.role, message.content) for message in history]


# The fence ------------------------------------------------------------------------------------------------------------


def test_after_a_take_over_nothing_of_the_old_turn_lands(session: Session) -> None:
    loaded, claim = claimed(customer_writes(session, "Cancel my order"))
    db.store_answer(claim, Record("assistant", "", [Call("c1", "cancel")], run_id=loaded.run_id), RunMetrics())
    session.raise_fence()
    before = (Message.objects.count(), kinds(session))
    answer = Record("assistant", "Cancelled!", run_id=loaded.run_id)
    output = Record("tool", "done", run_id=loaded.run_id, tool_call_id="c1")
    loaded.status = "completed"
    for write in (
        lambda: db.start_call(claim, loaded.run_id, "c1", {}),
        lambda: db.finish_call(claim, output, failed=False),
        lambda: db.store_answer(claim, answer, RunMetrics()),
        lambda: db.append_message(claim, answer),
        lambda: db.pause_run(claim, [], RunMetrics()),
        lambda: db.finish_run(claim, loaded, answer),
    ):
        with pytest.raises(LeaseLostError):
            write()
    assert db.renew(claim) == "lost"
    assert (Message.objects.count(), kinds(session)) == before


def test_a_claim_takes_the_sessions_fence_and_counts_the_attempt(session: Session) -> None:
    session.raise_fence()
    run = customer_writes(session, "Hello")
    _, claim = claimed(run)
    run.refresh_from_db()
    assert (run.fence, claim.fence, run.attempts, run.worker) == (1, 1, 1, "worker-1")


# The session's log ----------------------------------------------------------------------------------------------------


def test_every_step_of_a_turn_is_a_change_that_pages_can_follow(session: Session) -> None:
    loaded, claim = claimed(customer_writes(session, "Where is it?"))
    db.store_answer(claim, Record("assistant", "", [Call("c1", "track")], run_id=loaded.run_id), RunMetrics())
    question = Question("confirmation", loaded.run_id, loaded.run_id, session.session_id, "c1", "track")
    db.pause_run(claim, [question], RunMetrics())
    question.confirm()
    db.answer_run(loaded.run_id, [question])
    loaded, claim = claimed(Run.objects.get(run_id=loaded.run_id))
    db.start_call(claim, loaded.run_id, "c1", {})
    db.finish_call(claim, Record("tool", "Oslo", run_id=loaded.run_id, tool_call_id="c1"), failed=False)
    loaded.status = "completed"
    db.finish_run(claim, loaded, Record("assistant", "In Oslo.", run_id=loaded.run_id))
    assert kinds(session)[-10:] == [
        "run.started",
        "run.step",
        "requirement.asked",
        "run.paused",
        "requirement.approved",
        "run.pending",
        "run.started",
        "run.step",
        "run.step",
        "run.completed",
    ]
    session.refresh_from_db()
    assert session.last_change == session.changes.exclude(kind="session.waiting").latest("pk").pk
    assert session.last_text == "In Oslo."


def test_a_rename_keeps_who_gave_the_name_and_ends_the_wait_for_one(session: Session, ben: Person) -> None:
    session.name_due_at = timezone.now()
    session.save()
    db.rename_session(session.session_id, "Late parcel", "human", person=ben)
    db.rename_session(session.session_id, "Worker's guess", "auto", expected_version=0)
    named = Session.objects.get(pk=session.pk)
    assert (named.name, named.name_source, named.name_due_at) == ("Late parcel", "human", None)
    record = NameRecord.objects.get(session=session)
    assert (record.name, record.person) == ("Late parcel", ben)
    assert kinds(session).count("name.changed") == 1


# What a turn's end makes due ------------------------------------------------------------------------------------------


def test_messages_that_arrive_during_a_turn_are_answered_by_one_next_turn(session: Session) -> None:
    first = customer_writes(session, "Where is my order?")
    assert customer_writes(session, "Number 7", "Please hurry") is None
    answered(first, "Which one?")
    following = Run.objects.due().get(session=session)
    assert [message.content for message in db.load_run(following.run_id).messages] == ["Number 7", "Please hurry"]
    assert kinds(session)[-2:] == ["run.completed", "run.pending"]
    answered(following, "In Oslo.")
    assert not Run.objects.due().exists()


@pytest.mark.parametrize("status", ["error", "cancelled"])
def test_a_turn_that_failed_or_was_cancelled_lets_the_next_one_begin(session: Session, status: Status) -> None:
    first = customer_writes(session, "Where is my order?")
    customer_writes(session, "Hello?")
    answered(first, "It is", status)
    assert Run.objects.due().filter(session=session).count() == 1


def test_cancelling_a_waiting_turn_lets_the_next_one_begin(session: Session) -> None:
    first = customer_writes(session, "Where is my order?")
    customer_writes(session, "Forget it, where is my money?")
    assert db.cancel_run(first.run_id)
    following = Run.objects.due().get(session=session)
    assert following
    assert [message.content for message in following.messages.all()] == ["Forget it, where is my money?"]


def test_no_turn_begins_by_itself_where_the_ai_does_not_answer(session: Session) -> None:
    first = customer_writes(session, "Where is my order?")
    customer_writes(session, "Hello?")
    loaded, claim = claimed(first)
    Session.objects.update(ai_mode=AiMode.OFF)
    loaded.status, loaded.content = "completed", "In Oslo."
    db.finish_run(claim, loaded, Record("assistant", "In Oslo.", run_id=loaded.run_id))
    assert not Run.objects.due().exists()


def test_what_a_person_answered_needs_no_turn(session: Session, ben: Person) -> None:
    first = customer_writes(session, "Where is my order?")
    customer_writes(session, "Hello?")
    person_says(session, ben, "Ben here, I look.")
    answered(first, "In Oslo.")
    assert not Run.objects.due().exists()
    following = customer_writes(session, "Thanks, Ben")
    assert following
    assert [message.content for message in following.messages.all()] == ["Thanks, Ben"]


def test_a_name_is_due_once_enough_was_said(session: Session, orders: Queue) -> None:
    name_by(after_messages=3, delay=60)
    answered(customer_writes(session, "Hello"), "Hello, how can I help?")
    rests = Session.objects.get(pk=session.pk).name_due_at
    assert rests
    assert rests > timezone.now() + timedelta(minutes=20)
    answered(customer_writes(session, "Where is my order?"), "In Oslo.")
    due = Session.objects.get(pk=session.pk).name_due_at
    assert due
    assert timezone.now() < due <= timezone.now() + timedelta(seconds=60)


@pytest.mark.parametrize("named", [True, False])
def test_no_name_is_due_where_there_is_one_or_naming_is_off(session: Session, named: bool) -> None:
    name_by(after_messages=1, enabled=named)
    session.name, session.name_source = ("Late parcel", "human") if named else ("Hello", "provisional")
    session.save()
    answered(customer_writes(session, "Hello"), "Hi")
    session.refresh_from_db()
    assert session.name_due_at is None


# What the customer gets -----------------------------------------------------------------------------------------------


def test_the_words_of_a_cancelled_turn_are_kept_and_not_sent(session: Session) -> None:
    answered(customer_writes(session, "Refund me"), "I refund you 10,00", "cancelled")
    assert [message.content for message in session.messages.filter(sent=False)] == ["I refund you 10,00"]
    assert [message.content for message in session.messages.for_customer()] == ["Refund me"]


def test_a_draft_reaches_no_customer_by_itself(session: Session) -> None:
    run = customer_writes(session, "Refund me")
    Session.objects.update(ai_mode=AiMode.DRAFT)
    answered(run, "I can refund you.")
    assert [message.content for message in session.messages.for_customer()] == ["Refund me"]


def test_the_talk_inside_a_team_is_nobodys_but_the_desks(session: Session) -> None:
    loaded, claim = claimed(customer_writes(session, "Refund me"))
    member = RunOutput(
        session.session_id, agent_name="Clerk", parent_run_id=loaded.run_id, parent_call_id="c1", status="running"
    )
    member.messages = [Record("user", "Check order 7", run_id=member.run_id)]
    db.open_member_run(claim, member)
    member.status = "completed"
    db.finish_run(claim, member, Record("assistant", "It is paid.", run_id=member.run_id))
    asked, told = Message.objects.filter(run__run_id=member.run_id).order_by("pk")
    assert (asked.author_kind, told.author_kind, told.author) == ("system", "agent", "Clerk")
    assert [message.content for message in session.messages.for_customer()] == ["Refund me"]
    assert [message.content for message in db.opening(session.session_id)] == ["Refund me"]


# History --------------------------------------------------------------------------------------------------------------


def test_history_has_peoples_replies_in_their_place_and_no_notes(session: Session, ben: Person) -> None:
    answered(customer_writes(session, "Where is my order?"), "In Oslo.")
    customer_writes(Session(pk=session.pk, ai_mode=AiMode.OFF), "Are you sure?")
    person_says(session, ben, "Ben doubts it", internal=True)
    person_says(session, ben, "Yes, says Ben.")
    following = customer_writes(session, "Thanks. And the second one?")
    person_says(session, ben, "This came later")
    assert said_before(session, following) == [
        ("user", "Where is my order?"),
        ("assistant", "In Oslo."),
        ("user", "Are you sure?"),
        ("assistant", "Yes, says Ben."),
    ]


def test_history_has_the_answer_that_came_after_the_customers_next_words(session: Session) -> None:
    first = customer_writes(session, "Where is my order?")
    customer_writes(session, "Number 7")
    answered(first, "Which one?")
    following = Run.objects.due().get(session=session)
    assert said_before(session, following) == [("user", "Where is my order?"), ("assistant", "Which one?")]


def test_a_window_of_runs_leaves_out_what_was_said_before_it(session: Session, ben: Person) -> None:
    person_says(session, ben, "Welcome!")
    for number in range(3):
        answered(customer_writes(session, f"Question {number}"), f"Answer {number}")
    following = customer_writes(session, "Another")
    assert said_before(session, following, 1) == [("user", "Question 2"), ("assistant", "Answer 2")]
    assert said_before(session, following)[0] == ("assistant", "Welcome!")


def test_a_long_talk_without_runs_is_cut_to_its_end(session: Session, ben: Person) -> None:
    for number in range(30):
        person_says(session, ben, f"Line {number}")
    following = customer_writes(session, "And now?")
    assert [text for _, text in said_before(session, following, 2)] == [f"Line {number}" for number in range(20, 30)]


# Cost (rule L4) -------------------------------------------------------------------------------------------------------


def talk(session: Session, turns: int) -> None:
    """A conversation of so many completed turns."""
    runs = Run.objects.bulk_create(Run(session=session, status=Run.Status.COMPLETED) for _ in range(turns))
    spoken = [("user", Message.Author.CUSTOMER), ("assistant", Message.Author.AGENT)]
    Message.objects.bulk_create(
        Message(session=session, run=run, role=role, author_kind=kind, content="Words") for run in runs for role, kind in spoken
    )
    ToolCall.objects.bulk_create(ToolCall(run=run, call_id="c1", tool_name="track") for run in runs)
    Change.objects.bulk_create(Change(session=session, kind="run.step") for _ in runs)


def one_turn(session: Session) -> None:
    loaded, claim = claimed(customer_writes(session, "One more"))
    assert len(db.history(session.session_id, before_run_id=loaded.run_id, last_n_runs=3)) == 6
    db.renew(claim)
    db.store_answer(claim, Record("assistant", "", [Call("c1", "track")], run_id=loaded.run_id), RunMetrics())
    db.start_call(claim, loaded.run_id, "c1", {})
    db.finish_call(claim, Record("tool", "Oslo", run_id=loaded.run_id, tool_call_id="c1"), failed=False)
    loaded.status = "completed"
    db.finish_run(claim, loaded, Record("assistant", "In Oslo.", run_id=loaded.run_id))
    db.opening(session.session_id)


def test_a_turn_asks_the_same_of_the_database_whatever_the_length_of_the_session(orders: Queue) -> None:
    asked, effort = {}, {}
    for turns in (10, 2000):
        session = Session.objects.create(queue=orders)
        talk(session, turns)
        with CaptureQueriesContext(connection) as captured, counted_steps() as steps:
            one_turn(session)
        asked[turns], effort[turns] = captured.captured_queries, len(steps)
    assert len(asked[10]) == len(asked[2000])
    assert effort[2000] <= 1.2 * effort[10]
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    assert [query["sql"] for query in asked[2000] if walks_a_table(query["sql"])] == []


@contextmanager
def counted_steps() -> Iterator[list[None]]:
    """Collects one item for every ten instructions that SQLite's machine executes; nothing on PostgreSQL."""
    steps: list[None] = []

    def count(connection: BaseDatabaseWrapper, **_: object) -> None:
        if connection.vendor == "sqlite":
            connection.connection.set_progress_handler(lambda: steps.append(None), 10)

    connection.close()
    connection_created.connect(count)
    try:
        yield steps
    finally:
        connection_created.disconnect(count)
        connection.close()


def walks_a_table(sql: str) -> bool:
    """Whether the database's plan reads all messages, runs, calls or changes."""
    if not sql.startswith(("SELECT", "UPDATE")):
        return False
    with connection.cursor() as cursor:
        cursor.execute(("EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN ") + sql.replace("%", "%%"))
        plan = "\n".join(str(row) for row in cursor.fetchall())
    whole = "SCAN sessions_app_" if connection.vendor == "sqlite" else "Seq Scan on sessions_app_"
    return any(f"{whole}{table}" in plan for table in ("message", "run", "change", "toolcall"))


# Failures -------------------------------------------------------------------------------------------------------------


def test_a_worker_that_died_in_a_library_run_does_not_block_the_session(session: Session) -> None:
    dead = RunOutput(session.session_id)
    db.open_run(dead, Claim(dead.run_id, lease=-1), kind="agent")
    run = RunOutput(session.session_id)
    db.open_run(run, Claim(run.run_id), kind="agent")
    assert Run.objects.get(run_id=dead.run_id).status == Run.Status.ERROR


def test_a_refused_write_stores_nothing_and_leaves_the_connection_usable(session: Session) -> None:
    loaded, claim = claimed(customer_writes(session, "Hello"))
    again = Record("assistant", "Twice", [Call("c1", "track")], run_id=loaded.run_id)
    again.message_id = loaded.messages[0].message_id
    before = kinds(session)
    with pytest.raises(StorageError):
        db.store_answer(claim, again, RunMetrics())
    assert kinds(session) == before
    again.message_id = "another"
    db.store_answer(claim, again, RunMetrics())
    assert len(db.load_run(loaded.run_id).tools) == 1


def test_text_that_a_database_refuses_is_kept_as_well_as_it_can(session: Session) -> None:
    loaded, claim = claimed(customer_writes(session, "Hello"))
    call = Call("c1", "read", '{"file": "a\\u0000b"}')
    db.store_answer(claim, Record("assistant", "", [call], run_id=loaded.run_id), RunMetrics())
    db.start_call(claim, loaded.run_id, "c1", {"file": "a\x00b", "size": float("nan")})
    db.finish_call(claim, Record("tool", "zero \x00 half \ud800", run_id=loaded.run_id, tool_call_id="c1"), failed=False)
    assert db.load_run(loaded.run_id).tools[0].result == "zero \ufffd half ?"


@pytest.mark.postgres
def test_a_connection_that_the_server_dropped_is_replaced(request: pytest.FixtureRequest) -> None:
    with contextmanager(on_postgresql)(request) as address:
        assert db.read_session("nowhere") is None
        connection.ensure_connection()
        backend = connection.connection.info.backend_pid
        with psycopg.connect(**address, autocommit=True) as server:
            server.execute("SELECT pg_terminate_backend(%s, 5000)", [backend])
        with pytest.raises(StorageError):
            db.read_session("nowhere")
        assert db.read_session("nowhere") is None


def on_postgresql(request: pytest.FixtureRequest) -> Iterator[dict[str, Any]]:
    with contextmanager(django_postgresql)(request):
        described = connection.settings_dict
        names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "NAME"}
        yield {name: described[key] for name, key in names.items()}
