"""Bulk labels and priorities: what is skipped, and what undoing leaves."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sessions_app.actions import labels, priorities
from sessions_app.jobs import control, planning
from sessions_app.jobs.action import InvalidParameters
from sessions_app.jobs.planning import Wanted
from sessions_app.models import Job, Label, Person, Session
from sessions_app.models.triage import Priority

Worked = Callable[[Job], Job]


def begun(kind: str, several: list[Session], person: Person, **parameters: str) -> Job:
    return planning.plan(kind, [Wanted(session.pk) for session in several], parameters, person=person)


def worked_out(job: Job, worked: Worked) -> Job:
    control.start(job)
    return worked(job)


def test_a_label_is_put_on_those_without_it_and_undone_there_alone(several: list[Session], ana: Person, worked: Worked) -> None:
    labels.add_by_name(several[0], ana, "VIP")
    job = begun("label", several, ana, label="vip")
    assert (job.to_do, job.skipped) == (2, 1)
    job = worked_out(job, worked)
    vip = Label.objects.get()
    assert (job.done, vip.sessions.count()) == (2, 3)
    labels.remove(several[1], ana, vip)
    control.undo(job)
    assert (worked(job).undone, vip.sessions.count()) == (1, 1)


def test_a_new_label_is_made_with_the_first_row_and_not_by_the_dry_run(
    several: list[Session], ana: Person, worked: Worked
) -> None:
    job = begun("label", several, ana, label="Strike")
    assert not Label.objects.exists()
    assert worked_out(job, worked).done == 3
    assert Label.objects.get().sessions.count() == 3


def test_a_label_is_taken_off(several: list[Session], ana: Person, worked: Worked) -> None:
    for session in several[:2]:
        labels.add_by_name(session, ana, "VIP")
    job = worked_out(begun("unlabel", several, ana, label="VIP"), worked)
    assert (job.done, job.skipped, Label.objects.get().sessions.count()) == (2, 1, 0)
    control.undo(job)
    assert (worked(job).undone, Label.objects.get().sessions.count()) == (2, 2)


def test_a_priority_is_set_and_each_gets_its_own_back(several: list[Session], ana: Person, worked: Worked) -> None:
    priorities.set_priority(several[0], ana, Priority.LOW)
    priorities.set_priority(several[1], ana, Priority.URGENT)
    job = worked_out(begun("priority", several, ana, priority="urgent"), worked)
    assert (job.done, job.skipped) == (2, 1)
    control.undo(job)
    worked(job)
    assert [row.urgency for row in Session.objects.order_by("pk")] == [Priority.LOW, Priority.URGENT, Priority.NORMAL]


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        ("label", {"label": ""}),
        ("label", {"label": "x" * 41}),
        ("unlabel", {"label": "nowhere"}),
        ("priority", {"priority": "purple"}),
    ],
)
def test_what_cannot_be_used_is_told_beside_its_field(
    several: list[Session], ana: Person, kind: str, parameters: dict[str, str]
) -> None:
    with pytest.raises(InvalidParameters) as refused:
        begun(kind, several, ana, **parameters)
    assert refused.value.field == next(iter(parameters))


def test_only_who_may_make_labels_labels_many_with_a_new_one(several: list[Session], ana: Person, ben: Person) -> None:
    labels.set_makers(ana, "admins")
    with pytest.raises(InvalidParameters, match="no such label"):
        begun("label", several, ben, label="Strike")
