"""The customers' pages: what they can do without an account, and what they must never see."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import pytest
from asgiref.sync import sync_to_async
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.client import AsyncClient
from pytest_django.fixtures import Settings

from kern.errors import ModelError
from kern.models.base import ModelAnswer
from kern.testing import call
from sessions_app.actions import handover, messages, private_turns, runs, sessions
from sessions_app.changes import publish
from sessions_app.infrastructure.ids import secret_hash
from sessions_app.models import Change, Message, Person, Queue, Session
from sessions_app.views.live.customers import CustomerHub, is_public
from tests.desk import actor
from tests.programs import streamed

Work = Callable[..., list[str]]


@pytest.fixture(autouse=True)
def nobody_was_here() -> None:
    cache.clear()


@pytest.fixture
def browser(client: Client, orders: Queue) -> Client:
    return client


def begin(browser: Client, text: str = "Where is order 7?") -> str:
    """Write the first message; returns the conversation's secret address."""
    answer = browser.post("/help/orders/", {"name": "Kim", "email": "", "message": text})
    assert answer.status_code == 303
    return str(answer["Location"])


def page_of(browser: Client, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_a_customer_writes_reads_the_answer_and_writes_again_without_javascript(browser: Client, work: Work) -> None:
    assert "<form" in page_of(browser, "/help/orders/")
    address = begin(browser)
    assert "An answer is being written" in page_of(browser, address)
    actor.says("It is **on its way**.", "Tomorrow.")
    work()
    page = page_of(browser, address)
    assert "Where is order 7?" in page
    assert "<strong>on its way</strong>" in page
    key = re.search(r'name="key" value="([^"]+)"', page)
    assert key is not None
    for _ in range(2):  # a double click
        sent = browser.post(f"{address}messages/", {"message": "When?", "key": key[1]})
        assert (sent.status_code, sent["Location"]) == (303, f"{address}#newest")
    work()
    assert page_of(browser, address).count("When?") == 1
    assert "Tomorrow." in page_of(browser, address)
    assert Session.objects.get().channel == "page"


def test_the_customer_of_a_closed_conversation_does_not_wait(browser: Client, ana: Person) -> None:
    address = begin(browser)
    handover.take_over(Session.objects.get(), ana)
    assert "We are looking at it" in page_of(browser, address)
    sessions.resolve(Session.objects.get(), ana)
    page = page_of(browser, address)
    assert "We are looking at it" not in page
    assert "This conversation is closed. Write again to open it." in page


def test_the_customer_of_an_answer_that_failed_is_told_and_no_longer_when_a_person_answered(
    browser: Client, work: Work, ana: Person
) -> None:
    address = begin(browser)
    actor.says("", "<think>What now?</think>")
    assert work() == ["error"]
    page = page_of(browser, address)
    assert "Our assistant could not answer this. Your message waits for a person now" in page
    assert "We are looking at it" not in page
    session = Session.objects.get()
    messages.reply(session, ana, "It left today.", seen=session.last_change)
    assert "could not answer this" not in page_of(browser, address)


def test_words_before_a_turn_failed_or_was_stopped_are_no_answer(browser: Client, work: Work, ana: Person) -> None:
    address = begin(browser)
    actor.says(ModelAnswer("Let me look.", [call("refund", order="1", cents=5)]), ModelError("no such model"))
    assert work() == ["paused"]
    session = Session.objects.get()
    runs.cancel(session.runs.get(), ana)
    page = page_of(browser, address)
    assert "Let me look." in page
    assert "We are looking at it" in page
    messages.receive(session, "And?")
    actor.says(ModelAnswer("I look again.", [call("note_order", order="1")]), ModelError("no such model"))
    assert work()[-1] == "error"
    page = page_of(browser, address)
    assert "I look again." in page
    assert "Our assistant could not answer this." in page
    assert "no such model" not in page


def test_a_customer_reads_nothing_of_what_the_model_thought(browser: Client, work: Work, ana: Person) -> None:
    address = begin(browser)
    thinking = ModelAnswer("<think>THOUGHT-SECRET</think>It left today.", reasoning="REASONING-SECRET")
    actor.says(ModelAnswer("<think>LOOK-SECRET</think>", [call("note_order", order="7")]), thinking)
    assert work() == ["completed"]
    session = Session.objects.get()
    assert "SECRET" not in page_of(browser, address)
    assert "SECRET" not in str([message.content for message in Message.objects.all()])
    assert (session.last_text, session.runs.get().content) == ("It left today.", "It left today.")
    browser.force_login(ana)
    team = browser.get(f"/open/{session.session_id}/").content.decode()
    assert all(f"<pre>{thought}" in team for thought in ("LOOK-SECRET", "REASONING-SECRET"))


def test_only_words_meant_for_the_customer_are_shown(browser: Client, work: Work, ana: Person) -> None:
    address = begin(browser)
    actor.says([call("note_order", order="SECRET-ORDER")], "Here you are.")
    work()
    session = Session.objects.get()
    messages.note(session, ana, "Customer is a VIP-SECRET")
    messages.reply(session, ana, "Ana here, all is well.", seen=Session.objects.get().last_change)
    session.name = "NAME-SECRET"
    session.save(update_fields=["name"])
    Message.objects.create(session=session, role="assistant", author_kind="agent", content="DRAFT-SECRET", sent=False)
    for page in (page_of(browser, address), page_of(browser, f"{address}timeline/")):
        assert "Here you are." in page
        assert "Ana here, all is well." in page
        for secret in ("SECRET", "note_order", "You work in a shop", "ana@example.com", session.session_id):
            assert secret not in page


def test_whatever_anybody_writes_cannot_act_on_the_page(browser: Client, work: Work) -> None:
    address = begin(browser, "<script>alert(1)</script><img src=x onerror=alert(2)>")
    actor.says("[click](javascript:alert(3)) <b onclick=alert(4)>x</b> <iframe src=//evil.example></iframe>")
    work()
    page = page_of(browser, address)
    assert not re.search(r"<script>|<img|<iframe|<[^>]*(onerror|onclick)=|href=.javascript", page)


def test_the_pages_are_private(browser: Client) -> None:
    address = begin(browser)
    for path in ("/help/orders/", address, f"{address}timeline/"):
        answer = browser.get(path)
        assert "noindex" in answer["X-Robots-Tag"]
        assert answer["Referrer-Policy"] == "no-referrer"
        assert "no-store" in answer["Cache-Control"]
        assert not answer.cookies
    for wrong in ("/c/wrong/", "/c/wrong/timeline/", f"{address[:-2]}/", "/help/nowhere/"):
        assert browser.get(wrong).status_code == 404
    assert browser.post("/c/wrong/messages/", {"message": "x"}).status_code == 404
    assert Message.objects.count() == 1


def test_a_long_name_or_address_is_refused_whole_and_cut_by_no_browser(browser: Client) -> None:
    name, email = "Kim " * 40, f"{'k' * 250}@example.com"
    answer = browser.post("/help/orders/", {"name": name, "email": email, "message": "Hello"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert f'value="{name}"' in page
    assert f'value="{email}"' in page
    assert "at most 120 characters (it has 159)" in page
    assert "maxlength" not in page
    assert not Session.objects.exists()


def test_a_queue_may_have_no_customer_page(browser: Client, orders: Queue) -> None:
    orders.customer_page = False
    orders.save()
    assert browser.get("/help/orders/").status_code == 404
    assert browser.post("/help/orders/", {"name": "Kim", "message": "x"}).status_code == 404


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"name": "Kim", "message": "   "},
        {"name": "Kim", "message": "\u200b\u2060"},
        {"name": "Kim", "message": "x" * 100_001},
        {"name": "Kim", "message": "x", "email": "no address"},
        {"name": "K" * 121, "message": "x"},
        {"name": "Kim\x00", "message": "x"},
    ],
)
def test_a_wrong_form_comes_back_with_what_was_typed(browser: Client, form: dict[str, str]) -> None:
    answer = browser.post("/help/orders/", form)
    assert answer.status_code == 422
    assert b'role="alert"' in answer.content
    assert Session.objects.count() == 0


def test_an_empty_further_message_is_refused_and_says_so(browser: Client) -> None:
    address = begin(browser)
    answer = browser.post(f"{address}messages/", {"message": " "})
    assert (answer.status_code, Message.objects.count()) == (422, 1)
    assert "Write something first" in answer.content.decode()


def key_in(page: str) -> str:
    found = re.search(r'name="key" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def test_other_words_from_a_page_that_was_sent_before_are_kept_for_the_next_try(browser: Client) -> None:
    address = begin(browser)
    old = key_in(page_of(browser, address))
    browser.post(f"{address}messages/", {"message": "When?", "key": old})
    refused = browser.post(f"{address}messages/", {"message": "And order 8?", "key": old})
    page = refused.content.decode()
    assert (refused.status_code, Message.objects.count()) == (409, 2)
    assert "was not sent yet" in page
    assert re.search(r"<textarea[^>]*>\s*And order 8\?</textarea>", page)
    assert key_in(page) != old
    assert browser.post(f"{address}messages/", {"message": "And order 8?", "key": key_in(page)}).status_code == 303
    assert Message.objects.latest("pk").content == "And order 8?"


@pytest.mark.parametrize("key", ["k" * 65, "a\x00b"])
def test_a_broken_key_is_told_and_the_next_try_succeeds(browser: Client, key: str) -> None:
    address = begin(browser)
    refused = browser.post(f"{address}messages/", {"message": "When?", "key": key})
    page = refused.content.decode()
    assert (refused.status_code, Message.objects.count()) == (422, 1)
    assert "was not sent yet" in page
    assert browser.post(f"{address}messages/", {"message": "When?", "key": key_in(page)}).status_code == 303


def begin_or_not(browser: Client) -> int:
    """Try to begin one more conversation; returns the answer's status."""
    return browser.post("/help/orders/", {"name": "Kim", "message": "One more"}).status_code


def test_the_address_that_a_refused_message_leaves_in_the_browser_leads_back(browser: Client) -> None:
    address = begin(browser)
    assert browser.post(f"{address}messages/", {"message": " "}).status_code == 422
    opened = browser.get(f"{address}messages/")
    assert (opened.status_code, opened["Location"]) == (303, address)


def first_form(browser: Client, text: str = "Where is order 7?", **changed: str) -> dict[str, str]:
    """What the page where conversations begin sends once it is filled in."""
    return {"name": "Kim", "email": "", "message": text, "key": key_in(page_of(browser, "/help/orders/")), **changed}


def test_a_first_message_that_is_sent_twice_begins_one_conversation(browser: Client, work: Work) -> None:
    form = first_form(browser)
    twice = [browser.post("/help/orders/", form) for _ in range(2)]
    assert [answer.status_code for answer in twice] == [303, 303]
    assert twice[0]["Location"] == twice[1]["Location"]
    actor.says("Tomorrow.", "Twice?")
    assert work() == ["completed"]
    assert (Session.objects.count(), Message.objects.filter(role="user").count()) == (1, 1)
    assert "Tomorrow." in page_of(browser, twice[1]["Location"])


def test_two_clicks_at_once_begin_one_conversation(browser: Client, orders: Queue) -> None:
    form = first_form(browser)

    def click(_number: int) -> str:
        try:
            return str(Client().post("/help/orders/", form)["Location"])
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(click, range(4)))) == 1
    assert (Session.objects.count(), Message.objects.count()) == (1, 1)


def test_two_forms_begin_two_conversations_even_with_the_same_words(browser: Client) -> None:
    addresses = {browser.post("/help/orders/", first_form(browser))["Location"] for _ in range(2)}
    assert (len(addresses), Session.objects.count()) == (2, 2)


def test_the_secret_of_a_link_is_stored_nowhere_and_told_by_neither_key_nor_id(browser: Client) -> None:
    form = first_form(browser)
    secret = browser.post("/help/orders/", form)["Location"].split("/")[2]
    stored = Session.objects.values().get()
    assert len(secret) == 32
    assert secret not in str([stored, *Message.objects.values(), *Change.objects.values(), form])
    assert stored["access_hash"] == secret_hash(secret)


@pytest.mark.parametrize("key", ["guessed", "guessed:signature", "k" * 201, "a\x00b"])
def test_a_key_that_somebody_made_up_begins_nothing_and_the_next_try_succeeds(browser: Client, key: str) -> None:
    refused = browser.post("/help/orders/", first_form(browser, key=key))
    page = refused.content.decode()
    assert (refused.status_code, Session.objects.count()) == (422, 0)
    assert "was not sent yet" in page
    assert browser.post("/help/orders/", first_form(browser, key=key_in(page))).status_code == 303


def test_other_first_words_from_a_form_that_was_sent_are_kept_for_the_next_try(browser: Client) -> None:
    form = first_form(browser)
    browser.post("/help/orders/", form)
    refused = browser.post("/help/orders/", {**form, "message": "And order 8?"})
    page = refused.content.decode()
    assert (refused.status_code, Message.objects.count()) == (409, 1)
    assert re.search(r"<textarea[^>]*>\s*And order 8\?</textarea>", page)
    assert browser.post("/help/orders/", {**form, "message": "And order 8?", "key": key_in(page)}).status_code == 303
    assert Session.objects.count() == 2


def test_what_is_too_large_to_read_is_told_in_a_customers_words(browser: Client, caplog: pytest.LogCaptureFixture) -> None:
    address = begin(browser)
    for form in ({"message": "x" * 2_700_000}, {f"field{number}": "x" for number in range(1_100)}):
        for path in ("/help/orders/", f"{address}messages/"):
            answer = browser.post(path, urlencode(form), content_type="application/x-www-form-urlencoded")
            assert answer.status_code == 413
            assert "Nothing was sent" in answer.content.decode()
    assert Message.objects.count() == 1
    assert not [record for record in caplog.records if record.exc_info]


def test_what_cannot_be_read_elsewhere_is_answered_by_a_page_of_ours(browser: Client) -> None:
    answer = browser.post("/accounts/login/", "x" * 2_700_000, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 400
    assert "Nothing was changed" in answer.content.decode()


def test_while_the_database_is_away_a_customer_keeps_the_words(browser: Client, database_away: None) -> None:
    written = {"name": "Kim <K>", "email": "", "message": "Where is order 7?", "key": "k1"}
    for path in ("/help/orders/", "/c/a-secret/messages/"):
        answer = browser.post(path, written)
        page = answer.content.decode()
        assert (answer.status_code, answer["Retry-After"]) == (503, "60")
        assert "send it again in 1 minute" in page
        assert f'action="{path}"' in page
        assert '<input type="hidden" name="name" value="Kim &lt;K&gt;">' in page
        assert re.search(r"<textarea[^>]*>Where is order 7\?</textarea>", page)
        assert key_in(page) == "k1"  # which makes of both one, if this one arrived after all
    looked = browser.get("/c/a-secret/")
    assert (looked.status_code, "Try again" in looked.content.decode()) == (503, True)


def test_a_machine_that_fills_the_trap_begins_nothing(browser: Client) -> None:
    answer = browser.post("/help/orders/", {"name": "Bot", "message": "buy", "website": "https://spam.example"})
    assert (answer.status_code, Session.objects.count()) == (200, 0)


def test_too_many_messages_are_stopped_in_clear_words_and_nothing_is_lost(browser: Client) -> None:
    answers = [browser.post("/help/orders/", {"name": "Kim", "message": f"number {n}."}) for n in range(22)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert int(refused[0]["Retry-After"]) >= 1
    assert f"number {answers.index(refused[0])}." in refused[0].content.decode()
    assert Session.objects.count() == len(answers) - len(refused)


def test_a_form_that_comes_again_is_led_to_its_conversation_however_many_were_begun(browser: Client) -> None:
    form = first_form(browser)
    began = browser.post("/help/orders/", form)
    while begin_or_not(browser) == 303:
        pass
    assert browser.post("/help/orders/", form)["Location"] == began["Location"]


def test_a_closed_conversation_opens_again_when_the_customer_writes(browser: Client, ana: Person) -> None:
    address = begin(browser)
    sessions.resolve(Session.objects.get(), ana)
    browser.post(f"{address}messages/", {"message": "One more thing"})
    assert Session.objects.get().status == "open"


def test_a_long_conversation_is_read_page_by_page(browser: Client) -> None:
    address = begin(browser, "the very first")
    session = Session.objects.get()
    Message.objects.bulk_create(Message(session=session, content=f"line {number}.") for number in range(150))
    newest = page_of(browser, address)
    assert "line 149." in newest
    assert "the very first" not in newest
    earlier = re.search(r'href="([^"]+\?before=\d+)"', newest)
    assert earlier is not None
    assert "the very first" in page_of(browser, earlier[1])
    for odd in ("9" * 20, "9" * 5000, "²", "-1"):
        assert browser.get(f"{address}?before={odd}").status_code == 200


def test_words_of_drafts_and_of_team_members_are_never_streamed(session: Session, orders: Queue, work: Work) -> None:
    actor.says("Hello.")
    messages.receive(session, "Hi")
    work()
    run = session.runs.get()
    assert is_public(run.run_id)
    member = session.runs.create(parent=run, parent_call_id="c")
    assert not is_public(member.run_id)
    orders.ai_mode = "draft"
    orders.save()
    assert not is_public(run.run_id)
    assert not is_public("unknown")


def test_private_talk_and_drafts_are_not_on_the_page(browser: Client, ana: Person, work: Work) -> None:
    address = begin(browser)
    actor.says("Hello.", call("note_order", order="SECRET"), "ANSWER-SECRET", "DRAFT-SECRET")
    work()
    session = Session.objects.get()
    private_turns.ask_agent(session, ana, "QUESTION-SECRET")
    assert "An answer is being written" not in page_of(browser, address)
    work()
    private_turns.draft(session, ana)
    work()
    assert session.messages.filter(content__contains="SECRET").count() == 4
    for page in (page_of(browser, address), page_of(browser, f"{address}timeline/")):
        assert "Hello." in page
        assert "SECRET" not in page


def test_what_happens_while_a_stream_opens_is_told(session: Session) -> None:
    found = Session.objects.get(pk=session.pk)
    messages.receive(session, "Hello?")

    async def opened() -> bool:
        hub = CustomerHub()
        page = await hub.welcome(found, found.last_change)
        hub.close(page)
        return page.session_due

    assert asyncio.run(opened())


def test_a_takeover_ends_the_stream_of_words_at_once(session: Session, ana: Person) -> None:
    messages.receive(session, "Hi")
    run_id = session.runs.get().run_id

    async def follow() -> list[bool]:
        hub = CustomerHub()
        page = await hub.welcome(session, 2**59)
        before = await hub._is_public(session.pk, run_id)
        await sync_to_async(handover.take_over)(session, ana)
        await hub.receive({"t": "change", "s": session.pk, "c": 2**59, "k": "session.taken_over"})
        after = await hub._is_public(session.pk, run_id)
        hub.close(page)
        return [before, after]

    assert asyncio.run(follow()) == [True, False]


def test_the_stream_tells_of_this_conversation_alone(
    browser: Client, orders: Queue, redis_url: str, settings: Settings
) -> None:
    settings.REDIS_URL = redis_url
    address = begin(browser)
    mine = Session.objects.get()
    other = sessions.start_session(orders, user_id="lou")
    run_id = mine.runs.get().run_id
    heard: list[bytes] = []

    async def listen() -> None:
        answer = await AsyncClient().get(f"{address}live/?after={2**59}")
        assert (answer.status_code, answer["X-Accel-Buffering"]) == (200, "no")
        async for frame in streamed(answer):
            heard.append(frame)

    async def talk() -> None:
        listening = asyncio.create_task(listen())
        while not any(b"so far" in frame for frame in heard):
            assert not listening.done()
            publish.publish_change(publish.Told(other.pk, 999_999, "message.customer", None))
            publish.publish_text(mine.pk, "a-strangers-run", "not for you")
            publish.publish_text(other.pk, run_id, "not for you either")
            publish.publish_text(mine.pk, run_id, "The answer so far")
            await asyncio.sleep(0.05)
        publish.publish_change(publish.Told(mine.pk, 1_000_000, "run.completed", None))
        while not any(b"session-changed" in frame for frame in heard):
            await asyncio.sleep(0.05)
        listening.cancel()

    asyncio.run(talk())
    told = b"".join(heard)
    assert b"id: 1000000" in told
    assert b"not for you" not in told
    assert b"999999" not in told


def test_there_is_no_stream_for_a_wrong_secret(browser: Client) -> None:
    assert asyncio.run(_status("/c/wrong/live/")) == 404


async def _status(path: str) -> int:
    return int((await AsyncClient().get(path)).status_code)
