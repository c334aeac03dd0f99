"""How many queries a page takes, whatever stands on it: with sign-in and person, nothing cached."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from kern.testing import call
from sessions_app.actions import decisions, messages, tickets
from sessions_app.infrastructure.ids import secret_hash
from sessions_app.models import Decision, Person, Queue, Requirement, Session, TicketLink, ToolCall
from sessions_app.models.token import ApiToken
from tests import desk as shop
from tests.counting import at_most
from tests.deciding import seen, tighten

HTMX = {"HX-Request": "true"}
Work = Callable[[], list[str]]


@pytest.fixture(params=["ben", "ana"], ids=["a member", "an admin"])
def person(request: pytest.FixtureRequest) -> Person:
    """Who looks: a member of the queue, or an admin, who is asked for less."""
    found: Person = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def browser(client: Client, person: Person) -> Client:
    """That person's browser, which has been here before."""
    client.force_login(person)
    client.get("/profile/")
    return client


def ask(session: Session, work: Work, count: int, *, last: int = 500) -> list[Requirement]:
    """Have the agent ask so many refunds in one turn, the last of so many cents; all need a role, over 503 cents two people."""
    Group.objects.get_or_create(name="refunders")[0].user_set.set(Person.objects.all())
    tighten(session, roles=["refunders"], thresholds=["cents > 503"])
    calls = [call("refund", order=str(number), cents=500 if number else last) for number in reversed(range(count))]
    shop.actor.says(*([calls] if calls else []), "Done.")
    messages.receive(session, "Please help")
    work()
    return list(session.requirements.all())


def read(browser: Client, path: str, most: int) -> str:
    with at_most(most, path):
        response = browser.get(path)
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize("count", [0, 1, 10])
def test_a_conversation_and_its_fragments_take_few_queries_however_many_cards_it_has(
    browser: Client, person: Person, cy: Person, session: Session, work: Work, count: int
) -> None:
    asked = ask(session, work, count, last=1000)
    tickets.link(session, person, "HD-1")
    if asked:
        # The second of two is waited for, nobody knows what became of something, and the customer wrote since.
        orders = session.queue
        assert orders
        orders.members.add(cy)
        decisions.approve(asked[-1], cy, seen=seen(session))
        ToolCall.objects.filter(call_id=asked[0].call_id).update(started_at=timezone.now(), worker="w")
        Requirement.objects.filter(pk=asked[0].pk).update(reason="uncertain")
        messages.receive(session, "Wait!")
    page = read(browser, f"/open/{session.session_id}/", 12)
    assert page.count('class="decision"') == count
    assert read(browser, f"/open/{session.session_id}/?details=1", 12).count('class="decision"') == count
    for part in ("timeline", "header", "decisions", "details"):
        messages.note(session, cy, "Something for the team.")
        read(browser, f"/sessions/{session.session_id}/{part}/", 6)
    read(browser, f"/sessions/{session.session_id}/composer/", 6)


def test_a_card_an_answer_and_a_whole_story_take_few_queries(
    browser: Client, person: Person, session: Session, work: Work
) -> None:
    asked = ask(session, work, 3)[0]
    read(browser, f"/requirements/{asked.pk}/decision/?mode=edit", 6)
    read(browser, f"/requirements/{asked.pk}/", 8)
    with at_most(24, "an approval"):
        response = browser.post(
            f"/requirements/{asked.pk}/decision/", {"answer": "approve", "seen": seen(session)}, headers=HTMX
        )
    assert response.status_code == 200
    assert Requirement.objects.get(pk=asked.pk).status == "approved"


@pytest.mark.parametrize("count", [1, 10])
def test_approving_together_takes_few_queries(
    browser: Client, person: Person, session: Session, work: Work, count: int
) -> None:
    asked = ask(session, work, count)
    pairs = [f"{row.pk}:{seen(session)}" for row in asked]
    with at_most(60, "approving together"):
        response = browser.post("/requirements/together/", {"requirement": pairs}, headers=HTMX)
    assert response.status_code == 200
    assert list(session.requirements.values_list("status", flat=True)) == ["approved"] * count
    assert Decision.objects.filter(verdict="approved").count() == count
    assert session.runs.get().status == "pending"


@pytest.mark.parametrize("count", [1, 10])
def test_approving_together_in_as_many_conversations_takes_few_queries(
    browser: Client, person: Person, orders: Queue, count: int
) -> None:
    conversations = crowd(orders, person, count)
    pairs = [f"{row.pk}:{seen(row.session)}" for row in Requirement.objects.all()]
    with at_most(40, "approving together"):
        response = browser.post("/requirements/together/", {"requirement": pairs}, headers=HTMX)
    assert response.status_code == 200
    for conversation in conversations:
        assert conversation.requirements.get().status == "approved"
        assert conversation.runs.get().status == "pending"
        kinds = list(conversation.changes.order_by("pk").values_list("kind", flat=True))
        assert kinds[-2:] == ["requirement.approved", "run.pending"]
        assert seen(conversation) == conversation.changes.latest("pk").pk
    assert Decision.objects.filter(verdict="approved", person_email=person.email).count() == count


def crowd(queue: Queue, person: Person, count: int) -> list[Session]:
    """So many conversations in which something waits for a decision, with tickets and lines in the audit log."""
    found = []
    for number in range(count):
        session = Session.objects.create(
            queue=queue, user_id=f"user {number}", customer_name=f"Customer {number}", last_change=1
        )
        messages.receive(session, f"I am number {number}")
        run = session.runs.latest("pk")
        session.runs.update(status="paused")
        asked = Requirement.objects.create(
            session=session, run=run, root=run, kind="confirmation", call_id="c", tool_name="refund", arguments={"order": "7"}
        )
        Decision.objects.append(asked, "asked", actor="Clerk")
        tickets.link(session, person, f"HD-{number}")
        found.append(session)
    return found


@pytest.mark.parametrize("count", [1, 25])
def test_lists_and_reports_take_few_queries_however_long_they_are(
    browser: Client, person: Person, orders: Queue, count: int
) -> None:
    tighten(crowd(orders, person, count)[0], roles=["refunders"])
    for path in ("/open/", "/decisions/", "/mine/", "/search/?q=Customer", "/list/open/", "/list/decisions/"):
        read(browser, path, 8)
    assert TicketLink.objects.count() == count
    for path in ("/decisions/?sort=oldest", "/open/?sort=oldest", "/open/?unread=1", "/reports/", "/rules/", "/profile/"):
        read(browser, path, 8)


@pytest.mark.parametrize("count", [1, 25])
def test_a_customers_page_takes_few_queries_however_much_was_said(
    client: Client, session: Session, work: Work, count: int
) -> None:
    Session.objects.filter(pk=session.pk).update(access_hash=secret_hash("secret"))
    shop.actor.says(*["Done."] * count)
    for number in range(count):
        messages.receive(session, f"Question {number}")
        work()
    read(client, "/c/secret/", 4)
    read(client, "/c/secret/timeline/", 4)


@pytest.mark.parametrize("count", [1, 25])
def test_lists_of_the_api_take_few_queries_however_long_they_are(
    client: Client, ana: Person, orders: Queue, count: int
) -> None:
    session = crowd(orders, ana, count)[0]
    for number in range(count):
        messages.receive(session, f"And {number}")
        tickets.link(session, ana, f"HD-9{number}")
    headers = {"Authorization": f"Bearer {ApiToken.make('a script', ana)[1]}"}
    inside = ("messages", "runs", "requirements", "tickets")
    for path in ("sessions", "queues", "requirements", *(f"sessions/{session.session_id}/{part}" for part in inside)):
        with at_most(6, path):
            response = client.get(f"/api/{path}", headers=headers)
        assert response.status_code == 200, response.content
