"""What people see of hand-overs: views, badges, the brief, marks; and what the customer reads."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.test import Client

from kern.errors import ModelError
from kern.testing import call
from sessions_app.actions import escalation, handover, messages, sessions
from sessions_app.models import Person, Queue, Session
from tests.desk import actor
from tests.sessions_app.html import flat

Work = Callable[[], list[str]]


def page(client: Client, person: Person, path: str) -> str:
    client.force_login(person)
    answer = client.get(path)
    assert answer.status_code == 200
    return flat(answer.content.decode())


def shown(text: str) -> list[int]:
    """The sessions in the list, in its order."""
    return [int(key) for key in re.findall(r'id="session_(\d+)"', text)]


def open_page(client: Client, person: Person, session: Session, where: str = "open") -> str:
    return page(client, person, f"/{where}/{session.session_id}/")


def test_each_view_holds_its_sessions(client: Client, orders: Queue, ben: Person, cy: Person, work: Work) -> None:
    wants, waits, fails, calm = (sessions.start_session(orders, customer_name=name) for name in ("A", "B", "C", "D"))
    escalation.ask_for_person(wants)
    handover.take_over(waits, ben)
    messages.receive(waits, "Hello?")
    actor.says(ModelError("away", permanent=True), "Hello!")
    for session in (fails, calm):
        messages.receive(session, "Hello?")
        work()
    assert set(shown(page(client, ben, "/needs-person/"))) == {wants.pk, fails.pk}
    assert set(shown(page(client, ben, "/waiting/"))) == {wants.pk, waits.pk, fails.pk}
    assert shown(page(client, ben, "/failed/")) == [fails.pk]
    assert shown(page(client, cy, "/needs-person/")) == []
    listed = page(client, ben, "/needs-person/?sort=oldest")
    assert "Asked for a person" in listed
    assert "Run failed" in listed
    assert "(2)" in listed, "the tab says how much calls for people"
    assert "Waits for an answer" in page(client, ben, "/mine/")


def test_the_longest_wait_is_the_longest_for_a_person(client: Client, orders: Queue, ben: Person, work: Work) -> None:
    by_agent, first, second = (sessions.start_session(orders, customer_name=name) for name in ("A", "B", "C"))
    for session in (first, second):
        handover.take_over(session, ben)
    for session in (by_agent, first, second):
        messages.receive(session, "Hello?")
    assert shown(page(client, ben, "/open/?sort=oldest")) == [first.pk, second.pk, by_agent.pk]


def test_the_brief_stands_in_the_conversation_and_not_on_the_customers_page(
    client: Client, session: Session, ben: Person, work: Work
) -> None:
    brief = [{"part": "wants", "sentence": "Kim wants <b>money</b> back.", "source": "my money back"}]
    actor.says([call("hand_over", reason="No tool pays", because="cannot", brief=brief)])
    messages.receive(session, "I want my money back")
    work()
    asked = session.messages.get(author_kind="customer")
    text = open_page(client, ben, session)
    assert "Hand-over brief" in text
    assert "Kim wants &lt;b&gt;money&lt;/b&gt; back." in text
    assert f'href="#message_{asked.pk}"' in text
    assert "The AI is silent here" in text
    assert "Clerk handed this over to people: No tool pays" in re.sub("<[^>]+>", "", text)
    handover.hand_back(session, ben)
    assert "Hand-over brief" not in open_page(client, ben, session)


def test_a_colleague_is_asked_by_a_plain_form(client: Client, session: Session, ana: Person, ben: Person) -> None:
    client.force_login(ben)
    lead = f"/sessions/{session.session_id}/lead/"
    assert client.post(lead, {"do": "ask-colleagues", "note": "Please call him"}).status_code == 303
    assert "Ben asked" in page(client, ana, "/needs-person/")
    text = open_page(client, ana, session)
    assert "Please call him" in text
    client.force_login(ben)
    assert client.post(lead, {"do": "ask-colleagues", "note": "Again"}).status_code == 422


def test_what_is_marked_as_unread_is_new_to_its_reader_alone(
    client: Client, session: Session, ana: Person, ben: Person
) -> None:
    messages.receive(session, "Hello?")
    open_page(client, ben, session)
    open_page(client, ana, session)
    assert "unread-dot" not in page(client, ben, "/open/")
    answer = client.post(f"/sessions/{session.session_id}/status/?where=mine", {"do": "unread"})
    assert (answer.status_code, answer["Location"]) == (303, f"/mine/?did=unread-{session.pk}")
    assert "unread-dot" in page(client, ben, "/open/")
    assert "unread-dot" not in page(client, ana, "/open/")
    assert shown(page(client, ben, "/open/?unread=1")) == [session.pk]
    open_page(client, ben, session)
    assert "unread-dot" not in page(client, ben, "/open/")


def test_an_imported_conversation_can_be_marked_too(client: Client, session: Session, ben: Person) -> None:
    Session.objects.filter(pk=session.pk).update(last_change=0)
    sessions.mark_unread(session, ben)
    assert "unread-dot" in page(client, ben, "/open/")
    open_page(client, ben, session)
    assert "unread-dot" not in page(client, ben, "/open/")


def test_a_mark_is_for_an_open_conversation_of_ones_queues(client: Client, session: Session, cy: Person) -> None:
    client.force_login(cy)
    assert client.post(f"/sessions/{session.session_id}/status/", {"do": "unread"}).status_code == 404
