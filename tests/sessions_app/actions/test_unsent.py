"""Words that were typed and not sent: kept for their writer alone, on every device, until they are sent."""

from __future__ import annotations

import pytest
from django.test import Client

from sessions_app.actions import messages, unsent
from sessions_app.infrastructure.ids import secret_hash
from sessions_app.models import Message, Person, Session, UnsentText
from tests.sessions_app.html import flat

HTMX = {"HX-Request": "true"}


@pytest.fixture
def inbox(client: Client, ben: Person) -> Client:
    """Ben's browser."""
    client.force_login(ben)
    return client


def typed(inbox: Client, session: Session, body: str, **more: object) -> str:
    """The page keeps what stands in the composer; returns the fragment that comes back."""
    sent = {"kind": "reply", "body": body, "base": 0, "page": "desk", **more}
    answer = inbox.post(f"/sessions/{session.session_id}/unsent/", sent, headers=HTMX)
    assert answer.status_code == 200
    return str(answer.content.decode())


def send(inbox: Client, session: Session, body: str, status: int = 200, **more: object) -> str:
    sent = {"seen": 10**9, "kind": "reply", "body": body, "do": "send", **more}
    answer = inbox.post(f"/sessions/{session.session_id}/messages/", sent, headers=HTMX)
    assert answer.status_code == status
    return str(answer.content.decode())


def page_of(inbox: Client, session: Session, query: str = "") -> str:
    return str(inbox.get(f"/open/{session.session_id}/{query}").content.decode())


def kept() -> list[tuple[str, str, str]]:
    return list(UnsentText.objects.values_list("kind", "text", "elsewhere"))


def test_half_a_reply_is_there_on_another_device_and_gone_once_sent(inbox: Client, ben: Person, session: Session) -> None:
    typed(inbox, session, "Your order\r\n  is", kind="note")
    phone = Client()
    phone.force_login(ben)
    page = page_of(phone, session)
    assert "Your order\n  is</textarea>" in page
    assert 'value="note" checked' in flat(page)
    send(phone, session, "Your order\n  is here.", kind="note", base=1, page="phone")
    assert kept() == [("note", "", "")]
    assert "Your order" not in page_of(inbox, session).partition("<textarea")[2].partition("</textarea>")[0]


def test_nobody_else_sees_or_touches_it(inbox: Client, ana: Person, cy: Person, session: Session) -> None:
    typed(inbox, session, "Between you and me")
    others = Client()
    others.force_login(ana)
    assert "Between you and me" not in page_of(others, session)
    others.force_login(cy)
    refused = others.post(f"/sessions/{session.session_id}/unsent/", {"kind": "reply", "body": "x"})
    assert refused.status_code == 404
    assert kept() == [("reply", "Between you and me", "")]


def test_of_two_devices_the_newest_words_win_and_the_others_are_shown_beside_them(inbox: Client, session: Session) -> None:
    typed(inbox, session, "From the desk", page="desk")
    beside = typed(inbox, session, "From the phone", page="phone", base=0)
    assert "another page or device" in beside
    assert "From the desk" in beside
    assert kept() == [("reply", "From the phone", "From the desk")]
    both = inbox.post(
        f"/sessions/{session.session_id}/unsent/", {"kind": "reply", "body": "From the phone", "do": "add"}, headers=HTMX
    )
    assert "From the phone\n\nFrom the desk</textarea>" in both.content.decode()
    assert kept() == [("reply", "From the phone\n\nFrom the desk", "")]


def test_the_same_page_takes_nothing_from_itself(inbox: Client, session: Session) -> None:
    for words in ("It is", "It was", "It"):
        assert "another page" not in typed(inbox, session, words, base=0)
    assert kept() == [("reply", "It", "")]


def test_a_page_that_saw_the_other_ones_words_may_change_them(inbox: Client, session: Session) -> None:
    typed(inbox, session, "From the desk", page="desk")
    assert "another page" not in typed(inbox, session, "Something else", page="phone", base=1)
    assert kept() == [("reply", "Something else", "")]


def test_sending_from_an_old_page_keeps_what_was_typed_on_another(inbox: Client, session: Session) -> None:
    typed(inbox, session, "Later, on the phone", page="phone")
    page = send(inbox, session, "From the old page", base=0, page="desk")
    assert "Later, on the phone" in page
    assert kept() == [("reply", "", "Later, on the phone")]


def test_words_that_were_sent_do_not_come_back_when_keeping_them_was_slower(inbox: Client, session: Session) -> None:
    send(inbox, session, "It is on its way.", page="desk")
    typed(inbox, session, "It is on its", base=0)
    assert kept() == [("reply", "", "")]


def test_words_that_another_page_sent_are_not_sent_twice_unless_they_are_meant(inbox: Client, session: Session) -> None:
    typed(inbox, session, "It is **on its way**.", page="desk")
    send(inbox, session, "It is **on its way**.", base=1, page="phone")
    again = send(inbox, session, "It is **on its way**.", status=422, base=1, page="desk")
    assert "You have sent these words already" in again
    assert 'name="base" value="2"' in again
    assert "It is **on its way**.</textarea>" in again
    assert Message.objects.count() == 1
    send(inbox, session, "It is **on its way**.", base=2, page="desk")
    assert Message.objects.count() == 2


def test_a_plain_form_that_is_sent_twice_says_it_once(inbox: Client, session: Session) -> None:
    send(inbox, session, "It is on its way.")
    send(inbox, session, "It is on its way.", status=422)
    send(inbox, session, "It is on its way.", kind="note")
    assert Message.objects.count() == 2


def test_what_is_refused_stays(inbox: Client, session: Session) -> None:
    typed(inbox, session, "Half")
    send(inbox, session, " ", status=422, base=1)
    assert kept() == [("reply", "Half", "")]


def test_a_text_longer_than_may_be_sent_is_kept_whole(inbox: Client, session: Session) -> None:
    typed(inbox, session, "😀 <b>\n" * 40_000)
    assert len(UnsentText.objects.get().text) == 240_000


def test_it_is_deleted_with_its_conversation(inbox: Client, ben: Person, session: Session) -> None:
    unsent.keep(session, ben, "reply", "Half")
    session.delete()
    assert kept() == []


def test_after_a_note_or_a_question_the_composer_stays_private(inbox: Client, session: Session) -> None:
    assert 'value="note" checked' in flat(send(inbox, session, "A note", kind="note"))
    assert 'value="reply" checked' in flat(send(inbox, session, "A reply"))
    messages.receive(session, "Hello")
    address = f"/sessions/{session.session_id}/messages/"
    form = {"seen": 10**9, "kind": "note", "body": "By a plain form", "do": "send"}
    back = inbox.post(address, form, headers={"Referer": f"http://testserver/open/{session.session_id}/?details=1"})
    assert back["Location"].endswith(f"/open/{session.session_id}/?details=1&write=note")
    assert 'value="note" checked' in flat(page_of(inbox, session, "?write=note"))
    form["kind"] = "reply"
    back = inbox.post(
        address, form, headers={"Referer": f"http://testserver{back['Location'].replace('http://testserver', '')}"}
    )
    assert back["Location"].endswith(f"/open/{session.session_id}/?details=1")


def test_a_note_that_another_page_had_makes_the_composer_private_where_it_is_added(inbox: Client, session: Session) -> None:
    typed(inbox, session, "He is rude", kind="note", page="desk")
    beside = typed(inbox, session, "Dear Kim", page="phone")
    assert "for your team, on another page or device" in beside
    address = f"/sessions/{session.session_id}/unsent/"
    both = inbox.post(address, {"kind": "reply", "body": "Dear Kim", "do": "add"}, headers=HTMX).content.decode()
    assert 'value="note" checked' in flat(both)
    assert kept() == [("note", "Dear Kim\n\nHe is rude", "")]
    typed(inbox, session, "A reply", page="desk", base=3)
    page = typed(inbox, session, "Another", page="phone", base=0)
    assert "for your team" not in page


def test_a_preview_of_what_is_too_long_says_so_and_formats_nothing(inbox: Client, session: Session) -> None:
    address = f"/sessions/{session.session_id}/preview/"
    typed = {"kind": "reply", "body": "**a** " * 20_000}
    for headers in (HTMX, {}):
        page = inbox.post(address, typed, headers=headers).content.decode()
        assert "This is too long to send: 119,999 characters" in page
        assert "<strong>a" not in page


def test_a_preview_shows_what_will_be_seen_and_sends_nothing(inbox: Client, session: Session) -> None:
    address = f"/sessions/{session.session_id}/preview/"
    form = {"kind": "reply", "seen": 5, "body": "It is **there**.\r\n  indented <b>\r\n\r\n* one"}
    shown = "<p>It is <strong>there</strong>.<br>  indented &lt;b&gt;</p><ul><li>one</li></ul>"
    fragment = inbox.post(address, form, headers=HTMX).content.decode()
    assert shown in fragment
    assert "<html" not in fragment
    page = inbox.post(address, form).content.decode()
    assert shown in page
    assert "It is **there**.\r\n  indented &lt;b&gt;" in page
    assert 'name="seen" value="5"' in page
    assert Message.objects.count() == 0


def test_a_reply_looks_the_same_to_its_writer_and_to_the_customer(inbox: Client, session: Session) -> None:
    Session.objects.filter(pk=session.pk).update(access_hash=secret_hash("secret"))
    send(inbox, session, "It is **there**.\n\n    code\n      more\n\n![bag](https://example.com/bag.png)")
    shown = (
        "<p>It is <strong>there</strong>.</p><pre><code>code\n  more\n</code></pre>"
        '<p><a href="https://example.com/bag.png" rel="nofollow noopener noreferrer">bag</a></p>'
    )
    assert shown in page_of(inbox, session)
    assert shown in Client().get("/c/secret/").content.decode()
