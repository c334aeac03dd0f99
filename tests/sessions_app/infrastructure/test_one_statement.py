"""Rows of several kinds, read by one statement: the same rows as from the querysets themselves."""

from __future__ import annotations

import pytest
from django.db.models import Count, Exists, OuterRef

from sessions_app.actions import messages, tickets
from sessions_app.infrastructure.one_statement import Steps, beside, read_steps, read_together
from sessions_app.models import Change, Message, Person, Queue, Run, Session
from tests.counting import at_most


@pytest.fixture
def said(session: Session, ana: Person) -> list[Message]:
    """What Kim and Ana said, and a ticket."""
    messages.receive(session, "Where is my order?")
    messages.note(session, ana, "I will look: “ä” 🙂")
    tickets.link(session, ana, "HD-1")
    return list(session.messages.order_by("pk"))


def test_rows_of_several_kinds_come_as_from_their_querysets(session: Session, said: list[Message], ana: Person) -> None:
    newest = session.messages.order_by("-pk")[:1]
    with at_most(1):
        found, changes, keys, nothing, people = read_together(
            newest.select_related("person"),
            Change.objects.filter(session=session),
            session.messages.values_list("pk", flat=True),
            Run.objects.none(),
            Person.objects.values_list("email", "is_superuser", "date_joined"),
        )
    with at_most(0):
        assert [(row.content, row.person, row.session, row.created_at) for row in found] == [
            (said[1].content, ana, session, said[1].created_at)
        ]
    wanted = list(Change.objects.filter(session=session))
    assert [(row.pk, row.kind, row.data, row.created_at) for row in sorted(changes, key=lambda row: row.pk)] == [
        (row.pk, row.kind, row.data, row.created_at) for row in wanted
    ]
    assert sorted(keys) == [message.pk for message in said]
    assert nothing == []
    assert people == [("ana@example.com", True, ana.date_joined)]


def test_annotations_deferred_columns_and_groups_work(session: Session, said: list[Message], orders: Queue) -> None:
    tickets_of = session.tickets.filter(session=OuterRef("pk"))
    with at_most(1):
        excerpts, marked, counted = read_together(
            session.messages.excerpts(),
            Session.objects.annotate(has_ticket=Exists(tickets_of)).select_related("queue", "assignee"),
            Message.objects.order_by().values("session").annotate(count=Count("pk")).values_list("session", "count"),
        )
    with at_most(0):
        assert sorted(row.beginning for row in excerpts) == sorted(message.content for message in said)
        assert [(row.has_ticket, row.queue, row.assignee) for row in marked] == [(True, orders, None)]
    assert excerpts[0].get_deferred_fields() == {"content", "reasoning", "provider_items"}
    assert counted == [(session.pk, 2)]


def test_readings_side_by_side_take_one_query_a_step(session: Session, said: list[Message]) -> None:
    def words() -> Steps[list[str]]:
        keys = (yield [session.messages.values_list("pk", flat=True)])[0]
        found = (yield [Message.objects.filter(pk__in=keys).values_list("content", flat=True)])[0]
        return sorted(found)

    def systems() -> Steps[list[str]]:
        links = (yield [session.tickets.select_related("system")])[0]
        return [link.system.slug for link in links]

    def nothing() -> Steps[int]:
        yield from ()
        return 7

    with at_most(2):
        assert read_steps(beside(words(), systems(), nothing())) == [sorted(row.content for row in said), ["helpdesk"], 7]


def test_nothing_to_ask_asks_nothing(rows: None) -> None:
    with at_most(0):
        assert read_together() == []
        assert read_together(Run.objects.none(), Run.objects.filter(pk__in=[])) == [[], []]
