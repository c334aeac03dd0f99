"""A conversation's page: what it shows in which order, and what people do on it, with htmx and with plain forms."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db.models.signals import post_init
from django.test import Client
from django.utils import timezone

from kern.errors import ModelError
from kern.testing import call
from sessions_app.actions import decisions, handover, messages, private_turns, sessions, tickets
from sessions_app.models import Message, Person, Queue, Run, Session, ToolCall
from sessions_app.views.conversation.snoozing import snooze_choices
from tests import desk as shop
from tests.sessions_app.html import flat

HTMX = {"HX-Request": "true"}


@pytest.fixture
def inbox(client: Client, ben: Person) -> Client:
    """Ben's browser."""
    client.force_login(ben)
    return client


def page_of(inbox: Client, session: Session, query: str = "") -> str:
    response = inbox.get(f"/open/{session.session_id}/{query}")
    assert response.status_code == 200
    return flat(response)


def order_of(page: str, *texts: str) -> list[str]:
    """The texts in the order in which the page's timeline has them."""
    timeline = page[page.index('<ol class="timeline"') :]
    assert all(text in timeline for text in texts), [text for text in texts if text not in timeline]
    return sorted(texts, key=timeline.index)


def test_what_an_agent_does_after_a_decision_stands_after_it(
    inbox: Client, ben: Person, session: Session, work: Callable[[], list[str]]
) -> None:
    shop.actor.says(call("refund", order="7", cents=500), call("note_order", order="7"), "You get 5 euros back.")
    messages.receive(session, "Money back, please")
    work()
    decisions.approve(session.requirements.get(), ben, seen=Session.objects.get(pk=session.pk).last_change)
    asked = session.requirements.get()
    decided = f'approved <a href="/requirements/{asked.pk}/"><code>refund</code></a>'
    waiting = ["<code>refund</code><span", decided, "Waiting for a worker"]
    assert order_of(page_of(inbox, session), *waiting) == waiting
    work()
    wanted = [*waiting[:2], "<code>note_order</code>", "You get 5 euros back."]
    page = page_of(inbox, session)
    assert order_of(page, *wanted) == wanted
    assert page.count('class="run-foot"') == 1


def test_a_turn_that_ends_while_its_page_is_read_is_shown_ended(
    inbox: Client, session: Session, work: Callable[[], list[str]]
) -> None:
    shop.actor.says("It is on its way.")
    messages.receive(session, "Where is order 7?")
    ended: list[str] = []

    def end_it_between(**_: Any) -> None:
        """A worker ends the turn when the page has read its row, and what belongs to it not yet."""
        if not ended:
            ended.append("now")
            assert work() == ["completed"]

    post_init.connect(end_it_between, sender=Run)
    try:
        page = page_of(inbox, session)
    finally:
        post_init.disconnect(end_it_between, sender=Run)
    assert ended
    assert "It is on its way." in page
    assert 'class="run-foot"' in page
    assert "data-live=" not in page


def test_what_people_had_the_agent_do_stands_before_what_came_of_it(
    inbox: Client, ben: Person, session: Session, work: Callable[[], list[str]]
) -> None:
    shop.actor.says("It is insured.")
    private_turns.ask_agent(session, ben, "Is it insured?")
    work()
    wanted = ["asked the agent privately", "It is insured."]
    assert order_of(page_of(inbox, session), *wanted) == wanted


def test_what_a_takeover_leaves_undone_is_said(
    inbox: Client, ben: Person, session: Session, work: Callable[[], list[str]]
) -> None:
    shop.actor.says(call("refund", order="7", cents=500))
    messages.receive(session, "Money back, please")
    work()
    assert '<span class="outcome cut">not run yet</span>' in page_of(inbox, session)
    handover.take_over(session, ben)
    page = page_of(inbox, session)
    assert '<span class="outcome cut">not run</span>' in page
    assert "<code>refund</code></a> was not run: the turn was given up" in page


def test_the_conversation_reads_in_the_order_it_happened(
    inbox: Client, ana: Person, session: Session, work: Callable[[], list[str]]
) -> None:
    shop.actor.says(call("note_order", order="7"), "Your order is **written down**.")
    messages.receive(session, "I want order 7")
    work()
    tickets.link(session, ana, "HD-1")
    messages.note(session, ana, "Watch this one")
    messages.reply(session, ana, "Thank you, Kim.", seen=session.changes.last().pk)
    page = page_of(inbox, session)
    wanted = [
        "I want order 7",
        "<code>note_order</code>",
        "<strong>written down</strong>",
        "linked <b>HD-1</b>",
        "Watch this one",
        "Thank you, Kim.",
    ]
    assert order_of(page, *wanted) == wanted
    assert "Order 7 is written down." in page
    assert "Note, only your team sees it" in page


def test_members_runs_are_inside_the_leaders(inbox: Client, ana: Person, parcels: Queue, work: Callable[[], list[str]]) -> None:
    inbox.force_login(ana)
    session = sessions.start_session(parcels, customer_name="Lee")
    shop.actor.says(
        call("delegate_to_member", member="Packer", task="Write order 9 down"),
        call("note_order", order="9"),
        "Packed.",
        "It is packed.",
    )
    messages.receive(session, "Order 9, please")
    assert work() == ["completed"]
    page = page_of(inbox, session)
    nested = page[page.index('<div class="nested">') :]
    assert order_of(page, "Write order 9 down", "<code>note_order</code>", "Packed.", "It is packed.")
    assert nested.index("note_order") < nested.index("Packed.") < nested.index("It is packed.")
    assert page.count('class="entry run') == 1


def test_imported_runs_stand_after_the_messages_they_answer(inbox: Client, session: Session) -> None:
    # An import stores all runs first and then the messages, each a moment later.
    runs = [Run.objects.create(session=session, status="completed", agent_name="Clerk") for _ in range(2)]
    for run, (question, answer) in zip(
        runs, [("first question", "first answer"), ("second question", "second answer")], strict=True
    ):
        Message.objects.create(session=session, run=run, content=question)
        Message.objects.create(session=session, run=run, role="assistant", author_kind="agent", content=answer)
    wanted = ["first question", "first answer", "second question", "second answer"]
    assert order_of(page_of(inbox, session), *wanted) == wanted


def test_a_failed_run_says_why_and_is_tried_again(inbox: Client, session: Session, work: Callable[[], list[str]]) -> None:
    shop.actor.says(ModelError("the server said no", permanent=True))
    messages.receive(session, "Hello?")
    assert work() == ["error"]
    page = page_of(inbox, session)
    assert "The run stopped" in page
    assert "The server said no. The customer got no answer." in " ".join(page.split())
    shop.actor.says("Hello Kim.")
    run = Run.objects.get()
    assert inbox.post(f"/runs/{run.run_id}/retry/", headers=HTMX).status_code == 204
    assert work() == ["completed"]
    refused = inbox.post(f"/runs/{run.run_id}/retry/", headers=HTMX)
    assert (refused.status_code, refused.headers["HX-Retarget"]) == (422, "#toasts")


def test_the_newest_fifty_are_shown_and_older_ones_join_without_a_gap(inbox: Client, ana: Person, session: Session) -> None:
    for number in range(120):
        messages.note(session, ana, f"note-{number:03}")
    page = page_of(inbox, session)
    seen = re.findall(r"note-\d{3}", page)
    assert seen == [f"note-{number:03}" for number in range(70, 120)]
    while older := re.search(r'timeline/\?before=([\d-]+)"', page):
        page = flat(inbox.get(f"/sessions/{session.session_id}/timeline/", {"before": older[1]}))
        seen = re.findall(r"note-\d{3}", page) + seen
    assert seen == [f"note-{number:03}" for number in range(120)]


def test_a_refresh_goes_down_to_where_the_page_began(inbox: Client, ana: Person, session: Session) -> None:
    for number in range(60):
        messages.note(session, ana, f"note-{number:03}")
    since = re.search(r"timeline/\?since=([\d-]+)", page_of(inbox, session))
    assert since
    messages.receive(session, "note-060")
    refreshed = flat(inbox.get(f"/sessions/{session.session_id}/timeline/", {"since": since[1]}))
    assert re.findall(r"note-\d{3}", refreshed) == [f"note-{number:03}" for number in range(10, 61)]
    assert "Waiting for a worker" in refreshed


def test_what_is_new_since_the_last_visit_is_marked_once(inbox: Client, ana: Person, ben: Person, session: Session) -> None:
    messages.note(session, ana, "old news")
    page_of(inbox, session)
    messages.note(session, ben, "my own")
    messages.note(session, ana, "fresh news")
    page = page_of(inbox, session)
    assert order_of(page, "old news", "my own", 'class="new-line"', "fresh news")[2:] == ['class="new-line"', "fresh news"]
    assert 'class="new-line"' not in page_of(inbox, session)


def test_words_and_results_never_become_markup(inbox: Client, session: Session) -> None:
    evil = "<script>x</script> [a](javascript:alert(1)) ![i](http://evil/p.png) <b onclick=x>b</b>"
    run = Run.objects.create(session=session, status="completed", agent_name=evil[:100])
    Message.objects.create(session=session, content=evil, run=run)
    calls = [{"id": "1", "name": evil[:200], "arguments": "{}"}]
    Message.objects.create(session=session, role="assistant", author_kind="agent", run=run, content=evil, tool_calls=calls)
    ToolCall.objects.create(run=run, call_id="1", tool_name="x", arguments={evil: evil}, result=evil, status="finished")
    page = page_of(inbox, session)
    for markup in ("<script>x", 'href="javascript', "<img", "<b onclick"):
        assert markup not in page, markup


def test_a_session_id_may_be_anything_its_caller_chose(inbox: Client, ben: Person, orders: Queue) -> None:
    for session_id in ("user/1/chat", "a b?c=d#e", "ünïcode", "100%"):
        session = sessions.start_session(orders, customer_name="Lee", session_id=session_id)
        messages.note(session, ben, f"about {session_id.encode().hex()}")
        page = flat(inbox.get("/open/"))
        address = re.search(rf'id="session_{session.pk}".*?href="([^"]+)"', page, re.DOTALL)
        assert address
        assert f"about {session_id.encode().hex()}" in flat(inbox.get(address[1]))


def test_a_plain_form_returns_to_its_page_and_htmx_gets_the_news(inbox: Client, session: Session) -> None:
    path = f"/sessions/{session.session_id}/messages/"
    page = f"/mine/{session.session_id}/"
    sent = {"seen": session.last_change, "kind": "reply"}
    plain = inbox.post(path, {**sent, "body": "Hello Kim"}, headers={"Referer": f"http://testserver{page}"})
    assert (plain.status_code, plain.headers["Location"]) == (303, f"http://testserver{page}")
    elsewhere = inbox.post(path, {**sent, "body": "How are you?"}, headers={"Referer": "https://evil.example/"})
    assert elsewhere.headers["Location"] == f"/open/{session.session_id}/"
    fragment = inbox.post(path, {**sent, "body": "It is here."}, headers=HTMX)
    assert fragment.status_code == 200
    assert fragment.headers["HX-Trigger"] == "session-changed,list-changed"
    assert "<html" not in flat(fragment)
    words = Message.objects.order_by("pk").values_list("content", flat=True)
    assert list(words) == ["Hello Kim", "How are you?", "It is here."]


def test_a_reply_past_something_newer_is_stopped_and_keeps_its_words(inbox: Client, session: Session) -> None:
    path = f"/sessions/{session.session_id}/messages/"
    seen = session.last_change
    messages.receive(session, "Wait, I found it")
    for headers in (HTMX, {}):
        stopped = inbox.post(path, {"seen": seen, "kind": "reply", "body": "<Sent> already"}, headers=headers)
        page = flat(stopped)
        assert stopped.status_code == 409
        assert "&lt;Sent&gt; already" in page
        assert "newer" in page
    newer = re.search(r'name="seen" value="(\d+)"', page)
    assert newer
    assert inbox.post(path, {"seen": newer[1], "kind": "reply", "body": "Good!"}, headers=HTMX).status_code == 200
    empty = inbox.post(path, {"seen": newer[1], "kind": "note", "body": "  "}, headers=HTMX)
    assert (empty.status_code, "nothing to send" in flat(empty)) == (422, True)
    assert inbox.post(path, {"kind": "reply", "body": "Words"}, headers=HTMX).status_code == 422


def test_a_reply_may_resolve_the_session(inbox: Client, session: Session) -> None:
    sent = {"seen": session.last_change, "kind": "reply", "body": "Bye", "do": "send-resolve"}
    assert inbox.post(f"/sessions/{session.session_id}/messages/", sent).status_code == 303
    session.refresh_from_db()
    assert session.status == "closed"


def test_names_are_given_restored_and_refused(inbox: Client, session: Session) -> None:
    path = f"/sessions/{session.session_id}/name/"
    for name in ("Broken vase", "Vase, second try"):
        assert inbox.post(path, {"name": name}, headers=HTMX).status_code == 204
    first = session.names.last()
    inbox.post(path, {"restore": first.pk})
    session.refresh_from_db()
    assert (session.name, session.name_source) == ("Broken vase", "human")
    for wrong in ({"name": " "}, {"name": "x" * 201}, {"name": "two\nlines"}, {"restore": "999"}, {"restore": "x"}):
        assert inbox.post(path, wrong, headers=HTMX).status_code == 422
    plain = inbox.post(path, {"name": ""})
    assert plain.status_code == 422
    assert "<html" in flat(plain)


def test_status_lead_and_assignee_change_by_their_nouns(inbox: Client, ben: Person, cy: Person, session: Session) -> None:
    def post(noun: str, **fields: object) -> int:
        status = inbox.post(f"/sessions/{session.session_id}/{noun}/", fields, headers=HTMX).status_code
        session.refresh_from_db()
        return status

    assert (post("lead", do="take-over"), session.led_by_person, session.assignee) == (204, True, ben)
    assert (post("lead", do="hand-back"), session.led_by_person) == (204, False)
    assert (post("assignee", assignee=""), session.assignee) == (200, None)
    assert (post("assignee", assignee=ben.pk), session.assignee) == (200, ben)
    assert post("assignee", assignee=cy.pk) == 422
    assert post("assignee", assignee="x") == 422
    assert (post("status", do="snooze", until="reply"), session.status, session.snoozed_until) == (200, "snoozed", None)
    tomorrow = snooze_choices()[-1][1]
    assert (post("status", do="snooze", until=tomorrow), session.snoozed_until is not None) == (200, True)
    assert post("status", do="snooze", until="soon") == 422
    assert post("status", do="snooze", until=(timezone.now() - timedelta(hours=1)).isoformat()) == 422
    assert (post("status", do="reopen"), session.status) == (204, "open")
    assert (post("status", do="resolve"), session.status) == (200, "closed")
    assert post("status", do="explode") == 422
    assert inbox.get(f"/sessions/{session.session_id}/status/").status_code == 405


def test_no_two_choices_for_snoozing_are_the_same_moment() -> None:
    sunday = timezone.make_aware(datetime(2026, 11, 29, 10))
    assert [name for name, _value, _when in snooze_choices(sunday)] == ["This afternoon", "Tomorrow"]
    assert [name for name, _value, _when in snooze_choices(sunday - timedelta(days=1))] == [
        "This afternoon",
        "Tomorrow",
        "Next week",
    ]


def test_tickets_are_linked_and_unlinked(inbox: Client, session: Session) -> None:
    assert inbox.post(f"/sessions/{session.session_id}/tickets/", {"ticket": "HD-5"}, headers=HTMX).status_code == 204
    page = page_of(inbox, session)
    assert 'href="https://help.example/t/HD-5" target="_blank" rel="noopener noreferrer"' in page
    link = session.tickets.get()
    refused = inbox.post(f"/sessions/{session.session_id}/tickets/", {"ticket": "?"}, headers=HTMX)
    assert (refused.status_code, "?" in flat(refused)) == (422, True)
    assert inbox.post(f"/tickets/{link.pk}/", headers=HTMX).status_code == 204
    assert not session.tickets.exists()
    assert inbox.post(f"/tickets/{link.pk}/", headers=HTMX).status_code == 404


def test_details_tell_who_took_part_and_what_it_cost(
    inbox: Client, ana: Person, session: Session, work: Callable[[], list[str]]
) -> None:
    shop.actor.says("Hello")
    messages.receive(session, "Hi")
    work()
    Run.objects.update(model="gpt-5.2", metrics={"input_tokens": 10_000, "output_tokens": 1_000, "duration": 1.5})
    messages.note(session, ana, "Seen")
    page = page_of(inbox, session, "?details=1")
    for text in ("Kim", "Clerk", "Ana", "10,000 · 1,000", "$0.03"):
        assert text in page
    assert "11,000 tokens" in page


def test_an_agents_draft_becomes_a_reply(inbox: Client, orders: Queue, session: Session) -> None:
    run = Run.objects.create(session=session, status="completed", agent_name="Clerk")
    draft = Message.objects.create(
        session=session, run=run, role="assistant", author_kind="agent", content="Dear Kim, …", sent=False
    )
    assert f"?draft={draft.pk}" in page_of(inbox, session)
    page = page_of(inbox, session, f"?draft={draft.pk}")
    assert re.search(r"<textarea[^>]*name=\"body\"[^>]*>\s*Dear Kim, …</textarea>", page)


def test_preferences_are_kept(inbox: Client, ben: Person) -> None:
    for sent in ({"theme": "dark"}, {"single_keys": "off"}, {"presence": "away"}):
        assert inbox.post("/profile/", sent).status_code == 303
    ben.refresh_from_db()
    assert (ben.theme, ben.single_keys, ben.is_away) == ("dark", False, True)
    page = flat(inbox.get("/open/"))
    assert '<html lang="en" data-theme="dark">' in page
    assert 'data-keys="off"' in page
    assert inbox.post("/profile/", {"theme": "pink"}).status_code == 422


def test_a_page_that_outlived_its_sign_in_goes_to_the_door(client: Client, session: Session) -> None:
    path = f"/open/{session.session_id}/"
    assert client.get(path).headers["Location"].startswith("/accounts/login/?next=/open/")
    # htmx puts nothing into the page that is open: it says so itself, and keeps what is written there.
    expired = client.get(f"/sessions/{session.session_id}/timeline/", headers=HTMX)
    assert (expired.status_code, expired.content) == (401, b"")


def test_what_was_typed_when_the_sign_in_had_ended_is_shown_with_the_way_back(client: Client, session: Session) -> None:
    page = f"/open/{session.session_id}/"
    typed = {"kind": "reply", "body": "Dear Kim,", "seen": "1"}
    answer = client.post(f"/sessions/{session.session_id}/messages/", typed, headers={"Referer": f"http://testserver{page}"})
    shown = flat(answer)
    assert answer.status_code == 401
    assert "Dear Kim," in shown
    assert f"/accounts/login/?next=%2Fopen%2F{session.session_id}%2F" in shown
    assert not session.messages.exists()


def test_a_turn_that_waits_for_people_can_be_stopped(inbox: Client, session: Session, work: Callable[[], list[str]]) -> None:
    shop.actor.says(call("refund", order="7", cents=500), "Done.")
    messages.receive(session, "Money back, please")
    assert work() == ["paused"]
    stop = f"/runs/{Run.objects.get().run_id}/cancel/"
    assert f'hx-post="{stop}"' in page_of(inbox, session)
    inbox.post(stop)
    assert work() == ["cancelled"]


def test_where_the_queue_has_no_ai_nothing_can_be_handed_back(inbox: Client, orders: Queue, session: Session) -> None:
    Queue.objects.filter(pk=orders.pk).update(ai_mode="off")
    page = page_of(inbox, session)
    assert 'value="hand-back"' not in page
    assert 'value="take-over"' not in page
    inbox.post(f"/sessions/{session.session_id}/lead/", {"do": "mode", "mode": "draft"})
    inbox.post(f"/sessions/{session.session_id}/lead/", {"do": "take-over"})
    assert 'value="hand-back"' in page_of(inbox, session)


def test_a_person_moves_a_session_to_another_queue_that_they_work(
    inbox: Client, session: Session, ben: Person, parcels: Queue
) -> None:
    assert "Move to" not in page_of(inbox, session, "?details")
    refused = inbox.post(f"/sessions/{session.session_id}/queue/", {"queue": "parcels"}, headers=HTMX)
    assert (refused.status_code, Session.objects.get().queue) == (422, session.queue)
    parcels.members.add(ben)
    # In the header's menu and in the drawer.
    assert page_of(inbox, session, "?details").count('<button name="queue" value="parcels"') == 2
    assert inbox.post(f"/sessions/{session.session_id}/queue/", {"queue": "parcels"}).status_code == 303
    assert Session.objects.get().queue == parcels
    assert "moved this from <b>Orders</b> to <b>Parcels</b>" in page_of(inbox, session)
