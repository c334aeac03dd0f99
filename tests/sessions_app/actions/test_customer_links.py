"""A customer's secret link can be revoked and made anew, and ends by itself; whoever opens an old one is told so."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.core.cache import cache
from django.test import Client
from django.test.client import AsyncClient
from django.utils import timezone
from pytest_django.fixtures import Settings

from sessions_app.actions import customer_links, messages
from sessions_app.models import ApiToken, AuditEntry, Change, Message, Person, Queue, Session
from tests.programs import Program, streamed
from tests.sessions_app.views.test_customer import begin, first_form, page_of


@pytest.fixture(autouse=True)
def nobody_was_here() -> None:
    cache.clear()


@pytest.fixture
def browser(client: Client, orders: Queue) -> Client:
    return client


@pytest.fixture
def inbox(ben: Person) -> Client:
    browser = Client()
    browser.force_login(ben)
    return browser


def quiet_since(session: Session, days: int) -> None:
    Session.objects.filter(pk=session.pk).update(activity_at=timezone.now() - timedelta(days=days))


def test_who_opens_a_revoked_link_is_told_so_and_where_to_write_and_nothing_else(
    browser: Client, inbox: Client, orders: Queue
) -> None:
    address = begin(browser)
    session = Session.objects.get()
    assert inbox.post(f"/sessions/{session.session_id}/link/", {"do": "revoke"}).status_code == 303
    for path in (address, f"{address}timeline/", f"{address}messages/"):
        answer = browser.get(path)
        page = answer.content.decode()
        assert answer.status_code == 410
        assert "was replaced or taken back" in page
        assert 'href="/help/orders/"' in page
        assert not re.search("Where is order 7|Kim|Ben", page)
    assert asyncio.run(_status(f"{address}live/")) == 410


def test_what_is_sent_to_a_revoked_link_is_not_stored_and_not_lost(browser: Client, ana: Person) -> None:
    address = begin(browser)
    customer_links.revoke(Session.objects.get(), ana)
    for verb in ("messages", "person"):
        answer = browser.post(f"{address}{verb}/", {"message": "And <order> 8?"})
        assert answer.status_code == 410
        assert re.search(r"<textarea[^>]*>And &lt;order&gt; 8\?</textarea>", answer.content.decode())
    assert (Message.objects.count(), Session.objects.get().person_wanted_at) == (1, None)


def test_a_fragment_of_an_open_page_says_it_without_a_page_around(browser: Client, ana: Person) -> None:
    address = begin(browser)
    customer_links.revoke(Session.objects.get(), ana)
    answer = browser.get(f"{address}timeline/", headers={"HX-Request": "true"})
    assert (answer.status_code, "<html" in answer.content.decode()) == (410, False)


def test_a_link_made_anew_is_shown_once_and_ends_the_one_before(browser: Client, inbox: Client) -> None:
    address = begin(browser)
    session = Session.objects.get()
    made = inbox.post(f"/sessions/{session.session_id}/link/", {"do": "make"})
    found = re.search(r'value="http://testserver(/c/[\w-]{32}/)"', made.content.decode())
    assert (made.status_code, found is not None, "no-store" in made["Cache-Control"]) == (200, True, True)
    assert found is not None
    assert "Where is order 7?" in page_of(browser, found[1])
    assert browser.get(address).status_code == 410
    secret = found[1].split("/")[2]
    stored = [*Session.objects.values(), *Change.objects.values(), *AuditEntry.objects.values()]
    assert secret not in str(stored)
    assert "made a new link for the customer" in inbox.get(f"/open/{session.session_id}/").content.decode()
    assert secret not in inbox.get(f"/open/{session.session_id}/?details=1").content.decode()


def test_for_htmx_the_new_link_stands_beside_the_drawer_which_fetches_itself_anew(inbox: Client, session: Session) -> None:
    made = inbox.post(f"/sessions/{session.session_id}/link/", {"do": "make"}, headers={"HX-Request": "true"})
    assert (made["HX-Retarget"], made["HX-Reswap"]) == ("#toasts", "beforeend")
    assert re.search(r'data-copy="http://testserver/c/[\w-]{32}/"', made.content.decode())
    assert "Works until" in inbox.get(f"/sessions/{session.session_id}/details/").content.decode()


def test_a_form_that_is_sent_again_does_not_bring_a_revoked_link_back(browser: Client, ana: Person) -> None:
    form = first_form(browser)
    address = browser.post("/help/orders/", form)["Location"]
    customer_links.revoke(Session.objects.get(), ana)
    assert browser.post("/help/orders/", form)["Location"] == address
    assert browser.get(address).status_code == 410
    customer_links.make(Session.objects.get(), ana)
    browser.post("/help/orders/", form)
    assert browser.get(address).status_code == 410


def test_an_old_link_stays_ended_when_new_ones_are_made(browser: Client, ana: Person, session: Session) -> None:
    secrets = [customer_links.make(session, ana) for _ in range(3)]
    assert [browser.get(f"/c/{secret}/").status_code for secret in secrets] == [410, 410, 200]


@pytest.mark.parametrize(("days", "quiet", "status"), [(90, 89, 200), (90, 91, 410), (7, 8, 410), (0, 3000, 200)])
def test_a_link_ends_so_many_days_after_the_last_message_as_the_queue_says(
    browser: Client, orders: Queue, days: int, quiet: int, status: int
) -> None:
    orders.link_days = days
    orders.save()
    address = begin(browser)
    quiet_since(Session.objects.get(), quiet)
    answer = browser.get(address)
    assert answer.status_code == status
    assert ("was not used for a long time" in answer.content.decode()) is (status == 410)


def test_a_message_to_the_customer_or_a_new_link_lets_them_in_again(browser: Client, ana: Person) -> None:
    address = begin(browser)
    session = Session.objects.get()
    quiet_since(session, 100)
    assert browser.get(address).status_code == 410
    messages.reply(session, ana, "Still there?", seen=10**6)
    assert "Still there?" in page_of(browser, address)
    quiet_since(session, 100)
    assert browser.get(f"/c/{customer_links.make(Session.objects.get(), ana)}/").status_code == 200


def test_whoever_does_not_work_the_queue_may_neither_make_nor_revoke(cy: Person, session: Session) -> None:
    stranger = Client()
    stranger.force_login(cy)
    for verb in ("make", "revoke"):
        assert stranger.post(f"/sessions/{session.session_id}/link/", {"do": verb}).status_code == 404
    assert not Session.objects.exclude(access_hash="").exists()


def test_programs_make_and_revoke_links_for_a_person(browser: Client, ben: Person, session: Session) -> None:
    program = Program(ApiToken.make("helpdesk", ben)[1])
    made = program.post(f"/sessions/{session.session_id}/link")
    assert made.status_code == 201
    address = made.json()["url"].removeprefix("http://testserver")
    assert browser.get(address).status_code == 200
    assert made.json()["ends_at"] is not None
    assert program.send("DELETE", f"/sessions/{session.session_id}/link").status_code == 204
    assert browser.get(address).status_code == 410


def test_an_admin_revokes_many_and_makes_one(browser: Client, ana: Person, orders: Queue) -> None:
    addresses = [begin(browser), begin(browser)]
    admin = Client()
    admin.force_login(ana)
    keys = list(Session.objects.values_list("pk", flat=True))
    chosen = {"action": "revoke_links", "_selected_action": keys}
    assert "2 links revoked" in admin.post("/admin/sessions_app/session/", chosen, follow=True).content.decode()
    assert [browser.get(address).status_code for address in addresses] == [410, 410]
    page = admin.post("/admin/sessions_app/session/", {"action": "make_link", "_selected_action": keys[:1]}).content.decode()
    found = re.search(r'value="http://testserver(/c/[\w-]{32}/)"', page)
    assert found is not None
    assert browser.get(found[1]).status_code == 200


def test_who_made_and_revoked_links_stands_in_the_audit_log(ben: Person, session: Session) -> None:
    customer_links.make(session, ben)
    customer_links.revoke(Session.objects.get(pk=session.pk), ben)
    kinds = AuditEntry.objects.filter(kind__startswith="link.").order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["link.made", "link.revoked"]


def test_the_stream_of_a_revoked_link_ends_at_once(browser: Client, ana: Person, redis_url: str, settings: Settings) -> None:
    settings.REDIS_URL = redis_url
    address = begin(browser)
    session = Session.objects.get()

    async def follow() -> None:
        answer = await AsyncClient().get(f"{address}live/?after={2**59}")
        # While the reader holds the first frame: what ends a page is not forgotten until it reads on.
        async for _frame in streamed(answer):
            await sync_to_async(customer_links.revoke)(session, ana)

    asyncio.run(asyncio.wait_for(follow(), 10))


async def _status(path: str) -> int:
    return int((await AsyncClient().get(path)).status_code)
