"""What happens is told once, whatever order transactions commit in and whoever dies in between."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from kern.testing import call
from sessions_app import customers
from sessions_app.actions import decisions, deleting, merging, messages, names, private_turns, sessions, tickets
from sessions_app.changes.kinds import Kind
from sessions_app.models import (
    Change,
    Message,
    Person,
    Queue,
    Requirement,
    Session,
    TicketSystem,
    WebhookDelivery,
    WebhookEndpoint,
)
from sessions_app.webhooks.outgoing import endpoints, outbox
from sessions_app.webhooks.outgoing.endpoints import Wanted
from sessions_app.webhooks.outgoing.events import Event
from tests import desk as shop
from tests.deciding import seen
from tests.importing import CHAT, Load, load
from tests.webhook_receiver import Receiver

__all__ = ["load"]


def told(endpoint: WebhookEndpoint) -> list[dict[str, Any]]:
    return [json.loads(delivery.body) for delivery in endpoint.deliveries.order_by("pk")]


def types(endpoint: WebhookEndpoint) -> list[str]:
    return [one["type"] for one in told(endpoint)]


def test_a_conversation_is_told_from_its_beginning_to_its_end(endpoint: WebhookEndpoint, orders: Queue, ana: Person) -> None:
    TicketSystem.objects.create(slug="bills", name="Bills", url_template="https://bills.example/t/{id}")
    session = sessions.start_session(orders, user_id="kim", customer_name="Kim")
    names.rename(session, ana, "Lost parcel")
    link = tickets.link(session, ana, "bills 4711")
    tickets.unlink(link, ana)
    sessions.resolve(session, ana)
    sessions.reopen(session, ana)
    outbox.collect()
    assert types(endpoint) == [
        "session.started",
        "name.changed",
        "ticket.linked",
        "ticket.unlinked",
        "session.closed",
        "session.reopened",
    ]
    linked = told(endpoint)[2]["data"]
    assert linked["ticket"] == {"system": "bills", "id": "4711", "url": "https://bills.example/t/4711"}
    assert linked["session"]["user_id"] == "kim"
    outbox.collect()
    assert len(types(endpoint)) == 6, "once"


def test_what_people_and_the_ai_say_is_told_where_an_endpoint_names_it(
    ana: Person, ledger: Receiver, allowed: None, session: Session, work: Callable[[], list[str]], endpoint: WebhookEndpoint
) -> None:
    wanted = [Event.MESSAGE_CUSTOMER, Event.MESSAGE_ANSWERED, Event.MESSAGE_NOTE]
    words = endpoints.make(ana, Wanted("Archive", ledger.url, wanted))[0]
    shop.actor.says("It is on its way.")
    messages.receive(session, "Where is my parcel? " + "x" * 5_000)
    work()
    messages.reply(session, ana, "I looked: it comes today.", seen=seen(session))
    messages.note(session, ana, "Kim is in a hurry")
    outbox.collect()
    assert types(words) == ["message.customer", "message.answered", "message.answered", "message.note"]
    asked, answer, reply, note = [one["data"] for one in told(words)]
    assert (asked["author"], len(asked["text"]), asked["is_cut"]) == ("customer", 2_000, True)
    assert (answer["author"], answer["text"], answer["is_cut"]) == ("agent", "It is on its way.", False)
    assert (reply["author"], reply["by"], reply["text"]) == ("person", "Ana", "I looked: it comes today.")
    assert note["text"] == "Kim is in a hurry"
    assert Message.objects.filter(message_id=note["message"], internal=True).exists()
    assert not any(kind.startswith("message.") for kind in types(endpoint)), "nothing chosen is no wish for people's words"


def test_a_turn_for_people_alone_is_no_answer(
    ana: Person, ledger: Receiver, allowed: None, session: Session, work: Callable[[], list[str]]
) -> None:
    words = endpoints.make(ana, Wanted("Archive", ledger.url, [Event.MESSAGE_ANSWERED]))[0]
    shop.actor.says("Between us: refund it.")
    private_turns.ask_agent(session, ana, "What would you do?")
    work()
    outbox.collect()
    assert types(words) == []


def test_deletions_are_told_and_restorations(endpoint: WebhookEndpoint, session: Session, ana: Person) -> None:
    deleting.delete(session, ana)
    deleting.restore(session, ana)
    outbox.collect()
    assert types(endpoint)[-2:] == ["session.deleted", "session.restored"]
    assert told(endpoint)[-2]["data"]["session"]["id"] == session.session_id


def test_an_import_is_told_where_an_endpoint_names_it(
    ana: Person, ledger: Receiver, allowed: None, load: Load, endpoint: WebhookEndpoint
) -> None:
    imports = endpoints.make(ana, Wanted("Imports", ledger.url, [Event.SESSION_IMPORTED]))[0]
    load({"session_id": "old-1", "messages": CHAT}, options=("--queue", "orders"))
    outbox.collect()
    assert [one["data"]["session"]["id"] for one in told(imports)] == ["old-1"]
    assert types(endpoint) == []


def test_a_merge_is_told_once_by_the_conversation_that_stays(
    endpoint: WebhookEndpoint, session: Session, orders: Queue, ana: Person
) -> None:
    other = sessions.start_session(orders, user_id="kim")
    merging.undo(merging.merge(session, other, ana), ana)
    outbox.collect()
    merges = [one for one in told(endpoint) if "merged" in one["data"]]
    assert [one["type"] for one in merges] == ["session.merged", "session.unmerged"]
    for one in merges:
        assert (one["data"]["session"]["id"], one["data"]["merged"]["id"]) == (session.session_id, other.session_id)


def test_a_decision_is_told_when_it_is_wanted_and_when_it_is_made(
    endpoint: WebhookEndpoint, asked: Callable[..., Requirement], ana: Person
) -> None:
    requirement = asked(call("refund", order="A1", cents=20))
    outbox.collect()
    wanted = told(endpoint)[-1]
    assert (wanted["type"], wanted["data"]["tool"]) == ("decision.wanted", "refund")
    assert wanted["data"]["arguments"] == {"order": "A1", "cents": 20}
    decisions.reject(requirement, ana, note="no", seen=seen(requirement.session))
    outbox.collect()
    made = told(endpoint)[-1]["data"]
    assert (made["verdict"], made["by"], made["requirement"]) == ("rejected", "Ana", requirement.requirement_id)


def test_a_number_that_becomes_visible_after_a_higher_one_is_not_lost(endpoint: WebhookEndpoint, session: Session) -> None:
    outbox.collect()
    last = Change.objects.latest("pk").pk
    later = {"session": session, "kind": Kind.SESSION_CLOSED, "data": {}}
    Change.objects.create(pk=last + 3, **later)
    outbox.collect()
    Change.objects.create(pk=last + 1, **{**later, "kind": Kind.SESSION_REOPENED})
    Change.objects.create(pk=last + 2, **{**later, "kind": Kind.RUN_STEP})
    outbox.collect()
    outbox.collect()
    assert types(endpoint) == ["session.started", "session.closed", "session.reopened"]


def test_an_endpoint_hears_what_it_asked_for_from_the_day_it_was_made(
    ana: Person, ledger: Receiver, allowed: None, orders: Queue, parcels: Queue, session: Session
) -> None:
    only = endpoints.make(ana, Wanted("Parcels closed", ledger.url, [Event.SESSION_CLOSED], [parcels]))[0]
    other = endpoints.make(ana, Wanted("All", ledger.url))[0]
    parcel = sessions.start_session(parcels, user_id="kim")
    for one in (session, parcel):
        sessions.resolve(one, ana)
    outbox.collect()
    assert [one["data"]["session"]["id"] for one in told(only)] == [parcel.session_id]
    assert types(other) == ["session.started", "session.closed", "session.closed"]


def test_without_an_endpoint_nothing_is_written(session: Session) -> None:
    assert outbox.collect() == 0
    assert not WebhookDelivery.objects.exists()


def test_many_changes_are_told_with_few_queries(
    endpoint: WebhookEndpoint, orders: Queue, ana: Person, django_assert_max_num_queries: Any
) -> None:
    for number in range(30):
        session = sessions.start_session(orders, user_id=f"kim{number}")
        names.rename(session, ana, f"Parcel {number}")
    with django_assert_max_num_queries(16):
        outbox.collect()
    assert len(types(endpoint)) == 60


def test_a_change_that_cannot_be_read_stops_no_other(
    endpoint: WebhookEndpoint, session: Session, ana: Person, broken_rows: None
) -> None:
    names.rename(session, ana, "Lost parcel")
    Change.objects.filter(kind=Kind.SESSION_STARTED).update(data={"of": "another version"})
    Change.objects.filter(kind=Kind.NAME_CHANGED).update(data={"name": ["a list"], "source": {}})
    sessions.resolve(session, ana)
    outbox.collect()
    assert types(endpoint)[-1] == "session.closed"


def test_erasing_the_customer_erases_what_was_told_of_them(endpoint: WebhookEndpoint, session: Session, ana: Person) -> None:
    messages.receive(session, "I am Kim")
    names.rename(session, ana, "Kim’s parcel")
    outbox.collect()
    assert endpoint.deliveries.count() == 2
    customers.erase(customers.Customer.of("user_id", "kim"))
    outbox.collect()
    assert not endpoint.deliveries.exists()


@pytest.mark.parametrize("event", Event)
def test_every_event_has_a_kind_behind_it(event: Event) -> None:
    from sessions_app.webhooks.outgoing.events import OF_KIND

    assert event in OF_KIND.values()
