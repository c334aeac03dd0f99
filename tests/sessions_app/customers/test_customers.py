"""A customer is erased, and nothing of theirs is left anywhere; before that they can be listed and exported."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable

import pytest
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import connection
from django.http import Http404
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from kern.agent import Agent
from kern.testing import ScriptedModel, call
from sessions_app import audit, customers
from sessions_app.actions import decisions, messages, names, sessions, tickets, unsent
from sessions_app.customers import Customer, retention
from sessions_app.customers.erasing import take_away
from sessions_app.errors import InvalidAction
from sessions_app.infrastructure.ids import secret_hash
from sessions_app.models import Decision, Message, Person, Queue, Run, Session
from sessions_app.policy import decision_log
from sessions_app.store import DjangoDb
from sessions_app.workers import turns as turns_workers
from tests import desk as shop
from tests.at_once import at_once
from tests.deciding import seen

Work = Callable[[], list[str]]
#: Stands in everything that is Kim's, in each column that takes words.
KIM = "Zanzibar"
MAIL = f"{KIM}@mail.example"
SECRET = "the-secret-link"


@pytest.fixture
def talked(orders: Queue, ana: Person, work: Work) -> Session:
    """Kim's conversation, with everything in it that a program, an agent or a person can write."""
    session = sessions.start_session(
        orders, user_id=f"{KIM}-7", customer_name=KIM, customer_email=MAIL, session_id=f"chat-{KIM}"
    )
    Session.objects.filter(pk=session.pk).update(access_hash=secret_hash(SECRET))
    thought = f"<think>{KIM} is angry</think>I will look, {KIM}."
    shop.actor.says(call("refund", order=KIM, cents=500), call("refund", order=KIM, cents=1), thought)
    messages.receive(session, f"I am {KIM}", idempotency_key=KIM)
    assert work() == ["paused"]
    first = session.requirements.get()
    decisions.approve(first, ana, arguments={"order": KIM, "cents": 400}, seen=seen(session))
    assert work() == ["paused"]
    decisions.reject(session.requirements.pending().get(), ana, note=f"{KIM} had one", seen=seen(session))
    assert work() == ["completed"]
    messages.note(session, ana, f"{KIM} is nice")
    messages.reply(session, ana, f"Dear {KIM}", seen=seen(session))
    names.rename(session, ana, f"{KIM} and the refund")
    tickets.link(session, ana, "HD-77")
    unsent.keep(session, ana, "reply", f"{KIM}, later")
    LogEntry.objects.log_actions(ana.pk, [session], CHANGE, change_message=f"{KIM} changed", single_object=True)
    session.refresh_from_db()
    return session


def everywhere(word: str) -> list[str]:
    """Every column of the database that has the word in it."""
    found = []
    for model in apps.get_models(include_auto_created=True):
        for row in model._base_manager.values():
            found += [f"{model.__name__}.{name}" for name, value in row.items() if word.casefold() in str(value).casefold()]
    return sorted(set(found))


def test_nothing_of_an_erased_customer_is_left_in_any_table(talked: Session, parcels: Queue) -> None:
    other = sessions.start_session(parcels, user_id="kim-8", customer_name="Kimberly")
    messages.receive(other, "Where is my parcel?")
    assert len(everywhere(KIM)) > 20
    done = customers.erase(Customer.of("user_id", f"{KIM}-7"))
    assert (done.sessions, done.finished) == (1, True)
    assert everywhere(KIM) == []
    assert everywhere("HD-77") == []
    assert everywhere(secret_hash(SECRET)) == []
    assert not Message.objects.exclude(session=other).exists()
    assert other.messages.get().content == "Where is my parcel?"
    assert customers.erase(Customer.of("user_id", f"{KIM}-7")).sessions == 0


def stored() -> bytes:
    """All that stands in the database's files. PostgreSQL's are rewritten by its vacuum, at a time of its own."""
    if connection.vendor != "sqlite":
        return b""
    path = connection.settings_dict["NAME"]
    # In another process: to close the file here would drop SQLite's locks on it, and the next process would take the log away.
    return subprocess.run(["cat", path, f"{path}-wal"], check=True, capture_output=True).stdout


def test_nothing_of_an_erased_customer_is_left_in_the_databases_files(talked: Session) -> None:
    # The index of search has the word in lower case.
    for word in (KIM, KIM.lower()):
        assert (word.encode() in stored()) is (connection.vendor == "sqlite")
    customers.erase(Customer.of("user_id", f"{KIM}-7"))
    for word in (KIM, KIM.lower()):
        assert word.encode() not in stored()


def test_the_record_keeps_its_facts_without_the_customers_words_and_says_so(talked: Session, ana: Person) -> None:
    columns = ("verdict", "tool_name", "queue_slug", "person", "actor", "policy", "waited", "created_at", "seen")
    before = list(Decision.objects.order_by("pk").values(*columns))
    edited = Decision.objects.filter(edited_arguments__isnull=False).count()
    customers.erase(Customer.of("user_id", f"{KIM}-7"))
    lines = list(Decision.objects.order_by("pk"))
    assert list(Decision.objects.order_by("pk").values(*columns)) == before
    assert all(line.erased_at and line.arguments == {} and line.note == "" for line in lines)
    assert Decision.objects.filter(edited_arguments__isnull=False).count() == edited > 0
    assert len({line.session_key for line in lines}) == 1
    assert len({line.requirement_key for line in lines}) == 2
    assert '"erased_at": "20' in next(decision_log.as_jsonl(lines))


def test_lines_of_a_conversation_that_was_deleted_before_are_found_and_emptied(talked: Session, client: Client) -> None:
    client.force_login(Person.objects.get(email="ana@example.com"))
    client.post(reverse("admin:sessions_app_session_delete", args=[talked.pk]), {"post": "yes"})
    assert set(everywhere(KIM)) == {
        f"Decision.{name}" for name in ("arguments", "edited_arguments", "note", "session_key", "user_id", "customer_email")
    }
    mail = Customer.of("email", MAIL.upper())
    assert customers.preview(mail).decisions == Decision.objects.count()
    assert customers.erase(mail).lines == Decision.objects.count()
    assert everywhere(KIM) == []


def test_a_dry_run_lists_what_would_go_and_changes_nothing(talked: Session, orders: Queue, ana: Person) -> None:
    other = sessions.start_session(orders, user_id="ben", customer_name="Ben")
    messages.receive(other, f"Write to {MAIL.lower()} instead")
    page = sessions.start_session(orders, customer_name="Somebody", customer_email=MAIL)
    before = everywhere(KIM)
    found = customers.preview(Customer.of("user_id", f"{KIM}-7"))
    assert (found.sessions, found.counts["messages"], found.counts["questions"]) == (1, talked.messages.count(), 2)
    assert (found.counts["tickets"], found.counts["names"], found.counts["unsent"]) == (1, 1, 1)
    assert [example.name for example in found.examples] == [f"{KIM} and the refund"]
    assert found.also == [Customer("email", MAIL)]
    # In what was written, and in the provisional name that was made of it.
    assert [(mention.session_id, mention.where) for mention in found.mentions] == [
        (other.session_id, "message"),
        (other.session_id, "name"),
    ]
    by_mail = customers.preview(Customer.of("email", MAIL))
    assert {example.session_id for example in by_mail.examples} == {talked.session_id, page.session_id}
    assert everywhere(KIM) == before


@pytest.mark.parametrize("other", [f"{KIM}-7".lower(), f"{KIM}-７", f"{KIM}-", f"{KIM}-70"])
def test_an_id_that_only_looks_the_same_is_somebody_else(talked: Session, other: str) -> None:
    assert customers.preview(Customer.of("user_id", other)).is_empty
    customers.erase(Customer.of("user_id", other))
    assert Session.objects.there().get() == talked


def test_an_address_is_the_same_in_capitals_and_stands_in_user_ids_too(orders: Queue, rows: None) -> None:
    own = sessions.start_session(orders, user_id="kim@Mail.example")
    given = sessions.start_session(orders, customer_email="Kim@mail.example")
    for other in ("kim@mail.example.org", "kím@mail.example", "k%m@mail.example", "im@mail.example"):
        sessions.start_session(orders, user_id=other)
    found = customers.preview(Customer.of("email", "KIM@MAIL.EXAMPLE"))
    assert {example.session_id for example in found.examples} == {own.session_id, given.session_id}


@pytest.mark.parametrize(
    ("by", "value"), [("user_id", " "), ("email", "kim"), ("name", "Kim"), ("user_id", "k\x00"), ("email", "")]
)
def test_what_names_nobody_is_refused(by: str, value: str) -> None:
    with pytest.raises(InvalidAction):
        Customer.of(by, value)


def test_a_turn_at_work_is_cancelled_first_and_nothing_of_it_lands(session: Session, work: Work) -> None:
    shop.actor.says(call("note_order", order="7"), "Noted.")
    shop.ledger.meanwhile = lambda: customers.erase(Customer.of("user_id", "kim"))
    messages.receive(session, "Note order 7")
    turns_workers.execute(Run.objects.get().run_id)
    assert shop.ledger.lines == ["order 7"]
    assert (Message.objects.count(), Run.objects.count()) == (0, 0)
    assert not Session.objects.there().exists()


def test_a_message_that_comes_meanwhile_finds_nothing_and_the_next_conversation_is_new(
    talked: Session, orders: Queue, client: Client
) -> None:
    stale = Session.objects.get(pk=talked.pk)
    assert client.get(f"/c/{SECRET}/").status_code == 200
    customers.erase(Customer.of("user_id", f"{KIM}-7"))
    for path in (f"/c/{SECRET}/", f"/c/{SECRET}/timeline/", f"/c/{SECRET}/live/"):
        assert client.get(path).status_code == 404
    gone = client.post(f"/c/{SECRET}/messages/", {"message": "Still there?"})
    assert (gone.status_code, "It was erased" in gone.content.decode()) == (404, True)
    with pytest.raises(Http404, match="erased"):
        messages.receive(stale, "Still there?")
    again = sessions.start_session(orders, user_id=f"{KIM}-7", session_id=f"chat-{KIM}")
    messages.receive(again, "Hello again")
    assert again.pk != talked.pk
    assert [message.content for message in again.messages.all()] == ["Hello again"]


def test_of_a_message_and_an_erasure_at_once_one_wins(orders: Queue, rows: None) -> None:
    for number in range(5):
        session = sessions.start_session(orders, user_id="kim", session_id=f"chat-{number}")

        def write(session: Session = session) -> str:
            try:
                messages.receive(session, f"{KIM} says hello")
            except Http404:
                return "gone"
            return "stored"

        def erase() -> str:
            return str(customers.erase(Customer.of("user_id", "kim")).sessions)

        outcomes = at_once([write, write, erase, write, erase])
        assert set(outcomes[:2]) <= {"gone", "stored"}
        assert sorted([outcomes[2], outcomes[4]]) == ["0", "1"]
        assert everywhere(KIM) == []
        assert not Session.objects.there().exists()


def test_an_erased_conversation_is_seen_nowhere_and_its_empty_row_goes_after_a_minute(
    talked: Session, client: Client, ana: Person
) -> None:
    client.force_login(ana)
    newest = talked.last_change
    customers.erase(Customer.of("session_id", talked.session_id))
    row = Session.objects.get()
    assert row.changes.get().kind == "session.erased"
    assert row.last_change > newest
    for path in ("/search/", "/open/", "/closed/", f"/open/{row.session_id}/", f"/open/{talked.session_id}/"):
        assert row.session_id not in client.get(path).content.decode()
    assert DjangoDb().list_sessions() == []
    Session.objects.filter(pk=row.pk).update(snoozed_until=timezone.now())
    customers.finish()
    assert not Session.objects.exists()


def test_a_large_customer_goes_in_steps_and_what_a_process_left_is_finished_by_the_sweep(orders: Queue, rows: None) -> None:
    session = sessions.start_session(orders, user_id="kim")
    Message.objects.bulk_create([Message(session=session, content=f"{KIM} {number}") for number in range(2_500)])
    assert customers.erase(Customer.of("user_id", "kim"), seconds=0).finished is False
    assert Session.objects.there().exists(), "no time, nothing begun"
    take_away(Customer.of("user_id", "kim").sessions(), audit.Kind.CUSTOMER_ERASED, "test")
    assert not Session.objects.there().exists()
    left = [Message.objects.count()]
    while left[-1]:
        retention.erase_due(limit=1)
        left.append(Message.objects.count())
    assert sorted(set(left), reverse=True) == [2_500, 1_500, 500, 0]


def test_a_turn_of_theirs_in_a_conversation_of_nobody_goes_and_the_others_stay(rows: None, talked: Session) -> None:
    agent = Agent(model=ScriptedModel(["One", "Two", "Three", "Four", "Five"]), db=DjangoDb())
    agent.run("Mine alone", session_id="alone")
    agent.run(f"I am {KIM}", session_id="alone", user_id="lee")
    agent.run("From Mo", session_id="shared", user_id=None)
    agent.run("From Mo", session_id="shared", user_id="mo")
    agent.run(f"I am {KIM}", session_id="shared", user_id="lee")
    customers.erase(Customer.of("user_id", f"{KIM}-7"))
    found = customers.preview(Customer.of("user_id", "lee"))
    assert ([example.session_id for example in found.examples], found.shared_runs) == (["alone"], 1)
    assert KIM in "".join(customers.exported(Customer.of("user_id", "lee"))).split("turns_elsewhere")[1]
    customers.erase(Customer.of("user_id", "lee"))
    assert everywhere(KIM) == []
    shared = Session.objects.there().get()
    assert [message.content for message in shared.messages.filter(role="user")] == ["From Mo", "From Mo"]


def test_an_export_has_everything_that_erasing_would_take(talked: Session) -> None:
    customer = Customer.of("user_id", f"{KIM}-7")
    document = json.loads("".join(customers.exported(customer)))
    assert (document["format"], document["version"], document["complete"]) == ("kern-inbox-customer", 1, True)
    (conversation,) = document["conversations"]
    assert (conversation["session_id"], conversation["queue"]) == (talked.session_id, "orders")
    said = {message["content"]: message for message in conversation["messages"]}
    assert said[f"{KIM} is nice"]["internal"] is True
    assert said[f"Dear {KIM}"]["author"] == ""
    assert len(conversation["messages"]) == talked.messages.count()
    assert {len(conversation[name]) for name in ("names", "tickets")} == {1}
    assert len(conversation["decisions"]) == Decision.objects.count()
    assert [turn["status"] for turn in conversation["turns"]] == ["completed"]
    assert conversation["turns"][0]["tool_calls"][0]["arguments"]["order"] == KIM
    text = json.dumps(document)
    assert "Ana" not in text
    assert "ana@example.com" not in text
    assert "HD-77" in text
    for column in everywhere(KIM):
        model, name = column.split(".")
        assert column in NOT_EXPORTED or name in dict_of_columns()[model], column


#: What erasing takes and an export has in another form, or not at all (docs/data.md says why).
NOT_EXPORTED = {
    *("Session.search_text", "Session.last_text", "Session.last_author", "NameRecord.search_text", "Message.author"),
    *("Change.actor", "SearchEntry.words", "UnsentText.text", "LogEntry.object_repr", "LogEntry.change_message"),
}


def dict_of_columns() -> dict[str, tuple[str, ...]]:
    return {model.__name__: columns for model, columns in customers.export.COLUMNS.items()}
