"""Conversations of one ticket that people keep apart."""

from __future__ import annotations

import pytest
from django.http import Http404

from sessions_app.actions import apart, merging, sessions
from sessions_app.changes.kinds import Kind
from sessions_app.errors import InvalidAction
from sessions_app.models import KeptApart, Person, Queue, Session


@pytest.fixture
def other(orders: Queue) -> Session:
    return sessions.start_session(orders, user_id="kim", customer_name="Kim")


def test_a_pair_is_kept_apart_once_in_whatever_order_it_is_named(session: Session, other: Session, ben: Person) -> None:
    apart.keep_apart(other, session, ben)
    apart.keep_apart(session, other, ben)
    kept = KeptApart.objects.get()
    assert (kept.first, kept.second, kept.person) == (session, other, ben)
    for one in (session, other):
        assert one.changes.filter(kind=Kind.SESSION_KEPT_APART).count() == 1


def test_it_is_taken_back_once(session: Session, other: Session, ben: Person) -> None:
    apart.keep_apart(session, other, ben)
    for _again in range(2):
        apart.offer_again(other, session, ben)
    assert not KeptApart.objects.exists()
    assert session.changes.filter(kind=Kind.SESSION_NOT_APART).count() == 1


def test_what_is_no_pair_is_refused(session: Session, other: Session, orders: Queue, ben: Person) -> None:
    with pytest.raises(InvalidAction):
        apart.keep_apart(session, session, ben)
    merging.merge(session, other, ben)
    with pytest.raises(Http404):
        apart.keep_apart(sessions.start_session(orders), other, ben)


def test_people_may_merge_them_all_the_same(session: Session, other: Session, ben: Person) -> None:
    apart.keep_apart(session, other, ben)
    merging.merge(session, other, ben)
    other.refresh_from_db()
    assert other.merged_into == session
