"""Renaming by a template, and unlocking people's names."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sessions_app.actions import names, tickets
from sessions_app.jobs import control, planning
from sessions_app.jobs.action import InvalidParameters
from sessions_app.jobs.planning import Wanted
from sessions_app.models import Job, NameRecord, Person, Queue, Session
from sessions_app.store import DjangoDb

Worked = Callable[[Job], Job]


def planned(several: list[Session], person: Person, kind: str, **parameters: str) -> Job:
    return planning.plan(kind, [Wanted(session.pk) for session in several], parameters, person=person)


def names_now() -> list[str]:
    return list(Session.objects.order_by("pk").values_list("name", flat=True))


def test_a_template_is_filled_for_each_and_undone_but_for_those_renamed_since(
    several: list[Session], ana: Person, ben: Person, worked: Worked
) -> None:
    DjangoDb().rename_session(several[0].session_id, "Late parcel", "auto")
    job = planned(several, ana, "rename", template="Strike – {customer}")
    assert planning.examples(job)[0].before == "Late parcel"
    control.start(job)
    assert worked(job).done == 3
    assert names_now() == ["Strike – Kim 0", "Strike – Kim 1", "Strike – Kim 2"]
    assert NameRecord.objects.filter(job=job, source="human", person=ana).count() == 3
    assert Session.objects.filter(name_locked=True).count() == 3
    names.rename(several[1], ben, "Ben’s own")
    control.undo(job)
    assert (worked(job).undone, job.kept) == (2, 1)
    assert names_now()[:2] == ["Late parcel", "Ben’s own"]
    first = Session.objects.get(pk=several[0].pk)
    assert (first.name_source, first.name_locked) == ("auto", False)
    assert job.rows.get(state="kept").reason == "Named “Ben’s own” since"


def test_what_a_conversation_does_not_have_is_left_out(several: list[Session], ana: Person) -> None:
    for session in several:
        DjangoDb().rename_session(session.session_id, "Late parcel", "auto")
    tickets.link(several[1], ana, "HD-7")
    job = planned(several, ana, "rename", template="{ticket} – {name}")
    assert list(job.rows.order_by("position").values_list("after", flat=True))[:2] == ["Late parcel", "HD-7 – Late parcel"]


@pytest.mark.parametrize("template", ["", "  ", "{customer", "{what}", "{name} {name}", "one\ntwo"])
def test_a_template_that_cannot_be_used_is_named(several: list[Session], ana: Person, template: str) -> None:
    with pytest.raises(InvalidParameters) as refused:
        planned(several, ana, "rename", template=template)
    assert refused.value.field == "template"


def test_forbidden_words_are_skipped(several: list[Session], ana: Person, orders: Queue) -> None:
    orders.forbidden_words = "strike"
    orders.save()
    job = planned(several, ana, "rename", template="Strike: {customer}")
    assert job.skipped == 3


def test_unlocking_is_undone(several: list[Session], ana: Person, worked: Worked) -> None:
    names.rename(several[0], ana, "Mine")
    job = planned(several, ana, "unlock")
    assert (job.to_do, job.skipped) == (1, 2)
    control.start(job)
    worked(job)
    assert not Session.objects.filter(name_locked=True).exists()
    control.undo(job)
    worked(job)
    assert Session.objects.get(name_locked=True) == several[0]
