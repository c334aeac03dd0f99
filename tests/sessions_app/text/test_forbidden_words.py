"""Words that an admin forbids in names of a queue: found however they are dressed up, at every door."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from kern.agent import Agent
from kern.errors import InvalidSessionNameError, ModelError, NamingError
from kern.testing import ScriptedModel
from sessions_app.actions import messages, moving, names, sessions, tickets
from sessions_app.models import ApiToken, Message, Person, Queue, Session
from sessions_app.store import DjangoDb
from sessions_app.text.forbidden_words import LONGEST_LINE, MOST_LINES, found_in, must_be_words
from sessions_app.workers import naming
from tests.desk import actor
from tests.importing import CHAT, Load, load
from tests.sessions_app.admin.test_admin import pages, queue_form

__all__ = ["load", "pages"]

WORDS = "ass\nmuppet\nblue parcel\nnaïve\nc.*t\n(a+)+$\n馬鹿\nคนโง่\nVIP客户\nदुष्ट\n🍆"
BAD_KEY = ModelError("the key is wrong", permanent=True)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("You Muppet!", "muppet"),
        ("**Mup**pet", "muppet"),
        ("`muppet` _muppet_", "muppet"),
        ("muppet_fan", "muppet"),
        ("[mup](https://x.example)pet", "muppet"),
        ("<b>mup</b>pet <i>x</i>", "muppet"),
        ("mu<!-- x -->ppet", "muppet"),
        ("one<br>muppet<br>more", "muppet"),
        ("mu&shy;ppet", "muppet"),
        ("&#109;uppet", "muppet"),
        ("mu\u00adppet", "muppet"),
        ("mu\u200bp\u200dpet\u2060", "muppet"),
        ("mu\u202eppet\u202c", "muppet"),
        ("mu\u034fppet", "muppet"),
        ("hi\u3164muppet", "muppet"),
        ("Ｍｕｐｐｅｔ", "muppet"),
        ("𝐦𝐮𝐩𝐩𝐞𝐭", "muppet"),
        ("ⓜⓤⓟⓟⓔⓣ", "muppet"),
        ("m̶u̶p̶p̶e̶t̶", "muppet"),
        ("m.u.p.p.e.t and m u p p e t", "muppet"),
        ("muppet's bag", "muppet"),
        ("Blue\u00a0 Parcel late", "blue parcel"),
        ("a blue-parcel", "blue parcel"),
        ("NAIVE idea", "naïve"),
        ("c.*t", "c.*t"),
        ("彼は馬鹿です", "馬鹿"),
        ("馬・鹿 **馬**鹿", "馬鹿"),
        ("เขาเป็นคนโง่มาก", "คนโง่"),
        ("你好VIP 客户!", "VIP客户"),
        ("दुष्ट लोग", "दुष्ट"),
        ("late 🍆\ufe0f again", "🍆"),
    ],
)
def test_a_forbidden_word_is_found_however_it_is_dressed_up(text: str, word: str) -> None:
    assert found_in(text, WORDS) == word


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Passport and class",
        "muppets",
        "blue and green parcel",
        "blue parcels",
        "cat",
        "aaaa",
        "दुष्टता",
        "馬と鹿",
        "parcel blue",
    ],
)
def test_words_that_only_have_one_inside_are_nobodys_business(text: str) -> None:
    assert found_in(text, WORDS) == ""
    assert found_in("anything", "") == found_in("anything", "\n  \n") == ""


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "<a" * 100_000, "[a](" * 100_000, "m " * 100_000, "&#" * 100_000, "a" * 100_000]
)
def test_a_long_text_against_many_words_is_looked_through_soon(text: str) -> None:
    assert found_in(text, "\n".join(f"word{number}" for number in range(MOST_LINES))) == ""


@pytest.mark.parametrize("wrong", ["fine\n\u200b\u00ad", "x" * (LONGEST_LINE + 1), "a\n" * (MOST_LINES + 1)])
def test_lines_that_could_never_be_found_are_refused(wrong: str) -> None:
    with pytest.raises(ValidationError, match=r"Line|lines"):
        must_be_words(wrong)


@pytest.fixture
def strict(orders: Queue) -> Queue:
    """The queue of the conversation, which forbids words."""
    Queue.objects.filter(pk=orders.pk).update(forbidden_words=WORDS)
    orders.refresh_from_db()
    return orders


@pytest.fixture
def due(strict: Queue, session: Session) -> Session:
    """A conversation in which the customer wrote a forbidden word, and whose naming is due now."""
    messages.receive(session, "You mup\u00adpet, where is it?")
    Session.objects.update(name_due_at=timezone.now())
    return Session.objects.get(pk=session.pk)


def now(session: Session) -> tuple[str, str]:
    row = Session.objects.get(pk=session.pk)
    return row.name, row.name_source


def test_an_admin_sets_the_words_of_a_queue(pages: Client, orders: Queue) -> None:
    page = reverse("admin:sessions_app_queue_change", args=[orders.pk])
    refused = pages.post(page, {**queue_form(orders), "forbidden_words": "fine\n\u200b"})
    assert "Line 2 has nothing in it" in refused.content.decode()
    assert pages.post(page, {**queue_form(orders), "forbidden_words": "muppet\nblue parcel"}).status_code == 302
    orders.refresh_from_db()
    assert orders.forbidden_words.split() == ["muppet", "blue", "parcel"]


def test_a_generated_name_with_a_forbidden_word_is_asked_for_once_more(due: Session) -> None:
    model = actor.says("A **mup**pet writes", "Late parcel")
    naming.name(due.session_id)
    assert now(due) == ("Late parcel", "auto")
    assert "forbidden words" in model.requests[1].messages[-1].content


def test_without_an_allowed_name_the_first_words_stand_in_without_the_forbidden_one(due: Session) -> None:
    actor.says("A muppet", "A muppet again", "The muppet")
    naming.name(due.session_id)
    assert now(due) == ("You where is it?", "provisional")
    assert "not allowed" in Session.objects.get(pk=due.pk).name_problem
    assert naming.due() == []


def test_a_ticket_with_a_forbidden_word_does_not_stand_in_either(due: Session, ana: Person) -> None:
    Queue.objects.update(forbidden_words="HD\nmuppet")
    tickets.link(due, ana, "HD-12")
    actor.says(BAD_KEY)
    naming.name(due.session_id)
    assert now(due) == ("You where is it?", "provisional")
    assert naming.due() == []


def test_a_name_stays_when_no_allowed_one_comes_out(due: Session, ana: Person) -> None:
    names.rename(due, ana, "Late parcel")
    names.generate(due, ana)
    actor.says("A muppet", "A muppet again", "The muppet")
    naming.name(due.session_id)
    assert now(due) == ("Late parcel", "human")


def test_words_that_became_forbidden_while_the_model_answered_are_not_written(strict: Queue, due: Session) -> None:
    def the_admin_forbids_it(_request: object) -> str:
        Queue.objects.update(forbidden_words=f"{WORDS}\nlate")
        return "Late parcel"

    actor.says(the_admin_forbids_it)
    naming.name(due.session_id)
    assert now(due)[1] == "provisional"


def test_the_page_says_which_word_it_was_and_gives_the_name_back(
    client: Client, strict: Queue, session: Session, ana: Person
) -> None:
    client.force_login(ana)
    address = f"/sessions/{session.session_id}/name/"
    answer = client.post(address, {"name": "A Mup*pet* & more"})
    said = answer.content.decode()
    assert answer.status_code == 422
    assert "“muppet” is one of the forbidden words for names" in said
    assert 'value="A Mup*pet* &amp; more"' in said
    assert now(session) == ("Conversation with Kim", "provisional")
    assert client.post(address, {"name": "A muppet"}, headers={"HX-Request": "true"}).status_code == 422


def test_an_earlier_name_does_not_come_back_with_a_word_that_is_forbidden_by_now(
    client: Client, orders: Queue, session: Session, ana: Person
) -> None:
    first = names.rename(session, ana, "A muppet")
    names.rename(session, ana, "Late parcel")
    Queue.objects.update(forbidden_words=WORDS)
    client.force_login(ana)
    answer = client.post(f"/sessions/{session.session_id}/name/", {"restore": first.pk})
    assert (answer.status_code, now(session)) == (422, ("Late parcel", "human"))
    assert "forbidden words" in answer.content.decode()


def test_the_api_refuses_it_as_any_name_that_cannot_be(client: Client, strict: Queue, session: Session, ana: Person) -> None:
    secret = {"Authorization": f"Bearer {ApiToken.make('script', ana)[1]}"}
    address = f"/api/sessions/{session.session_id}/name"
    answer = client.put(address, {"name": "A muppet"}, content_type="application/json", headers=secret)
    assert answer.status_code == 422
    assert "forbidden words" in answer.content.decode()
    assert now(session) == ("Conversation with Kim", "provisional")


def test_the_import_keeps_the_line_and_leaves_the_name_out(load: Load, strict: Queue) -> None:
    told, complaints = load(
        {"id": "a", "messages": CHAT, "title": "A mup\u200bpet"}, {"id": "b", "messages": CHAT, "title": "Late"}
    )
    assert "2 imported" in told
    assert "forbidden words for names" in told + complaints
    assert dict(Session.objects.values_list("session_id", "name")) == {"a": "Where is order 7?", "b": "Late"}


def test_the_library_names_no_session_so_in_the_applications_database(strict: Queue, due: Session) -> None:
    agent = Agent(ScriptedModel(["A muppet", "A muppet", "A muppet", "Late parcel"]), db=DjangoDb())
    with pytest.raises(InvalidSessionNameError, match="forbidden words"):
        agent.set_session_name(due.session_id, "A muppet")
    with pytest.raises(NamingError, match="not allowed"):
        agent.set_session_name(due.session_id, autogenerate=True)
    assert now(due) == ("You where is it?", "provisional")
    assert agent.set_session_name(due.session_id, autogenerate=True).name == "Late parcel"


def test_in_another_queue_a_generated_name_is_made_anew_and_a_persons_stays(
    strict: Queue, parcels: Queue, session: Session, ana: Person
) -> None:
    theirs = sessions.start_session(parcels, user_id="lou")
    DjangoDb().rename_session(theirs.session_id, "A muppet", "auto")
    messages.note(theirs, ana, "Which queue is this?")
    hers = sessions.start_session(parcels, user_id="kay")
    names.rename(hers, ana, "A muppet")
    for moved in (theirs, hers):
        moving.move(moved, ana, strict)
    assert naming.due() == [theirs.session_id]
    actor.says(BAD_KEY)
    naming.name(theirs.session_id)
    assert now(hers) == ("A muppet", "human")
    moving.move(hers, ana, parcels)
    assert naming.due() == []


def test_customers_who_call_themselves_so_are_shown_as_customer(client: Client, strict: Queue, ana: Person) -> None:
    rude = sessions.start_session(strict, user_id="lou", customer_name="Big **Mup**pet")
    messages.receive(rude, "Hello")
    assert (rude.customer, rude.customer_name) == ("Customer", "Big **Mup**pet")
    assert Message.objects.get(session=rude).author == "Customer"
    assert sessions.start_session(strict, customer_name="Ana Passmuppetson").customer == "Ana Passmuppetson"
    client.force_login(ana)
    for address in ("/", f"/sessions/{rude.session_id}/"):
        assert "**Mup**" not in client.get(address, follow=True).content.decode()
