"""What a person does to a session on its page, done by a program; and the names that generated clients call it by."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from kern.testing import call
from sessions_app.actions import handover, messages
from sessions_app.api import api
from sessions_app.models import ApiToken, Message, Person, Queue, Session, TicketLink, TicketSystem
from tests.at_once import at_once
from tests.deciding import seen
from tests.desk import actor
from tests.programs import Program, code

Work = Callable[[], list[str]]

OPERATIONS = {
    "accept_name_suggestion",
    "act_on_job",
    "add_note",
    "answer_requirement",
    "ask_again",
    "ask_agent",
    "ask_for_person",
    "assign_session",
    "begin_job",
    "cancel_run",
    "change_label",
    "change_naming_rules",
    "change_queue_naming_rules",
    "change_view",
    "correct_customer",
    "create_session",
    "delete_label",
    "delete_view",
    "dismiss_name_suggestion",
    "dismiss_ticket_mention",
    "draft_answer",
    "erase_customer",
    "export_customer",
    "follow_desk_naming_rules",
    "generate_session_name",
    "get_customer",
    "get_job",
    "get_merge",
    "get_naming_rules",
    "get_queue_naming_rules",
    "get_requirement",
    "get_run",
    "get_session",
    "hand_back_session",
    "keep_sessions_apart",
    "label_session",
    "link_ticket",
    "list_deleted_sessions",
    "list_hand_overs",
    "list_job_rows",
    "list_jobs",
    "list_labels",
    "list_messages",
    "list_name_suggestions",
    "list_people",
    "list_queues",
    "list_requirements",
    "list_runs",
    "list_session_requirements",
    "list_sessions",
    "list_ticket_mentions",
    "list_tickets",
    "list_views",
    "make_label",
    "make_link",
    "mark_unread",
    "merge_sessions",
    "move_session",
    "need_person",
    "preview_customer",
    "prioritize_session",
    "put_customer_attributes",
    "put_ticket_first",
    "rename_session",
    "reopen_requirement",
    "reply_to_session",
    "restore_session",
    "retry_run",
    "revoke_link",
    "save_view",
    "send_customer_message",
    "set_ai_mode",
    "set_availability",
    "set_session_status",
    "take_over_session",
    "undo_merge",
    "unlabel_session",
    "unlink_ticket",
}


@pytest.fixture
def program(ana: Person) -> Program:
    """Acts for Ana, on all queues."""
    return Program(ApiToken.make("ana's script", ana)[1])


@pytest.fixture
def path(session: Session) -> str:
    return f"/sessions/{session.session_id}"


def test_operations_are_called_by_words_that_stay() -> None:
    paths = api.get_openapi_schema(path_prefix="/api/")["paths"]
    named = [operation["operationId"] for methods in paths.values() for operation in methods.values()]
    assert len(named) == len(set(named))
    assert set(named) == OPERATIONS


# Replies, notes and questions ---------------------------------------------------------------------------------------------


def test_a_reply_reaches_the_customer_in_the_persons_name_and_once(
    program: Program, session: Session, path: str, work: Work
) -> None:
    messages.receive(session, "Where is order 7?")
    first = program.post(f"{path}/replies", {"content": "On its way."}, Idempotency_Key="r1")
    again = program.post(f"{path}/replies", {"content": "On its way."}, Idempotency_Key="r1")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["message_id"] == again.json()["message_id"]
    assert (first.json()["author_kind"], first.json()["author"], first.json()["internal"]) == ("person", "Ana", False)
    assert [m.content for m in session.messages.for_customer().order_by("pk")] == ["Where is order 7?", "On its way."]
    assert code(program.post(f"{path}/replies", {"content": "Other words"}, Idempotency_Key="r1")) == "key_taken"
    assert code(program.post(f"{path}/notes", {"content": "On its way."}, Idempotency_Key="r1")) == "key_taken"
    assert code(program.post(f"{path}/messages", {"content": "On its way."}, Idempotency_Key="r1")) == "key_taken"


def test_a_reply_that_has_not_seen_the_customers_last_words_is_stopped(program: Program, session: Session, path: str) -> None:
    opened = seen(session)
    messages.receive(session, "No wait!")
    stopped = program.post(f"{path}/replies", {"content": "Done.", "seen": opened})
    assert (stopped.status_code, code(stopped)) == (409, "newer")
    [news] = stopped.json()["changes"]
    assert program.post(f"{path}/replies", {"content": "Done.", "seen": news["id"]}).status_code == 201
    assert session.messages.filter(author_kind="person").count() == 1


def test_a_reply_sent_again_is_the_first_one_whatever_came_since(program: Program, session: Session, path: str) -> None:
    reply = {"content": "Done.", "seen": seen(session)}
    first = program.post(f"{path}/replies", reply, Idempotency_Key="r1")
    messages.receive(session, "Thank you")
    again = program.post(f"{path}/replies", reply, Idempotency_Key="r1")
    assert (again.status_code, again.json()["message_id"]) == (200, first.json()["message_id"])


def test_a_note_is_for_the_team_alone(program: Program, session: Session, path: str) -> None:
    kept = program.post(f"{path}/notes", {"content": "Be kind."}, Idempotency_Key="n1")
    again = program.post(f"{path}/notes", {"content": "Be kind."}, Idempotency_Key="n1")
    assert (kept.status_code, kept.json()["internal"], again.status_code) == (201, True, 200)
    assert session.messages.count() == 1
    assert not session.messages.for_customer().exists()


def test_a_question_sent_twice_is_asked_once(program: Program, session: Session, path: str, work: Work) -> None:
    actor.says("Tomorrow.")
    first = program.post(f"{path}/questions", {"content": "When?"}, Idempotency_Key="q1")
    assert first.status_code == 201
    assert work() == ["completed"]
    again = program.post(f"{path}/questions", {"content": "When?"}, Idempotency_Key="q1")
    assert (again.status_code, again.json()["run_id"], again.json()["content"]) == (200, first.json()["run_id"], "Tomorrow.")


# Status, assignee, queue --------------------------------------------------------------------------------------------------


def test_a_session_is_closed_opened_and_snoozed(program: Program, session: Session, path: str) -> None:
    assert program.send("PUT", f"{path}/status", {"status": "closed"}).json()["status"] == "closed"
    assert program.send("PUT", f"{path}/status", {"status": "open"}).json()["status"] == "open"
    tomorrow = (timezone.now() + timedelta(days=1)).replace(microsecond=0)
    snoozed = program.send("PUT", f"{path}/status", {"status": "snoozed", "until": tomorrow.isoformat()}).json()
    assert (snoozed["status"], datetime.fromisoformat(snoozed["snoozed_until"])) == ("snoozed", tomorrow)
    snoozed = program.send("PUT", f"{path}/status", {"status": "snoozed", "until": None}).json()
    assert (snoozed["status"], snoozed["snoozed_until"]) == ("snoozed", None)
    kinds = list(session.changes.filter(kind__startswith="session.").order_by("pk").values_list("kind", flat=True))
    assert kinds[1:] == ["session.closed", "session.reopened", "session.snoozed", "session.snoozed"]


@pytest.mark.parametrize(
    ("until", "expected"),
    [
        ("2001-01-01T00:00:00Z", "refused"),
        ("2031-01-01T00:00:00", "invalid"),
        ("2031-01-01", "invalid"),
        ("tomorrow", "invalid"),
        ("9999-12-31T23:59:59-12:00", "invalid"),
        (10**30, "invalid"),
        (float("1e300"), "invalid"),
    ],
)
def test_a_snooze_needs_a_moment_to_come_with_a_time_zone(
    program: Program, session: Session, path: str, until: object, expected: str
) -> None:
    assert code(program.send("PUT", f"{path}/status", {"status": "snoozed", "until": until})) == expected
    assert Session.objects.get().status == "open"


def test_an_end_goes_with_a_snooze_alone(program: Program, session: Session, path: str) -> None:
    wrong = {"status": "closed", "until": datetime(2040, 1, 1, tzinfo=UTC).isoformat()}
    assert code(program.send("PUT", f"{path}/status", wrong)) == "invalid"


def test_nothing_is_closed_moved_or_given_away_over_news(program: Program, session: Session, path: str) -> None:
    opened = seen(session)
    messages.receive(session, "One more thing")
    session.runs.update(status="completed")
    for door, body in (("status", {"status": "closed"}), ("assignee", {"assignee": None}), ("queue", {"queue": "parcels"})):
        stopped = program.send("PUT", f"{path}/{door}", {**body, "seen": opened})
        assert (stopped.status_code, code(stopped)) == (409, "newer")
    stands = Session.objects.get()
    assert (stands.status, stands.queue == session.queue) == ("open", True)


def test_a_session_is_given_to_somebody_who_works_its_queue(
    program: Program, session: Session, path: str, ben: Person, cy: Person
) -> None:
    assert program.send("PUT", f"{path}/assignee", {"assignee": "BEN@example.com"}).json()["assignee"] == "ben@example.com"
    assert code(program.send("PUT", f"{path}/assignee", {"assignee": "cy@example.com"})) == "refused"
    unknown = program.send("PUT", f"{path}/assignee", {"assignee": "nobody@example.com"})
    assert (code(unknown), list(unknown.json()["error"]["fields"])) == ("invalid", ["assignee"])
    assert program.send("PUT", f"{path}/assignee", {"assignee": None}).json()["assignee"] is None
    queues = {queue["slug"]: queue["members"] for queue in program.get("/queues").json()}
    assert (queues["orders"], queues["parcels"]) == (["ben@example.com"], ["cy@example.com"])


def test_a_moved_session_is_the_other_queues_and_its_agent_answers(
    program: Program, session: Session, path: str, ben: Person, work: Work
) -> None:
    handover.take_over(session, ben)
    messages.receive(session, "Is my parcel packed?")
    moved = program.send("PUT", f"{path}/queue", {"queue": "parcels"}).json()
    assert (moved["queue"], moved["kind"], moved["assignee"], moved["ai_mode"]) == ("parcels", "team", None, "off")
    assert [change.data["before"] for change in session.changes.filter(kind="session.moved")] == ["orders"]
    actor.says("It is packed.")
    program.post(f"{path}/hand-back")
    assert work() == ["completed"]
    assert session.runs.get().agent_id == Queue.objects.get(slug="parcels").agent_id
    assert code(program.send("PUT", f"{path}/queue", {"queue": "nowhere"})) == "not_found"


def test_a_session_is_not_moved_under_a_turn_or_into_a_queue_of_others(
    program: Program, session: Session, path: str, ben: Person, parcels: Queue, work: Work
) -> None:
    bens = Program(ApiToken.make("ben's", ben)[1])
    assert code(bens.send("PUT", f"{path}/queue", {"queue": "parcels"})) == "not_found"
    actor.says(call("refund", order="7", cents=500), "Done.")
    messages.receive(session, "Pay back order 7")
    work()
    assert code(program.send("PUT", f"{path}/queue", {"queue": "parcels"})) == "refused"
    assert Session.objects.get().queue == session.queue


def test_a_session_that_was_moved_is_still_the_one_that_was_begun(program: Program, orders: Queue, ana: Person) -> None:
    wanted = {"queue": "orders", "user_id": "kim", "session_id": "order-7"}
    assert program.post("/sessions", wanted).status_code == 201
    program.send("PUT", "/sessions/order-7/queue", {"queue": "parcels"})
    again = program.post("/sessions", wanted)
    assert (again.status_code, again.json()["queue"]) == (200, "parcels")
    assert code(program.post("/sessions", {**wanted, "queue": "parcels"})) == "id_taken"


def test_a_name_is_generated_where_somebody_wrote(program: Program, session: Session, path: str) -> None:
    assert code(program.post(f"{path}/name")) == "refused"
    messages.receive(session, "Where is order 7?")
    assert program.post(f"{path}/name").status_code == 202
    assert Session.objects.due_for_naming().exists()


def test_all_of_it_needs_a_person_and_the_sessions_queue(session: Session, path: str, cy: Person) -> None:
    assert session.queue
    website, stranger = Program(ApiToken.make("website", queues=[session.queue])[1]), Program(ApiToken.make("cy's", cy)[1])
    for method, door, body in (
        ("POST", "replies", {"content": "x"}),
        ("POST", "notes", {"content": "x"}),
        ("POST", "name", None),
        ("PUT", "status", {"status": "closed"}),
        ("PUT", "assignee", {"assignee": None}),
        ("PUT", "queue", {"queue": "parcels"}),
    ):
        assert code(website.send(method, f"{path}/{door}", body)) == "forbidden"
        assert code(stranger.send(method, f"{path}/{door}", body)) == "not_found"
    assert (session.messages.count(), Session.objects.get().status) == (0, "open")


# Several at once ----------------------------------------------------------------------------------------------------------


def test_of_several_creates_at_once_one_is_new_and_all_tell_the_same(program: Program, orders: Queue) -> None:
    wanted = {"queue": "orders", "user_id": "kim", "session_id": "order-7"}
    answers = at_once([lambda: program.post("/sessions", wanted)] * 6)
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]
    assert len({answer.json()["last_change"] for answer in answers}) == 1
    assert Session.objects.get().changes.filter(kind="session.started").count() == 1


def test_creates_at_once_for_two_customers_give_the_id_to_one(program: Program, orders: Queue) -> None:
    wanted = [{"queue": "orders", "user_id": user, "session_id": "order-7"} for user in ("kim", "lou")]
    answers = at_once([lambda body=body: program.post("/sessions", body) for body in wanted])  # type: ignore[misc]
    assert sorted(answer.status_code for answer in answers) == [201, 409]


def test_messages_tickets_and_names_at_once_are_stored_once_and_never_fail(
    program: Program, session: Session, path: str
) -> None:
    TicketSystem.objects.get_or_create(slug="help", defaults={"name": "Help", "url_template": "https://help.example/t/{id}"})
    said = [lambda: program.post(f"{path}/messages", {"content": "Hello"}, Idempotency_Key="m1")] * 3
    linked = [lambda: program.post(f"{path}/tickets", {"ticket_id": "HD-1"})] * 3
    named = [lambda: program.send("PUT", f"{path}/name", {"name": "Late order"})] * 3
    answers = [answer.status_code for answer in at_once([*said, *linked, *named])]
    assert (sorted(answers[:3]), sorted(answers[3:6]), answers[6:]) == ([200, 200, 201], [200, 200, 201], [200] * 3)
    assert (Message.objects.count(), TicketLink.objects.count(), session.names.count()) == (1, 1, 1)


def test_a_program_that_forgot_tls_is_refused_and_not_led_on(program: Program, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    refused = program.get("/sessions")
    assert (refused.status_code, code(refused)) == (403, "insecure")
    assert program.client.get("/api/sessions", headers=program.headers, secure=True).status_code == 200
    assert program.client.get("/open/").status_code == 301
    assert program.client.get("/api/docs").status_code == 301
