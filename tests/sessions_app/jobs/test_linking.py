"""Linking many conversations: one ticket for all, or each its own from a CSV whose bad lines are named."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sessions_app.actions import sessions
from sessions_app.errors import InvalidAction
from sessions_app.jobs import control, link_table, planning
from sessions_app.jobs.action import InvalidParameters
from sessions_app.jobs.planning import Wanted
from sessions_app.models import Job, Person, Queue, Session, TicketLink
from sessions_app.models.session import SessionSet

Worked = Callable[[Job], Job]


def visible() -> SessionSet:
    return Session.objects.there()


def test_one_ticket_is_linked_to_all_and_taken_away_again(several: list[Session], ana: Person, worked: Worked) -> None:
    wanted = [Wanted(session.pk) for session in several]
    job = planning.plan("link", wanted, {"ticket": "https://help.example/t/hd-7"}, person=ana)
    control.start(job)
    assert worked(job).done == 3
    assert list(TicketLink.objects.values_list("ticket_id", flat=True)) == ["HD-7"] * 3
    again = planning.plan("link", wanted, {"ticket": "HD-7"}, person=ana)
    assert again.skipped == 3
    TicketLink.objects.get(session=several[0]).delete()
    control.undo(job)
    assert (worked(job).undone, job.kept) == (2, 1)
    assert not TicketLink.objects.exists()
    with pytest.raises(InvalidParameters, match="no ticket of"):
        planning.plan("link", wanted, {"ticket": "nonsense"}, person=ana)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_csv_names_conversations_by_id_customer_or_mail(several: list[Session], separator: str) -> None:
    several[2].customer_email = "kim@example.com"
    several[2].save()
    text = "\n".join(
        ["\ufeffSession", f"{several[0].session_id}|HD-1", "", "kim-1|https://help.example/t/HD-2", "Kim@example.com|HD-3|x"]
    ).replace("|", separator)
    table = link_table.read(text, visible())
    assert table.bad == []
    assert [(one.session, one.data["ticket"]) for one in table.wanted] == [
        (several[0].pk, "helpdesk:HD-1"),
        (several[1].pk, "helpdesk:HD-2"),
        (several[2].pk, "helpdesk:HD-3"),
    ]


def test_each_bad_line_is_named_with_its_reason(several: list[Session], orders: Queue) -> None:
    sessions.start_session(orders, user_id="kim-0")
    table = link_table.read('nobody,HD-1\nkim-1\nkim-1,what\n"kim-1, HD-2\nkim-0,HD-5', visible())
    assert not table.wanted
    assert [(line.number, line.reason.split(".")[0]) for line in table.bad] == [
        (1, "There is no conversation “nobody” in your queues"),
        (2, "A line has two cells: a conversation and its ticket"),
        (3, "“what” is no ticket of Bugs or Help desk"),
        (5, "A line has two cells: a conversation and its ticket"),
    ]
    assert "2 conversations" in link_table.read("kim-0,HD-5", visible()).bad[0].reason


@pytest.mark.parametrize("text", ["", "\n\n", "\ufeff", "session,ticket\n", "\x00"])
def test_a_csv_without_a_line_says_what_to_write(rows: None, text: str) -> None:
    with pytest.raises(InvalidAction, match="no line"):
        link_table.read(text, visible())


def test_a_customer_with_one_open_conversation_means_that_one(several: list[Session], ana: Person, orders: Queue) -> None:
    sessions.resolve(several[0], ana)
    newer = sessions.start_session(orders, user_id="kim-0")
    assert link_table.read("kim-0,HD-5", visible()).wanted[0].session == newer.pk
