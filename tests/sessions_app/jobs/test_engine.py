"""Work of bulk jobs: each row once, in its own transaction, stopped and resumed, undone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sessions_app.actions import sessions
from sessions_app.errors import InvalidAction
from sessions_app.infrastructure import clock
from sessions_app.jobs import control, engine, planning, tasks
from sessions_app.jobs.lease import LEASE
from sessions_app.jobs.planning import Wanted
from sessions_app.models import Job, JobRow, Person, Queue, Session

Worked = Callable[[Job], Job]


def planned(several: list[Session], person: Person, assignee: Person | None) -> Job:
    wanted = [Wanted(session.pk) for session in several]
    return planning.plan("assign", wanted, {"assignee": str(assignee.pk) if assignee else ""}, person=person)


def states(job: Job) -> list[str]:
    return list(job.rows.order_by("position").values_list("state", flat=True))


def test_a_dry_run_says_what_would_happen_and_changes_nothing(
    several: list[Session], ana: Person, ben: Person, cy: Person
) -> None:
    sessions.assign(several[0], ana, ben)
    job = planned(several, ana, ben)
    assert (job.state, job.total, job.to_do, job.skipped) == ("planned", 3, 2, 1)
    assert job.rows.get(state="skipped").reason == "Assigned like this already"
    assert [(row.before, row.after) for row in planning.examples(job)] == [("Unassigned", "Ben")] * 2
    assert Session.objects.filter(assignee=ben).count() == 1
    everyone = planned(several, ana, cy)
    assert set(everyone.rows.values_list("reason", flat=True)) == {"Cy does not work its queue"}
    with pytest.raises(InvalidAction, match="nothing to do"):
        control.start(everyone)


def test_sessions_that_the_person_may_not_see_are_no_rows(several: list[Session], ana: Person, cy: Person) -> None:
    job = planned(several, cy, None)
    assert (job.total, states(job)) == (0, [])


def test_a_job_does_each_row_and_is_undone(several: list[Session], ana: Person, ben: Person, worked: Worked) -> None:
    job = planned(several, ana, ben)
    control.start(job)
    job = worked(job)
    assert (job.state, job.done, job.to_do) == ("finished", 3, 0)
    assert Session.objects.filter(assignee=ben).count() == 3
    sessions.assign(several[1], ana, ana)
    control.undo(job)
    job = worked(job)
    assert (job.state, job.undone, job.kept) == ("undone", 2, 1)
    assert states(job) == ["undone", "kept", "undone"]
    assert job.rows.get(state="kept").reason == "Assigned to Ana since"
    assert list(Session.objects.order_by("pk").values_list("assignee", flat=True)) == [None, ana.pk, None]


def test_a_cancelled_job_keeps_what_it_did_and_goes_on_when_resumed(
    several: list[Session], ana: Person, ben: Person, worked: Worked
) -> None:
    job = planned(several, ana, ben)
    control.start(job)
    assert engine.work(job.pk, seconds=0)
    control.cancel(job)
    control.cancel(job)
    assert worked(job).state == "cancelled"
    assert states(job) == ["pending"] * 3
    control.resume(job)
    assert worked(job).done == 3


def test_one_worker_works_a_job_and_another_goes_on_when_that_one_is_gone(
    several: list[Session], ana: Person, ben: Person, worked: Worked
) -> None:
    job = planned(several, ana, ben)
    control.start(job)
    Job.objects.filter(pk=job.pk).update(lease_owner="another", lease_until=clock.now() + LEASE)
    assert not engine.work(job.pk)
    assert states(job) == ["pending"] * 3
    assert not Job.objects.without_worker(clock.now()).exists()
    Job.objects.filter(pk=job.pk).update(lease_until=clock.now() - LEASE)
    assert Job.objects.without_worker(clock.now()).get() == job
    tasks.hint_due()
    assert worked(job).done == 3


def test_of_two_peoples_jobs_over_the_same_rows_the_later_stands_and_each_undoes_its_own(
    several: list[Session], ana: Person, ben: Person, worked: Worked
) -> None:
    to_ben, to_ana = planned(several, ana, ben), planned(several, ben, ana)
    control.start(to_ben)
    control.start(to_ana)
    assert worked(to_ben).done == worked(to_ana).done == 3
    assert Session.objects.filter(assignee=ana).count() == 3
    control.undo(to_ben)
    assert (worked(to_ben).kept, set(to_ben.rows.values_list("reason", flat=True))) == (3, {"Assigned to Ana since"})
    control.undo(to_ana)
    assert worked(to_ana).undone == 3
    assert Session.objects.filter(assignee=ben).count() == 3


def test_a_row_with_an_outcome_is_not_done_again(several: list[Session], ana: Person, ben: Person, worked: Worked) -> None:
    job = planned(several, ana, ben)
    control.start(job)
    worked(job)
    sessions.assign(several[0], ana, None)
    Job.objects.filter(pk=job.pk).update(state="running")
    assert worked(job).done == 3
    assert Session.objects.get(pk=several[0].pk).assignee is None


def test_sessions_that_left_the_persons_queues_are_skipped(
    several: list[Session], ana: Person, ben: Person, parcels: Queue, worked: Worked
) -> None:
    job = planned(several, ben, ben)
    control.start(job)
    Session.objects.filter(pk=several[0].pk).update(queue=parcels)
    assert (worked(job).done, job.skipped) == (2, 1)
    assert job.rows.get(state="skipped").reason == "Not in your queues any more, or deleted"


def test_a_job_of_a_person_without_an_account_stops(several: list[Session], ana: Person, ben: Person, worked: Worked) -> None:
    job = planned(several, ben, ben)
    control.start(job)
    Person.objects.filter(pk=ben.pk).update(is_active=False)
    assert (worked(job).done, job.skipped) == (0, 3)


def test_counts_are_right_again_after_a_worker_died_between_row_and_count(
    several: list[Session], ana: Person, ben: Person, worked: Worked
) -> None:
    job = planned(several, ana, ben)
    control.start(job)
    job.rows.filter(position=1).update(state=JobRow.State.DONE)
    assert (worked(job).done, job.to_do) == (3, 0)


def test_planning_asks_the_same_number_of_queries_for_any_number_of_rows(
    several: list[Session], orders: Queue, ana: Person, ben: Person
) -> None:
    with CaptureQueriesContext(connection) as few:
        planned(several, ana, ben)
    more = [sessions.start_session(orders, user_id=f"lee-{number}") for number in range(20)]
    with CaptureQueriesContext(connection) as many:
        planned([*several, *more], ana, ben)
    assert len(many) == len(few)
