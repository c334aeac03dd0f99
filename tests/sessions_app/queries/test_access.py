"""Every route × role × method: what each gets, that it is stored by no browser, and that those who are refused learn and change
nothing. Cy works another queue.

The table is `routes.py`. A route that is in none of its tables fails here, also one of a package or of the administration.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.db import transaction
from django.template.loader import render_to_string
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from pytest_django.fixtures import Settings

from kern.testing import call
from sessions_app.actions import merging, messages, sessions, tickets
from sessions_app.infrastructure.ids import secret_hash
from sessions_app.jobs.planning import Wanted, plan
from sessions_app.models import (
    ApiToken,
    Label,
    Message,
    NameSuggestion,
    Person,
    Queue,
    Requirement,
    Run,
    SavedView,
    Session,
    StandingApproval,
    ToolCall,
    WebhookEndpoint,
)
from tests import desk as shop
from tests.deciding import rule_of
from tests.sessions_app.queries import routes
from tests.sessions_app.queries.doors import (
    FIELDS,
    METHODS,
    OF_PAGES,
    PEOPLE,
    SCOPES,
    SEES_NOTHING,
    STREAMS,
    WORDS,
    Doors,
    RolledBackError,
    answers,
    rows,
)

VIEWS = ("decisions", "mine", "unassigned", "open", "snoozed", "closed", "spam", "search")
#: Tokens by what is special about them.
TOKENS = ("all scopes", *SCOPES, *SEES_NOTHING, "ended", "expired", "closed account", "no such token")
ROLES = ("nobody", *PEOPLE, "all scopes")


@pytest.fixture
def secret(ana: Person, orders: Queue, session: Session, work: Callable[[], list[str]]) -> Session:
    """A conversation with everything in it that an address can name."""
    shop.actor.says(call("refund", order="7", cents=500))
    messages.receive(session, WORDS)
    assert work() == ["paused"]
    tickets.link(session, ana, "HD-1")
    rule_of(ana, orders, timezone.now() + timedelta(days=1))
    Session.objects.update(access_hash=secret_hash("open-sesame"))
    return session


@pytest.fixture
def values(secret: Session, orders: Queue, ana: Person) -> dict[str, str]:
    """Values of the routes' parameters; of `pk` by the route's first word."""
    merge = str(merging.merge(secret, sessions.start_session(orders), ana).pk)
    requirement = Requirement.objects.get()
    label = Label.objects.create(name=WORDS[:40])
    return {
        "session_id": secret.session_id,
        "label_id": str(label.pk),
        "view_id": str(SavedView.objects.create(name=WORDS, where="open", queue=orders).pk),
        "run_id": Run.objects.get().run_id,
        "requirement_id": requirement.requirement_id,
        "suggestion_id": str(NameSuggestion.objects.create(session=secret, name=WORDS, for_version=secret.name_version).pk),
        "link_id": str(secret.tickets.get().pk),
        "secret": "open-sesame",
        "queue": "orders",
        "slug": "helpdesk",
        "system": "theirs",
        "ticket_id": "HD-4711",
        "where": "open",
        "rest": "nowhere",
        "id": str(ana.pk),
        "object_id": "1",
        "content_type_id": "1",
        "app_label": "sessions_app",
        "url": "nowhere",
        "key": "abc",
        "token": "abc",
        "uidb36": "abc",
        "names": str(secret.pk),
        "tickets": str(secret.tickets.get().pk),
        "merges": merge,
        "merge_id": merge,
        "requirements": str(requirement.pk),
        "rules": str(StandingApproval.objects.get().pk),
        "messages": str(Message.objects.earliest("pk").pk),
        "calls": str(ToolCall.objects.get().pk),
        "c": str(Message.objects.earliest("pk").pk),
        # Of a webhook's endpoint and of a label.
        "setup": str(WebhookEndpoint.objects.create(pk=label.pk, name="Ledger", url="https://ledger.example/", secret="").pk),
    }


@pytest.fixture
def doors(ana: Person, ben: Person, cy: Person, session: Session, values: dict[str, str], settings: Settings) -> Doors:
    """Somebody who asks everywhere: nobody, a person, or a program with a token."""
    settings.REDIS_URL = ""
    bens, _secret = ApiToken.make("ben's", ben)
    job = str(plan("unlock", [Wanted(session.pk)], {}, person=ben).pk)
    view = SavedView.objects.create(name="Ben's", where="open", person=ben)
    own = {"profile": str(bens.pk), "saved-views": str(view.pk), "jobs": job, "job_id": job, "verb": "cancel"}
    return Doors({"ana": ana, "ben": ben, "cy": cy}, tokens_of(ana, cy), {**values, **own})


def tokens_of(ana: Person, cy: Person) -> dict[str, str]:
    """Secrets of tokens, by what is special about them."""
    gone = Person.objects.create_user("gone@example.com", is_active=False, is_superuser=True)
    found = {scope: ApiToken.make(scope, ana, scopes=[scope])[1] for scope in SCOPES}
    for name, person in (("all scopes", ana), ("another queue", cy), ("of nobody", None), ("closed account", gone)):
        found[name] = ApiToken.make(name, person, scopes=SCOPES)[1]
    for name, change in (("ended", {"revoked_at": timezone.now()}), ("expired", {"expires_at": timezone.now()})):
        token, found[name] = ApiToken.make(name, ana, scopes=SCOPES)
        ApiToken.objects.filter(pk=token.pk).update(**change)
    return {**found, "no such token": "kern_guessed"}


def every_route(resolver: URLResolver | None = None, before: str = "") -> Iterator[str]:
    """Every route of the project, as Django writes it."""
    for found in (resolver or get_resolver()).url_patterns:
        # Which applications have pages in the administration is said by the rows of their models.
        route = re.sub(r"(<app_label>)[^)]*", r"\1…", before + str(found.pattern))
        if isinstance(found, URLPattern):
            yield route
        else:
            yield from every_route(found, route)


def test_every_route_stands_in_the_table() -> None:
    missing = sorted(set(every_route()) - set(rows()))
    told = "\n".join(f'    "{route}": "GET 200, POST 303",' for route in missing)
    assert not missing, (
        f"These routes are in no table of tests/sessions_app/queries/routes.py:\n{told}\n"
        "Put each into the table of those who may use it (PEOPLE, QUEUE, OWN, API …), with the methods it knows and what "
        "they answer; a model of the administration goes into ADMIN_MODELS. A value for a <parameter> goes into the fixture "
        "`values` of tests/sessions_app/queries/test_access.py, a body for the API into BODIES of doors.py."
    )
    gone = sorted(set(rows()) - set(every_route()) - {"static/mark.svg"})
    assert not gone, f"tests/sessions_app/queries/routes.py has rows for routes that are no more: {gone}"


@pytest.mark.parametrize("role", ["nobody", *PEOPLE])
def test_pages_answer_everybody_as_the_table_says(role: str, doors: Doors) -> None:
    doors.enter(role)
    wrong = doors.try_everything(set(rows()) - set(routes.API), OF_PAGES)
    assert not wrong, "\n".join(wrong)


def test_no_address_knows_a_method_that_is_not_in_the_table(doors: Doors) -> None:
    doors.enter("ana")
    wrong = doors.try_everything(rows(), set(METHODS) - set(OF_PAGES))
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("role", ["nobody", "ana", *TOKENS])
def test_the_api_answers_every_token_as_the_table_says(role: str, doors: Doors) -> None:
    doors.enter(role)
    wrong = doors.try_everything(routes.API)
    assert not wrong, "\n".join(wrong)


def test_a_token_opens_no_page(doors: Doors) -> None:
    doors.enter("all scopes")
    wrong = doors.try_everything(set(rows()) - set(routes.API), OF_PAGES)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("role", ROLES)
def test_streams_open_for_those_who_may_read_along(role: str, doors: Doors) -> None:
    doors.enter(role)
    for route in STREAMS:
        for method in METHODS:
            answer = doors.ask(method, route)
            answer.close()
            assert answer.status_code in doors.expected(route, method), (role, method, route, answer.status_code)


def test_without_the_secret_link_there_is_no_conversation(doors: Doors) -> None:
    doors.values["secret"] = "guessed"
    for route, line in routes.LINK.items():
        for method in answers(line):
            assert doors.ask(method, route).status_code == 404, (method, route)


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


#: Parameters of routes that are numbers.
NUMBERS = (
    "pk",
    "object_id",
    "content_type_id",
    "tickets",
    "requirements",
    "rules",
    "messages",
    "calls",
    "c",
    "profile",
    "jobs",
)
#: Texts that no database, header or terminal should meet: NUL, a line's end and an escape, half a letter, bytes of no letter.
BAD = ("a\x00b", "a\r\nX-Injected: 1\x1b[2J", "\ud800", "%ff%fe", "9" * 400)
#: Every name by which an address, a form or a program's request says something.
NAMES = (
    *(
        "after",
        "back",
        "before",
        "cursor",
        "days",
        "do",
        "email",
        "from",
        "kind",
        "limit",
        "next",
        "o",
        "p",
        "page",
        "q",
        "queue",
    ),
    *("reject", "seen", "session_id", "since", "sort", "status", "tool", "user_id", "view", "_changelist_filters", "pk__in"),
)


def same_for(role: str) -> set[str]:
    """Routes that refuse this one before a model's own code runs: the pages of one model stand for those of all."""
    others = set(routes.ADMIN_MODELS) - {"sessions_app/session"} if role == "all scopes" else set()
    return {f"admin/{model}/{page}" for model in others for page in routes.ADMIN_PAGES}


@pytest.mark.parametrize("role", ["ana", "all scopes"])
@pytest.mark.parametrize("bad", BAD, ids=ascii)
def test_no_text_from_outside_is_a_fault_of_ours(bad: str, role: str, doors: Doors) -> None:
    """Wherever it stands: in the path, the query, the form, a header."""
    doors.enter(role)
    escaped = bad if bad.startswith("%") else quote(bad.encode("utf-8", "surrogatepass"), safe="")
    doors.values = {name: value if name in NUMBERS else escaped for name, value in doors.values.items()}
    query = "&".join(f"{name}={escaped}" for name in NAMES)
    fields = dict.fromkeys((*NAMES, *FIELDS), bad.encode("utf-8", "surrogatepass").decode("latin-1"))
    raw = bad.encode("utf-8", "surrogatepass").decode("latin-1")
    headers = dict.fromkeys(("HTTP_HX_CURRENT_URL", "HTTP_LAST_EVENT_ID", "HTTP_X_REQUEST_ID", "HTTP_ACCEPT_LANGUAGE"), raw)
    faults = []
    # Nobody works while a test runs, and the probe says so.
    for route in set(rows()) - {*STREAMS, "health/work/"} - same_for(role):
        for method in ("GET", "POST"):
            with suppress(RolledBackError), transaction.atomic():
                answer = doors.ask_badly(method, route, query, fields, headers)
                if answer.status_code >= 500 or "X-Injected" in answer:
                    faults.append(f"{method} {route} {answer.status_code}")
                raise RolledBackError
    assert not faults, "\n".join(faults)
