"""A customer's open page is woken by what it shows, and by nothing that only the team sees."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from kern.errors import ModelError
from kern.models.base import ModelAnswer, ModelRequest
from kern.testing import call
from sessions_app.actions import (
    decisions,
    escalation,
    handover,
    messages,
    moving,
    names,
    private_turns,
    runs,
    sessions,
    tickets,
)
from sessions_app.changes.kinds import Kind
from sessions_app.infrastructure.ids import secret_hash
from sessions_app.models import Person, Queue, Session
from sessions_app.views.live.customers import CustomerHub, newest_change
from tests.deciding import seen
from tests.desk import actor

SECRET = "a-secret-of-a-link"
Verb = Callable[[], object]
#: What changes by itself on an unchanged page: ages of messages.
AGES = re.compile(r"<time\b.*?</time>", re.DOTALL)


@pytest.fixture
def kim(session: Session) -> Session:
    """The conversation of a customer who has its page open."""
    session.access_hash = secret_hash(SECRET)
    session.save(update_fields=["access_hash"])
    return session


def shown(client: Client) -> str:
    return AGES.sub("", client.get(f"/c/{SECRET}/timeline/").content.decode())


def test_whatever_changes_on_the_customers_page_wakes_it(
    client: Client, kim: Session, ana: Person, parcels: Queue, work: Callable[..., list[str]]
) -> None:
    def fails(_request: ModelRequest) -> ModelAnswer:
        raise ModelError("no model", permanent=True)

    refund = call("refund", order="7", cents=100)
    actor.says("On its way.", fails, refund, "Paid back.", refund, refund, "DRAFT")
    story: list[tuple[str, Verb]] = [
        ("writes", lambda: messages.receive(kim, "Where is it?")),
        ("is answered", work),
        ("gets a note", lambda: messages.note(kim, ana, "Regular customer")),
        ("is named", lambda: names.rename(kim, ana, "Parcel")),
        ("is linked", lambda: tickets.link(kim, ana, "HD-7")),
        ("is assigned", lambda: sessions.assign(kim, ana, ana)),
        ("writes again", lambda: messages.receive(kim, "Pay it back")),
        ("sees a failure", work),
        ("is tried again", lambda: runs.retry(kim.runs.latest("pk"), ana)),
        ("waits for people", work),
        ("is approved", lambda: decisions.approve(kim.requirements.latest("pk"), ana, seen=seen(kim))),
        ("is paid", work),
        ("wants more", lambda: messages.receive(kim, "The other one too")),
        ("waits again", work),
        ("is looked at anew", lambda: runs.ask_again(kim.runs.latest("pk"), ana)),
        ("waits once more", work),
        ("is stopped", lambda: runs.cancel(kim.runs.latest("pk"), ana)),
        ("asks for a person", lambda: escalation.ask_for_person(kim)),
        ("gets an answer", lambda: messages.reply(kim, ana, "I do it.", seen=seen(kim))),
        ("is drafted for", lambda: private_turns.draft(kim, ana)),
        ("is drafted", work),
        ("is closed", lambda: sessions.resolve(kim, ana)),
        ("sleeps", lambda: sessions.snooze(kim, ana, timezone.now() + timedelta(days=1))),
        ("is closed again", lambda: sessions.resolve(kim, ana)),
        ("is opened", lambda: sessions.reopen(kim, ana)),
        ("goes back to the AI", lambda: handover.hand_back(kim, ana)),
        ("moves", lambda: moving.move(kim, ana, parcels)),
    ]
    was, page = newest_change(kim.pk), shown(client)
    woken = []
    for step, verb in story:
        verb()
        kim.refresh_from_db()
        now, page_now = newest_change(kim.pk), shown(client)
        assert page_now == page or now > was, f"nothing told the page that the conversation {step}"
        woken += [step] if now > was else []
        was, page = now, page_now
    assert not {"gets a note", "is named", "is linked", "is assigned", "is drafted for"} & set(woken)


def test_a_step_of_a_turn_wakes_the_page_only_if_it_has_words_for_the_customer(
    client: Client, kim: Session, work: Callable[..., list[str]]
) -> None:
    newest: list[int] = []
    pages: list[str] = []

    def asked_again(then: ModelAnswer) -> Callable[[ModelRequest], ModelAnswer]:
        def answer(_request: ModelRequest) -> ModelAnswer:
            newest.append(newest_change(kim.pk))
            pages.append(shown(client))
            return then

        return answer

    silent = ModelAnswer(tool_calls=[call("note_order", order="7")])
    spoken = ModelAnswer("Let me look.", [call("note_order", order="8")])
    actor.says(*map(asked_again, (silent, spoken, ModelAnswer("It is here."))))
    messages.receive(kim, "Where is it?")
    assert work() == ["completed"]
    assert newest[0] == newest[1] < newest[2]
    assert ["Let me look." in page for page in pages] == [False, False, True]
    kinds = list(kim.changes.filter(kind__startswith="run.s").order_by("pk").values_list("kind", flat=True))
    assert kinds == ["run.started", *["run.step"] * 3, "run.spoke", *["run.step"] * 2]


@pytest.mark.parametrize(
    ("kind", "wakes"),
    [
        (Kind.MESSAGE_NOTE, False),
        (Kind.RUN_STEP, False),
        (Kind.TICKET_LINKED, False),
        (Kind.MESSAGE_PERSON, True),
        (Kind.RUN_SPOKE, True),
        ("parcel.flown", True),
    ],
)
def test_an_open_page_hears_only_of_kinds_for_customers(kim: Session, kind: str, wakes: bool) -> None:
    async def heard(payload: dict[str, object]) -> bool:
        hub = CustomerHub()
        page = await hub.welcome(kim, 2**59)
        await hub.receive(payload)
        hub.close(page)
        return page.session_due

    assert asyncio.run(heard({"t": "change", "s": kim.pk, "c": 2**58, "k": kind})) is wakes
    assert asyncio.run(heard({"t": "changes", "x": [[kim.pk, 2**58, kind, None]]})) is wakes


def test_a_page_that_missed_only_a_note_is_not_woken_when_it_connects(kim: Session, ana: Person) -> None:
    messages.receive(kim, "Hello?")
    kim.refresh_from_db()
    opened_with = kim.last_change
    messages.note(kim, ana, "Regular customer")

    async def opened() -> bool:
        hub = CustomerHub()
        page = await hub.welcome(kim, opened_with)
        await hub.catch_up()
        hub.close(page)
        return page.session_due

    assert not asyncio.run(opened())
