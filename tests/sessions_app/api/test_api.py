"""The REST interface: what a program may see and do, what it is told when it may not, and that no input breaks it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from kern.testing import call
from sessions_app.actions import decisions, sessions
from sessions_app.actions import messages as message_actions
from sessions_app.api.errors import MEANINGS
from sessions_app.models import ApiToken, Person, Queue, Requirement, Run, Session
from tests.deciding import seen, tighten
from tests.desk import actor, ledger
from tests.programs import Program, code

Work = Callable[[], list[str]]


@pytest.fixture
def program(ana: Person) -> Program:
    """Acts for Ana, on all queues."""
    return Program(ApiToken.make("ana's script", ana)[1])


@pytest.fixture
def shop(orders: Queue) -> Program:
    """A shop's website: hands messages to the orders queue, acts for nobody."""
    token, secret = ApiToken.make("website")
    token.queues.add(orders)
    return Program(secret)


def test_a_customers_message_is_handed_in_and_answered(shop: Program, orders: Queue, work: Work) -> None:
    begun = shop.post("/sessions", {"queue": "orders", "user_id": "kim", "customer_name": "Kim"})
    assert begun.status_code == 201
    session_id = begun.json()["session_id"]
    sent = shop.post(f"/sessions/{session_id}/messages", {"content": "Where is order 7?"})
    assert sent.status_code == 201, sent.content
    actor.says("It is on its way.")
    assert work() == ["completed"]
    messages = shop.get(f"/sessions/{session_id}/messages").json()["items"]
    said = [(m["author_kind"], m["content"]) for m in messages if m["role"] in ("user", "assistant")]
    assert said == [("customer", "Where is order 7?"), ("agent", "It is on its way.")]
    runs = shop.get(f"/sessions/{session_id}/runs").json()["items"]
    assert [(run["status"], run["content"]) for run in runs] == [("completed", "It is on its way.")]


def test_the_same_idempotency_key_never_doubles_a_message(shop: Program, session: Session) -> None:
    path = f"/sessions/{session.session_id}/messages"
    first = shop.post(path, {"content": "Hello"}, Idempotency_Key="abc")
    again = shop.post(path, {"content": "Hello"}, Idempotency_Key="abc")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["message_id"] == again.json()["message_id"]
    assert session.messages.count() == 1
    other = shop.post(path, {"content": "Other words"}, Idempotency_Key="abc")
    assert (other.status_code, code(other)) == (409, "key_taken")


def test_beginning_a_session_twice_gives_the_same_one_but_never_somebody_elses(shop: Program, orders: Queue) -> None:
    wanted = {"queue": "orders", "user_id": "kim", "session_id": "order-7"}
    assert shop.post("/sessions", wanted).status_code == 201
    assert shop.post("/sessions", wanted).status_code == 200
    taken = shop.post("/sessions", {**wanted, "user_id": "mallory"})
    assert (taken.status_code, code(taken), Session.objects.count()) == (409, "id_taken", 1)
    assert list(taken.json()["error"]["fields"]) == ["session_id"]


@pytest.mark.parametrize("wrong", ["", " ", " a", "a\n", "a\u200b", "x" * 201, True, 1.5, ["a"]])
def test_what_is_no_id_begins_nothing(shop: Program, orders: Queue, wrong: object) -> None:
    refused = shop.post("/sessions", {"queue": "orders", "session_id": wrong})
    assert (refused.status_code, list(refused.json()["error"]["fields"])) == (422, ["session_id"])
    assert Session.objects.count() == 0


def test_ids_that_are_numbers_are_text(shop: Program, orders: Queue) -> None:
    begun = shop.post("/sessions", {"queue": "orders", "session_id": 42, "user_id": 7}).json()
    assert (begun["session_id"], begun["user_id"]) == ("42", "7")
    assert shop.post("/sessions", {"queue": "orders", "session_id": "42", "user_id": "7"}).status_code == 200


def test_without_a_good_token_nothing_is_told(session: Session, ana: Person) -> None:
    revoked, secret = ApiToken.make("old", ana)
    ApiToken.objects.filter(pk=revoked.pk).update(revoked_at="2026-01-01T00:00:00Z")
    for stranger in (Program(), Program("kern_wrong"), Program(secret)):
        answer = stranger.get(f"/sessions/{session.session_id}")
        assert (answer.status_code, code(answer)) == (401, "unauthorized")
        assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_token_sees_only_its_queues_and_never_more_than_its_person(session: Session, parcels: Queue, cy: Person) -> None:
    token, secret = ApiToken.make("parcels only")
    token.queues.add(parcels)
    for_cy, cys_secret = ApiToken.make("acts for cy", cy)
    for outsider in (Program(secret), Program(cys_secret)):
        for path in ("", "/messages", "/runs", "/tickets", "/requirements"):
            assert code(outsider.get(f"/sessions/{session.session_id}{path}")) == "not_found"
        assert outsider.get("/sessions").json()["items"] == []
        assert code(outsider.post(f"/sessions/{session.session_id}/messages", {"content": "x"})) == "not_found"
        assert code(outsider.post("/sessions", {"queue": "orders"})) == "not_found"
    assert for_cy.queues.count() == 0


def test_sessions_of_one_customer_are_listed_page_by_page_without_gaps(program: Program, orders: Queue) -> None:
    mine = [sessions.start_session(orders, user_id="kim", session_id=f"kim-{number}").session_id for number in range(7)]
    sessions.start_session(orders, user_id="lou")
    found: list[str] = []
    cursor = ""
    for _ in range(4):
        page = program.get("/sessions", user_id="kim", limit=2, cursor=cursor).json()
        found += [session["session_id"] for session in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert found == mine[::-1]
    assert code(program.get("/sessions", cursor="forged")) == "refused"


def test_sessions_are_searched_as_on_the_page(program: Program, orders: Queue) -> None:
    wanted = sessions.start_session(orders, customer_name="Zoë Núñez").session_id
    sessions.start_session(orders, customer_name="Zoë Muñoz")
    assert [found["session_id"] for found in program.get("/sessions", q="NUNEZ zoe").json()["items"]] == [wanted]
    assert program.get("/sessions", q="％").json()["items"] == []
    refused = program.get("/sessions", q="a b c d e f g h i")
    assert (code(refused), "“i”" in refused.json()["error"]["message"]) == ("refused", True)


def test_renaming_and_tickets_need_a_person(program: Program, shop: Program, session: Session) -> None:
    path = f"/sessions/{session.session_id}"
    assert code(shop.send("PUT", f"{path}/name", {"name": "Mine"})) == "forbidden"
    assert code(shop.post(f"{path}/tickets", {"ticket_id": "HD-1"})) == "forbidden"
    renamed = program.send("PUT", f"{path}/name", {"name": " Late order "})
    assert (renamed.json()["name"], renamed.json()["name_source"]) == ("Late order", "human")
    assert code(program.send("PUT", f"{path}/name", {"name": "two\nlines"})) == "invalid_name"
    linked = program.post(f"{path}/tickets", {"ticket_id": "HD-12"})
    assert (linked.status_code, linked.json()["url"]) == (201, "https://help.example/t/HD-12")
    assert code(program.post(f"{path}/tickets", {"ticket_id": "??"})) == "refused"
    assert program.send("DELETE", f"{path}/tickets/{linked.json()['id']}").status_code == 204
    assert program.get(f"{path}/tickets").json() == []


def test_a_decision_counts_once_and_needs_what_the_customer_wrote_last(program: Program, session: Session, work: Work) -> None:
    actor.says(call("refund", order="7", cents=500), "Paid back.", "I see.")
    message_actions.receive(session, "Pay back order 7")
    assert work() == ["paused"]
    [question] = program.get("/requirements").json()["items"]
    path = f"/requirements/{question['requirement_id']}/decision"
    asked_at = program.get(f"/sessions/{session.session_id}").json()["last_change"]
    message_actions.receive(session, "No wait!")
    stopped = program.post(path, {"action": "approve", "seen": asked_at})
    assert (stopped.status_code, code(stopped)) == (409, "newer")
    [news] = stopped.json()["changes"]
    assert (news["kind"], news["actor"], news["id"] > asked_at) == ("message.customer", "Kim", True)
    seen = program.get(f"/sessions/{session.session_id}").json()["last_change"]
    wrong = program.post(path, {"action": "approve", "seen": seen, "arguments": {"order": "7", "cents": "many"}})
    assert (wrong.status_code, list(wrong.json()["error"]["fields"])) == (422, ["cents"])
    decided = program.post(path, {"action": "approve", "seen": seen, "arguments": {"order": "7", "cents": 400}})
    assert (decided.json()["status"], decided.json()["edited_arguments"]["cents"]) == ("approved", 400)
    late = program.post(path, {"action": "reject", "seen": seen})
    assert (late.status_code, code(late)) == (409, "already_decided")
    work()
    assert ledger.lines == ["refund 7 400"]


def test_a_waiting_run_is_cancelled_and_a_failed_one_tried_again(program: Program, session: Session, work: Work) -> None:
    message_actions.receive(session, "Hello")
    run_id = program.get(f"/sessions/{session.session_id}/runs").json()["items"][0]["run_id"]
    assert code(program.post(f"/runs/{run_id}/retry")) == "refused"
    assert program.post(f"/runs/{run_id}/cancel").json()["status"] == "cancelled"
    assert code(program.post(f"/runs/{run_id}/cancel")) == "refused"


def test_a_program_that_asks_too_often_is_told_how_long_to_wait(program: Program, settings: Settings) -> None:
    settings.KERN_API_REQUESTS = 2
    answers = [program.get("/sessions") for _ in range(5)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert code(refused[0]) == "too_many_requests"
    assert 1 <= int(refused[0]["Retry-After"]) <= 61


def test_a_field_that_does_not_exist_is_refused_by_name_and_nothing_happens(
    program: Program, session: Session, work: Work
) -> None:
    actor.says(call("refund", order="7", cents=500))
    message_actions.receive(session, "Pay back order 7")
    work()
    path = f"/requirements/{Requirement.objects.get().requirement_id}/decision"
    decision = {"action": "approve", "seen": 2**62}
    for misspelt in ({"argument": {"order": "7", "cents": 1}}, {"values": {"order": "7", "cents": 1}}):
        refused = program.post(path, {**decision, **misspelt})
        assert (refused.status_code, code(refused)) == (422, "invalid")
        assert list(refused.json()["error"]["fields"]) == list(misspelt)
    assert Requirement.objects.get().status == "pending"
    assert program.post(path, {**decision, "note": "", "arguments": None}).json()["status"] == "approved"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/sessions", {"queue": "orders", "userId": "u9"}),
        ("POST", "/sessions/{}/messages", {"content": "Hello", "userId": "u9"}),
        ("POST", "/sessions/{}/questions", {"content": "Hello", "userId": "u9"}),
        ("POST", "/sessions/{}/tickets", {"ticket_id": "HD-1", "userId": "u9"}),
        ("PUT", "/sessions/{}/name", {"name": "Hello", "userId": "u9"}),
        ("PUT", "/sessions/{}/ai-mode", {"ai_mode": "off", "userId": "u9"}),
        ("POST", "/sessions/{}/replies", {"content": "Hello", "userId": "u9"}),
        ("POST", "/sessions/{}/notes", {"content": "Hello", "userId": "u9"}),
        ("PUT", "/sessions/{}/status", {"status": "closed", "userId": "u9"}),
        ("PUT", "/sessions/{}/assignee", {"assignee": None, "userId": "u9"}),
        ("PUT", "/sessions/{}/queue", {"queue": "parcels", "userId": "u9"}),
    ],
)
def test_every_body_knows_its_fields(program: Program, session: Session, method: str, path: str, body: dict[str, str]) -> None:
    refused = program.send(method, path.format(session.session_id), body)
    assert (refused.status_code, list(refused.json()["error"]["fields"])) == (422, ["userId"])
    assert (Session.objects.count(), session.messages.count(), session.tickets.count()) == (1, 0, 0)


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/take-over"), ("POST", "/hand-back"), ("POST", "/drafts"), ("DELETE", "/tickets/1")]
)
def test_what_takes_no_body_says_so(program: Program, session: Session, method: str, path: str) -> None:
    """Who sends `seen` to an address that does not know it would think that it is minded."""
    address = f"/sessions/{session.session_id}{path}"
    bodies: list[Any] = [{"seen": 0}, [], "no", "{"]
    for body in bodies:
        refused = program.send(method, address, body)
        assert (refused.status_code, refused.json()["error"]["fields"]) == (
            422,
            {"body": "This address takes no body. Leave it out."},
        )
    for nothing in ("", "{}", "null"):
        assert "takes no body" not in program.send(method, address, nothing).content.decode()


def test_what_is_too_long_is_told_in_characters(program: Program) -> None:
    refused = program.post("/sessions", {"queue": "orders", "session_id": "x" * 201}).json()["error"]
    assert refused["fields"] == {"session_id": "must have at most 200 characters"}


def test_values_that_do_not_go_together_say_why(program: Program, session: Session) -> None:
    wanted = {"status": "open", "until": "2030-01-31T09:00:00Z"}
    refused = program.send("PUT", f"/sessions/{session.session_id}/status", wanted).json()["error"]
    assert refused["fields"] == {"body": "until goes with the status snoozed"}


def test_a_ticket_is_linked_by_its_long_web_address_too(program: Program, session: Session) -> None:
    address = f"https://help.example/t/HD-12?{'tab=2&' * 20}"
    linked = program.post(f"/sessions/{session.session_id}/tickets", {"ticket_id": address})
    assert (linked.status_code, linked.json()["ticket_id"]) == (201, "HD-12")
    refused = program.post(f"/sessions/{session.session_id}/tickets", {"ticket_id": f"{address}{'x' * 500}"})
    assert "500" in refused.json()["error"]["fields"]["ticket_id"]


def test_a_ticket_link_that_is_not_there_is_not_found(program: Program, session: Session) -> None:
    for link_id in ("1", "abc", "-1", "²", "9" * 30, "9" * 5000):
        gone = program.send("DELETE", f"/sessions/{session.session_id}/tickets/{link_id}")
        assert (gone.status_code, code(gone)) == (404, "not_found")


def test_an_empty_id_is_nobodys(program: Program, shop: Program, session: Session) -> None:
    """A program whose variable is empty must not get the sessions of all customers without an id."""
    for name in ("user_id", "session_id"):
        refused = program.get("/sessions", **{name: ""})
        assert (refused.status_code, list(refused.json()["error"]["fields"])) == (422, [name])
        refused = shop.post("/sessions", {"queue": "orders", name: ""})
        assert (refused.status_code, list(refused.json()["error"]["fields"])) == (422, [name])
    assert shop.post("/sessions", {"queue": "orders", "user_id": None, "session_id": None}).json()["user_id"] == ""


def test_a_filter_that_does_not_exist_lists_nothing(program: Program, session: Session) -> None:
    refused = program.get("/sessions", userId="u9", limit=100)
    assert (refused.status_code, code(refused)) == (422, "invalid")
    assert (
        "cursor, label, limit, needs_person, priority, q, queue, session_id, status, user_id, waiting_for"
        in refused.json()["error"]["fields"]["userId"]
    )
    path = f"/sessions/{session.session_id}"
    for address in (path, f"{path}/messages", f"{path}/runs", f"{path}/tickets", f"{path}/requirements", "/requirements"):
        assert list(program.get(address, before="1").json()["error"]["fields"]) == ["before"]
    assert code(program.get("/nothing", before="1")) == "not_found"


def test_a_wrong_method_is_told_in_the_same_shape(program: Program, session: Session) -> None:
    refused = program.send("PATCH", f"/sessions/{session.session_id}/name")
    assert (refused.status_code, code(refused), refused["Allow"]) == (405, "method_not_allowed", "POST, PUT")
    refused = program.send("DELETE", "/sessions")
    assert (refused.status_code, code(refused), refused["Allow"]) == (405, "method_not_allowed", "GET, HEAD, POST")


def test_head_is_answered_as_get_without_the_body(program: Program, session: Session) -> None:
    for path in ("/sessions", f"/sessions/{session.session_id}", "/openapi.json"):
        answer = program.send("HEAD", path)
        assert (answer.status_code, answer.content) == (200, b"")
        assert answer["Content-Length"] == program.get(path)["Content-Length"]
    assert program.send("HEAD", "/sessions/none").status_code == 404
    assert program.send("HEAD", f"/sessions/{session.session_id}/name").status_code == 405


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'"text"', b"5"])
def test_a_body_that_is_no_object_is_told_as_such(program: Program, orders: Queue, body: bytes) -> None:
    refused = program.post("/sessions", body)
    assert (refused.status_code, code(refused)) == (422, "invalid")
    assert list(refused.json()["error"]["fields"]) == ["body"]
    assert "JSON object" in refused.json()["error"]["fields"]["body"]


@pytest.mark.parametrize("length", [201, 1001, 100_000])
def test_a_name_that_is_too_long_is_told_by_its_rule(program: Program, session: Session, length: int) -> None:
    refused = program.send("PUT", f"/sessions/{session.session_id}/name", {"name": "x" * length})
    assert (refused.status_code, code(refused)) == (422, "invalid_name")
    assert "at most 200 characters" in refused.json()["error"]["fields"]["name"]


def test_a_wrong_email_address_is_told_by_its_field(program: Program) -> None:
    refused = program.post("/sessions", {"queue": "orders", "customer_email": "kim"})
    assert (refused.status_code, code(refused)) == (422, "invalid")
    assert "email address" in refused.json()["error"]["fields"]["customer_email"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"null",
        b'{"content": NaN}',
        b'{"content": "a\\u0000b"}',
        b'{"content": "\\ud800"}',
        b'{"content": ""}',
        b'{"content": " \\n "}',
        b'{"content": "\\u200b"}',
        b'{"content": 1e999}',
        b"[" * 100_000,
        b'{"content": ' + b"9" * 5000 + b"}",
    ],
)
def test_a_broken_body_is_the_senders_error(shop: Program, session: Session, body: bytes) -> None:
    answer = shop.post(f"/sessions/{session.session_id}/messages", body)
    assert answer.status_code in (400, 422)
    code(answer)
    assert session.messages.count() == 0


def test_while_the_database_is_away_programs_are_told_to_come_back(program: Program, database_away: None) -> None:
    for answer in (program.get("/sessions"), program.post("/sessions", {"queue": "orders"})):
        assert (answer.status_code, code(answer), answer["Retry-After"]) == (503, "unavailable", "60")


def test_unknown_addresses_answer_in_the_same_shape(program: Program) -> None:
    for path in (
        "/",
        "/nothing",
        "/sessions/none",
        "/runs/%00",
        "/requirements/%00",
        "/sessions/a%00b/messages",
        "/runs/a%0ab",
    ):
        answer = program.get(path)
        assert (answer.status_code, code(answer)) == (404, "not_found")


def test_everything_that_a_program_may_send_and_get_is_described(client: Client, rows: None) -> None:
    description = client.get("/api/openapi.json").json()
    operations = [operation for path in description["paths"].values() for operation in path.values()]
    for operation in operations:
        assert operation.get("description"), operation["summary"]
        assert {"401", "405", "413", "429", "500", "503"} <= set(operation["responses"])
        for parameter in operation.get("parameters", []):
            assert parameter.get("description"), (operation["summary"], parameter["name"])
    assert "600 times a minute" in description["info"]["description"]
    assert description["components"]["schemas"]["NameIn"]["properties"]["name"]["maxLength"] == 200


def test_the_description_and_its_page_load_without_inline_code(client: Client, rows: None) -> None:
    description = client.get("/api/openapi.json").json()
    assert "/api/sessions/{session_id}/messages" in description["paths"]
    assert all(f"`{told}`" in description["info"]["description"] for told in MEANINGS)
    page = client.get("/api/docs")
    assert page.status_code == 200
    assert b"<script src=" in page.content
    assert b"<script>" not in page.content
    assert b"unsafe" not in page["Content-Security-Policy"].encode()


def test_a_requirement_of_another_queue_does_not_exist(session: Session, cy: Person, work: Work) -> None:
    actor.says(call("refund", order="7", cents=500))
    message_actions.receive(session, "Pay back order 7")
    work()
    question = Requirement.objects.get()
    stranger = Program(ApiToken.make("cy", cy)[1])
    answer = stranger.post(f"/requirements/{question.requirement_id}/decision", {"action": "approve", "seen": 2**62})
    assert code(answer) == "not_found"
    assert Requirement.objects.get().status == "pending"


def test_the_command_prints_a_secret_that_works_where_it_may(session: Session, ana: Person, parcels: Queue) -> None:
    out = StringIO()
    asked = ("shop", "--for", "ANA@example.com", "--queue", "parcels", "--scope", "read", "write")
    call_command("make_api_token", *asked, stdout=out, stderr=StringIO())
    made = Program(out.getvalue().strip())
    assert made.get("/sessions").json() == {"items": [], "broken": [], "next": None}
    assert made.post("/sessions", {"queue": "parcels"}).status_code == 201
    assert made.get(f"/sessions/{session.session_id}").status_code == 404
    for wrong in (["x", "--for", "nobody@example.com"], ["x", "--queue", "nowhere"]):
        with pytest.raises(CommandError, match="There is no"):
            call_command("make_api_token", *wrong)
    assert ApiToken.objects.count() == 1


def test_a_person_takes_over_and_hands_back_from_a_program(
    program: Program, shop: Program, session: Session, work: Work
) -> None:
    path = f"/sessions/{session.session_id}"
    message_actions.receive(session, "Help")
    assert program.post(f"{path}/take-over").json()["ai_mode"] == "off"
    assert work() == ["cancelled"]
    actor.says("Here I am.")
    assert program.post(f"{path}/hand-back").json()["ai_mode"] == "autopilot"
    assert work() == ["cancelled", "completed"]
    assert program.send("PUT", f"{path}/ai-mode", {"ai_mode": "draft"}).json()["ai_mode"] == "draft"
    assert program.send("PUT", f"{path}/ai-mode", {"ai_mode": "queue"}).json()["ai_mode"] == "autopilot"
    assert code(program.send("PUT", f"{path}/ai-mode", {"ai_mode": "turbo"})) == "invalid"
    for door in ("take-over", "hand-back", "drafts"):
        assert code(shop.post(f"{path}/{door}")) == "forbidden"
    assert code(shop.post(f"{path}/questions", {"content": "Why?"})) == "forbidden"


def test_drafts_and_private_answers_are_read_from_their_runs(program: Program, session: Session, work: Work) -> None:
    path = f"/sessions/{session.session_id}"
    assert code(program.post(f"{path}/drafts")) == "refused"
    program.post(f"{path}/take-over")
    message_actions.receive(session, "Where is order 7?")
    actor.says("It is on its way.", "It is lost.")
    begun = program.post(f"{path}/drafts")
    assert (begun.status_code, begun.json()["purpose"], begun.json()["asked_by"]) == (201, "draft", "ana@example.com")
    assert code(program.post(f"{path}/questions", {"content": "Really?"})) == "refused"
    work()
    assert program.get(f"/runs/{begun.json()['run_id']}").json()["content"] == "It is on its way."
    asked = program.post(f"{path}/questions", {"content": "Really?"})
    assert (asked.status_code, asked.json()["purpose"]) == (201, "internal")
    work()
    assert program.get(f"/runs/{asked.json()['run_id']}").json()["content"] == "It is lost."
    private = [m for m in program.get(f"{path}/messages").json()["items"] if m["run_id"]]
    assert len(private) == 3
    assert {(m["internal"], m["sent"]) for m in private} == {(True, False)}


def test_who_had_the_agent_ask_may_not_approve_and_is_told_so(
    program: Program, session: Session, ben: Person, work: Work
) -> None:
    actor.says(call("refund", order="7", cents=500), "Paid back.")
    program.post(f"/sessions/{session.session_id}/questions", {"content": "Pay back order 7"})
    work()
    [question] = program.get("/requirements").json()["items"]
    assert (question["asked_for_by"], question["approvers"], question["expires_at"]) == ("ana@example.com", 1, None)
    path = f"/requirements/{question['requirement_id']}/decision"
    refused = program.post(path, {"action": "approve", "seen": 2**62})
    assert (refused.status_code, code(refused)) == (403, "forbidden")
    bens = Program(ApiToken.make("ben's", ben)[1])
    assert bens.post(path, {"action": "approve", "seen": 2**62}).json()["status"] == "approved"
    work()
    assert ledger.lines == ["refund 7 500"]


def test_what_another_person_approved_since_is_newer(program: Program, session: Session, ben: Person, work: Work) -> None:
    tighten(session, approvers=2)
    actor.says(call("refund", order="7", cents=500), "Paid back.")
    message_actions.receive(session, "Pay back order 7")
    work()
    question = Requirement.objects.get()
    path, opened = f"/requirements/{question.requirement_id}/decision", seen(session)
    decisions.approve(question, ben, arguments={"order": "7", "cents": 90000}, seen=opened)
    stopped = program.post(path, {"action": "approve", "seen": opened})
    assert (stopped.status_code, code(stopped)) == (409, "newer")
    assert "Ben approved this with other arguments" in stopped.json()["error"]["message"]
    [change] = stopped.json()["changes"]
    assert (change["kind"], change["actor"]) == ("requirement.first_approval", "Ben")
    assert program.post(path, {"action": "approve", "seen": change["id"]}).json()["status"] == "approved"


def test_a_person_answers_in_the_tools_place(program: Program, session: Session, work: Work) -> None:
    model = actor.says(call("refund", order="7", cents=500), "Good.")
    message_actions.receive(session, "Pay back order 7")
    work()
    [question] = program.get("/requirements").json()["items"]
    path = f"/requirements/{question['requirement_id']}/decision"
    assert code(program.post(path, {"action": "respond", "seen": 2**62})) == "invalid_answer"
    assert program.post(path, {"action": "respond", "response": "Paid in cash.", "seen": 2**62}).status_code == 200
    assert work() == ["completed"]
    assert "Paid in cash." in model.requests[1].messages[-1].content
    assert ledger.lines == []


def test_a_result_that_is_not_there_is_told_by_its_field(program: Program, session: Session, work: Work) -> None:
    actor.says(call("count_stock", article="lamp"), "Counted.")
    message_actions.receive(session, "How many lamps are there?")
    work()
    [question] = program.get("/requirements").json()["items"]
    refused = program.post(f"/requirements/{question['requirement_id']}/decision", {"action": "result", "seen": 2**62})
    assert (refused.status_code, code(refused)) == (422, "invalid_answer")
    assert list(refused.json()["error"]["fields"]) == ["result"]


def test_what_expired_is_asked_again_once(program: Program, session: Session, work: Work) -> None:
    actor.says(call("refund", order="7", cents=500), "Nobody decided.")
    message_actions.receive(session, "Pay back order 7")
    work()
    question = Requirement.objects.get()
    reopen = f"/requirements/{question.requirement_id}/reopen"
    assert code(program.post(reopen)) == "already_decided"
    Requirement.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    late = program.post(f"/requirements/{question.requirement_id}/decision", {"action": "approve", "seen": 2**62})
    assert (late.status_code, code(late), late.json()["error"]["fields"]) == (409, "already_decided", {"status": "expired"})
    assert work() == ["completed"]
    again = program.post(reopen)
    assert (again.status_code, again.json()["reopened_from"]) == (201, question.requirement_id)
    assert (again.json()["status"], ledger.lines) == ("pending", [])
    assert code(program.post(reopen)) == "already_decided"


def test_the_journal_says_when_a_call_was_made_and_by_which_worker(shop: Program, session: Session, work: Work) -> None:
    actor.says([call("note_order", order="7"), call("refund", order="7", cents=500)])
    message_actions.receive(session, "Note and refund 7")
    assert work() == ["paused"]
    made, waits = shop.get(f"/sessions/{session.session_id}/runs").json()["items"][0]["tool_calls"]
    assert (made["status"], made["worker"]) == ("finished", Run.objects.get().worker)
    began, ended = (datetime.fromisoformat(made[name]) for name in ("started_at", "finished_at"))
    assert Run.objects.get().created_at <= began <= ended
    assert [waits[name] for name in ("status", "worker", "started_at", "finished_at")] == ["proposed", "", None, None]


def test_a_paused_run_is_dropped_for_a_new_one(program: Program, session: Session, work: Work) -> None:
    actor.says(call("refund", order="7", cents=500), "As you wish.")
    message_actions.receive(session, "Pay back order 7")
    work()
    run_id = program.get(f"/sessions/{session.session_id}/runs").json()["items"][0]["run_id"]
    assert program.post(f"/runs/{run_id}/ask-again").json()["status"] == "cancelled"
    assert work() == ["cancelled", "completed"]
    assert code(program.post(f"/runs/{run_id}/ask-again")) == "refused"


def test_words_come_as_they_were_written_and_as_a_page_shows_them(
    shop: Program, ana: Person, session: Session, work: Callable[[], list[str]]
) -> None:
    actor.says("It is **there**.")
    message_actions.receive(session, "Is it *there* <b>?")
    work()
    message_actions.reply(session, ana, "Yes, **there**.", seen=10**9)
    found = shop.get(f"/sessions/{session.session_id}/messages").json()["items"]
    assert [(item["content"], item["html"]) for item in found if item["role"] in ("user", "assistant")] == [
        ("Is it *there* <b>?", "<p>Is it *there* &lt;b&gt;?</p>"),
        ("It is **there**.", "<p>It is <strong>there</strong>.</p>"),
        ("Yes, **there**.", "<p>Yes, <strong>there</strong>.</p>"),
    ]
