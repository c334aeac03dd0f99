"""Saved views: the address is the view, changed filters are told, and who sees and changes one."""

from __future__ import annotations

import pytest
from django.test import Client

from sessions_app.actions import labels, saved_views, sessions
from sessions_app.models import Person, Queue, SavedView, Session
from tests.sessions_app.html import flat


@pytest.fixture
def browser(client: Client, ben: Person) -> Client:
    client.force_login(ben)
    return client


@pytest.fixture
def several(orders: Queue, session: Session, ben: Person) -> list[Session]:
    """Kim's conversation and two more, of which Lee's has a label."""
    others = [sessions.start_session(orders, user_id=name, customer_name=name.title()) for name in ("lee", "max")]
    labels.add_by_name(others[0], ben, "VIP")
    return [session, *others]


def rows(page: str) -> int:
    return page.count('class="row')


def test_a_list_is_saved_with_its_filters_and_its_address_is_the_view(browser: Client, several: list[Session]) -> None:
    fields = {"name": "Important ones", "where": "open", "filter": "?q=label%3Avip&sort=oldest&details=1"}
    answer = browser.post("/saved-views/", fields)
    view = SavedView.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/views/{view.pk}/")
    assert (view.where, view.query) == ("open", "q=label%3Avip&sort=oldest")
    page = flat(browser.get(f"/views/{view.pk}/"))
    assert (rows(page), "Changed" in page) == (1, False)
    rail = page[page.index('id="rail-saved"') :]
    assert '<span class="n">1</span>' in rail[: rail.index("</li>")]
    # Rows lead to conversations within the view, and back.
    assert f'href="/views/{view.pk}/lee/' in page or f'href="/views/{view.pk}/{several[1].session_id}/' in page
    assert browser.get(f"/views/{view.pk}/{several[1].session_id}/").status_code == 200


def test_changed_filters_are_told_and_reset_saved_or_made_a_view_of_their_own(
    browser: Client, several: list[Session], ben: Person
) -> None:
    view = saved_views.save(ben, "Important", "open", "q=label%3Avip")
    page = browser.get(f"/views/{view.pk}/")
    without = page.context["filters"].query(q="")
    assert without == "?changed=1"
    changed = flat(browser.get(f"/views/{view.pk}/{without}"))
    assert (rows(changed), "Changed" in changed, "Reset" in changed) == (3, True, True)
    browser.post(f"/saved-views/{view.pk}/", {"do": "filters", "filter": "?unread=1&changed=1"})
    view.refresh_from_db()
    assert (view.name, view.query) == ("Important", "unread=1")
    browser.post("/saved-views/", {"name": "Mine", "where": f"views/{view.pk}", "filter": "?q=kim&changed=1"})
    assert list(SavedView.objects.order_by("pk").values_list("name", "where", "query")) == [
        ("Important", "open", "unread=1"),
        ("Mine", "open", "q=kim"),
    ]


def test_a_shared_view_is_seen_by_its_queue_and_changed_by_its_maker_and_admins(
    client: Client, several: list[Session], orders: Queue, ana: Person, ben: Person, cy: Person
) -> None:
    view = saved_views.save(ana, "Important", "open", "q=label%3Avip", orders)
    own = saved_views.save(ana, "Hers", "open", "")
    client.force_login(ben)
    assert "Shared with Orders" in flat(client.get(f"/views/{view.pk}/"))
    assert client.get(f"/views/{own.pk}/").status_code == 404
    refused = client.post(f"/saved-views/{view.pk}/", {"do": "deleted"})
    assert (refused.status_code, "is Ana&#x27;s" in refused.content.decode()) == (403, True)
    client.force_login(cy)
    assert client.get(f"/views/{view.pk}/").status_code == 404
    client.force_login(ana)
    client.post(f"/saved-views/{view.pk}/", {"do": "save", "name": "Very important", "share": ""})
    view.refresh_from_db()
    assert (view.name, view.person, view.queue) == ("Very important", ana, None)
    client.post(f"/saved-views/{view.pk}/", {"do": "deleted"})
    assert not SavedView.objects.filter(pk=view.pk).exists()


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "", "where": "open"},
        {"name": "x" * 61, "where": "open"},
        {"name": "Important", "where": "open"},
        {"name": "ＩＭＰＯＲＴＡＮＴ", "where": "open"},
        {"name": "Other", "where": "decisions"},
        {"name": "Other", "where": "views/4711"},
        {"name": "Other", "where": "nowhere"},
        {"name": "Other", "where": "open", "share": "parcels"},
    ],
)
def test_what_cannot_be_saved_comes_back_with_the_reason(
    browser: Client, ben: Person, parcels: Queue, fields: dict[str, str]
) -> None:
    saved_views.save(ben, "Important", "open", "")
    answer = browser.post("/saved-views/", fields)
    assert answer.status_code == 422
    assert f'value="{fields["name"]}"' in flat(answer)
    assert SavedView.objects.count() == 1


def test_all_that_match_a_view_are_those_of_its_filters(browser: Client, several: list[Session], ben: Person) -> None:
    view = saved_views.save(ben, "Important", "open", "q=label%3Avip")
    begun = browser.post("/jobs/", {"do": "resolve", "scope": "matching", "where": f"views/{view.pk}", "filter": "?"})
    assert begun.status_code == 302
    job = flat(browser.get(begun["Location"]))
    assert "Important" in job
    from sessions_app.models import Job

    assert Job.objects.get().total == 1


def test_a_view_of_a_queue_that_was_left_is_gone_for_who_left_it(
    browser: Client, orders: Queue, ana: Person, ben: Person
) -> None:
    view = saved_views.save(ana, "Important", "open", "", orders)
    assert browser.get(f"/views/{view.pk}/").status_code == 200
    orders.members.remove(ben)
    assert browser.get(f"/views/{view.pk}/").status_code == 404
