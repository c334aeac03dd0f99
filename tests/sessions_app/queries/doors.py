"""What the tables of `routes.py` mean, and somebody who tries every door: used by `test_access.py`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import cache
from http.cookies import SimpleCookie
from typing import Any

from django.core.cache import cache as limits
from django.db import connection, transaction
from django.test import Client

from sessions_app.models import Person
from tests.programs import Response
from tests.sessions_app.queries import routes
from tests.signing_in import sign_in_afresh

#: What browsers send; pages know no other method.
OF_PAGES = ("GET", "HEAD", "POST")
METHODS = (*OF_PAGES, "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
#: Streams are read by GET alone, and outside of a transaction: they give their connection back.
STREAMS = ("live/", "c/<str:secret>/live/")
#: What a browser may store.
STORED = ("static/mark.svg",)
PEOPLE = ("cy", "ben", "ana")
#: Tokens with one scope, and tokens with every scope that see nothing of the session.
SCOPES = ("read", "write", "decide", "admin")
SEES_NOTHING = ("another queue", "of nobody")
#: Whoever gets one of these changes nothing and reads nothing.
REFUSALS = (401, 403, 404, 405)
#: Tables that a refused request may write to.
BOOKS = ("django_session", "usersessions_usersession", "sessions_app_apitoken", "sessions_app_auditentry")
WORDS = "Nobody must read this"
#: What is sent with a POST to pages: something for every form.
FIELDS = {"seen": 10**6, "do": "resolve", "answer": "approve", "name": "x", "body": "x", "kind": "note", "ticket": "HD-2"}
#: What is sent to the API, by the last part of the route.
BODIES: dict[str, Any] = {
    "sessions": {"queue": "orders"},
    "jobs": {"kind": "unlock", "queue": "orders"},
    "attributes": {"user_id": "kim", "attributes": {"tier": "Silver"}},
    "customer": {"customer_name": "Kim"},
    "messages": {"content": "x"},
    "replies": {"content": "x"},
    "notes": {"content": "x"},
    "questions": {"content": "x"},
    "name": {"name": "x"},
    "labels": {"name": "x"},
    "<label_id>": {"name": "y"},
    "views": {"name": "x"},
    "<view_id>": {"name": "y"},
    "priority": {"priority": "high"},
    "status": {"status": "closed"},
    "assignee": {"assignee": None},
    "availability": {"available": True},
    "queue": {"queue": "orders"},
    "tickets": {"ticket_id": "HD-2"},
    "mentions": {"ticket_id": "HD-2"},
    "needs-person": {"note": "x"},
    "<link_id>": {"is_primary": True},
    "merges": {"kept": "nowhere", "merged": "elsewhere"},
    "apart": {"sessions": ["nowhere", "elsewhere"]},
    "ai-mode": {"ai_mode": "off"},
    "preview": {"user_id": "kim"},
    "export": {"user_id": "kim"},
    "erase": {"user_id": "kim", "confirm": "kim"},
    "dismiss": {},
    "naming-rules": {"max_words": 7},
    "decision": {"action": "approve", "seen": 2**62},
}
#: Operations of the API that name no session: a token of another queue is answered, with nothing of this one's in it.
LISTS = ("api/jobs", "api/labels", "api/name-suggestions", "api/queues", "api/sessions", "api/requirements", "api/views")
#: What belongs to the installation and to no queue: any person's token makes one, a token of nobody does not.
OF_ALL_QUEUES = ("api/labels", "api/views")
Statuses = dict[str, tuple[int, ...]]
Row = Callable[[str], Statuses]


class RolledBackError(Exception):
    """Undoes what a request did."""


class Doors:
    """Somebody who asks everywhere. `values` are those of the routes' parameters; of `pk` by the route's first word."""

    def __init__(self, people: dict[str, Person], tokens: dict[str, str], values: dict[str, str]) -> None:
        self.people = people
        self.tokens = tokens
        self.values = values
        self.role = "nobody"
        self.client = Client(raise_request_exception=False)
        self.headers: dict[str, str] = {}
        self.cookies: SimpleCookie = SimpleCookie()

    def enter(self, role: str) -> None:
        """From now on it is this one who asks; a person has given their password a moment ago."""
        limits.clear()
        self.role = role
        if role in self.tokens:
            self.headers = {"Authorization": f"Bearer {self.tokens[role]}"}
        if role in self.people:
            sign_in_afresh(self.client, self.people[role])
        self.cookies = SimpleCookie(self.client.cookies.output(header="", sep=";"))

    def try_everything(self, among: Iterable[str], methods: Iterable[str] = METHODS) -> list[str]:
        """What differs from the table, in words."""
        return [told for route in among if route not in STREAMS for told in self._try_route(route, methods)]

    def _try_route(self, route: str, methods: Iterable[str]) -> Iterator[str]:
        """Nothing that was asked for stays done."""
        # There are more routes than an address may be refused at in a minute.
        if self.headers:
            limits.clear()
        for method in methods:
            written: list[str] = []
            with suppress(RolledBackError), transaction.atomic(), connection.execute_wrapper(_noting(written)):
                answer = self.ask(method, route)
                raise RolledBackError
            asked = f"{self.role}: {method} /{self.path(route)} ({route})"
            expected = self.expected(route, method)
            if answer.status_code not in expected:
                yield f"{asked}: expected {expected}, got {answer.status_code}"
            if route not in STORED and "no-store" not in answer.headers.get("Cache-Control", ""):
                yield f"{asked}: a browser would store the answer"
            if answer.status_code in REFUSALS:
                yield from (f"{asked}: refused, and yet: {statement}" for statement in written)
                if WORDS in answer.getvalue().decode(errors="replace"):
                    yield f"{asked}: refused, and yet the answer has the customer's words"

    def ask(self, method: str, route: str) -> Response:
        """Send what a form or a program would send there."""
        self.client.cookies = SimpleCookie(self.cookies)
        path = f"/{self.path(route)}"
        if method == "POST" and not path.startswith("/api/"):
            return self.client.post(path, FIELDS, headers=self.headers)
        body = BODIES.get(route.rsplit("/", 1)[-1]) if method in ("POST", "PUT", "PATCH") else None
        if (method, route.rsplit("/", 1)[-1]) == ("POST", "name"):
            body = None
        text = "" if body is None else json.dumps(body)
        return self.client.generic(method, path, text, content_type="application/json", headers=self.headers)

    def ask_badly(self, method: str, route: str, query: str, fields: dict[str, str], headers: dict[str, Any]) -> Response:
        """Send what no form or program of ours would send there."""
        self.client.cookies = SimpleCookie(self.cookies)
        path = f"/{self.path(route)}?{query}"
        if method == "GET":
            return self.client.get(path, headers=self.headers, **headers)
        if path.startswith("/api/"):
            body = json.dumps(fields)
            return self.client.post(path, body, content_type="application/json", headers=self.headers, **headers)
        return self.client.post(path, fields, headers=self.headers, **headers)

    def path(self, route: str) -> str:
        """The route with values in it."""
        values = {**self.values, "pk": self.values.get(route.split("/")[0], "1")}
        plain = re.sub(r"\(\?P(<\w+>)[^()]*\)", r"\1", route).replace("^", "").removesuffix("$")
        return re.sub(r"<(?:\w+:)?(\w+)>", lambda part: values[part[1]], plain)

    def expected(self, route: str, method: str) -> tuple[int, ...]:
        """The statuses that the table allows."""
        kind = self.role if self.role in PEOPLE else "others"
        for role in (self.role, kind):
            if exception := routes.EXCEPTIONS.get((route, role, method)):
                return (exception,)
        name = "GET" if method == "HEAD" and route not in STREAMS else method
        return rows()[route](self.role).get(name, (405,))


@cache
def rows() -> dict[str, Row]:
    """Every row of every table."""
    tables: tuple[tuple[dict[str, str], Callable[[str], Row]], ...] = (
        (routes.OPEN, _for_everybody),
        (routes.LINK, _for_everybody),
        (routes.PEOPLE, _for_people),
        (routes.QUEUE, _for_the_queue),
        (routes.ADMINS, _for_ana),
        (routes.OWN, _for_ben),
        (routes.STAFF, _for_staff),
        (routes.ADMIN, _for_admins),
        (_of_models(), _for_admins),
    )
    pages = {route: meaning(line) for table, meaning in tables for route, line in table.items()}
    accounts = {route: _for_accounts(lines) for route, lines in routes.ACCOUNTS.items()}
    programs = {route: _for_programs(route, line) for route, line in routes.API.items()}
    return {**pages, **accounts, **programs}


def answers(line: str) -> Statuses:
    """`"GET 200, POST 303/422"` by method."""
    words = [part.split() for part in line.split(", ")]
    return {method: tuple(int(status) for status in statuses.split("/")) for method, *_scope, statuses in words}


def _refused(line: str, status: int) -> Statuses:
    return dict.fromkeys(answers(line), (status,))


def _at_the_door(line: str) -> Statuses:
    """Opening a page leads to the sign-in page; what was sent is given back on one that says so."""
    return {method: (401,) if method == "POST" else (302,) for method in answers(line)}


def _for_everybody(line: str) -> Row:
    return lambda role: answers(line)


def _for_people(line: str) -> Row:
    return lambda role: answers(line) if role in PEOPLE else _at_the_door(line)


def _for_the_queue(line: str) -> Row:
    others = {"cy": _refused(line, 404), "ben": answers(line), "ana": answers(line)}
    return lambda role: others.get(role, _at_the_door(line))


def _for_ana(line: str) -> Row:
    others = {"cy": _refused(line, 404), "ben": _refused(line, 404), "ana": answers(line)}
    return lambda role: others.get(role, _at_the_door(line))


def _for_ben(line: str) -> Row:
    others = {"cy": _refused(line, 404), "ben": answers(line), "ana": _refused(line, 404)}
    return lambda role: others.get(role, _at_the_door(line))


def _for_staff(line: str) -> Row:
    return lambda role: answers(line) if role == "ana" else _refused(line, 404)


def _for_admins(line: str) -> Row:
    return lambda role: answers(line) if role == "ana" else dict.fromkeys(("GET", "POST"), (302,))


def _for_accounts(lines: tuple[str, str]) -> Row:
    return lambda role: answers(lines[role in PEOPLE])


def _for_programs(route: str, line: str) -> Row:
    scopes = {method: scope for method, scope, _statuses in (part.split() for part in line.split(", "))}

    def row(role: str) -> Statuses:
        if role == "all scopes":
            return answers(line)
        if role in SCOPES:
            return {method: (403,) if scopes[method] != role else found for method, found in answers(line).items()}
        return _to_others(route, line) if role in SEES_NOTHING else _refused(line, 401)

    return row


def _to_others(route: str, line: str) -> Statuses:
    """Tokens with every scope that see none of the session's queue: lists are empty, the session does not exist."""
    if " admin " in line:
        return _refused(line, 403)
    if route in OF_ALL_QUEUES:
        return {method: (*statuses, 403) for method, statuses in answers(line).items()}
    lists = answers(line) if route in LISTS else {}
    return {**_refused(line, 404), **{method: statuses for method, statuses in lists.items() if method == "GET"}}


def _of_models() -> dict[str, str]:
    return {
        f"admin/{model}/{page}": line if not right or right in rights.split() else without
        for model, rights in routes.ADMIN_MODELS.items()
        for page, (right, line, without) in routes.ADMIN_PAGES.items()
    }


def _noting(written: list[str]) -> Callable[..., Any]:
    """Notes statements that change a table, but for those where refusals are booked."""

    def note(execute: Callable[..., Any], sql: str, parameters: Any, many: bool, context: Any) -> Any:
        if sql.startswith(("INSERT", "UPDATE", "DELETE")) and not any(f'"{table}"' in sql for table in BOOKS):
            written.append(sql[:80])
        return execute(sql, parameters, many, context)

    return note
