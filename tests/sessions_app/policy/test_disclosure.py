"""A customer is told who answers, an AI or people, before their first word and on every message, and can ask for a person."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.test import Client

from kern.testing import call
from sessions_app.actions import escalation, handover, messages, sessions
from sessions_app.models import ApiToken, Message, Person, Queue, Run, Session
from sessions_app.policy.disclosure import byline
from tests.desk import actor
from tests.programs import Program
from tests.sessions_app.views.test_customer import begin, first_form, page_of

AI_ANSWERS, AI_DRAFTS = "An AI assistant answers you here.", "An AI assistant writes drafts here."
PEOPLE_ANSWER = "People of our team answer you here."
Work = Callable[..., list[str]]


@pytest.fixture(autouse=True)
def nobody_was_here() -> None:
    cache.clear()


@pytest.fixture
def browser(client: Client, orders: Queue) -> Client:
    return client


@pytest.fixture
def inbox(ben: Person) -> Client:
    browser = Client()
    browser.force_login(ben)
    return browser


def in_mode(queue: Queue, mode: str, own_words: str = "") -> None:
    queue.ai_mode, queue.ai_notice = mode, own_words
    queue.save()


@pytest.mark.parametrize(("mode", "said"), [("autopilot", AI_ANSWERS), ("draft", AI_DRAFTS), ("off", PEOPLE_ANSWER)])
def test_before_the_first_word_it_is_said_who_answers(browser: Client, orders: Queue, mode: str, said: str) -> None:
    in_mode(orders, mode, "Call 555-01 for a person.")
    page = page_of(browser, "/help/orders/")
    assert page.index(said) < page.index("<form")
    assert ("Call 555-01" in page, "AI" in re.sub(r"<[^>]*>", "", page)) == (mode != "off", mode != "off")
    assert [text in page for text in (AI_ANSWERS, AI_DRAFTS, PEOPLE_ANSWER)].count(True) == 1
    assert ("Send to a person" in page) is (mode == "autopilot")


def test_every_message_says_who_said_it_and_whether_that_is_an_ai(browser: Client, work: Work, ana: Person) -> None:
    address = begin(browser)
    actor.says("It left today.")
    work()
    session = Session.objects.get()
    handover.take_over(session, ana)
    messages.reply(session, ana, "Ana here.", seen=Session.objects.get().last_change)
    page = page_of(browser, address)
    assert re.findall(r'<b dir="auto">([^<]*)</b><span>([^<]*)</span>', page) == [("Clerk", "AI"), ("Ana", "support")]
    assert PEOPLE_ANSWER in page
    assert AI_ANSWERS not in page


@pytest.mark.parametrize(
    ("author", "shown"),
    [("Ana Duarte", "Ana"), ("ana@example.com", "Our team"), ("", "Our team")],
)
def test_of_a_person_the_first_name_is_told_and_no_address(author: str, shown: str) -> None:
    assert byline(Message(author_kind="person", author=author)) == (shown, "support")


def test_asking_for_a_person_silences_the_ai_and_tells_both_sides(browser: Client, inbox: Client, work: Work) -> None:
    address = begin(browser)
    actor.says([call("note_order", order="7")], "Never said.")
    assert "Ask for a person" in page_of(browser, address)
    for _ in range(2):
        asked = browser.post(f"{address}person/")
        assert (asked.status_code, asked["Location"]) == (303, f"{address}#newest")
    assert work() == ["cancelled"]
    page = page_of(browser, address)
    assert "You asked for a person. Our team knows" in page
    assert "Ask for a person" not in page
    session = Session.objects.get()
    assert (session.effective_ai_mode, session.changes.filter(kind="session.person_wanted").count()) == ("off", 1)
    assert "Asked for a person" in inbox.get("/unassigned/").content.decode()
    assert "Kim</b> asked for a person" in inbox.get(f"/open/{session.session_id}/").content.decode()


def test_a_customer_whose_messages_were_all_answered_waits_when_they_ask(browser: Client, work: Work) -> None:
    address = begin(browser)
    actor.says("It left today.")
    work()
    assert Session.objects.get().waiting_since is None
    browser.post(f"{address}person/")
    assert Session.objects.get().waiting_since is not None


def test_the_wish_is_met_when_a_person_replies_or_hands_back(browser: Client, work: Work, ben: Person) -> None:
    address = begin(browser)
    browser.post(f"{address}person/")
    session = Session.objects.get()
    messages.reply(session, ben, "Ben here.", seen=session.last_change)
    assert "You asked for a person" not in page_of(browser, address)
    assert Session.objects.get().person_wanted_at is None
    handover.hand_back(session, ben)
    assert "Ask for a person" in page_of(browser, address)
    browser.post(f"{address}person/")
    handover.hand_back(Session.objects.get(), ben)
    assert Session.objects.get().person_wanted_at is None


@pytest.mark.parametrize("mode", ["draft", "off"])
def test_where_people_answer_anyway_asking_changes_nothing(browser: Client, orders: Queue, mode: str) -> None:
    in_mode(orders, mode)
    address = begin(browser)
    assert "Ask for a person" not in page_of(browser, address)
    assert browser.post(f"{address}person/").status_code == 303
    assert Session.objects.get().ai_mode == ""


def test_a_first_message_can_go_to_a_person_and_no_ai_reads_it(browser: Client) -> None:
    answer = browser.post("/help/orders/", first_form(browser, person="1"))
    assert "You asked for a person" in page_of(browser, answer["Location"])
    assert not Run.objects.exists()


def test_a_closed_conversation_opens_again_for_who_asks(browser: Client, ana: Person) -> None:
    address = begin(browser)
    sessions.resolve(Session.objects.get(), ana)
    browser.post(f"{address}person/")
    assert Session.objects.get().status == "open"


def test_an_open_page_learns_who_answers_now(browser: Client, ana: Person) -> None:
    address = begin(browser)
    handover.take_over(Session.objects.get(), ana)
    fragment = page_of(browser, f"{address}timeline/")
    assert re.search(rf'<hx-partial hx-target="#answering"[^>]*>.*{PEOPLE_ANSWER}', fragment, re.DOTALL)


def test_programs_are_told_the_same_and_can_ask_too(work: Work, session: Session, ben: Person) -> None:
    program = Program(ApiToken.make("helpdesk", ben)[1])
    assert AI_ANSWERS in program.get("/queues").json()[0]["notice"]
    actor.says("It left today.")
    messages.receive(session, "Where is it?")
    work()
    said = {message["said_by"] for message in program.get(f"/sessions/{session.session_id}/messages").json()["items"]}
    assert said >= {"Clerk, AI", ""}
    asked = program.post(f"/sessions/{session.session_id}/ask-for-person").json()
    assert (asked["ai_mode"], asked["notice"]) == ("off", PEOPLE_ANSWER)
    assert asked["person_wanted_at"] is not None


def test_asking_stops_a_question_to_people_and_says_why(asked: Callable[..., object], session: Session) -> None:
    asked(call("refund", order="7", cents=500))
    assert escalation.ask_for_person(session)
    assert not session.requirements.pending().exists()
    assert session.runs.get().status == "cancelled"
