"""The contract of search: what is found, the same on SQLite and on PostgreSQL (the whole suite runs on both)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kern.agent import Agent
from kern.testing import ScriptedModel, call
from sessions_app import customers
from sessions_app.actions import deleting, merging, messages, names, sessions, tickets
from sessions_app.customers import Customer
from sessions_app.models import Message, Person, Queue, SearchBacklog, SearchEntry, Session, TicketLink
from sessions_app.queries.search import matching, words_of
from sessions_app.queries.search_index import hits_in, newest_hits
from sessions_app.store import DjangoDb
from sessions_app.text.tokens import Term, spans, term, tokens
from sessions_app.workers import indexing
from tests import desk as shop

Work = Callable[[], list[str]]

#: What a customer wrote, queries that find it, and queries that do not.
CORPUS: list[tuple[str, list[str], list[str]]] = [
    (
        "Where is my REFUND for Café Zoë?",
        ["refund", "Refu", "cafe", "CAFÉ", "zoe", '"my refund for"'],
        ["efund", '"refund my"'],
    ),
    ("Größe Straße, naïve façade", ["grosse", "STRASSE", "naive", "facade", "strass"], ["groesse"]),
    ("re\u0301sume\u0301 and n\u0303", ["résumé", "resume", "ñ"], ["resumed"]),
    ("私は東京都に住んでいます。", ["東京", "京都", "東京都", "住", '"東京都に"', "す"], ["京東", "大阪"]),
    ("ｶﾞﾗｽが割れた ＡＢＣ１２３", ["ガラス", "ガラ", "abc123"], ["カラス"]),
    ("주문한 상품을 환불해 주세요", ["환불", "상품", "주문한"], ["불해"]),
    ("Верните деньги за билет, Пётр", ["деньги", "ДЕНЬГИ", "петр", "бил"], ["рубли"]),
    ("أريد استرداد المبلغ ۴۸۲", ["استرداد", "482"], ["483"]),
    ("שָׁלוֹם, אני צריך עזרה", ["שלום", "עזרה"], ["שלומי"]),
    ("İstanbul'a ılık bir bilet", ["istanbul", "ISTANBUL", "ilik"], ["ankara"]),
    ("It is ❤️ great 🛫 thanks 👍🏽", ["❤", "🛫", "👍", '"🛫 thanks"'], ["🛬"]),
    (
        "Write to ana.lopez+vip@mail.example please",
        ["ana.lopez+vip@mail.example", "mail.example", "lopez", "@mail"],
        ["vip@ana"],
    ),
    ("Ticket ZD-48188 and voucher SAVE_50", ["ZD-48188", "zd-48", "48188", "SAVE_50", "save", "voucher"], ["SAVE_51", "8188"]),
    ("co\u00adoperate and zero\u200bwidth", ["cooperate", "zerowidth"], ["operate"]),
    ("x" * 300 + " end", ["x" * 80, "end"], ["xy"]),
    ('She said "it\'s 100% broken"; DROP TABLE x -- NEAR(a b)', ["it's", "100%", "drop", "NEAR(a", "--x"], ["OR", "dropped"]),
    ("AND OR NOT NEAR * ^ col:words", ["AND", "or", "not*", "col:words", "^near"], ["words:col"]),
    ("สวัสดีครับ ผมต้องการคืนเงิน", ["คืนเงิน", "สวัสดี"], ["เงินเดือน"]),
]
ODD = [
    '"',
    "'",
    '""',
    "*",
    "a*",
    "-",
    "-a",
    "(",
    ")",
    "a AND",
    "NEAR(",
    "^a",
    "a:b",
    "{a}",
    "\\",
    "';--",
    "%",
    "_",
    "a & b | !c",
    "<->",
    "\x00",
]


def term_of(word: str, *, whole: bool = False) -> Term:
    searched = term(word, whole=whole)
    assert searched
    return searched


def newest(among: list[Session], terms: list[Term]) -> list[Message]:
    return list(Message.objects.filter(pk__in=newest_hits([one.pk for one in among], terms)))


def found(query: str) -> list[Session]:
    return list(matching(Session.objects.there(), words_of(query)).order_by("pk"))


@pytest.mark.parametrize(("text", "finding", "missing"), CORPUS, ids=[text[:20] for text, _finding, _missing in CORPUS])
def test_words_are_found_however_they_are_written(session: Session, text: str, finding: list[str], missing: list[str]) -> None:
    messages.receive(session, text)
    assert [query for query in finding if found(query) != [session]] == []
    assert [query for query in missing if found(query)] == []


@pytest.mark.parametrize("query", ODD)
def test_no_query_is_syntax_of_a_database(session: Session, query: str) -> None:
    messages.receive(session, "a harmless word")
    assert found(f"harmless {query.replace('a', '')}") in ([session], [])
    found(query)


@given(st.text(max_size=80))
def test_places_of_words_in_a_text_are_those_of_its_words(text: str) -> None:
    assert [span.token for span in spans(text)] == tokens(text)


def test_every_word_may_stand_elsewhere_in_the_conversation(session: Session, ben: Person, work: Work) -> None:
    shop.actor.says("It flies tonight.")
    messages.receive(session, "My suitcase is missing")
    work()
    messages.note(session, ben, "Courier to Porto")
    names.rename(session, ben, "Lisbon belt 4")
    tickets.link(session, ben, "HD-4711")
    for query in ("suitcase porto", "lisbon tonight", "kim courier", "hd-4711 flies", '"courier to porto" belt'):
        assert found(query) == [session], query
    assert found("suitcase madrid") == []


def test_arguments_and_results_of_tools_are_found_and_instructions_are_not(session: Session) -> None:
    model = ScriptedModel([call("look_up", booking="QX7PL2", seats=[12, "14Ç"]), "Done"])
    agent = Agent(model=model, db=DjangoDb(), tools=[look_up], instructions="Behave like a librarian")
    agent.run("Please look", session_id=session.session_id, user_id=session.user_id)
    assert found("qx7pl2") == found("14c") == found("look_up") == found("wheelchair") == [session]
    assert found("librarian") == []


def look_up(booking: str, seats: list[object]) -> dict[str, object]:
    """Look a booking up."""
    return {"booking": booking, "remarks": ["wheelchair to the gate"]}


def test_what_changes_is_found_as_it_is_now(session: Session, ben: Person) -> None:
    names.rename(session, ben, "Violin in the hold")
    tickets.link(session, ben, "HD-4711")
    names.rename(session, ben, "Cello at the gate")
    tickets.unlink(TicketLink.objects.get(), ben)
    assert (found("cello"), found("violin"), found("hd-4711")) == ([session], [], [])


def test_merged_conversations_are_found_as_one_and_apart_again(session: Session, orders: Queue, ben: Person) -> None:
    other = sessions.start_session(orders, user_id="kim", customer_name="Kim")
    messages.note(other, ben, "An umbrella")
    messages.note(session, ben, "A raincoat")
    done = merging.merge(session, other, ben)
    assert found("umbrella raincoat") == [session]
    assert newest([session, other], [term_of("umbrella")]) == list(Message.objects.filter(content="An umbrella"))
    merging.undo(done, ben)
    assert (found("umbrella"), found("raincoat")) == ([other], [session])


def test_deleted_and_erased_conversations_are_out_at_once(session: Session, orders: Queue, ana: Person) -> None:
    messages.receive(session, "A secret umbrella")
    deleting.delete(session, ana)
    assert found("umbrella") == []
    deleting.restore(session, ana)
    assert found("umbrella") == [session]
    customers.erase(Customer("user_id", session.user_id))
    assert found("umbrella") == []
    assert not SearchEntry.objects.filter(words__contains="umbrella").exists()


def test_the_library_deletes_from_the_index_too(session: Session) -> None:
    messages.receive(session, "A green umbrella")
    DjangoDb().delete_session(session.session_id)
    assert not SearchEntry.objects.exists()


@pytest.mark.parametrize("whole", [False, True])
def test_hits_are_the_newest_messages_with_all_words_else_with_any(
    session: Session, orders: Queue, ben: Person, whole: bool
) -> None:
    first = messages.receive(session, "The red suitcase")
    second = messages.note(session, ben, "A suitcase again")
    between, other = (sessions.start_session(orders, user_id=name) for name in ("lee", "mo"))
    messages.receive(between, "Another red suitcase")
    third = messages.receive(other, "No suitcase")
    both = [term_of("red", whole=whole), term_of("suitcase", whole=whole)]
    assert newest([session, other], both) == [first, third]
    assert newest([session], [term_of("suitcase", whole=whole)]) == [second]
    assert newest([session], [term_of("kim", whole=whole)]) == []
    assert hits_in(session.pk, both, 10) == [second.pk, first.pk]
    assert hits_in(session.pk, both, 1) == [second.pk]


def test_an_upgrade_is_indexed_in_steps_and_messages_meanwhile_are_found(session: Session, ben: Person) -> None:
    for number in range(5):
        messages.receive(session, f"Old umbrella {number}")
    SearchEntry.objects.all().delete()
    indexing.begin_again()
    messages.note(session, ben, "New raincoat")
    assert (found("umbrella"), found("raincoat")) == ([], [session])
    while indexing.index_some(seconds=0):
        pass
    assert found("umbrella kim") == [session]
    assert SearchEntry.objects.filter(message__isnull=False).count() == Message.objects.count()
    assert not SearchBacklog.objects.exists()


def test_a_very_long_text_is_indexed_as_far_as_a_database_can(session: Session) -> None:
    Message(
        session=session, content="beginning " + " ".join(f"w{number}" for number in range(60_000)) + " 漢字" * 90_000
    ).save()
    assert found("beginning w100") == [session]
