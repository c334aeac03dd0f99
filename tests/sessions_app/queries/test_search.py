"""Search: what fits a query on either database, and which words were not looked for."""

from __future__ import annotations

import unicodedata

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from sessions_app.actions import messages, names, tickets
from sessions_app.models import Person, Queue, Session, TicketLink
from sessions_app.queries.search import LONGEST_QUERY, matching, words_of
from sessions_app.text.folding import fold
from tests.sessions_app.views.test_inbox import names as shown_names
from tests.sessions_app.views.test_inbox import read

ALIKE = [
    ("Пётр", "пётр"),
    ("ПЕТР", "Пётр"),
    ("Núñez", "nunez"),
    ("Straße 7", "STRASSE 7"),
    ("İstanbul", "istanbul"),
    ("Isparta", "ısparta"),
    ("ΟΔΟΣ", "οδός"),
    ("Łódź", "lodz"),
    ("Sørensen", "sorensen"),
    ("Ｆｌｉｇｈｔ　１２", "flight 12"),
    ("ﬁre", "fire"),
    ("سفارش ۴۸۲", "سفارش 482"),
    ("مُحَمَّد", "محمد"),
    ("شَيْء كيف", "کیف"),
    ("שָׁלוֹם", "שלום"),
    ("O’Brien", "o'brien"),
    ("AB‑123", "ab-123"),
    ("Hawaiʻi", "hawai'i"),
    ("葛\U000e0100城", "葛城"),
    ("co\u00adoperate", "cooperate"),
    ("ｶﾞﾗｽ", "ガラス"),
    (unicodedata.normalize("NFD", "Zoë Müller 한국 がく"), unicodedata.normalize("NFC", "zoë müller 한국 がく")),
]
#: Marks that make another letter.
APART = [("がく", "かく"), ("की", "क"), ("ที่นี่", "ท"), ("하늘", "한")]


@pytest.mark.parametrize(("kept", "asked"), ALIKE)
def test_a_name_is_found_however_it_is_written(orders: Queue, kept: str, asked: str) -> None:
    Session.objects.create(queue=orders, customer_name=kept)
    for query in (asked, kept, asked.upper(), unicodedata.normalize("NFD", asked), unicodedata.normalize("NFC", kept)):
        assert matching(Session.objects.all(), words_of(query)).exists(), query


@pytest.mark.parametrize(("kept", "asked"), APART)
def test_marks_that_make_another_letter_are_kept(kept: str, asked: str) -> None:
    assert fold(asked) != fold(kept)


@given(st.text())
def test_what_is_folded_stays_as_it_is_in_every_composition(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text)) == fold(text)


def test_whatever_changes_a_row_changes_what_is_found(orders: Queue, ana: Person, session: Session) -> None:
    def found(query: str) -> bool:
        return matching(Session.objects.all(), words_of(query)).exists()

    names.rename(session, ana, "Größe 40")
    messages.receive(session, "Où est ma\n  commande ?")
    tickets.link(session, ana, "HD-4711")
    assert all(map(found, ("grosse", "OU EST", '"ma commande"', "hd-47", "kim", session.session_id)))
    names.rename(session, ana, "Another")
    assert not found("grosse")
    tickets.unlink(TicketLink.objects.get(), ana)
    assert not found("hd-47")
    Session.objects.bulk_create([Session(queue=orders, customer_name="Ægir")])
    assert found("aegir")
    with pytest.raises(ValueError, match="search_text is made of them"):
        Session.objects.update(name="Behind")


@pytest.mark.parametrize("sign", ["%", "_", "\\", "％", "＿", "＼", "%%"])
def test_signs_that_databases_take_for_others_stand_for_themselves(orders: Queue, sign: str) -> None:
    Session.objects.create(queue=orders, name="plain")
    assert not matching(Session.objects.all(), words_of(sign)).exists()
    signed = Session.objects.create(queue=orders, name=f"100{sign} off")
    assert matching(Session.objects.all(), words_of(f"{sign} off")).get() == signed


@pytest.mark.parametrize(
    ("query", "used", "unused"),
    [
        ("broken  vase", ["broken", "vase"], []),
        ('“broken vase” "kim lee"', ["broken vase", "kim lee"], []),
        ("Vase vase VASE", ["Vase"], []),
        ('15" screen', ["15", "screen"], ['"']),
        ("kim \u200b\u200d \u0301", ["kim"], ["\u200b\u200d", "\u0301"]),
        ("a b c d e f g h i k", list("abcdefgh"), ["i", "k"]),
        (f"{'x' * 101} y", ["y"], ["x" * 101]),
        ("", [], []),
        ("\x00", [], []),
    ],
)
def test_a_query_says_which_of_its_words_are_not_used(query: str, used: list[str], unused: list[str]) -> None:
    words = words_of(query)
    assert (words.used, words.unused) == (used, unused)
    assert bool(words.complaint) == bool(unused)


def test_the_page_says_what_it_did_not_look_for(client: Client, ben: Person, orders: Queue) -> None:
    client.force_login(ben)
    Session.objects.create(queue=orders, name="A to H")
    page = read(client, "/search/", q="a t o h A 1 2 3 4 5")
    assert "Not searched for" not in read(client, "/search/", q="to h")
    assert "Not searched for: “5”." in page
    page = read(client, "/search/", q="word " * 200)
    assert shown_names(page) == []
    assert "Not searched for" in page
    assert len(words_of("word " * 200).used) == 1
    assert len(page) < 200 * LONGEST_QUERY


def test_admins_find_rows_the_same_way(client: Client, ana: Person, orders: Queue) -> None:
    client.force_login(ana)
    session = Session.objects.create(queue=orders, customer_name="Пётр Núñez")
    Person.objects.create_user("zoe@example.com", "secret", display_name="Zoë")
    tickets.link(session, ana, "HD-4711")
    for page, query in (("session", "ПЕТР nunez"), ("person", "ZOE"), ("ticketlink", "hd-4711 nunez"), ("queue", "ORDERS")):
        assert "1 result" in read(client, f"/admin/sessions_app/{page}/", q=query), page
        assert "0 results" in read(client, f"/admin/sessions_app/{page}/", q="％"), page
    for page in ("namerecord", "ticketsystem", "apitoken", "change", "decision", "sessionread"):
        assert client.get(f"/admin/sessions_app/{page}/", {"q": "zoë"}).status_code == 200
