"""Bulk jobs from the command line: what they say, what they change, and how they end."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from sessions_app.actions import names, sessions
from sessions_app.models import Job, Person, Session, TicketLink


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def test_renaming_tries_then_works_and_can_be_undone_on_the_page(several: list[Session], ana: Person) -> None:
    tried = run("rename_sessions", "Strike: {customer}", "--queue", "orders", "--limit", "2", "--dry-run")
    assert "2 to do, 0 skipped." in tried
    assert "→ Strike: Kim" in tried
    assert not Job.objects.exists()
    done = run("rename_sessions", "Strike: {customer}", "--queue", "orders", "--as", "ana@example.com")
    job = Job.objects.get()
    assert f"Job {job.pk}: 3 done" in done
    assert (job.person, job.via, job.state) == (ana, "command", "finished")
    assert set(Session.objects.values_list("name_source", flat=True)) == {"human"}


def test_without_a_person_a_job_is_the_command_lines(several: list[Session]) -> None:
    run("rename_sessions", "Strike: {customer}")
    assert Job.objects.get().actor == "Command line"
    assert Session.objects.filter(name__startswith="Strike").count() == 3


def test_tickets_are_linked_from_a_file(several: list[Session], tmp_path: Path) -> None:
    file = tmp_path / "tickets.csv"
    file.write_text(f"{several[0].session_id},HD-1\nnobody,HD-2\n")
    with pytest.raises(CommandError, match="1 lines cannot be used"):
        run("link_tickets", str(file))
    assert not TicketLink.objects.exists()
    assert "1 done" in run("link_tickets", str(file), "--skip-bad")
    assert TicketLink.objects.get().ticket_id == "HD-1"


def test_conditions_choose_sessions(several: list[Session], ana: Person) -> None:
    sessions.resolve(several[0], ana)
    names.rename(several[1], ana, "Mine")
    assert "1 to do" in run("rename_sessions", "X {customer}", "--where", "status=closed", "--dry-run")
    assert "1 to do" in run("rename_sessions", "X {customer}", "--where", "source=human", "--dry-run")
    assert "1 to do" in run("rename_sessions", "X {customer}", "--where", "customer=kim-2", "--dry-run")
    assert "0 to do" in run("rename_sessions", "X {customer}", "--where", "older-than-days=3", "--dry-run")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["rename_sessions", "{what}"], "no field {what}"),
        (["rename_sessions", "X", "--queue", "nowhere"], "no queue nowhere"),
        (["rename_sessions", "X", "--where", "colour=red"], "NAME=VALUE"),
        (["rename_sessions", "X", "--where", "status=lost"], "none of open"),
        (["rename_sessions", "X", "--where", "older-than-days=x"], "number of days"),
        (["rename_sessions", "X", "--limit", "0"], "at least 1"),
        (["rename_sessions", "X", "--as", "nobody@example.com"], "no active person"),
        (["link_tickets", "/nowhere.csv"], "cannot read"),
    ],
)
def test_wrong_arguments_are_said_in_one_line(several: list[Session], arguments: list[str], why: str) -> None:
    with pytest.raises(CommandError, match=why):
        run(*arguments)
    assert not Job.objects.exists()
