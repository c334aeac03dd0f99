"""The search page: what was found is shown with the sentence around it, and where it was said."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client

from sessions_app.actions import messages
from sessions_app.models import Message, Person, Session
from tests.sessions_app.html import flat

Work = Callable[[], list[str]]


def search(client: Client, person: Person, query: str) -> str:
    client.force_login(person)
    response = client.get("/search/", {"q": query})
    assert response.status_code == 200
    return flat(response.content.decode())


def test_a_row_shows_the_sentence_with_what_was_found_marked(client: Client, ben: Person, session: Session) -> None:
    messages.receive(session, "Tonight is late. The dress in that SUITCASE is for a <b>wedding</b>. Thanks!")
    messages.receive(session, "Hello?")
    page = search(client, ben, '"dress in that suitcase"')
    assert "Kim</b>The <mark>dress in that SUITCASE</mark> is for a &lt;b&gt;wedding" in page
    assert f"#message_{Message.objects.order_by('pk')[0].pk}" in page


def test_a_row_says_where_it_was_said(client: Client, ben: Person, session: Session) -> None:
    messages.note(session, ben, "Courier to Porto")
    page = search(client, ben, "courier")
    assert "In a note" in page
    assert "<mark>Courier</mark> to Porto" in page
    Message.objects.create(session=session, role="tool", tool_name="find_booking", content="seat 14C", author_kind="system")
    assert "In <code>find_booking</code>’s result" in search(client, ben, "14c")
    call = {"id": "1", "name": "trace_bag", "arguments": '{"tag": "KW Ü118202"}'}
    Message.objects.create(session=session, role="assistant", tool_calls=[call], author_kind="agent")
    page = search(client, ben, "u118202")
    assert "In the call of <code>trace_bag</code>" in page
    assert "<mark>Ü118202</mark>" in page


def test_what_outsiders_said_is_found_by_nobody_else(client: Client, cy: Person, session: Session) -> None:
    messages.receive(session, "A purple umbrella")
    assert "<mark>" not in search(client, cy, "umbrella")


def test_a_word_late_in_a_long_message_is_shown(client: Client, ben: Person, session: Session) -> None:
    messages.receive(session, "Nothing of interest here, only words. " * 500 + "The über-umbrella broke, sadly.")
    assert "The über-<mark>umbrella</mark> broke, sadly." in search(client, ben, "umbrella")


def test_the_list_reads_the_same_number_of_times_for_any_number_of_hits(
    client: Client, ben: Person, session: Session, django_assert_max_num_queries: Callable[[int], object]
) -> None:
    for number in range(3):
        other = Session.objects.create(queue=session.queue, customer_name=f"Kim {number}")
        messages.note(other, ben, f"umbrella {number}")
    search(client, ben, "umbrella")
    with django_assert_max_num_queries(8):  # type: ignore[attr-defined]
        assert client.get("/search/?q=umbrella+kim").content.count(b"<mark>") == 3
