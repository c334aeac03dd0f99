"""300 customers who ask for a person in many ways, or only mention people: a promise is kept by the turn that makes it.

They write over the API. The offline responder answers one half of them, a model at a server the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from sessions_app.actions import messages, sessions
from sessions_app.models import ApiToken, HandOver, Message, Queue, Run, Session
from sessions_app.workers import turns as turns_workers
from tests.people import ASKS, MENTIONS
from tests.programs import Program
from tests.responses_server import Calls, Reply, ResponsesServer, Text

Work = Callable[[], list[str]]
#: What each customer writes, by the id of the session.
Said = dict[str, str]
EVEN, ODD = ({f"talk-{number}": text for number, text in enumerate([*ASKS[half::2], *MENTIONS[half::2]])} for half in (0, 1))
#: What a customer reads as the promise of a person: the queue's words, or the offline responder's.
PROMISES = ("A person of our team takes over", "A person will look at it")


@pytest.fixture
def program(orders: Queue, settings: Settings) -> Program:
    """Acts for the shop, as often as it likes."""
    settings.KERN_DESK = "tests.desk:served_desk"
    settings.KERN_API_REQUESTS = 100_000
    token, secret = ApiToken.make("shop", scopes=["read", "write"])
    token.queues.add(orders)
    return Program(secret)


@pytest.fixture
def server(settings: Settings) -> Iterator[ResponsesServer]:
    """A model at a server, which hands over who asks for a person and answers all others."""
    with ResponsesServer(delay=0.0) as running:
        settings.OPENAI_BASE_URL, settings.OPENAI_API_KEY = running.base_url, "local"
        running.reply_with(decides)
        yield running


def decides(request: dict[str, Any]) -> Reply:
    said = request["input"][-1]["content"]
    text = said if isinstance(said, str) else "".join(part["text"] for part in said)
    if text in ASKS:
        return Calls([("hand_over", {"reason": "The customer asks for a person.", "because": "asked"})])
    return Text("I see.")


def all_write(program: Program, orders: Queue, said: Said) -> None:
    for key, sentence in said.items():
        sessions.start_session(orders, session_id=key, user_id=key)
        assert program.post(f"/sessions/{key}/messages", {"content": sentence}).status_code == 201


def each_turn_once() -> None:
    """Execute what is due now, and nothing that becomes due by it."""
    for run_id in list(Run.objects.due().values_list("run_id", flat=True)):
        turns_workers.execute(run_id)


def in_need(program: Program) -> dict[str, str]:
    """The reasons of the sessions in Needs a person."""
    found: dict[str, str] = {}
    cursor: str | None = ""
    while cursor is not None:
        page = program.get("/sessions", needs_person="true", limit=100, cursor=cursor).json()
        found |= {item["session_id"]: item["person_wanted_for"] for item in page["items"]}
        cursor = page["next"]
    return found


def promised() -> set[str]:
    read = Message.objects.for_customer().exclude(author_kind="customer").values_list("session__session_id", "content")
    return {key for key, content in read if any(promise in content for promise in PROMISES)}


def asking(said: Said) -> set[str]:
    return {key for key, sentence in said.items() if sentence in ASKS}


def must_stay_with_people(program: Program, keys: set[str], work: Work) -> None:
    """Nothing that comes by itself leads back to the AI."""
    turns = Run.objects.count()
    for session in Session.objects.filter(session_id__in=keys):
        messages.receive(session, "Where is my parcel?")
    turns_workers.recover()
    turns_workers.go_on()
    work()
    assert Run.objects.count() == turns
    assert set(in_need(program)) == keys
    assert HandOver.objects.count() == len(keys)


@pytest.mark.timeout(900)
def test_the_offline_responder_keeps_every_promise_of_a_person(program: Program, orders: Queue, work: Work) -> None:
    all_write(program, orders, EVEN)
    each_turn_once()
    needing = in_need(program)
    assert promised() == set(needing)
    assert {key for key, reason in needing.items() if reason == "asked"} == asking(EVEN)
    must_stay_with_people(program, set(needing), work)


@pytest.mark.timeout(900)
def test_who_a_model_at_a_server_hands_over_stays_with_people(
    program: Program, orders: Queue, server: ResponsesServer, work: Work
) -> None:
    all_write(program, orders, ODD)
    each_turn_once()
    needing = in_need(program)
    assert promised() == set(needing) == asking(ODD)
    assert server.rejections == []
    assert len(server.requests) == len(ODD), "each was asked once"
    must_stay_with_people(program, set(needing), work)
