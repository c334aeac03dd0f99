"""One bad row stops nothing: pages, the API, the sweep and workers go on with the others, and say which one it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.db.models import Model
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
from tests.copying import STEP, Original
from tests.corrupting import Corruption, corruptions_of
from tests.deciding import rule_of
from tests.programs import Program

Work = Callable[[], list[str]]


#: Where a row of each model is shown, by the beginning of the address; BAD stands for the conversation that has the row.
BAD, DECISIONS, OPEN, API_RUNS = "/open/BAD", "/decisions/", "/open/?", "/api/sessions/BAD/runs"
LINK, API_OPEN, API_ASKED = "/c/", "/api/sessions?", "/api/requirements?"
SHOWN: dict[type[Row], tuple[str, ...]] = {
    Session: (OPEN, DECISIONS, BAD, LINK, API_OPEN, API_ASKED),
    Run: (BAD, DECISIONS, API_RUNS, API_ASKED),
    Message: (BAD, LINK, "/api/sessions/BAD/messages"),
    ToolCall: (BAD, API_RUNS),
    Requirement: (OPEN, DECISIONS, BAD, API_ASKED, "/api/sessions/BAD/requirements"),
    Change: (BAD,),
    Decision: ("/requirements/", "/reports/"),
    NameRecord: (BAD,),
    TicketLink: (BAD, OPEN, API_OPEN),
    StandingApproval: ("/rules/",),
    ToolPolicy: (DECISIONS, BAD),
    Queue: (OPEN, DECISIONS, BAD, "/api/queues"),
    Person: (OPEN, DECISIONS, BAD, "/api/queues"),
    TicketSystem: (OPEN, BAD, API_OPEN),
    ApiToken: (API_OPEN,),
    UnsentText: (BAD,),
    SessionRead: (OPEN,),
}
#: Rows that are broken at once: a list shows thirty.
MOST = 24


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

    def rows_like(self, model: type[Row]) -> Original:
        """The bad row, with all of its conversation where it belongs to it."""
        row = self.bad_row(model)
        of_bad: dict[type[Model], Any] = {
            Session: Session.objects.filter(pk=self.bad.pk),
            Run: self.bad.runs,
            Message: self.bad.messages,
            ToolCall: ToolCall.objects.filter(run__session=self.bad),
            Requirement: self.bad.requirements,
            Change: self.bad.changes,
            Decision: Decision.objects.filter(session_key=self.bad.session_id),
            NameRecord: self.bad.names,
            TicketLink: self.bad.tickets,
            UnsentText: self.bad.unsent_texts,
            SessionRead: self.bad.reads,
        }
        if model in (Queue, Person):
            members = Queue.members.through._default_manager
            of_it = members.filter(queue=row) if model is Queue else members.filter(person=row)
            of_bad = {model: model._default_manager.filter(pk=row.pk), members.model: of_it}
        elif model not in of_bad:
            return Original({model: [row.pk]})
        return Original({of: list(rows.values_list("pk", flat=True)) for of, rows in of_bad.items()})

    def lists(self) -> list[tuple[str, str]]:
        """Addresses of pages about many conversations or about the good one, each with what of that must be there."""
        asked, good = Requirement.objects.get(session=self.good), self.good.session_id
        return [
            ("/open/?sort=newest", "Named good"),
            ("/decisions/", "Named good"),
            (f"/requirements/{asked.pk}/", "refund"),
            ("/rules/", "refund"),
            ("/reports/", "refund"),
            ("/reports/decisions.csv", good),
            ("/reports/decisions.jsonl", good),
            ("/c/secret-good/", "Please help good"),
            *((f"/admin/sessions_app/{name}/", "changelist") for name in IN_ADMIN),
            ("/api/sessions?limit=99", good),
            ("/api/queues", "orders"),
            ("/api/requirements?limit=99", good),
        ]

    def pages_of(self, end: str) -> list[tuple[str, str, str]]:
        """Pages of one bad conversation: how `SHOWN` calls them, their address, what must be there."""
        bad = f"s-bad{end}"
        return [
            (BAD, f"/open/{bad}/?details=1", "Named good"),
            (LINK, f"/c/secret-bad{end}/", "composer"),
            *(
                (f"/api/sessions/BAD/{noun}", f"/api/sessions/{bad}/{noun}", "items")
                for noun in ("messages", "runs", "requirements")
            ),
        ]

    def ask(self, path: str) -> Any:
        """What a person or a program gets there."""
        return self.program.get(path.removeprefix("/api")) if path.startswith("/api/") else self.client.get(path)


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
    """Each corruption has a copy of the conversation for itself, so that lists meet many at once and none hides another."""
    row, missed = world.bad_row(model), list[str]()
    corruptions, original = list(corruptions_of(row)), world.rows_like(model)
    while corruptions:
        some, corruptions = corruptions[:MOST], corruptions[MOST:]
        if found := _missed(world, original, some):
            # Alone, to know which it was.
            missed += [problem for one in some for problem in _missed(world, original, [one])] or found
    assert not missed, "\n".join(missed)


def _missed(world: World, original: Original, corruptions: list[Corruption]) -> list[str]:
    """What does not work any more, with these corruptions."""
    model: Any = type(corruptions[0].row)
    names = ", ".join(map(str, corruptions))
    broken.forget()
    with original.copied(len(corruptions)) as numbers:
        for number, corruption in zip(numbers, corruptions, strict=True):
            Session.objects.filter(session_id=f"s-bad-{number}").update(access_hash=secret_hash(f"secret-bad-{number}"))
            corruption.put(corruption.row.pk + number * STEP)
        ends = [f"-{number}" for number in numbers] if Session in original.rows else [""]
        return [f"{names}: {problem}" for problem in (*_of_pages(world, model, ends), *_of_work(ends))]


def _of_pages(world: World, model: type[Any], ends: list[str]) -> Iterator[str]:
    shown = (*SHOWN[model], f"/admin/sessions_app/{model._meta.model_name}/")
    for path, expected in world.lists():
        if path.startswith(shown):
            yield from _problem_of(path, expected, partial(world.ask, path))
    for end in ends:
        for place, path, expected in world.pages_of(end):
            if place.startswith(shown):
                yield from _problem_of(path, expected, partial(world.ask, path))


def _of_work(ends: list[str]) -> Iterator[str]:
    """Problems of the sweep, of a person who decides, and of the library."""
    db, bad = DjangoDb(), [f"s-bad{end}" for end in ends]
    reads: list[Callable[[], Any]] = [lambda: list(Agent(db=db).iter_sessions())]
    reads += [partial(read, session_id) for session_id in bad for read in (db.messages, db.runs)]
    sweep = [turns_workers.recover, turns_workers.wake, turns_workers.due, expiry.expire, expiry.remind, naming.due]
    for deed in (*sweep, *reads):
        try:
            deed()
        except Exception as error:  # noqa: BLE001 - whatever it raises is the finding
            yield f"{deed}: {error!r}"


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
