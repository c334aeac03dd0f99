"""What people see and do about whose work a conversation is, what is spam, and what follows their reply."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

from django.test import Client

from sessions_app.actions import escalation, handover, messages, sessions, spam
from sessions_app.infrastructure import clock
from sessions_app.models import Person, Queue, Session
from sessions_app.workers import assigning
from tests.sessions_app.html import flat

Work = Callable[[], list[str]]


def page(client: Client, person: Person, path: str) -> str:
    client.force_login(person)
    answer = client.get(path)
    assert answer.status_code == 200
    return flat(answer.content.decode())


def listed(text: str) -> list[int]:
    return [int(key) for key in re.findall(r'id="session_(\d+)"', text)]


def words(text: str) -> str:
    return " ".join(re.sub("<[^>]+>", " ", text).split())


def menu(text: str, name: str) -> str:
    """The words of a menu."""
    found = re.search(rf'<form class="menu"[^>]* id="{name}".*?</form>', text)
    assert found, name
    return words(found[0])


def do(client: Client, session: Session, noun: str, **sent: str) -> int:
    return client.post(f"/sessions/{session.session_id}/{noun}/", sent).status_code


def test_the_assign_menu_says_what_each_has_and_who_is_away(
    client: Client, session: Session, orders: Queue, ana: Person, ben: Person
) -> None:
    for number in range(2):
        sessions.assign(sessions.start_session(orders, user_id=f"kim-{number}"), ben, ben)
    Person.objects.filter(pk=ben.pk).update(is_away=True)
    shown = menu(page(client, ana, f"/open/{session.session_id}/"), "assign-menu")
    assert shown == "Assign to A Me B Ben 2 open , away Nobody"
    assert do(client, session, "assignee", assignee=str(ben.pk)) == 303
    assert Session.objects.get(pk=session.pk).assignee == ben


def test_a_conversation_that_could_be_given_to_nobody_says_so(
    client: Client, session: Session, orders: Queue, ben: Person
) -> None:
    Queue.objects.filter(pk=orders.pk).update(assigns="round_robin")
    Person.objects.filter(pk=ben.pk).update(is_away=True)
    escalation.ask_for_person(session)
    assigning.assign_waiting()
    text = words(page(client, ben, f"/unassigned/{session.session_id}/"))
    assert "Nobody is available" in text
    assert "Nobody of the queue was available, so this stays unassigned" in text


def test_the_switch_in_the_rail_decides_whether_something_is_given(
    client: Client, session: Session, orders: Queue, ben: Person
) -> None:
    Queue.objects.filter(pk=orders.pk).update(assigns="least_loaded")
    escalation.ask_for_person(session)
    client.force_login(ben)
    client.post("/profile/", {"presence": "away"})
    assert "You are given no conversations" in page(client, ben, "/mine/")
    assigning.assign_waiting()
    assert Session.objects.get(pk=session.pk).assignee is None
    client.post("/profile/", {"presence": "here"})
    assigning.assign_waiting()
    assert Session.objects.get(pk=session.pk).assignee == ben


def test_spam_stands_in_its_own_view_until_it_is_none(client: Client, session: Session, ben: Person, work: Work) -> None:
    messages.receive(session, "Cheap watches!")
    client.force_login(ben)
    assert do(client, session, "status", do="spam") == 303
    messages.receive(session, "Buy now!")
    for where in ("open", "unassigned", "waiting", "needs-person", "closed", "queues/orders"):
        assert listed(page(client, ben, f"/{where}/")) == [], where
    assert listed(page(client, ben, "/spam/")) == [session.pk]
    assert listed(page(client, ben, "/search/?q=is:spam")) == [session.pk]
    text = page(client, ben, f"/spam/{session.session_id}/")
    assert "You marked this as spam" in words(text)
    assert 'value="not-spam"' in text
    assert do(client, session, "status", do="not-spam") == 303
    assert listed(page(client, ben, "/open/")) == [session.pk]
    assert 'value="spam"' in page(client, ben, f"/open/{session.session_id}/")


def test_the_customer_reads_nothing_of_spam(client: Client, session: Session, ben: Person, orders: Queue) -> None:
    client.post("/help/orders/", {"name": "Kim", "body": "Cheap watches!", "email": "kim@example.com", "key": "k"})
    made = Session.objects.latest("pk")
    spam.mark(made, ben)
    assert "spam" not in client.get("/help/orders/").content.decode().lower()


def test_moving_is_a_menu_at_the_head_of_a_conversation(
    client: Client, session: Session, parcels: Queue, ana: Person, ben: Person
) -> None:
    assert "move-menu" not in page(client, ben, f"/open/{session.session_id}/"), "Ben works no other queue"
    assert menu(page(client, ana, f"/open/{session.session_id}/"), "move-menu") == "Move to Parcels"
    assert do(client, session, "queue", queue="parcels") == 303
    assert Session.objects.get(pk=session.pk).queue == parcels


def test_what_follows_a_reply_stands_beside_send(client: Client, session: Session, ana: Person, ben: Person) -> None:
    messages.receive(session, "Where is it?")
    text = page(client, ben, f"/open/{session.session_id}/")
    assert "Sending stops the answer being written. After you reply: Clerk answers the next message" in words(text)
    assert "/setup/queues/" not in text
    Queue.objects.update(after_reply="people")
    handover.take_over(session, ben)
    text = page(client, ana, f"/open/{session.session_id}/")
    assert "After you reply: the AI stays silent" in words(text)
    assert f"/setup/queues/{session.queue.slug}/" in text


def test_who_waits_longest_comes_first_where_a_person_is_needed(client: Client, orders: Queue, ben: Person) -> None:
    first, second = (sessions.start_session(orders, customer_name=name) for name in ("A", "B"))
    for session in (second, first):
        escalation.ask_for_person(session)
    Session.objects.filter(pk=first.pk).update(waiting_since=clock.now() - timedelta(hours=1))
    assert listed(page(client, ben, "/needs-person/")) == [first.pk, second.pk]
    assert (
        listed(page(client, ben, "/needs-person/?sort=newest"))
        == [first.pk, second.pk][:: 1 if first.activity_at > second.activity_at else -1]
    )
    assert listed(page(client, ben, "/open/")) == [second.pk, first.pk]
