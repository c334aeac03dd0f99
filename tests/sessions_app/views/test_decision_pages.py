"""Decision cards: the four kinds of question, arguments edited with their types kept, and answers that come too late."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from kern.testing import call
from sessions_app.actions import decisions, messages, sessions
from sessions_app.models import Person, Queue, Requirement, Session
from tests import desk as shop
from tests.deciding import tighten
from tests.sessions_app.html import flat

HTMX = {"HX-Request": "true"}

Ask = Callable[..., Requirement]


@pytest.fixture
def inbox(client: Client, ben: Person) -> Client:
    """Ben's browser."""
    client.force_login(ben)
    return client


@pytest.fixture
def ask(session: Session, work: Callable[[], list[str]]) -> Ask:
    """Let the agent ask about a call."""

    def ask_about(tool: str, **arguments: Any) -> Requirement:
        shop.actor.says(call(tool, **arguments), "Done.")
        messages.receive(session, "Please do")
        assert work() == ["paused"]
        return Requirement.objects.get()

    return ask_about


def answer(inbox: Client, requirement: Requirement, status: int = 200, **fields: Any) -> str:
    """Press a button of the card as its form is now; returns what came back."""
    session = Session.objects.get(pk=requirement.session_id)
    sent = {"seen": session.last_change, **fields}
    response = inbox.post(f"/requirements/{requirement.pk}/decision/", sent, headers=HTMX)
    assert response.status_code == status, response.content.decode()
    requirement.refresh_from_db()
    return flat(response)


def card(inbox: Client, requirement: Requirement, query: str = "") -> str:
    session = Session.objects.get(pk=requirement.session_id)
    page = flat(inbox.get(f"/decisions/{session.session_id}/{query}"))
    return page[page.index(f'id="requirement_{requirement.pk}"') :]


def test_a_call_is_approved_and_runs_once(inbox: Client, ask: Ask, work: Callable[[], list[str]]) -> None:
    asked = ask("refund", order="7", cents=500)
    shown = card(inbox, asked)
    assert "Clerk wants to run <code>refund</code>" in shown
    assert re.search(r"cents.*?<dd>500</dd>", shown, re.DOTALL)
    assert answer(inbox, asked, answer="approve").strip() == ""
    assert work() == ["completed"]
    assert shop.ledger.lines == ["refund 7 500"]
    assert "Ben approved this, and it ran." in answer(inbox, asked, 409, answer="approve")
    assert shop.ledger.lines == ["refund 7 500"]


def test_edited_arguments_keep_their_types(inbox: Client, ask: Ask, work: Callable[[], list[str]]) -> None:
    asked = ask("refund", order="7", cents=500)
    form = card(inbox, asked, f"?edit={asked.pk}")
    assert "Editing <code>refund</code>" in form
    assert 'name="arg.cents" value="500"' in form
    wrong = answer(inbox, asked, 422, answer="edit", **{"arg.order": "8", "arg.cents": "lots"})
    assert "Write a whole number." in wrong
    assert 'value="lots"' in wrong
    assert "Editing <code>refund</code>" in wrong
    answer(inbox, asked, 200, answer="edit", **{"arg.order": "8", "arg.cents": "250"})
    assert asked.edited_arguments == {"order": "8", "cents": 250}
    work()
    assert shop.ledger.lines == ["refund 8 250"]


def test_a_rejection_tells_the_agent_why(inbox: Client, ask: Ask) -> None:
    asked = ask("refund", order="7", cents=500)
    assert "Rejecting <code>refund</code>" in card(inbox, asked, f"?reject={asked.pk}")
    answer(inbox, asked, answer="reject", note="Paid already")
    assert (asked.status, asked.note) == ("rejected", "Paid already")


def test_a_rejection_may_take_the_session_over(inbox: Client, ask: Ask) -> None:
    asked = ask("refund", order="7", cents=500)
    answer(inbox, asked, answer="reject-take-over", note="I do it myself")
    asked.session.refresh_from_db()
    assert asked.session.led_by_person


def test_what_was_typed_into_an_answer_that_came_too_late_is_shown(inbox: Client, ana: Person, ask: Ask) -> None:
    asked = ask("refund", order="7", cents=500)
    decisions.approve(asked, ana, seen=asked.session.last_change)
    page = answer(inbox, asked, 409, answer="edit", **{"arg.order": "7", "arg.cents": "250"})
    assert "You had written: “Cents: 250”" in page
    assert "Order: 7" not in page


def test_input_is_filled_in(inbox: Client, ask: Ask, work: Callable[[], list[str]]) -> None:
    asked = ask("change_address", order="7", street="")
    shown = card(inbox, asked)
    assert "Clerk asks you" in shown
    assert 'name="arg.street"' in shown
    assert "<dd>7</dd>" in shown
    answer(inbox, asked, 200, answer="input", **{"arg.street": "1 New Road"})
    work()
    assert shop.ledger.lines == ["address 7 1 New Road"]


def test_options_are_chosen_from(inbox: Client, ask: Ask) -> None:
    asked = ask("ask_user", question="Which colour?", options=["red", "blue"])
    assert "Which colour?" in card(inbox, asked)
    answer(inbox, asked, 422, answer="choose")
    answer(inbox, asked, 422, answer="choose", choice="green")
    answer(inbox, asked, answer="choose", choice="blue")
    assert asked.answer == ["blue"]


def test_an_outside_result_is_pasted(inbox: Client, ask: Ask, work: Callable[[], list[str]]) -> None:
    asked = ask("count_stock", article="vase")
    assert "Run outside: <code>count_stock</code>" in card(inbox, asked)
    answer(inbox, asked, 422, answer="result", result=" ")
    answer(inbox, asked, answer="result", result='{"vases": 3}')
    assert asked.answer == '{"vases": 3}'
    assert work() == ["completed"]


def test_a_decision_past_the_customers_words_is_stopped_once(inbox: Client, ask: Ask) -> None:
    asked = ask("refund", order="7", cents=500)
    seen = Session.objects.get().last_change
    messages.receive(asked.session, "Keep the money")
    fields = {"seen": seen, "answer": "edit", "arg.order": "7", "arg.cents": "1"}
    stopped = answer(inbox, asked, 409, **fields)
    assert "The customer wrote since you opened this." in stopped
    assert "Keep the money" in stopped
    assert 'name="arg.cents" value="1"' in stopped
    newer = re.search(r'name="seen" value="(\d+)"', stopped)
    assert newer
    answer(inbox, asked, 200, **{**fields, "seen": newer[1]})
    assert asked.edited_arguments == {"order": "7", "cents": 1}


def test_the_agent_looks_again_when_the_customer_wrote_since(inbox: Client, ask: Ask, work: Callable[[], list[str]]) -> None:
    asked = ask("refund", order="7", cents=500)
    messages.receive(asked.session, "Keep the money")
    shown = card(inbox, asked)
    assert "Customer wrote since: look again at <code>refund</code>" in shown
    assert "Approve anyway" in shown
    shop.actor.says("As you like.")
    assert inbox.post(f"/runs/{asked.root.run_id}/again/", headers=HTMX).status_code == 204
    assert work() == ["cancelled", "completed"]
    assert shop.ledger.lines == []


def test_the_second_approver_sees_what_the_first_one_changed(inbox: Client, ana: Person, ask: Ask) -> None:
    asked = ask("refund", order="7", cents=600)
    tighten(asked.session, approvers=2)
    decisions.approve(asked, ana, arguments={"order": "7", "cents": 900}, seen=Session.objects.get().last_change)
    shown = card(inbox, asked)
    assert re.search(r"<dd><del>600</del>900</dd>", shown)
    assert "<dd>7</dd>" in shown
    assert "needs one more" in shown


def test_what_the_first_of_two_filled_in_stands_in_the_second_ones_form(
    inbox: Client, ana: Person, ask: Ask, work: Callable[[], list[str]]
) -> None:
    asked = ask("change_address", order="7")
    tighten(asked.session, "change_address", approvers=2)
    assert "Needs two people" in card(inbox, asked)
    decisions.provide_input(asked, ana, values={"street": "Main street 1"}, seen=Session.objects.get().last_change)
    shown = card(inbox, asked)
    assert re.search(r'name="arg.street"\s+value="Main street 1"', shown)
    assert "1 of 2: one more person, not Ana" in shown
    answer(inbox, asked, 200, answer="input", **{"arg.street": "Main street 1"})
    assert work() == ["completed"]
    assert shop.ledger.lines == ["address 7 Main street 1"]


def test_a_draft_that_was_edited_is_listed_in_the_words_that_would_be_sent(
    inbox: Client, ana: Person, orders: Queue, session: Session, work: Callable[[], list[str]]
) -> None:
    Queue.objects.filter(pk=orders.pk).update(ai_mode="draft")
    tighten(session, "send_answer", approvers=2)
    shop.actor.says("We pay you nothing.")
    messages.receive(session, "Money back, please")
    assert work() == ["paused"]
    draft = session.requirements.get()
    decisions.approve(draft, ana, arguments={"text": "We pay you 500 euros."}, seen=Session.objects.get().last_change)
    row = flat(inbox.get("/decisions/"))
    assert "We pay you 500 euros." in row
    assert "We pay you nothing." not in row
    assert "Approve as second" in row


def test_a_rejection_needs_a_reason(inbox: Client, ask: Ask) -> None:
    asked = ask("refund", order="7", cents=500)
    assert "Say why" in answer(inbox, asked, 422, answer="reject", note="  ")
    assert asked.status == "pending"


def test_of_calls_approved_together_those_that_need_another_person_are_not_called_done(inbox: Client, ask: Ask) -> None:
    asked = ask("refund", order="7", cents=500)
    tighten(asked.session, approvers=2)
    seen = Session.objects.get().last_change
    toast = flat(inbox.post("/requirements/together/", {"requirement": f"{asked.pk}:{seen}"}, headers=HTMX))
    assert "1 has its first approval" in toast
    assert "call approved" not in toast


def test_each_first_approval_is_told_with_its_own_edits(inbox: Client, ana: Person, ben: Person, ask: Ask) -> None:
    asked = ask("refund", order="7", cents=100)
    tighten(asked.session, approvers=2)
    for person, cents in ((ben, 90), (ana, 80)):
        decisions.approve(asked, person, arguments={"order": "7", "cents": cents}, seen=Session.objects.get().last_change)
    page = flat(inbox.get(f"/open/{asked.session.session_id}/"))
    assert "from 100 to 90" in page
    assert "from 100 to 80" in page


def test_a_second_press_is_told_that_it_was_the_same_person(inbox: Client, ask: Ask) -> None:
    asked = ask("refund", order="7", cents=500)
    answer(inbox, asked, answer="approve")
    assert "You decided this already" in answer(inbox, asked, 409, answer="approve")


def test_a_row_offers_nothing_to_those_who_may_not(inbox: Client, ask: Ask) -> None:
    asked = ask("refund", order="7", cents=500)
    tighten(asked.session, roles=["leads"])
    row = flat(inbox.get("/decisions/"))
    assert f"waits_{asked.pk}" in row
    assert 'class="quick"' not in row
    # Its conversation can be assigned together with others, the call not be approved.
    assert 'name="requirement"' in row
    assert "data-tool" not in row


def test_a_refreshed_page_hides_what_others_decided(inbox: Client, ana: Person, ask: Ask) -> None:
    asked = ask("refund", order="7", cents=500)
    path = f"/sessions/{asked.session.session_id}/decisions/"
    decisions.approve(asked, ana, seen=10**9)
    assert flat(inbox.get(path)).count("<section") == 0
    assert f'id="requirement_{asked.pk}" hidden' in flat(inbox.get(path, {"shown": asked.pk}))


def test_forms_that_somebody_bent_are_refused(inbox: Client, ask: Ask) -> None:
    asked = ask("refund", order="7", cents=500)
    path = f"/requirements/{asked.pk}/decision/"
    for sent in ({}, {"answer": "approve"}, {"answer": "approve", "seen": "x"}, {"answer": "nothing", "seen": "1"}):
        assert inbox.post(path, sent, headers=HTMX).status_code == 422
    answer(inbox, asked, 422, answer="input")
    assert asked.status == "pending"


def test_a_person_answers_in_the_tools_place(inbox: Client, ask: Ask, work: Callable[[], list[str]]) -> None:
    asked = ask("refund", order="7", cents=500)
    assert "Answering in the place of <code>refund</code>" in card(inbox, asked, f"?respond={asked.pk}")
    answer(inbox, asked, 422, answer="respond", text=" ")
    answer(inbox, asked, answer="respond", text="She was paid already.")
    assert asked.status == "answered"
    assert work() == ["completed"]
    assert shop.ledger.lines == []


def test_the_story_shows_both_versions_and_who_decided(
    inbox: Client, cy: Person, ask: Ask, work: Callable[[], list[str]]
) -> None:
    asked = ask("refund", order="7", cents=500)
    answer(inbox, asked, 200, answer="edit", **{"arg.order": "7", "arg.cents": "250"})
    work()
    story = flat(inbox.get(f"/requirements/{asked.pk}/"))
    assert "<del>500</del><ins>250</ins>" in story
    assert "<b>Ben</b>Approved" in story
    assert "250 cents are on their way." in story
    inbox.force_login(cy)
    assert inbox.get(f"/requirements/{asked.pk}/").status_code == 404


def test_plain_forms_go_on_to_the_next_decision(inbox: Client, orders: Queue, work: Callable[[], list[str]]) -> None:
    asked = []
    for name in ("Lee", "Mo"):
        shop.actor.says(call("refund", order=name, cents=500))
        messages.receive(sessions.start_session(orders, customer_name=name), "Money back")
        work()
        asked.append(Requirement.objects.latest("pk"))
    first, second = asked
    page = f"http://testserver/decisions/{first.session.session_id}/"
    sent = {"seen": Session.objects.get(pk=first.session_id).last_change, "answer": "approve"}
    response = inbox.post(f"/requirements/{first.pk}/decision/", sent, headers={"Referer": page})
    assert response.status_code == 303
    assert response["Location"] == f"/decisions/{second.session.session_id}/?at={second.pk}#requirement_{second.pk}"
