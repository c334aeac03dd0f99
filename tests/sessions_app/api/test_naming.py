"""Names over the API: what a session tells of its name, suggestions, and the naming rules for admins."""

from __future__ import annotations

import json

import pytest

from sessions_app.actions import messages, names
from sessions_app.models import ApiToken, AuditEntry, NameSuggestion, Person, Queue, Session
from sessions_app.policy.naming import naming_in_force
from sessions_app.store import DjangoDb
from tests.programs import Program, code


@pytest.fixture
def program(ana: Person) -> Program:
    """Acts for Ana, an admin, on all queues."""
    return Program(ApiToken.make("ana's script", ana, scopes=["read", "write", "admin"])[1])


@pytest.fixture
def bens(ben: Person) -> Program:
    return Program(ApiToken.make("ben's script", ben, scopes=["read", "write", "admin"])[1])


@pytest.fixture
def suggestion(session: Session) -> NameSuggestion:
    DjangoDb().rename_session(session.session_id, "Late parcel", "auto")
    return NameSuggestion.objects.create(session=session, name="Family trip", for_version=1)


def test_a_session_tells_where_its_name_is_from_whether_it_is_locked_and_why_there_is_none(
    program: Program, session: Session, ana: Person
) -> None:
    messages.receive(session, "My blue parcel is late")
    Session.objects.update(name_problem="the server is away")
    told = program.get(f"/sessions/{session.session_id}").json()
    assert (told["name"], told["name_source"], told["name_version"]) == ("My blue parcel is late", "provisional", 0)
    assert (told["name_locked"], told["name_problem"]) == (False, "the server is away")
    names.rename(session, ana, "Late parcel")
    [told] = program.get("/sessions").json()["items"]
    assert (told["name_source"], told["name_version"], told["name_locked"]) == ("human", 1, True)
    assert told["name_problem"] == ""


def test_a_suggestion_is_listed_and_accepted_in_the_persons_name(bens: Program, suggestion: NameSuggestion) -> None:
    [listed] = bens.get("/name-suggestions").json()["items"]
    assert (listed["id"], listed["name"], listed["replaces"]) == (suggestion.pk, "Family trip", "Late parcel")
    session = bens.post(f"/name-suggestions/{suggestion.pk}/accept").json()
    assert (session["session_id"], session["name"], session["name_source"]) == (listed["session_id"], "Family trip", "human")
    assert bens.get("/name-suggestions").json()["items"] == []
    again = bens.post(f"/name-suggestions/{suggestion.pk}/accept")
    assert (again.status_code, code(again)) == (422, "refused")


@pytest.mark.parametrize(("body", "state"), [({}, "dismissed"), ({"never": True}, "never")])
def test_a_dismissed_suggestion_leaves_the_name(bens: Program, suggestion: NameSuggestion, body: object, state: str) -> None:
    assert bens.post(f"/name-suggestions/{suggestion.pk}/dismiss", body).json()["name"] == "Late parcel"
    suggestion.refresh_from_db()
    assert suggestion.state == state


def test_a_suggestion_for_an_earlier_name_is_not_listed_and_not_accepted(
    bens: Program, suggestion: NameSuggestion, ben: Person
) -> None:
    DjangoDb().rename_session(suggestion.session.session_id, "Another name", "auto")
    NameSuggestion.objects.filter(pk=suggestion.pk).update(state="open")
    assert bens.get("/name-suggestions").json()["items"] == []
    assert code(bens.post(f"/name-suggestions/{suggestion.pk}/accept")) == "refused"


def test_suggestions_of_other_queues_and_wrong_ids_are_not_there(suggestion: NameSuggestion, cy: Person) -> None:
    other = Program(ApiToken.make("cy's script", cy, scopes=["read", "write"])[1])
    assert other.get("/name-suggestions").json()["items"] == []
    for key in (suggestion.pk, "x", 10**30, "%00"):
        assert other.post(f"/name-suggestions/{key}/accept").status_code == 404


def test_an_admins_program_reads_and_changes_the_rules_and_a_queue_follows_the_desk(program: Program, orders: Queue) -> None:
    assert program.get("/naming-rules").json()["queue"] is None
    changed = program.send("PATCH", "/naming-rules", {"max_words": 7, "masks": ["mail", "phone"]})
    assert (changed.status_code, changed.json()["max_words"], changed.json()["updated_by"]) == (200, 7, "ana@example.com")
    queue = program.get("/queues/orders/naming-rules").json()
    assert (queue["max_words"], queue["masks"], queue["own"]) == (7, ["mail", "phone"], [])
    queue = program.send(
        "PATCH", "/queues/orders/naming-rules", {"template": "{ticket} – {name}", "enabled": False, "monthly_budget": "2.50"}
    ).json()
    assert (queue["template"], queue["enabled"], queue["own"]) == (
        "{ticket} – {name}",
        False,
        ["enabled", "template", "monthly_budget"],
    )
    rules = naming_in_force(orders)
    assert (rules.template, rules.enabled, rules.max_words) == ("{ticket} – {name}", False, 7)
    assert AuditEntry.objects.filter(kind="naming.rules_changed").count() == 2
    followed = program.send("DELETE", "/queues/orders/naming-rules")
    assert (followed.json()["own"], followed.json()["enabled"]) == ([], True)


@pytest.mark.parametrize(
    ("rules", "field"),
    [
        ({"template": "{tciket} – {name}"}, "template"),
        ({"max_words": 2, "min_words": 3}, "max_words"),
        ({"max_characters": 3}, "max_characters"),
        ({"language": "klingon"}, "language"),
        ({"masks": ["shoe size"]}, "masks.0"),
        ({"monthly_budget": "a lot"}, "monthly_budget"),
        ({"max_words": None}, "max_words"),
        ({"colour": "blue"}, "colour"),
    ],
)
def test_each_wrong_rule_has_its_error_and_nothing_is_changed(program: Program, rules: object, field: str) -> None:
    before = program.get("/naming-rules").json()
    refused = program.send("PATCH", "/naming-rules", rules)
    assert (refused.status_code, code(refused)) == (422, "invalid")
    assert list(json.loads(refused.content)["error"]["fields"]) == [field]
    assert program.get("/naming-rules").json() == before


def test_the_rules_are_for_admins_alone_and_of_queues_that_are_there(program: Program, bens: Program, orders: Queue) -> None:
    assert bens.get("/naming-rules").status_code == 403
    assert bens.send("PATCH", "/queues/orders/naming-rules", {"max_words": 7}).status_code == 403
    assert program.get("/queues/nowhere/naming-rules").status_code == 404
    assert program.get("/queues/%00/naming-rules").status_code == 404
