"""The queue of decisions and what belongs to it: order, pages, two approvers, expiry, rules, drafts, private questions."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from kern.testing import call
from sessions_app.actions import decisions, handover, messages, sessions, standing_approvals
from sessions_app.models import Job, Message, Person, Queue, Requirement, Run, Session, StandingApproval
from sessions_app.queries.decision_list import next_after
from sessions_app.queries.session_list import PAGE
from sessions_app.views.conversation.cards import Card
from sessions_app.workers import expiry
from tests import desk as shop
from tests.deciding import seen, tighten
from tests.sessions_app.html import flat

HTMX = {"HX-Request": "true"}
Work = Callable[[], list[str]]


@pytest.fixture
def inbox(client: Client, ben: Person) -> Client:
    """Ben's browser."""
    client.force_login(ben)
    return client


def waiting(queue: Queue, customer: str, *, minutes: int = 0, **fields: Any) -> Requirement:
    """A question about a customer's refund that waits for so many minutes."""
    session = Session.objects.create(queue=queue, customer_name=customer, name=f"About {customer}")
    run = Run.objects.create(session=session, status="paused", agent_id=queue.agent_id)
    asked = {
        "arguments": {"order": customer, "cents": 500},
        "created_at": timezone.now() - timedelta(minutes=minutes),
        **fields,
    }
    return Requirement.objects.create(
        session=session, run=run, root=run, kind="confirmation", call_id="c", tool_name="refund", **asked
    )


def in_minutes(minutes: int) -> Any:
    return timezone.now() + timedelta(minutes=minutes)


def customers(page: str) -> list[str]:
    """Whose decisions a page lists, from top to bottom."""
    return re.findall(r'<p class="text cut"><b[^>]*>([^<]+)</b>', page)


def read(client: Client, path: str, **query: str) -> str:
    response = client.get(path, query)
    assert response.status_code == 200
    return flat(response)


def test_what_expires_first_stands_first_then_what_is_risky_then_what_waits_longest(
    inbox: Client, ana: Person, orders: Queue, parcels: Queue
) -> None:
    waiting(orders, "Waits a little", minutes=1)
    waiting(orders, "Waits long", minutes=90)
    waiting(orders, "Risky", risk="high")
    waiting(orders, "Tomorrow", expires_at=in_minutes(2000))
    waiting(orders, "Soon", expires_at=in_minutes(24), risk="low")
    waiting(parcels, "Another queue's")
    wanted = ["Soon", "Tomorrow", "Risky", "Waits long", "Waits a little"]
    page = read(inbox, "/decisions/")
    assert customers(page) == wanted
    assert re.findall(r'<h3 class="group">([^<]+)', page) == ["Due within the hour", "Due later", "No time limit"]
    assert re.search(r"<code>refund</code>.*?23m", page, re.DOTALL)
    assert "&quot;Soon&quot;, cents: 500" in page
    assert '<span class="n">5</span>' in page
    assert customers(read(inbox, "/decisions/", sort="oldest"))[0] == "Waits long"


def test_the_queue_is_read_page_by_page_and_goes_round(inbox: Client, ben: Person, orders: Queue) -> None:
    for number in range(PAGE + 5):
        expires = in_minutes(number) if number % 3 == 0 else None
        waiting(orders, f"number {number}", minutes=number % 7, risk=("low", "high")[number % 2], expires_at=expires)
    first = read(inbox, "/list/decisions/")
    before = re.search(r'name="until" value="(\d+)"', first)
    assert before
    second = read(inbox, "/list/decisions/", before=before[1])
    assert (len(customers(first)), len(customers(second))) == (PAGE, 5)
    assert len({*customers(first), *customers(second)}) == PAGE + 5
    assert customers(read(inbox, "/list/decisions/", until=before[1])) == customers(first)
    order, here = [], Requirement.objects.get(pk=before[1])
    for _step in range(PAGE + 5):
        following = next_after(here, ben)
        assert following is not None
        here = following
        order.append(here.session.customer_name)
    assert order == [*customers(second), *customers(first)]
    for broken in ("x", "9" * 30, "0"):
        assert customers(read(inbox, "/list/decisions/", before=broken)) == customers(first)


def test_the_queue_takes_eight_queries_however_long_it_is(inbox: Client, orders: Queue) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            read(inbox, "/decisions/")
        return sum(not query["sql"].startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")) for query in captured)

    waiting(orders, "one")
    few = queries()
    for number in range(PAGE):
        waiting(orders, f"number {number}")
    assert queries() == few <= 8


def test_a_page_fetched_ahead_leaves_the_conversation_unread(inbox: Client, session: Session) -> None:
    messages.receive(session, "Hello")
    path = f"/decisions/{session.session_id}/"
    inbox.get(path, headers={"Purpose": "prefetch"})
    assert not session.reads.exists()
    inbox.get(path)
    assert session.reads.exists()


@pytest.fixture
def asked(session: Session, work: Work) -> Requirement:
    """The clerk asks whether to pay Kim back."""
    shop.actor.says(call("refund", order="7", cents=500), "Done.")
    messages.receive(session, "Money back, please")
    work()
    return Requirement.objects.get()


def post(inbox: Client, path: str, status: int = 200, **fields: Any) -> str:
    response = inbox.post(path, fields, headers=HTMX)
    assert response.status_code == status, response.content.decode()
    return flat(response)


def test_a_row_says_in_a_toast_what_it_has_no_room_for(inbox: Client, asked: Requirement) -> None:
    path, before = f"/requirements/{asked.pk}/decision/", seen(asked.session)
    messages.receive(asked.session, "Wait!")
    refused = post(inbox, path, 409, answer="approve", seen=before, **{"from": "row"})
    assert "Not decided: <code>refund</code> for Kim" in refused
    assert f'href="/decisions/{asked.session.session_id}/?at={asked.pk}"' in refused
    assert Requirement.objects.get().status == "pending"
    post(inbox, path, 200, answer="approve", seen=seen(asked.session), **{"from": "row"})
    assert Requirement.objects.get().status == "approved"


def test_two_people_approve_one_after_the_other(inbox: Client, ana: Person, ben: Person, session: Session, work: Work) -> None:
    tighten(session, approvers=2, risk="high")
    shop.actor.says(call("refund", order="7", cents=500), "Done.")
    messages.receive(session, "Money back, please")
    work()
    asked = Requirement.objects.get()
    path = f"/requirements/{asked.pk}/decision/"
    page = read(inbox, f"/decisions/{session.session_id}/")
    assert "Needs two people" in page
    assert "High risk" in page
    post(inbox, path, answer="approve", seen=seen(session))
    page = read(inbox, f"/decisions/{session.session_id}/")
    assert "Approved by Ben, needs one more: <code>refund</code>" in page
    assert "1 of 2: one more person, not Ben" in page
    assert "Approve as second" not in page
    post(inbox, path, 422, answer="approve", seen=seen(session))
    inbox.force_login(ana)
    assert "Approve as second" in read(inbox, f"/decisions/{session.session_id}/")
    post(inbox, path, answer="approve", seen=seen(session))
    assert Requirement.objects.get().status == "approved"


def test_who_is_late_as_the_second_person_is_shown_what_the_first_one_approved(
    inbox: Client, ana: Person, asked: Requirement
) -> None:
    tighten(asked.session, approvers=2)
    opened = seen(asked.session)
    decisions.approve(asked, ana, arguments={"order": "ana", "cents": 90000}, seen=opened)
    path, told = f"/requirements/{asked.pk}/decision/", "Ana approved this with other arguments."
    assert told in post(inbox, "/requirements/together/", requirement=[f"{asked.pk}:{opened}"])
    assert told in post(inbox, path, 409, answer="approve", seen=opened, **{"from": "row"})
    stopped = post(inbox, path, 409, answer="approve", seen=opened)
    assert "<del>500</del>90000</dd>" in stopped
    newest = re.search(r'name="seen" value="(\d+)"', stopped)
    assert newest
    assert Requirement.objects.get().status == "pending"
    post(inbox, path, answer="approve", seen=newest[1])
    assert Requirement.objects.get().status == "approved"


def test_the_card_says_what_the_queue_asks_by_now(ben: Person, asked: Requirement) -> None:
    tighten(asked.session, approvers=2, risk="high")
    card = Card(asked, seen(asked.session), reader=ben)
    assert card.risk is not None
    assert (card.risk.words, card.risk.tone, card.needs_two) == ("High risk", "bad", True)
    decisions.approve(asked, ben, arguments={"order": "7", "cents": 1}, seen=seen(asked.session))
    asked.refresh_from_db()
    assert Card(asked, seen(asked.session), reader=ben).approved_before
    messages.receive(asked.session, "Wait!")
    assert Card(asked, seen(asked.session), reader=ben).first_approval is None


def test_the_card_says_what_the_person_had_not_seen(ana: Person, ben: Person, asked: Requirement) -> None:
    tighten(asked.session, approvers=2)
    opened = seen(asked.session)

    def what_is_new(reader: Person) -> str:
        return Card(asked, seen(asked.session), posted={"seen": str(opened)}, reader=reader).what_is_new

    decisions.approve(asked, ben, seen=opened)
    assert (what_is_new(ana).startswith("Ben approved this."), what_is_new(ben)) == (True, "")
    messages.receive(asked.session, "Wait!")
    assert what_is_new(ben).startswith("The customer wrote since you opened this.")
    assert Card(asked, opened, reader=ben).what_is_new == ""


def test_who_may_not_decide_sees_why_and_no_buttons(inbox: Client, session: Session, work: Work) -> None:
    tighten(session, roles=["Cashiers"])
    shop.actor.says(call("refund", order="7", cents=500))
    messages.receive(session, "Money back, please")
    work()
    asked = Requirement.objects.get()
    page = read(inbox, f"/decisions/{session.session_id}/")
    card = page[page.index(f'id="requirement_{asked.pk}"') :]
    assert "Only Cashiers may decide about this." in card
    assert 'value="approve"' not in card
    refused = post(inbox, f"/requirements/{asked.pk}/decision/", 422, answer="approve", seen=seen(session))
    assert "Only Cashiers may decide about this." in refused


def test_what_expired_is_no_rejection_and_is_reopened(inbox: Client, asked: Requirement, work: Work) -> None:
    Requirement.objects.update(expires_at=in_minutes(24) + timedelta(seconds=30))
    assert "24 min left" in read(inbox, f"/decisions/{asked.session.session_id}/")
    Requirement.objects.update(expires_at=in_minutes(-1))
    expiry.expire()
    work()
    page = read(inbox, f"/open/{asked.session.session_id}/")
    assert "Expired: <code>refund</code>" in page
    assert "This does not count as a rejection." in page
    post(inbox, f"/requirements/{asked.pk}/reopen/", 204)
    page = read(inbox, f"/decisions/{asked.session.session_id}/")
    assert "Expired: <code>refund</code>" not in page
    again = Requirement.objects.pending().get()
    assert f'id="requirement_{again.pk}"' in page
    assert f'href="/requirements/{asked.pk}/"' in read(inbox, f"/requirements/{again.pk}/")


def test_calls_of_one_tool_are_approved_together_and_the_stale_one_is_named(
    inbox: Client, ana: Person, orders: Queue, work: Work
) -> None:
    for name in ("Lee", "Mo"):
        shop.actor.says(call("refund", order=name, cents=500))
        messages.receive(sessions.start_session(orders, customer_name=name), "Money back")
        work()
    lee, mo = Requirement.objects.order_by("pk")
    pairs = [f"{row.pk}:{seen(row.session)}" for row in (lee, mo)]
    decisions.reject(mo, ana, note="No", seen=seen(mo.session))
    said = post(inbox, "/requirements/together/", requirement=pairs)
    assert "1 approved, the others not" in said
    assert "Mo: Ana was faster" in said
    assert list(Requirement.objects.order_by("pk").values_list("status", flat=True)) == ["approved", "rejected"]
    post(inbox, "/requirements/together/", 422)
    post(inbox, "/requirements/together/", 422, requirement=["x"])


def test_calls_of_two_tools_are_never_approved_together(inbox: Client, orders: Queue) -> None:
    one, other = waiting(orders, "Lee"), waiting(orders, "Mo")
    Requirement.objects.filter(pk=other.pk).update(tool_name="send_parcel")
    pairs = [f"{one.pk}:0", f"{other.pk}:0"]
    assert "one tool" in post(inbox, "/requirements/together/", 422, requirement=pairs)


def test_conversations_of_ticked_decisions_are_worked_by_a_job(
    inbox: Client, orders: Queue, parcels: Queue, ben: Person
) -> None:
    lee, mo, other = waiting(orders, "Lee"), waiting(orders, "Mo"), waiting(parcels, "Ola")
    page = flat(inbox.get("/decisions/"))
    assert page.count(f'value="{lee.pk}:0" form="bulk"') == 1
    offered = re.findall(r'<button class="btn quiet small" name="do" value="(\w+)"', page)
    assert offered[0] == "approve"
    assert {"assign", "rename", "link"} <= set(offered)
    assert not {"resolve", "reopen", "move", "delete"} & set(offered)
    ticked = {"requirement": [f"{lee.pk}:0", f"{other.pk}:0", "x"], "where": "decisions", "filter": "?"}
    asked = flat(inbox.post("/jobs/", {"do": "assign", **ticked}))
    assert f'name="session" value="{lee.session_id}"' in asked
    assert 'href="/decisions/?"' in asked
    inbox.post("/jobs/", {"do": "assign", "ready": "1", "assignee": ben.pk, "session": lee.session_id, "where": "decisions"})
    job = Job.objects.get()
    assert ([row.session_id for row in job.rows.all()], job.source) == ([lee.session_id], "Decisions")
    inbox.post("/jobs/", {"do": "unlock", "scope": "matching", "where": "decisions", "filter": "?"})
    assert {row.session_id for row in Job.objects.latest("pk").rows.all()} == {lee.session_id, mo.session_id}


def test_all_that_match_are_never_approved_unseen(inbox: Client, orders: Queue) -> None:
    asked = waiting(orders, "Lee")
    said = post(inbox, "/requirements/together/", 422, requirement=[f"{asked.pk}:0"], scope="matching")
    assert "you must have seen them" in said
    assert Requirement.objects.pending().count() == 1


def test_a_rule_is_offered_made_shown_and_revoked(inbox: Client, ben: Person, cy: Person, orders: Queue, work: Work) -> None:
    offered = ""
    for number in range(standing_approvals.IN_A_ROW):
        session = sessions.start_session(orders, customer_name=f"number {number}")
        shop.actor.says(call("refund", order=str(number), cents=500), "Done.")
        messages.receive(session, "Money back")
        work()
        asked = Requirement.objects.latest("pk")
        offered = post(inbox, f"/requirements/{asked.pk}/decision/", answer="approve", seen=seen(session))
        work()
    assert "approved 5 times in a row" in offered
    fields = dict(re.findall(r'type="hidden" name="(queue|tool|until)" value="([^"]+)"', offered))
    assert "runs without asking until" in post(inbox, "/rules/", **fields)
    rule = StandingApproval.objects.get()
    assert (rule.tool_name, rule.made_by) == ("refund", ben)
    assert "Revoke the standing approval of refund" in read(inbox, "/rules/")
    inbox.force_login(cy)
    assert "Revoke the standing approval" not in read(inbox, "/rules/")
    assert inbox.post(f"/rules/{rule.pk}/").status_code == 404
    assert inbox.post("/rules/", fields).status_code == 404
    inbox.force_login(ben)
    post(inbox, f"/rules/{rule.pk}/", 204)
    assert "revoked by Ben" in read(inbox, "/rules/")
    post(inbox, "/rules/", 422, queue="orders", tool="refund", until="soon")


def test_in_draft_mode_a_person_sends_the_answer(inbox: Client, session: Session, work: Work) -> None:
    post(inbox, f"/sessions/{session.session_id}/lead/", 204, do="mode", mode="draft")
    shop.actor.says("We open at **nine**.")
    messages.receive(session, "When do you open?")
    work()
    asked = Requirement.objects.get()
    page = read(inbox, f"/decisions/{session.session_id}/")
    assert "Clerk drafted an answer" in page
    assert "<strong>nine</strong>" in page
    assert "AI drafts" in page
    assert "Draft to send" in page
    post(inbox, f"/requirements/{asked.pk}/decision/", 200, answer="edit", seen=seen(session), **{"arg.text": "At ten."})
    work()
    assert Message.objects.for_customer().filter(session=session).latest("pk").content == "At ten."
    post(inbox, f"/sessions/{session.session_id}/lead/", 422, do="mode", mode="dance")


def test_a_person_asks_the_agent_and_takes_a_draft_over(inbox: Client, ben: Person, session: Session, work: Work) -> None:
    messages.receive(session, "Where is my parcel?")
    handover.take_over(session, ben)
    path = f"/sessions/{session.session_id}/messages/"
    shop.actor.says("It is on its way.")
    kept = post(inbox, path, kind="reply", body="Dear Kim,", do="draft", seen=3)
    assert "Dear Kim," in kept
    assert 'name="seen" value="3"' in kept
    work()
    draft = Message.objects.latest("pk")
    assert "Draft, not sent" in read(inbox, f"/open/{session.session_id}/")
    box = {"draft": str(draft.pk), "body": "Dear Kim,", "seen": "3"}
    composer = read(inbox, f"/sessions/{session.session_id}/composer/", **box, kind="reply")
    assert "Dear Kim,\n\nIt is on its way.</textarea>" in composer
    assert 'name="seen" value="3"' in composer
    assert 'value="note" checked' in read(inbox, f"/sessions/{session.session_id}/composer/", **box, kind="note")
    shop.actor.says("Yes, up to 50.")
    post(inbox, path, kind="ask", body="Is it insured?", do="send", seen=seen(session))
    work()
    page = read(inbox, f"/open/{session.session_id}/")
    assert "Asked the agent, only your team sees it" in page
    assert "Yes, up to 50." in page
    assert [message.content for message in Message.objects.for_customer().filter(session=session)] == ["Where is my parcel?"]
