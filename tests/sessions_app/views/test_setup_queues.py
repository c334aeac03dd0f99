"""The set-up pages of queues: for admins, with errors beside the fields; two admins at once lose nothing unseen."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from sessions_app.actions import queue_settings, sessions
from sessions_app.models import AuditEntry, Person, Queue, Session
from sessions_app.workers import assigning
from tests.sessions_app.html import flat

LIST = "/setup/queues/"
ORDERS = "/setup/queues/orders/"


@pytest.fixture
def hers(client: Client, ana: Person, orders: Queue) -> Client:
    """Ana's browser."""
    client.force_login(ana)
    return client


def posted(queue: Queue, **changes: Any) -> dict[str, Any]:
    """The form as it stands, with these changes."""
    queue.refresh_from_db()
    values = {**queue_settings.values_of(queue), "seen": queue_settings.seen_of(queue), **changes}
    return {name: value for name, value in values.items() if value is not None and value is not False}


def test_a_rule_of_assignment_holds_from_the_next_sweep_on(hers: Client, orders: Queue, ben: Person) -> None:
    orders.members.set([ben])
    session = sessions.start_session(orders, user_id="kim")
    Session.objects.filter(pk=session.pk).update(waiting_for="person", waiting_since=session.created_at)
    saved = hers.post(ORDERS, posted(orders, assigns="round_robin", assigns_when="waiting", capacity="5"))
    assert saved.status_code == 303
    assert "Saved." in flat(hers.get(saved["Location"]))
    orders.refresh_from_db()
    assert (orders.assigns, orders.capacity) == ("round_robin", 5)
    assigning.assign_waiting()
    session.refresh_from_db()
    assert session.assignee == ben
    assert "1 open · available" in flat(hers.get(ORDERS))
    assert "assigned in turn" in flat(hers.get(LIST))


def test_the_page_says_who_can_be_given_something(hers: Client, orders: Queue, ben: Person, cy: Person) -> None:
    orders.members.set([ben, cy])
    Person.objects.filter(pk=ben.pk).update(is_away=True, capacity=3)
    page = flat(hers.get(ORDERS))
    assert "0 open of 3 · away" in page
    assert "0 open · available" in page
    assert "2 people, 1 available" in flat(hers.get(LIST))
    Person.objects.filter(pk=cy.pk).update(is_away=True)
    assert "Nobody is available" in flat(hers.get(ORDERS))
    orders.members.clear()
    assert "No member yet" in flat(hers.get(ORDERS))


def test_what_follows_a_reply_is_set_and_shown_before_one_sends(hers: Client, orders: Queue, session: Session) -> None:
    hers.post(ORDERS, posted(orders, after_reply="people"))
    page = flat(hers.get(f"/open/{session.session_id}/"))
    assert f'href="{ORDERS}"' in page
    orders.refresh_from_db()
    assert orders.after_reply == "people"


def test_when_people_take_over_is_set_with_the_words_of_the_queue(hers: Client, orders: Queue) -> None:
    words = {"hand_over_words": "lawyer\r\n\r\ncourt", "hand_over_after": "3", "person_notice": "Until five."}
    assert hers.post(ORDERS, posted(orders, hands_over_failures=False, **words)).status_code == 303
    orders.refresh_from_db()
    assert (orders.hand_over_words, orders.hand_over_after, orders.hands_over_failures) == ("lawyer\n\ncourt", 3, False)
    assert hers.post(ORDERS, posted(orders, **words)).status_code == 303
    assert AuditEntry.objects.filter(kind="setup.changed").count() == 1


@pytest.mark.parametrize(
    ("field", "wrong", "why"),
    [
        ("assigns", "", "Choose how conversations are assigned."),
        ("assigns", "lottery", "Select a valid choice"),
        ("assigns_when", "", "Choose when one is assigned."),
        ("after_reply", "", "Choose what follows a reply."),
        ("capacity", "many", "Enter a whole number."),
        ("capacity", "-1", "greater than or equal to 0"),
        ("capacity", "32768", "less than or equal to 32767"),
        ("hand_over_after", "0", "greater than or equal to 1"),
        ("hand_over_words", "x" * 101, "longer than 100 characters"),
        ("person_notice", "x" * 501, "at most 500 characters"),
    ],
)
def test_an_error_stands_beside_its_field_and_nothing_is_saved(
    hers: Client, orders: Queue, field: str, wrong: str, why: str
) -> None:
    before = queue_settings.values_of(orders)
    answer = hers.post(ORDERS, posted(orders, **{"person_notice": "Until five.", field: wrong}))
    page = flat(answer)
    assert answer.status_code == 422
    assert f'id="error_{field}"' in page
    assert why in page
    assert field == "person_notice" or "Until five." in page
    orders.refresh_from_db()
    assert queue_settings.values_of(orders) == before


def test_two_admins_at_once_are_told_and_may_save_again(hers: Client, orders: Queue, cy: Person) -> None:
    old = posted(orders, capacity="9")
    queue_settings.save(orders, cy, {**queue_settings.values_of(orders), "after_reply": "people"})
    answer = hers.post(ORDERS, old)
    page = flat(answer)
    assert answer.status_code == 409
    assert "Cy changed settings of this queue meanwhile." in page
    assert 'value="9"' in page
    orders.refresh_from_db()
    assert (orders.after_reply, orders.capacity) == ("people", None)
    again = {**old, "seen": page.split('name="seen" value="')[1].split('"')[0]}
    assert hers.post(ORDERS, again).status_code == 303
    orders.refresh_from_db()
    assert (orders.after_reply, orders.capacity) == ("ai", 9)


def test_a_wrong_form_does_not_make_older_settings_newer(hers: Client, orders: Queue, cy: Person) -> None:
    old = posted(orders, capacity="many")
    queue_settings.save(orders, cy, {**queue_settings.values_of(orders), "after_reply": "people"})
    page = flat(hers.post(ORDERS, old))
    mended = {**old, "capacity": "9", "seen": page.split('name="seen" value="')[1].split('"')[0]}
    assert hers.post(ORDERS, mended).status_code == 409


def test_who_changed_what_is_in_the_audit_log(hers: Client, orders: Queue, ana: Person) -> None:
    hers.post(ORDERS, posted(orders, capacity="9"))
    entry = AuditEntry.objects.get(kind="setup.changed")
    assert (entry.actor_id, entry.before, entry.after) == (ana.pk, {"capacity": None}, {"capacity": 9})
    assert (entry.subject_kind, entry.subject_id) == ("queue", str(orders.pk))


def test_pages_of_queues_are_for_admins(client: Client, ben: Person, orders: Queue) -> None:
    client.force_login(ben)
    assert [client.get(LIST).status_code, client.get(ORDERS).status_code] == [404, 404]
    assert client.post(ORDERS, posted(orders, capacity="9")).status_code == 404
    orders.refresh_from_db()
    assert orders.capacity is None


def test_a_queue_that_is_gone_is_not_found(hers: Client) -> None:
    assert hers.get("/setup/queues/none/").status_code == 404
