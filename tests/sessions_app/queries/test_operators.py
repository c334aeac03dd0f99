"""Operators of a search: what each is about, and that what is none is searched as text."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kern.testing import call
from sessions_app.actions import messages, sessions, tickets
from sessions_app.infrastructure import clock
from sessions_app.models import Message, Person, Queue, Run, Session
from sessions_app.queries.search import matching, words_of
from tests.desk import actor


@pytest.fixture
def other(parcels: Queue) -> Session:
    """Zoë's conversation, in another queue."""
    return sessions.start_session(parcels, user_id="u-77", customer_name="Zoë Núñez", customer_email="zoe@mail.example")


def found(query: str, person: Person | None = None) -> list[Session]:
    return list(matching(Session.objects.there(), words_of(query), person).order_by("pk"))


def test_each_operator_finds_what_it_is_about(session: Session, other: Session, ben: Person) -> None:
    messages.note(session, ben, "Zoë called about a red suitcase")
    tickets.link(session, ben, "HD-4711")
    sessions.assign(session, ben, ben)
    sessions.resolve(other, ben)
    Session.objects.filter(pk=session.pk).update(created_at=clock.now() - timedelta(days=40))
    Session.objects.filter(pk=other.pk).update(activity_at=clock.now() - timedelta(days=9))
    here, there, both = [session], [other], [session, other]
    for query, expected in [
        ("from:zoe", there),
        ("from:nunez", there),
        ('from:"zoë núñez"', there),
        ("from:zoe@mail.example", there),
        ("from:u-77", there),
        ("zoe", both),
        ("zoe -from:zoe", here),
        ("queue:orders", here),
        ("-queue:orders", there),
        ("QUEUE:Parcels", there),
        ("ticket:HD-4711", here),
        ("ticket:hd-47", here),
        ("assignee:ben", here),
        ("assignee:me", here),
        ("assignee:nobody", there),
        ("is:open", here),
        ("is:closed", there),
        ("is:snoozed", []),
        ("-is:closed", here),
        ("has:note", here),
        ("has:ticket", here),
        ("-has:ticket", there),
        ("before:7d", here),
        ("after:7d", here),
        ("before:2020-01-01", []),
        ("after:2020-01-01", both),
        ("suitcase -blue", here),
        ("suitcase -red", []),
        ('suitcase -"red suitcase"', []),
        ("-suitcase", there),
        ("suitcase is:open queue:orders has:note -from:zoe", here),
    ]:
        assert found(query, ben) == expected, query
        assert not words_of(query).complaint, query


def test_waiting_failed_and_unread_are_states(session: Session, other: Session, ben: Person) -> None:
    messages.receive(session, "Hello?")
    Run.objects.update(status="error")
    assert (found("is:waiting", ben), found("is:failed", ben)) == ([session], [session])
    assert session in found("is:unread", ben)
    sessions.mark_read(Session.objects.get(pk=session.pk), ben)
    assert session not in found("is:unread", ben)


@pytest.mark.parametrize("query", ["is:purple", "has:umbrella", "before:2026-99-99", "after:soon", "before:9999999d"])
def test_a_value_that_means_nothing_is_searched_as_text_and_said_so(session: Session, ben: Person, query: str) -> None:
    messages.note(session, ben, f"They wrote {query} to us")
    assert found(query, ben) == [session]
    assert f"Searched for as words: “{query}”" in words_of(query).complaint


def test_what_is_about_a_reader_is_text_to_a_program() -> None:
    assert words_of("is:unread", for_person=False).misread == ["is:unread"]
    assert words_of("assignee:me", for_person=False).misread == ["assignee:me"]


@pytest.mark.parametrize(
    "query", ["http://x.example", "tag:vip", "re: order", "from:", "a-b", "is:", "--", "- a", "is:open:now"]
)
def test_other_words_with_colons_and_dashes_are_words(session: Session, ben: Person, query: str) -> None:
    Message.objects.create(session=session, content=f"quoting {query} here", author_kind="person", person=ben)
    assert found(f"quoting {query}", ben) == [session]


@given(st.text(alphabet='abis:from-"“ \t\\%_*()é東:', max_size=60))
def test_any_query_is_read(query: str) -> None:
    words = words_of(query)
    assert len(words.used) <= 8
    assert words.complaint is not None


def test_words_are_looked_for_in_one_kind_of_place(
    session: Session, other: Session, ben: Person, work: Callable[[], list[str]]
) -> None:
    actor.says([call("find", order="lamp")], "Your lamp is on its way.")
    messages.receive(session, "Where is order 7?")
    work()
    messages.note(session, ben, "Zoë called about a suitcase")
    messages.receive(other, "My suitcase is lost")
    tickets.link(other, ben, "HD-4711")
    for query, expected in [
        ("in:message suitcase", [other]),
        ("in:note suitcase", [session]),
        ("in:note in:message suitcase", [session, other]),
        ("in:message lamp", [session]),
        ("in:tool lamp", []),
        ("in:ticket 4711", [other]),
        ("in:ticket suitcase", []),
        ("in:note", [session]),
        ('in:note "about a suitcase" is:open', [session]),
    ]:
        assert found(query, ben) == expected, query
    assert words_of("in:nowhere suitcase").misread == ["in:nowhere"]
    assert words_of("-in:note suitcase").misread == ["-in:note"]
