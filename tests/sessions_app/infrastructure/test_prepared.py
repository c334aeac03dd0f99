"""Statements that are made once find what their querysets find."""

from __future__ import annotations

from datetime import timedelta
from threading import Thread

import pytest
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext

from sessions_app.actions.sessions import start_session
from sessions_app.infrastructure import clock
from sessions_app.infrastructure.prepared import Prepared, Slot
from sessions_app.models import Person, Queue, Session
from tests.corrupting import Corruption

BY_PERSON = Prepared(lambda: Person.objects.with_second_factor().filter(pk=Slot("id", Person, "id")))
LOCKED = Prepared(lambda: Session.objects.select_for_update().filter(user_id=Slot("user", Session, "user_id")).order_by("pk"))
BY_MOMENT = Prepared(
    lambda: (
        Session.objects.select_related("queue")
        .filter(user_id=Slot("user", Session, "user_id"), created_at__lt=Slot("before", Session, "created_at"), kind="agent")
        .order_by("-pk")
    )
)


def test_each_call_finds_the_rows_of_its_own_values(ana: Person, ben: Person) -> None:
    for person in (ana, ben, ana):
        found = BY_PERSON.first(id=str(person.pk))
        assert (found, found.email, found.has_second_factor) == (person, person.email, False)
    assert BY_PERSON.first(id=10**6) is None


def test_times_texts_and_related_rows_are_as_from_the_queryset(session: Session) -> None:
    soon = clock.now() + timedelta(minutes=1)
    with CaptureQueriesContext(connection) as asked:
        found = BY_MOMENT.first(user="kim", before=soon)
        assert (found, found.queue.slug, found.created_at) == (session, "orders", session.created_at)
    assert len(asked) == 1
    assert BY_MOMENT.first(user="kim'; --", before=soon) is None
    assert BY_MOMENT.first(user="kim", before=session.created_at) is None


def test_all_rows_are_found_and_none_for_an_empty_value(session: Session, orders: Queue) -> None:
    another = start_session(orders, user_id="kim")
    with transaction.atomic():
        assert LOCKED.all(user="kim") == [session, another]
        assert LOCKED.all(user="ben") == LOCKED.all(user=None) == []


def test_rows_are_locked_within_a_transaction_only(session: Session) -> None:
    with transaction.atomic():
        assert LOCKED.first(user="kim") == session
    with pytest.raises(TransactionManagementError):
        LOCKED.first(user="kim")


def test_a_value_that_the_column_cannot_have_is_an_error(rows: None) -> None:
    with pytest.raises(ValueError, match="expected a number"):
        BY_PERSON.first(id="ana")


def test_a_statement_outlives_its_connection_and_is_made_in_each_thread(ana: Person) -> None:
    assert BY_PERSON.first(id=ana.pk) == ana
    connection.close()
    assert BY_PERSON.first(id=ana.pk) == ana
    found: list[Person | None] = []

    def read() -> None:
        found.append(BY_PERSON.first(id=ana.pk))
        connection.close()

    thread = Thread(target=read)
    thread.start()
    thread.join()
    assert found == [ana]


def test_a_row_that_cannot_be_read_says_so(broken_rows: None, session: Session) -> None:
    soon = clock.now() + timedelta(minutes=1)
    with Corruption(session, Session._meta.get_field("status"), "'zzz'").applied():
        assert "status is 'zzz'" in BY_MOMENT.first(user="kim", before=soon).broken
