"""One bad row stops nothing: pages, the API, the sweep and workers go on with the others, and say which one it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from kern.agent import Agent
from kern.testing import call
from sessions_app import audit
from sessions_app.actions import decisions, messages, runs, tickets
from sessions_app.actions import sessions as session_actions
from sessions_app.customers.erasing import take_away
from sessions_app.errors import InvalidAction
from sessions_app.infrastructure import broken_rows as broken
from sessions_app.infrastructure import clock
from sessions_app.infrastructure.ids import secret_hash
from sessions_app.models import (
    ApiToken,
    Change,
    Decision,
    Message,
    NameRecord,
    Person,
    Queue,
    Requirement,
    Row,
    Run,
    Session,
    SessionRead,
    StandingApproval,
    TicketLink,
    TicketSystem,
    ToolCall,
    ToolPolicy,
    UnsentText,
)
from sessions_app.store import DjangoDb
from sessions_app.workers import expiry, naming
from sessions_app.workers import turns as turns_workers
from tests import desk as shop
from tests.corrupting import Corruption, corruptions_of
from tests.deciding import rule_of
from tests.programs import Program

Work = Callable[[], list[str]]


#: Where a row of each model is shown, by the beginning of the address.
BAD, DECISIONS, OPEN, API_RUNS = "/open/s-bad", "/decisions/", "/open/?", "/sessions/s-bad/runs"
SHOWN: dict[type[Row], tuple[str, ...]] = {
    Session: (OPEN, DECISIONS, BAD, "/c/", "/sessions?", "/requirements?"),
    Run: (BAD, DECISIONS, API_RUNS, "/requirements?"),
    Message: (BAD, "/c/", "/sessions/s-bad/messages"),
    ToolCall: (BAD, API_RUNS),
    Requirement: (OPEN, DECISIONS, BAD, "/requirements?", "/sessions/s-bad/requirements"),
    Change: (BAD,),
    Decision: ("/requirements/", "/reports/"),
    NameRecord: (BAD,),
    TicketLink: (BAD, OPEN, "/sessions?"),
    StandingApproval: ("/rules/",),
    ToolPolicy: (DECISIONS, BAD),
    Queue: (OPEN, DECISIONS, BAD, "/queues"),
    Person: (OPEN, DECISIONS, BAD, "/queues"),
    TicketSystem: (OPEN, BAD, "/sessions?"),
    ApiToken: ("/sessions?",),
    UnsentText: (BAD,),
    SessionRead: (OPEN,),
}


IN_ADMIN = ("session", "run", "requirement", "decision", "person", "queue", "apitoken", "ticketsystem", "toolpolicy")


@dataclass
class World:
    """Two conversations with the same in them: one row of the bad one is corrupted, and the good one must stay visible."""

    good: Session
    bad: Session
    client: Client
    program: Program

    def bad_row(self, model: type[Row]) -> Any:
        if model is Session:
            return Session.objects.get(pk=self.bad.pk)
        if model is Decision:
            return Decision.objects.filter(session_key=self.bad.session_id).latest("pk")
        if model is ToolCall:
            return ToolCall.objects.filter(run__session=self.bad).latest("pk")
        if model in (Queue, TicketSystem):
            return model._default_manager.get(slug="parcels" if model is Queue else "bugs")
        if model is Person:
            return Person.objects.get(email="cy@example.com")
        if model is ApiToken:
            return ApiToken.objects.get(name="other")
        if model in (StandingApproval, ToolPolicy):
            return model._default_manager.filter(tool_name="buy").latest("pk")
        rows: Any = model._default_manager
        return rows.filter(session=self.bad).latest("pk")

    def pages(self) -> list[tuple[str, str]]:
        """Addresses of people's pages, each with what of the good conversation must be on it."""
        asked = Requirement.objects.get(session=self.good)
        said, name = "Please help good", "Named good"
        return [
            ("/open/?sort=newest", name),
            ("/decisions/", name),
            (f"/open/{self.bad.session_id}/?details=1", name),
            (f"/requirements/{asked.pk}/", "refund"),
            ("/rules/", "refund"),
            ("/reports/", "refund"),
            ("/reports/decisions.csv", self.good.session_id),
            ("/reports/decisions.jsonl", self.good.session_id),
            ("/c/secret-good/", said),
            ("/c/secret-bad/", "composer"),
            *((f"/admin/sessions_app/{name}/", "changelist") for name in IN_ADMIN),
        ]

    def api_pages(self) -> list[tuple[str, str]]:
        good, bad = self.good.session_id, self.bad.session_id
        return [
            ("/sessions?limit=9", good),
            ("/queues", "orders"),
            ("/requirements?limit=9", good),
            *((f"/sessions/{bad}/{noun}", "items") for noun in ("messages", "runs", "requirements")),
        ]


@pytest.fixture
def world(broken_rows: None, ana: Person, cy: Person, orders: Queue, client: Client, work: Work) -> World:
    sessions = []
    for which in ("good", "bad"):
        session = session_actions.start_session(orders, user_id=which, customer_name=f"Kim {which}", session_id=f"s-{which}")
        shop.actor.says([call("note_order", order=which), call("refund", order=which, cents=5)], "Done.")
        messages.receive(session, f"Please help {which}")
        assert work()[-1] == "paused"
        DjangoDb().rename_session(session.session_id, f"Named {which}", "human", person=ana)
        session.refresh_from_db()
        session.access_hash = secret_hash(f"secret-{which}")
        session.save(update_fields=["access_hash"])
        tickets.link(session, ana, "HD-1")
        sessions.append(session)
    rule_of(ana, orders, clock.now() + timedelta(days=1), "refund")
    rule_of(ana, orders, clock.now() + timedelta(days=1), "buy")
    ToolPolicy.objects.create(queue=orders, tool_name="buy", roles=["boss"], thresholds=["cents > 5"])
    UnsentText.objects.create(session=sessions[1], person=ana, text="Half a sen")
    session_actions.mark_read(sessions[1], ana)
    ApiToken.make("other")
    client.force_login(ana)
    client.raise_request_exception = True
    return World(sessions[0], sessions[1], client, Program(ApiToken.make("ana's script", ana)[1]))


@pytest.mark.parametrize("model", list(SHOWN), ids=lambda model: model.__name__)
def test_whatever_is_wrong_with_a_row_the_others_are_there(world: World, model: type[Row]) -> None:
    missed = []
    for corruption in corruptions_of(world.bad_row(model)):
        with corruption.applied():
            missed += [f"{corruption}: {problem}" for problem in _problems(world, model)]
    assert not missed, "\n".join(missed)


def _problems(world: World, model: type[Row]) -> list[str]:
    """What does not work any more."""
    found, shown = [], SHOWN[model]
    for path, expected in world.pages():
        if path.startswith((*shown, f"/admin/sessions_app/{model._meta.model_name}/")):
            found += _problem_of(path, expected, lambda path=path: world.client.get(path))  # type: ignore[misc]
    for path, expected in world.api_pages():
        if path.startswith(shown):
            found += _problem_of(f"/api{path}", expected, lambda path=path: world.program.get(path))  # type: ignore[misc]
    for deed in (turns_workers.recover, turns_workers.wake, turns_workers.due, expiry.expire, expiry.remind, naming.due):
        try:
            deed()
        except Exception as error:  # noqa: BLE001 - whatever it raises is the finding
            found.append(f"{deed.__name__}: {error!r}")
    db = DjangoDb()
    reads = (lambda: list(Agent(db=db).iter_sessions()), lambda: db.messages("s-bad"), lambda: db.runs("s-bad"))
    for read in reads:
        try:
            read()
        except Exception as error:  # noqa: BLE001 - as above
            found.append(f"library: {error!r}")
    return found


def _problem_of(path: str, expected: str, ask: Callable[[], Any]) -> list[str]:
    try:
        response = ask()
    except Exception as error:  # noqa: BLE001 - as above
        return [f"{path}: {type(error).__name__}: {str(error)[:200]}"]
    content = b"".join(response.streaming_content) if response.streaming else response.content
    is_gone = response.status_code == 404 and "bad" in path
    if is_gone or (response.status_code == 200 and expected in content.decode()):
        return []
    return [f"{path}: {response.status_code}, {expected!r} {'is' if expected in content.decode() else 'is not'} there"]


def corrupted(row: Row, column: str, value: str) -> Any:
    """The row with this in that column, as SQL writes it."""
    field: Any = row._meta.get_field(column)
    return Corruption(row, field, value).applied()


def test_a_broken_row_is_told_once_and_shown_as_broken(world: World) -> None:
    asked = world.bad_row(Requirement)
    broken.forget()
    with corrupted(asked, "policy", '\'{"risk": "purple"}\''):
        page = world.client.get("/decisions/").content.decode()
        assert world.client.get("/decisions/").status_code == 200
        card = world.client.get(f"/open/{world.bad.session_id}/").content.decode()
        api = world.program.get("/requirements").json()
    assert "This question cannot be shown." in page
    assert f"broken_requirement_{asked.pk}" in page
    assert f"broken_requirement_{asked.pk}" in card
    assert [item["session_id"] for item in api["items"]] == [world.good.session_id]
    assert api["broken"] == [{"kind": "requirement", "id": asked.requirement_id}]
    assert broken.reported() == [("requirement", str(asked.pk))]


def test_nobody_decides_about_what_cannot_be_read(world: World, ana: Person) -> None:
    asked = world.bad_row(Requirement)
    with corrupted(asked, "arguments", "'[1]'"):
        with pytest.raises(InvalidAction, match="cannot be read"):
            decisions.approve(asked, ana, seen=10**6)
        answer = world.program.get(f"/requirements/{asked.requirement_id}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "unreadable")
        runs.cancel(asked.root, ana)
    assert list(world.bad.runs.values_list("status", flat=True)) == ["cancelled"]
    assert shop.ledger.lines.count("refund bad 5") == 0


def test_a_turn_over_a_corrupt_session_ends_with_the_reason(world: World, ana: Person, work: Work) -> None:
    asked = world.bad_row(Requirement)
    decisions.approve(asked, ana, seen=10**6)
    line = ToolCall.objects.get(run=asked.run, tool_name="note_order")
    with corrupted(line, "arguments", "'[1]'"):
        assert work()[-1] == "error"
        run = Run.objects.get(pk=asked.root_id)
        assert "arguments is no JSON that can be read" in run.error
        assert not turns_workers.due()
    assert shop.ledger.lines.count("refund bad 5") == 0


def test_a_history_that_cannot_be_read_whole_poisons_no_later_turn(world: World, ana: Person, work: Work) -> None:
    runs.cancel(world.bad_row(Requirement).root, ana)
    call_of_it = Message.objects.filter(session=world.bad, role="assistant").first()
    assert call_of_it is not None
    shop.actor.says("Hello again.")
    with corrupted(call_of_it, "tool_calls", "'{\"version\": 9}'"):
        messages.receive(world.bad, "Are you there?")
        assert work()[-1] == "completed"


def test_a_bad_question_holds_up_no_other(world: World) -> None:
    Requirement.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    bad = world.bad_row(Requirement)
    # Its session is gone, so nothing can be locked, recorded or resumed.
    with corrupted(world.bad, "kind", "'zzz'"), corrupted(bad, "policy", "'null'"):
        expiry.expire()
    assert Requirement.objects.get(session=world.good).status == "expired"


def test_a_policy_that_cannot_be_read_is_the_strictest(world: World) -> None:
    row = world.bad_row(ToolPolicy)
    with corrupted(row, "thresholds", "'[{\"kind\": 9}]'"):
        policy = ToolPolicy.objects.get(pk=row.pk).as_policy()
    assert (policy.risk, policy.approvers, policy.roles) == ("high", 2, ("boss",))


def test_saving_a_broken_row_leaves_what_cannot_be_read(world: World) -> None:
    row = world.bad_row(ToolPolicy)
    with corrupted(row, "thresholds", '\'{"of": "later"}\''):
        found = ToolPolicy.objects.get(pk=row.pk)
        found.approvers = 2
        found.save()
        with connection.cursor() as cursor:
            cursor.execute("SELECT thresholds, approvers FROM sessions_app_toolpolicy WHERE id = %s", [row.pk])
            assert [str(value) for value in cursor.fetchone()] == ['{"of": "later"}', "2"]


def test_what_cannot_be_read_is_erased_with_the_rest(world: World) -> None:
    never = "'soon'" if connection.vendor == "sqlite" else "'infinity'"
    with corrupted(world.bad, "waiting_since", never):
        taken = take_away(Session.objects.filter(pk=world.bad.pk), audit.Kind.CUSTOMER_ERASED, "kim")
        assert taken == 1
        assert Session.objects.get(pk=world.bad.pk).broken == ""
    assert world.client.get("/open/").status_code == 200
