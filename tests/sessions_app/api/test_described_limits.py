"""What the description promises about lengths is what the verbs take: as much as it says, and no more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kern.testing import call
from sessions_app.actions import messages
from sessions_app.api import api
from sessions_app.models import ApiToken, Person, Queue, Requirement, Session
from tests.desk import actor
from tests.programs import Program

Work = Callable[[], list[str]]
LATEST = 2**62


@pytest.fixture
def program(ana: Person) -> Program:
    return Program(ApiToken.make("ana's script", ana)[1])


def promised(schema: str, field: str) -> int:
    """The most characters of a field, by the description."""
    described = api.get_openapi_schema()["components"]["schemas"][schema]["properties"][field]
    most: int = next(part["maxLength"] for part in (described, *described.get("anyOf", [])) if "maxLength" in part)
    return most


@pytest.mark.parametrize(
    ("schema", "field", "method", "path", "others"),
    [
        ("MessageIn", "content", "POST", "/sessions/{id}/messages", {}),
        ("ReplyIn", "content", "POST", "/sessions/{id}/replies", {"seen": LATEST}),
        ("MessageIn", "content", "POST", "/sessions/{id}/notes", {}),
        ("NameIn", "name", "PUT", "/sessions/{id}/name", {}),
        ("SessionIn", "session_id", "POST", "/sessions", {"queue": "orders"}),
        ("SessionIn", "user_id", "POST", "/sessions", {"queue": "orders"}),
        ("SessionIn", "customer_name", "POST", "/sessions", {"queue": "orders"}),
    ],
)
def test_as_much_as_is_described_is_taken_and_no_more(
    program: Program, session: Session, orders: Queue, schema: str, field: str, method: str, path: str, others: dict[str, Any]
) -> None:
    address, most = path.format(id=session.session_id), promised(schema, field)
    too_much = program.send(method, address, {**others, field: "x" * (most + 1)})
    assert (too_much.status_code, list(too_much.json()["error"]["fields"])) == (422, [field])
    taken = program.send(method, address, {**others, field: "x" * most})
    assert taken.status_code in (200, 201), taken.content[:300]


@pytest.mark.parametrize(("field", "action"), [("note", "reject"), ("response", "respond")])
def test_a_decisions_words_may_be_as_long_as_described(
    program: Program, session: Session, work: Work, field: str, action: str
) -> None:
    actor.says(call("refund", order="7", cents=500))
    messages.receive(session, "Refund order 7")
    work()
    address = f"/requirements/{Requirement.objects.get().requirement_id}/decision"
    most = promised("DecisionIn", field)
    too_much = program.post(address, {"action": action, "seen": LATEST, field: "x" * (most + 1)})
    assert (too_much.status_code, list(too_much.json()["error"]["fields"])) == (422, [field])
    taken = program.post(address, {"action": action, "seen": LATEST, field: "x" * most})
    assert taken.status_code == 200, taken.content[:300]
