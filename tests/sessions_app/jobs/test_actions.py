"""What each kind of bulk job does to a conversation, which it skips, and what undoing leaves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.http import Http404
from django.test import Client

from kern.agent import Agent
from kern.errors import SessionNotFoundError
from kern.testing import ScriptedModel, call
from sessions_app.actions import customer_links, deleting, handover, messages, sessions, spam
from sessions_app.customers import erase, retention
from sessions_app.customers.whom import Customer
from sessions_app.errors import DuplicateId, Forbidden
from sessions_app.infrastructure import clock
from sessions_app.jobs import control, planning
from sessions_app.jobs.action import InvalidParameters
from sessions_app.jobs.planning import Wanted
from sessions_app.models import Job, Person, Queue, Requirement, Session
from sessions_app.store import DjangoDb

Worked = Callable[[Job], Job]
Do = Callable[..., Job]


@pytest.fixture
def done(several: list[Session], ana: Person, worked: Worked) -> Do:
    """Do a job of this kind to the three conversations, as Ana."""

    def do(kind: str, **parameters: str) -> Job:
        job = planning.plan(kind, [Wanted(session.pk) for session in several], parameters, person=ana)
        control.start(job)
        return worked(job)

    return do


def statuses() -> list[str]:
    return list(Session.objects.order_by("pk").values_list("status", flat=True))


def undone(job: Job, worked: Worked) -> Job:
    control.undo(job)
    return worked(job)


def reasons(job: Job) -> list[str]:
    return list(job.rows.exclude(reason="").order_by("position").values_list("reason", flat=True))


def test_resolving_is_undone_with_the_snooze_of_before(several: list[Session], ana: Person, done: Do, worked: Worked) -> None:
    until = clock.now() + timedelta(days=1)
    sessions.snooze(several[1], ana, until)
    job = done("resolve")
    assert (job.done, statuses()) == (3, ["closed"] * 3)
    messages.receive(several[2], "One more thing")
    assert (undone(job, worked).undone, job.kept) == (2, 1)
    assert statuses() == ["open", "snoozed", "open"]
    assert Session.objects.get(pk=several[1].pk).snoozed_until == until
    assert reasons(job) == ["Opened again since"]


def test_a_conversation_with_an_open_decision_is_not_resolved_along(
    asked: Callable[..., Requirement], ana: Person, worked: Worked
) -> None:
    requirement = asked(call("refund", order="7", cents=100))
    job = planning.plan("resolve", [Wanted(requirement.session_id)], {}, person=ana)
    assert (job.to_do, reasons(job)) == (0, ["The AI waits for a decision"])


def test_opening_again_is_undone_unless_something_was_written(
    several: list[Session], ana: Person, done: Do, worked: Worked
) -> None:
    for session in several[:2]:
        sessions.resolve(session, ana)
    job = done("reopen")
    assert (job.done, job.skipped, reasons(job)) == (2, 1, ["Open already"])
    messages.reply(Session.objects.get(pk=several[0].pk), ana, "Hello again", seen=10**9)
    assert (undone(job, worked).undone, job.kept) == (1, 1)
    assert statuses() == ["open", "closed", "open"]


def test_moving_is_undone_with_the_assignee_of_before(
    several: list[Session], ana: Person, ben: Person, parcels: Queue, done: Do, worked: Worked
) -> None:
    sessions.assign(several[0], ana, ben)
    job = done("move", queue="parcels")
    assert (job.done, set(Session.objects.values_list("queue__slug", flat=True))) == (3, {"parcels"})
    assert undone(job, worked).undone == 3
    assert set(Session.objects.values_list("queue__slug", flat=True)) == {"orders"}
    assert Session.objects.get(pk=several[0].pk).assignee == ben


def test_an_action_says_which_of_its_parameters_is_wrong(several: list[Session], ana: Person, ben: Person) -> None:
    for kind, parameters, field in (
        ("move", {"queue": "nowhere"}, "queue"),
        ("move", {}, "queue"),
        ("assign", {"assignee": "99999"}, "assignee"),
        ("assign", {"assignee": "x"}, "assignee"),
    ):
        with pytest.raises(InvalidParameters) as refused:
            planning.plan(kind, [Wanted(several[0].pk)], parameters, person=ana)
        assert refused.value.field == field
    with pytest.raises(InvalidParameters):
        planning.plan("move", [Wanted(several[0].pk)], {"queue": "parcels"}, person=ben)
    with pytest.raises(Forbidden):
        planning.plan("delete", [Wanted(several[0].pk)], {}, person=ben)
    assert not Job.objects.exists()


def test_what_is_deleted_is_found_at_no_door_until_it_is_restored(
    several: list[Session], ana: Person, orders: Queue, done: Do, worked: Worked, client: Client
) -> None:
    first = several[0]
    secret = customer_links.make(first, ana)
    messages.receive(first, "Where is it?")
    job = done("delete")
    assert (job.done, statuses()) == (3, ["deleted"] * 3)
    assert not first.runs.active().exists()
    client.force_login(ana)
    for path in (f"/open/{first.session_id}/", f"/sessions/{first.session_id}/timeline/", f"/c/{secret}/"):
        assert client.get(path).status_code == 404, path
    assert "Kim 0" not in client.get("/search/?q=Kim").content.decode()
    with pytest.raises(Http404):
        messages.receive(first, "Hello?")
    with pytest.raises(DuplicateId):
        sessions.start_session(orders, user_id="kim-0", session_id=first.session_id)
    agent = Agent(model=ScriptedModel(["Hi"]), db=DjangoDb())
    assert DjangoDb().read_session(first.session_id) is None
    assert first.session_id not in [found.session_id for found in agent.list_sessions()]
    with pytest.raises(SessionNotFoundError):
        agent.run("Hi", session_id=first.session_id, user_id="kim-0")
    assert undone(job, worked).undone == 3
    assert statuses() == ["open"] * 3
    assert first.runs.active().exists()
    assert client.get(f"/open/{first.session_id}/").status_code == 200


def test_deleted_conversations_are_the_customers_still_and_go_after_thirty_days(
    several: list[Session], ana: Person, done: Do
) -> None:
    done("delete")
    assert Customer.of("user_id", "kim-0").sessions().count() == 1
    assert erase(Customer.of("user_id", "kim-0")).sessions == 1
    retention.erase_due()
    assert Session.objects.filter(status="deleted").count() == 2
    Session.objects.filter(status="deleted").update(deleted_at=clock.now() - timedelta(days=31))
    retention.erase_due()
    assert not Session.objects.stored().exists()


def test_restoring_twice_or_after_erasing_is_said(several: list[Session], ana: Person, worked: Worked, done: Do) -> None:
    job = done("delete")
    deleting.restore(several[0], ana)
    deleting.restore(several[0], ana)
    assert (undone(job, worked).undone, reasons(job)) == (2, ["Restored already"])


def test_spam_is_undone_with_the_state_of_before(several: list[Session], ana: Person, done: Do, worked: Worked) -> None:
    sessions.resolve(several[0], ana)
    sessions.snooze(several[1], ana, None)
    job = done("spam")
    assert (job.done, statuses()) == (3, ["spam"] * 3)
    assert undone(job, worked).undone == 3
    assert statuses() == ["closed", "snoozed", "open"]


def test_what_is_no_spam_is_opened_and_is_spam_again_when_that_is_undone(
    several: list[Session], ana: Person, done: Do, worked: Worked
) -> None:
    for session in several[:2]:
        spam.mark(session, ana)
    job = done("not_spam")
    assert (job.done, reasons(job), statuses()) == (2, ["Not marked as spam"], ["open"] * 3)
    messages.receive(several[1], "Thank you for reading this!")
    assert (undone(job, worked).undone, reasons(job)) == (1, ["Something was written since", "Not marked as spam"])
    assert statuses() == ["spam", "open", "open"]


def test_handing_back_skips_what_the_ai_works_and_is_undone(
    several: list[Session], ana: Person, done: Do, worked: Worked
) -> None:
    for session in several[:2]:
        handover.take_over(session, ana, assign=False)
    job = done("hand_back")
    assert (job.done, reasons(job)) == (2, ["The AI is not silent here"])
    assert undone(job, worked).undone == 2
    assert [row.led_by_person for row in Session.objects.order_by("pk")] == [True, True, False]
    assert not Session.objects.exclude(assignee=None).exists()
