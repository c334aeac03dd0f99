"""Two conversations become one: nothing is lost, both ids and links lead there, and it can be taken apart again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.http import Http404
from django.test import Client

from kern.agent import Agent
from kern.testing import ScriptedModel, call
from sessions_app import customers
from sessions_app.actions import customer_links, decisions, merging, messages, names, sessions, tickets
from sessions_app.customers import Customer
from sessions_app.errors import InvalidAction
from sessions_app.infrastructure import clock
from sessions_app.models import Merge, Message, Person, Queue, Run, Session
from sessions_app.store import DjangoDb
from tests import desk as shop
from tests.deciding import seen

Work = Callable[[], list[str]]


@pytest.fixture
def other(orders: Queue) -> Session:
    """Kim's second conversation."""
    return sessions.start_session(orders, user_id="kim", customer_name="Kim", customer_email="kim@example.com")


def said(session: Session) -> list[str]:
    return list(session.messages.filter(role="user").order_by("pk").values_list("content", flat=True))


def test_it_reads_as_one_timeline_in_order_of_time(session: Session, other: Session, ben: Person, work: Work) -> None:
    shop.actor.says(*(f"Answer {number}" for number in range(4)))
    for number, one in enumerate((session, other, session, other)):
        messages.receive(one, f"Message {number}")
        work()
    merging.merge(session, other, ben)
    assert said(session) == ["Message 0", "Message 1", "Message 2", "Message 3"]
    assert session.runs.roots().count() == 4
    session.refresh_from_db()
    assert session.customer_email == "kim@example.com"
    assert (other.messages.count(), other.runs.count()) == (0, 0)


def test_both_ids_and_both_links_lead_to_the_kept_one(client: Client, session: Session, other: Session, ben: Person) -> None:
    messages.note(session, ben, "Hello there")
    links = [customer_links.make(one, ben) for one in (session, other)]
    merging.merge(session, other, ben)
    assert [customer_links.session_of(secret) for secret in links] == [session, session]
    found = DjangoDb().read_session(other.session_id)
    assert found is not None
    assert found.session_id == session.session_id
    client.force_login(ben)
    assert client.get(f"/open/{other.session_id}/").headers["Location"] == f"/open/{session.session_id}/"
    assert "Hello there" in client.get(f"/sessions/{other.session_id}/timeline/").content.decode()
    assert session.session_id in client.get("/search/", {"q": other.session_id}).content.decode()


def test_what_comes_for_the_merged_one_is_answered_in_the_kept_one(
    orders: Queue, session: Session, other: Session, ben: Person, work: Work
) -> None:
    merging.merge(session, other, ben)
    shop.actor.says("Here you are.")
    again = sessions.start_session(orders, user_id="kim", session_id=other.session_id)
    messages.receive(again, "Where is it?")
    work()
    assert Message.objects.get(content="Here you are.").session == session
    run = Agent(model=ScriptedModel(["And there."]), db=DjangoDb()).run("And now?", session_id=other.session_id, user_id="kim")
    assert run.content == "And there."
    assert Message.objects.get(content="And there.").session == session


def test_tickets_names_and_decisions_move_along(session: Session, other: Session, ben: Person, work: Work) -> None:
    tickets.link(session, ben, "HD-1")
    for number in ("HD-1", "HD-2"):
        tickets.link(other, ben, number)
    names.rename(other, ben, "A kettle that leaks")
    shop.actor.says([call("refund", order="7", cents=500)], "Done.")
    messages.receive(other, "Money back")
    assert work() == ["paused"]
    merging.merge(session, other, ben, name_of=other.session_id)
    session.refresh_from_db()
    assert (session.name, session.name_source) == ("A kettle that leaks", "human")
    assert sorted(session.tickets.values_list("ticket_id", flat=True)) == ["HD-1", "HD-2"]
    decisions.approve(session.requirements.get(), ben, seen=seen(session))
    assert work() == ["completed"]


def test_a_turn_that_works_is_waited_for(session: Session, other: Session, ben: Person) -> None:
    messages.receive(other, "Hello")
    for one, into in ((session, other), (other, session)):
        with pytest.raises(InvalidAction, match="Wait until its turn has ended"):
            merging.merge(one, into, ben)
    assert not Merge.objects.exists()


def test_two_customers_and_two_pending_decisions_are_not_merged(
    orders: Queue, session: Session, other: Session, ben: Person, work: Work
) -> None:
    with pytest.raises(InvalidAction, match="two customers"):
        merging.merge(session, sessions.start_session(orders, user_id="lee"), ben)
    with pytest.raises(InvalidAction, match="the same conversation"):
        merging.merge(session, session, ben)
    for one in (session, other):
        shop.actor.says([call("refund", order="7", cents=500)], "Done.")
        messages.receive(one, "Money back")
        work()
    with pytest.raises(InvalidAction, match="Decide in one of them"):
        merging.merge(session, other, ben)


def test_a_merge_is_undone_and_what_came_since_stays(session: Session, other: Session, ben: Person, work: Work) -> None:
    shop.actor.says("One", "Two", "Three")
    messages.receive(session, "First")
    messages.receive(other, "Second")
    work()
    names.rename(other, ben, "The other one")
    tickets.link(other, ben, "HD-2")
    done = merging.merge(session, other, ben, name_of=other.session_id)
    messages.receive(session, "Third")
    work()
    merging.undo(done, ben)
    session.refresh_from_db()
    other.refresh_from_db()
    assert (said(session), said(other)) == (["First", "Third"], ["Second"])
    assert (other.status, other.merged_into, session.name == "The other one") == ("open", None, False)
    assert list(other.tickets.values_list("ticket_id", flat=True)) == ["HD-2"]
    assert session.customer_email == ""
    with pytest.raises(InvalidAction, match="undone already"):
        merging.undo(done, ben)


def test_after_thirty_days_a_merge_stays(session: Session, other: Session, ben: Person) -> None:
    done = merging.merge(session, other, ben)
    Merge.objects.filter(pk=done.pk).update(created_at=clock.now() - timedelta(days=31))
    with pytest.raises(InvalidAction, match="older than 30 days"):
        merging.undo(done, ben)


def test_a_merge_into_a_merge_keeps_every_id(orders: Queue, session: Session, other: Session, ben: Person) -> None:
    third = sessions.start_session(orders, user_id="kim")
    merging.merge(session, other, ben)
    second = merging.merge(third, session, ben)
    assert {Session.objects.there().by_id(one.session_id).get() for one in (session, other, third)} == {third}
    with pytest.raises(Http404):
        merging.merge(third, other, ben)
    merging.undo(second, ben)
    assert Session.objects.there().by_id(other.session_id).get() == session


def test_erasing_the_customer_erases_both(session: Session, other: Session, ben: Person, work: Work) -> None:
    shop.actor.says("Well kept.")
    messages.receive(other, "My secret")
    work()
    merging.merge(session, other, ben)
    customers.erase(Customer.of("session_id", other.session_id))
    assert not Message.objects.exists()
    assert not Run.objects.exists()
    assert not Session.objects.stored().exists()
