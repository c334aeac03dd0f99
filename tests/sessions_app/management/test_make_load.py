"""`manage.py make_load`: made-up conversations are rows as real ones leave them."""

from __future__ import annotations

from io import StringIO
from itertools import islice
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django.fixtures import Settings

from sessions_app.actions import messages, sessions
from sessions_app.management.loading.sentences import sentences
from sessions_app.management.loading.statements import numbers
from sessions_app.models import Message, Person, Queue, SearchEntry, Session, TicketLink
from sessions_app.policy import whose_turn
from sessions_app.queries.search import matching, words_of
from sessions_app.workers import indexing

MANY = 60
#: Columns of a session that its messages decide.
TOLD = ("last_text", "last_author_kind", "last_author", "waiting_since", "waiting_for", "answered_at", "search_text")


@pytest.fixture(autouse=True)
def development(settings: Settings, ana: Person) -> None:
    """A developer's machine, where Ana works the queues."""
    settings.DEBUG = True


def make(*options: str) -> str:
    said = StringIO()
    call_command("make_load", str(MANY), *options, stdout=said, stderr=StringIO())
    return said.getvalue()


def entries() -> list[tuple[Any, ...]]:
    return list(SearchEntry.objects.order_by("pk").values_list("pk", "session", "message", "words"))


def test_it_says_what_was_made() -> None:
    assert make().startswith(f"{MANY} conversations with {Message.objects.count()} messages were made")
    assert Session.objects.count() == MANY


def test_columns_are_what_the_messages_say() -> None:
    make()
    for session in Session.objects.all():
        before = {name: getattr(session, name) for name in TOLD}
        session.read_last_said()
        whose_turn.compute(session)
        session.save()
        assert {name: getattr(session, name) for name in TOLD} == before, session
    assert set(Session.objects.values_list("status", flat=True)) == {"open", "snoozed", "closed"}
    assert set(Session.objects.values_list("waiting_for", flat=True)) == {"person", "customer", "nobody"}


def test_every_answer_has_its_turn_and_the_log_its_last_change() -> None:
    make()
    for session in Session.objects.all():
        answers = session.messages.filter(author_kind="agent").order_by("pk")
        assert [message.run_id for message in answers] == [run.pk for run in session.runs.order_by("pk")]
        assert list(session.messages.unanswered()) == list(session.messages.filter(run=None))
        assert session.last_change == session.changes.order_by("-pk")[0].pk


def test_the_index_is_the_one_that_indexing_makes(ben: Person) -> None:
    make()
    made = entries()
    indexing.begin_again()
    while indexing.index_some():
        pass
    assert entries() == made
    session = Session.objects.get(session_id=f"load-{TicketLink.objects.latest('pk').session_id}")
    assert list(matching(Session.objects.all(), words_of(f"bk{session.pk}"))) == [session]
    assert list(matching(Session.objects.all(), words_of(f"ticket:ZD-{session.pk}"))) == [session]


def test_the_same_seed_says_the_same_and_another_one_something_else() -> None:
    first, again, other = (list(islice(sentences(seed), 20)) for seed in (1, 1, 2))
    assert first == again != other


def test_indexes_and_constraints_are_there_again() -> None:
    before = structure()
    make()
    assert structure() == before


def test_real_conversations_go_on_beside_them(orders: Queue, work: Any) -> None:
    session = sessions.start_session(orders, user_id="kim")
    with pytest.raises(CommandError, match="There are conversations already"):
        make()
    make("--add")
    messages.receive(session, "Where is my parcel?")
    later = sessions.start_session(orders, user_id="lou")
    messages.receive(later, "And mine?")
    assert later.pk == Session.objects.latest("pk").pk
    with pytest.raises(CommandError, match="Made-up conversations are there already"):
        make("--add")


def test_numbers_of_ten_million_conversations_can_be_multiplied() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT n.i * 7919 FROM {numbers(100_000_000, 100_000_001)}")
        assert cursor.fetchall() == [(791_900_000_000,), (791_900_007_919,)]


def test_never_among_real_customers(settings: Settings) -> None:
    settings.DEBUG = False
    with pytest.raises(CommandError, match="only with DEBUG=1"):
        make()


@pytest.mark.parametrize("count", ["0", "-3", "10000001"])
def test_a_number_that_means_nothing_is_refused(count: str) -> None:
    with pytest.raises(CommandError, match="from 1 to 10,000,000"):
        call_command("make_load", "--seed=1", "--", count)


def structure() -> list[tuple[Any, ...]]:
    """Every index and constraint of the database."""
    if connection.vendor == "postgresql":
        asked = (
            "SELECT indexdef, '' FROM pg_indexes WHERE schemaname = 'public' UNION ALL"
            " SELECT conrelid::regclass::text || conname, pg_get_constraintdef(oid) FROM pg_constraint ORDER BY 1, 2"
        )
    else:
        asked = "SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_stat%%' ORDER BY name"
    with connection.cursor() as cursor:
        cursor.execute(asked, [])
        return list(cursor.fetchall())
