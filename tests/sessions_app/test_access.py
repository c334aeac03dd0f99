"""Cy works another queue: no address gives him anything of Ana's and Ben's, and none lets him do anything there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import URLPattern, get_resolver
from django.utils import timezone

from kern.testing import call
from sessions_app import tickets, turns
from sessions_app.models import Change, Person, Queue, Requirement, Run, Session, StandingApproval
from tests import desk as shop
from tests.deciding import rule_of

VIEWS = ("decisions", "mine", "unassigned", "open", "snoozed", "closed", "search")


@pytest.fixture
def secret(ana: Person, orders: Queue, session: Session, work: Callable[[], list[str]]) -> Session:
    """A conversation with everything in it that an address can name."""
    shop.actor.says(call("refund", order="7", cents=500))
    turns.receive(session, "Nobody must read this")
    assert work() == ["paused"]
    tickets.link(session, ana, "HD-1")
    rule_of(ana, orders, timezone.now() + timedelta(days=1))
    return session


def addresses(session: Session) -> dict[str, str]:
    """Every address about one session, by the name of its route."""
    requirement, link, run = Requirement.objects.get(), session.tickets.get(), Run.objects.get()
    shown, said = ("timeline", "header", "decisions", "details"), ("messages", "composer", "preview", "unsent")
    nouns = (*shown, *said, "name", "tickets", "assignee", "queue", "status", "lead")
    found = {f"session-{noun}": f"/sessions/{session.session_id}/{noun}/" for noun in nouns}
    runs = {f"run-{verb}": f"/runs/{run.run_id}/{verb}/" for verb in ("cancel", "retry", "again")}
    others = {
        "requirement": f"/requirements/{requirement.pk}/",
        "requirement-decision": f"/requirements/{requirement.pk}/decision/",
        "requirement-reopen": f"/requirements/{requirement.pk}/reopen/",
        "rule": f"/rules/{StandingApproval.objects.get().pk}/",
        "ticket": f"/tickets/{link.pk}/",
        "conversation": f"/open/{session.session_id}/",
    }
    return {**found, **runs, **others}


def test_every_address_of_a_session_is_missing_for_an_outsider(client: Client, cy: Person, secret: Session) -> None:
    client.force_login(cy)
    before = Change.objects.count()
    for path in addresses(secret).values():
        fields = {
            "seen": 10**6,
            "do": "resolve",
            "answer": "approve",
            "name": "x",
            "body": "x",
            "kind": "note",
            "ticket": "HD-2",
        }
        posted = client.post(path, fields)
        assert posted.status_code in (404, 405), path
        assert client.get(path).status_code in (404, 405), path
    assert Change.objects.count() == before
    assert Requirement.objects.get().status == "pending"
    assert StandingApproval.objects.in_force().exists()


def test_no_view_of_an_outsider_shows_or_counts_it(client: Client, cy: Person, parcels: Queue, secret: Session) -> None:
    client.force_login(cy)
    for view in (*VIEWS, "queues/parcels"):
        for query in ("", "?q=Nobody", "?queue=orders", "?unread=1"):
            for path in (f"/{view}/{query}", f"/list/{view}/{query}"):
                page = client.get(path).content.decode()
                assert "must read this" not in page, path
                assert secret.session_id not in page, path
                assert '<span class="n">1</span>' not in page, path
    assert client.get("/queues/orders/").status_code == 404
    assert client.get(f"/live/?session={secret.session_id}").status_code == 404


def test_a_stranger_is_sent_to_the_door(client: Client, secret: Session) -> None:
    for path in addresses(secret).values():
        response = client.get(path)
        if response.status_code == 405:
            posted = client.post(path)
            assert (posted.status_code, 'href="/accounts/login/?' in posted.content.decode()) == (401, True), path
        else:
            assert response.status_code == 302, path
            assert response.headers["Location"].startswith("/accounts/login/"), path
    assert client.get("/live/").status_code == 401


def test_the_administration_has_no_door_of_its_own(client: Client, ana: Person, ben: Person) -> None:
    words = {"username": ana.email, "password": "secret"}
    posted = client.post("/admin/login/?next=/admin/", words)
    assert posted.headers["Location"] == "/accounts/login/?next=%2Fadmin%2F"
    assert "_auth_user_id" not in client.session
    client.force_login(ben)
    assert client.post("/admin/login/?next=/admin/", words).status_code == 403
    assert client.get("/admin/", follow=True).status_code == 403
    client.force_login(ana)
    assert client.get("/admin/login/").headers["Location"] == "/admin/"


def test_no_route_about_a_session_is_forgotten_here(secret: Session) -> None:
    routes = [route for route in get_resolver("sessions_app.urls").url_patterns if isinstance(route, URLPattern)]
    about = {str(route.name) for route in routes if any(word in str(route.pattern) for word in ("session_id", "run_id", "pk"))}
    assert about - {name for name in about if name.startswith("customer")} == set(addresses(secret))


def test_pages_of_trouble_say_what_happened(client: Client, ana: Person) -> None:
    client.force_login(ana)
    assert "There is nothing here" in client.get("/nowhere/").content.decode()
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(ana)
    refused = strict.post("/profile/", {"theme": "dark"})
    assert (refused.status_code, "This page is out of date" in refused.content.decode()) == (403, True)
    assert "Something broke on our side" in render_to_string("500.html")


def test_ids_that_no_database_can_look_for_are_missing(client: Client, ana: Person, secret: Session) -> None:
    client.force_login(ana)
    for path in ("/open/%00/", "/sessions/a%00b/timeline/", "/live/?session=%00", "/list/open/?queue=%00&q=%00"):
        assert client.get(path).status_code in (200, 404), path
    assert client.post(f"/sessions/{secret.session_id}/tickets/", {"ticket": "HD-3", "system": "\x00"}).status_code == 303
