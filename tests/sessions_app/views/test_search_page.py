"""The search page: what was found is shown with the sentence around it, and where it was said."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client

from kern.testing import call
from sessions_app.actions import messages, sessions, tickets
from sessions_app.models import Message, Person, Queue, Session
from sessions_app.workers import indexing
from tests import desk as shop
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
    assert "<mark>trace</mark>_bag: KW" in search(client, ben, "trace")


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


def opened(client: Client, session: Session, query: str, **more: int) -> str:
    response = client.get(f"/search/{session.session_id}/", {"q": query, **{name: str(value) for name, value in more.items()}})
    assert response.status_code == 200
    return flat(response.content.decode())


def test_the_conversation_opens_at_the_newest_hit_and_goes_to_others(client: Client, ben: Person, session: Session) -> None:
    first, _second, third = (messages.note(session, ben, f"umbrella **umbrella** {number}") for number in range(3))
    client.force_login(ben)
    page = opened(client, session, "umbrella")
    assert "3 of 3 hits" in page
    assert f"hit={first.pk}#message_{first.pk}" in page
    assert page.count('<mark aria-current="true">') == 1
    assert '<mark aria-current="true">umbrella</mark> <strong><mark>umbrella</mark></strong> 2' in page
    page = opened(client, session, "umbrella", hit=first.pk)
    assert "1 of 3 hits" in page
    assert f"hit={third.pk}#message_{third.pk}" in page
    assert "<mark>" not in opened(client, session, "raincoat")


def test_a_hit_in_a_tools_result_opens_its_call(client: Client, ben: Person, session: Session, work: Work) -> None:
    shop.actor.says(call("note_order", order="ORDER-12"), "Here it is")
    messages.receive(session, "Where is it?")
    work()
    result = Message.objects.get(role="tool")
    client.force_login(ben)
    page = opened(client, session, result.content.split()[0])
    assert f'id="message_{result.pk}"open' in page.replace(" ", "")
    assert '<mark aria-current="true">' in page


def test_a_hit_far_from_the_newest_end_is_shown_with_what_stood_around_it(
    client: Client, ben: Person, session: Session
) -> None:
    old = [Message(session=session, content=f"raincoat {number}", person=ben, author_kind="person") for number in range(320)]
    old[10].content = "umbrella"
    for message in old:
        message.save()
    client.force_login(ben)
    page = opened(client, session, "umbrella")
    assert '<mark aria-current="true">umbrella</mark>' in page
    assert "Show the newest" in page
    old[200].content = "parasol"
    old[200].save()
    page = opened(client, session, "parasol")
    assert '<mark aria-current="true">parasol</mark>' in page
    assert "raincoat 319" in page


def test_a_search_without_results_offers_ways_out_with_their_counts(client: Client, ben: Person, session: Session) -> None:
    messages.note(session, ben, "The wedding dress, in a suitcase")
    page = search(client, ben, '"wedding suitcase" is:open')
    assert "No conversation here has" in page
    assert 'Each word for itself</span><span class="num">1</span>' in page
    assert "Without is:open" not in page
    page = search(client, ben, "dress is:closed")
    assert 'Without is:closed</span><span class="num">1</span>' in page
    assert "No conversation here has" in search(client, ben, "word " * 100)
    assert client.get("/search/?q=dress").content.decode().count("empty proposals") == 0


def test_the_page_names_every_operator(client: Client, ben: Person, session: Session) -> None:
    page = search(client, ben, "is:purple")
    assert all(
        f"<code>{name}:</code>" in page for name in ("from", "queue", "ticket", "assignee", "is", "has", "before", "after")
    )
    assert 'data-value="queue:orders"' in page
    assert "Searched for as words: “is:purple”" in page


def test_customers_and_tickets_of_the_words_stand_above_the_hits(
    client: Client, ben: Person, session: Session, orders: Queue
) -> None:
    messages.receive(session, "Is HD-7 about the umbrella?")
    tickets.link(session, ben, "HD-7")
    sessions.start_session(orders, user_id="kimono", customer_name="Kimono Ltd")
    page = search(client, ben, "kim")
    assert "Customers and tickets found" in page
    assert 'href="/search/?q=from%3Akimono"' in page
    assert 'href="/search/?q=from%3Akim"' in page
    assert "/tickets/helpdesk/HD-7/" in search(client, ben, "hd-7 is:open")
    assert "Customers and tickets found" not in search(client, ben, "umbrella")
    assert "Customers and tickets found" not in search(client, ben, "from:kim")


def test_customers_and_tickets_of_other_queues_are_not_told(client: Client, ben: Person, cy: Person, session: Session) -> None:
    tickets.link(session, ben, "HD-7")
    for words in ("kim", "hd-7"):
        assert "Customers and tickets found" not in search(client, cy, words)


def test_a_search_says_that_older_conversations_are_still_being_indexed(client: Client, ben: Person, session: Session) -> None:
    said = "Older conversations are still being indexed"
    messages.receive(session, "A purple umbrella")
    assert said not in search(client, ben, "umbrella")
    indexing.begin_again()
    assert said in search(client, ben, "umbrella")
    indexing.index_some()
    assert said not in search(client, ben, "umbrella")
