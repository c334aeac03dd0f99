"""Automatic assignment: who is given what waits for people, and what comes back from people who leave."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections

from kern.errors import ModelError
from sessions_app.actions import escalation, handover, messages, sessions
from sessions_app.infrastructure import clock
from sessions_app.models import Person, Queue, Session
from sessions_app.policy.assigning import with_load
from sessions_app.workers import assigning
from tests.desk import actor

Work = Callable[[], list[str]]


def by_rule(queue: Queue, assigns: str, **settings: object) -> None:
    Queue.objects.filter(pk=queue.pk).update(assigns=assigns, **settings)


@pytest.fixture
def dee(orders: Queue) -> Person:
    """Dee works the orders, too."""
    person = Person.objects.create_user("dee@example.com", "secret", display_name="Dee")
    orders.members.add(person)
    return person


def waiting(queue: Queue, how_many: int = 1) -> list[Session]:
    """Conversations whose customers asked for a person, the first of them waits longest."""
    begun = []
    for number in range(how_many):
        session = sessions.start_session(queue, user_id=f"kim-{number}")
        messages.receive(session, "Hello")
        escalation.ask_for_person(session)
        since = clock.now() - timedelta(minutes=how_many - number)
        Session.objects.filter(pk=session.pk).update(waiting_since=since)
        begun.append(session)
    return begun


def owners(*of: Session) -> list[str | None]:
    found = {row.pk: row.assignee for row in Session.objects.select_related("assignee")}
    return [str(found[session.pk]) if found[session.pk] else None for session in of]


def lines(session: Session) -> list[tuple[str, str]]:
    kinds = ("session.assigned", "session.nobody_free")
    return list(session.changes.filter(kind__in=kinds).order_by("pk").values_list("kind", "actor"))


def test_without_a_rule_nothing_is_assigned(orders: Queue, ben: Person) -> None:
    [session] = waiting(orders)
    assigning.assign_waiting()
    assert (owners(session), lines(session)) == ([None], [])


def test_in_turn_each_available_member_is_given_one_after_the_other(orders: Queue, ben: Person, dee: Person) -> None:
    by_rule(orders, "round_robin")
    first = waiting(orders, 3)
    assigning.assign_waiting()
    assert owners(*first) == ["Ben", "Dee", "Ben"]
    assert lines(first[0]) == [("session.assigned", "The queue’s rule")]
    [later] = waiting(orders)
    assigning.assign_waiting()
    assert owners(later) == ["Dee"]


def test_the_person_with_the_fewest_open_conversations_is_given_the_next(orders: Queue, ben: Person, dee: Person) -> None:
    by_rule(orders, "least_loaded")
    for number in range(2):
        sessions.assign(sessions.start_session(orders, user_id=f"own-{number}"), ben, ben)
    begun = waiting(orders, 3)
    assigning.assign_waiting()
    assert owners(*begun) == ["Dee", "Dee", "Ben"]


def test_only_people_who_are_available_are_given_something(
    orders: Queue, parcels: Queue, ana: Person, ben: Person, cy: Person
) -> None:
    by_rule(orders, "round_robin")
    Person.objects.filter(pk=ben.pk).update(is_away=True)
    [session] = waiting(orders)
    assigning.assign_waiting()
    assigning.assign_waiting()
    assert owners(session) == [None]
    assert Session.objects.get(pk=session.pk).lacks_free_person
    assert lines(session) == [("session.nobody_free", "")], "it is said once"
    Person.objects.filter(pk=ben.pk).update(is_away=False)
    assigning.assign_waiting()
    assert owners(session) == ["Ben"]
    assert not Session.objects.get(pk=session.pk).lacks_free_person


def test_a_person_at_capacity_is_given_no_more_until_one_is_done(orders: Queue, ben: Person, dee: Person) -> None:
    by_rule(orders, "round_robin", capacity=1)
    Person.objects.filter(pk=dee.pk).update(capacity=2)
    begun = waiting(orders, 4)
    assigning.assign_waiting()
    assert owners(*begun) == ["Ben", "Dee", "Dee", None]
    sessions.resolve(begun[0], ben)
    assigning.assign_waiting()
    assert owners(*begun) == ["Ben", "Dee", "Dee", "Ben"]


def test_what_somebody_has_is_never_moved_and_what_was_taken_away_is_given_anew(
    orders: Queue, ben: Person, dee: Person
) -> None:
    by_rule(orders, "round_robin")
    [session] = waiting(orders)
    sessions.assign(session, ben, dee)
    Person.objects.filter(pk=dee.pk).update(is_away=True)
    assigning.assign_waiting()
    assert owners(session) == ["Dee"]
    sessions.assign(session, ben, None)
    assigning.assign_waiting()
    assert owners(session) == ["Ben"]


def test_a_queue_may_assign_only_what_needs_a_person(orders: Queue, ben: Person, work: Work) -> None:
    by_rule(orders, "round_robin", assigns_when="needs_person", hands_over_failures=False)
    session = sessions.start_session(orders, user_id="kim")
    actor.says(ModelError("away", permanent=True))
    messages.receive(session, "Hello")
    work()
    assigning.assign_waiting()
    assert owners(session) == [None]
    escalation.ask_for_person(session)
    assigning.assign_waiting()
    assert owners(session) == ["Ben"]


def test_what_an_agent_answers_or_nobody_waits_for_is_not_assigned(orders: Queue, ben: Person, work: Work) -> None:
    by_rule(orders, "least_loaded")
    session = sessions.start_session(orders, user_id="kim")
    assigning.assign_waiting()
    messages.receive(session, "Hello")
    assigning.assign_waiting()
    actor.says("Hello!")
    work()
    assigning.assign_waiting()
    assert owners(session) == [None]
    handover.take_over(session, ben, assign=False)
    messages.receive(session, "Are you there?")
    assigning.assign_waiting()
    assert owners(session) == ["Ben"]


def test_two_workers_at_once_give_each_conversation_to_one_person(orders: Queue, ben: Person, dee: Person) -> None:
    by_rule(orders, "round_robin", capacity=3)
    begun = waiting(orders, 6)
    gate = threading.Barrier(2)

    def assign() -> None:
        gate.wait()
        for _ in range(3):
            assigning.assign_waiting()
        connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(assign) for _ in range(2)]:
            done.result()
    assigning.assign_waiting()
    assert sorted(str(owner) for owner in owners(*begun)) == ["Ben"] * 3 + ["Dee"] * 3
    assert [len(lines(session)) for session in begun] == [1] * 6


def test_whoever_leaves_a_queue_or_whose_account_is_closed_frees_their_conversations(
    orders: Queue, parcels: Queue, ana: Person, ben: Person, dee: Person
) -> None:
    parcels.members.add(ben)
    mine, elsewhere, of_dee = (sessions.start_session(queue, user_id="kim") for queue in (orders, parcels, orders))
    for session, person in ((mine, ben), (elsewhere, ben), (of_dee, dee)):
        sessions.assign(session, ana, person)
    sessions.snooze(mine, ana, None)
    orders.members.remove(ben)
    assert owners(mine, elsewhere, of_dee) == [None, "Ben", "Dee"]
    assert lines(mine)[-1] == ("session.assigned", "")
    ben.is_active = False
    ben.save()
    assert owners(elsewhere, of_dee) == [None, "Dee"]
    dee.queues.clear()
    assert owners(of_dee) == [None]


def test_an_admin_keeps_what_is_theirs_without_being_a_member(orders: Queue, ana: Person) -> None:
    session = sessions.start_session(orders, user_id="kim")
    sessions.assign(session, ana, ana)
    assigning.free_left()
    assert owners(session) == ["Ana"]
    Person.objects.filter(pk=ana.pk).update(is_superuser=False)
    assigning.free_left()
    assert owners(session) == [None]


def test_the_load_is_what_is_open_and_counted_no_further_than_asked(orders: Queue, ben: Person) -> None:
    for number in range(4):
        session = sessions.start_session(orders, user_id=f"kim-{number}")
        sessions.assign(session, ben, ben)
    sessions.resolve(session, ben)
    assert [with_load(Person.objects.filter(pk=ben.pk), most).get().load for most in (9, 1)] == [3, 2]  # type: ignore[attr-defined]
