"""Characters that nobody sees are marked where they are, on every page; what writing needs of them stays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from kern.testing import call
from sessions_app.actions import messages, names
from sessions_app.models import Person, Requirement, Session
from sessions_app.text.formatting import markdown_html, plain_html
from sessions_app.text.unseen import as_it_was, editable, shown
from tests.desk import actor
from tests.sessions_app.views.test_customer import begin

INVOICE = "ACME \u202e000,1\u202c Ltd"
SEEN = "ACME ‹U+202E›000,1‹U+202C› Ltd"


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        (INVOICE, SEEN),
        ("a\u2066b\u2069", "a‹U+2066›b‹U+2069›"),
        ("pay\u200bpal, soft\u00adhyphen, \ufeffx", "pay‹U+200B›pal, soft‹U+00AD›hyphen, ‹U+FEFF›x"),
        ("x\U000e0041\U000e0042", "x‹U+E0041›‹U+E0042›"),
        ("x" + "\U000e0041" * 120, "x‹120 unseen characters, first U+E0041›"),
        ("a\ufff9b\ufffac\ufffb", "a‹U+FFF9›b‹U+FFFA›c‹U+FFFB›"),
        ("\u3164 and \u115f", "‹U+3164› and ‹U+115F›"),
        ("bell\x07 and csi\x9b", "bell‹U+0007› and csi‹U+009B›"),
        ("pass\u200dword", "pass‹U+200D›word"),
        ("1.000\u200e", "1.000‹U+200E›"),
        ("x\ufe0f\ufe0f", "x‹U+FE0F›‹U+FE0F›"),
        ("❤\ufe0f\ufe01\ufe02", "❤\ufe0f‹U+FE01›‹U+FE02›"),
    ],
)
def test_what_nobody_sees_is_marked_where_it_is(text: str, marked: str) -> None:
    assert shown(text) == marked


@pytest.mark.parametrize(
    "text",
    [
        "Grüße\t客服\r\n🙂",
        "می\u200cخواهم",
        "क्\u200dष",
        "👩\u200d👩\u200d👧, ❤\ufe0f\u200d🔥, 🏳\ufe0f\u200d🌈, 1\ufe0f\u20e3",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "שלום\u200f!",
        "葛\U000e0100飾区",
    ],
)
def test_what_writing_needs_stays(text: str) -> None:
    assert shown(text) == text


@pytest.mark.parametrize("text", [INVOICE, "a" + "\u200b" * 9 + "b", "plain", "‹U+0041› typed", "‹U+FFFFFF›"])
def test_what_people_edit_comes_back_as_it_was(text: str) -> None:
    assert as_it_was(editable(text)) == text


def test_words_are_marked_before_they_become_html() -> None:
    assert markdown_html(f"**{INVOICE}**") == f"<p><strong>{SEEN}</strong></p>"
    assert plain_html(INVOICE) == f"<p>{SEEN}</p>"


@pytest.fixture
def inbox(ana: Person) -> Client:
    browser = Client()
    browser.force_login(ana)
    return browser


def test_who_decides_reads_an_argument_with_its_hidden_characters(
    inbox: Client, session: Session, asked: Callable[..., Requirement]
) -> None:
    question = asked(call("refund", order=INVOICE, cents=100))
    pages = ("/decisions/", f"/open/{session.session_id}/", f"/requirements/{question.pk}/", "/admin/sessions_app/requirement/")
    for path in (*pages, f"/admin/sessions_app/requirement/{question.pk}/change/"):
        page = inbox.get(path).content.decode()
        assert "\u202e" not in page, path
    assert SEEN in inbox.get(f"/open/{session.session_id}/").content.decode()


def test_an_argument_that_is_approved_with_edits_keeps_what_nobody_changed(
    inbox: Client, session: Session, asked: Callable[..., Requirement]
) -> None:
    question = asked(call("refund", order=INVOICE, cents=100))
    form = inbox.get(f"/open/{session.session_id}/?edit={question.pk}").content.decode()
    assert f'value="{SEEN}"' in form
    session.refresh_from_db()
    fields: dict[str, Any] = {"answer": "edit", "seen": session.last_change, "arg.order": SEEN, "arg.cents": "200"}
    inbox.post(f"/requirements/{question.pk}/decision/", fields)
    question.refresh_from_db()
    assert question.edited_arguments == {"order": INVOICE, "cents": 200}


def test_a_customer_and_the_team_read_it_everywhere_and_ones_own_unsent_words_stay(
    client: Client, inbox: Client, ana: Person, rows: None, work: Callable[[], list[str]]
) -> None:
    address = begin(client, f"Pay {INVOICE} now")
    actor.says(f"I paid {INVOICE}.")
    work()
    session = Session.objects.get()
    names.rename(session, ana, "An invoice")
    messages.note(session, ana, f"Note {INVOICE}")
    for browser, path in ((client, address), (inbox, f"/open/{session.session_id}/"), (inbox, "/open/")):
        page = browser.get(path).content.decode()
        assert "\u202e" not in page, path
    assert f"I paid {SEEN}." in client.get(address).content.decode()
    again = client.post(f"{address}messages/", {"message": f"{INVOICE} again", "key": "k" * 65}).content.decode()
    assert f"{INVOICE} again</textarea>" in again


def test_a_page_without_such_characters_is_left_as_it_is(client: Client, rows: None) -> None:
    assert "‹U+" not in client.get("/help/orders/").content.decode()
