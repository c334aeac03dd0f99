"""The decision log: complete, never changed, and readable by other programs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from kern.testing import call
from sessions_app.actions import decisions, handover, runs
from sessions_app.models import Decision, Person, Requirement, Session
from sessions_app.models.decision import AppendOnlyError
from sessions_app.policy import decision_log
from sessions_app.text import spreadsheet
from tests.deciding import seen, tighten, verdicts

Ask = Callable[..., Requirement]
Work = Callable[[], list[str]]


def test_a_line_says_who_decided_what_seeing_what_under_which_policy(
    session: Session, asked: Ask, ana: Person, ben: Person, work: Work
) -> None:
    tighten(session, thresholds=["cents > 500"])
    question = asked(call("refund", order="7", cents=100))
    number = seen(session)
    decisions.approve(question, ben, arguments={"order": "7", "cents": 90}, seen=number)
    work()
    line = Decision.objects.get(verdict="approved")
    assert (line.person, line.actor, line.seen) == (ben, "Ben", number)
    assert (line.session_key, line.queue_slug, line.tool_name) == (session.session_id, "orders", "refund")
    assert (line.arguments, line.edited_arguments) == ({"order": "7", "cents": 100}, {"order": "7", "cents": 90})
    assert line.policy["thresholds"][0]["condition"] == "cents > 500"
    assert line.waited is not None
    assert line.waited >= 0


def test_a_rejection_keeps_its_reason_and_an_answer_what_was_said(session: Session, asked: Ask, ana: Person) -> None:
    asked(call("refund", order="7", cents=1), call("count_stock", article="Lamp"), call("change_address", order="7"))
    refund, stock, address = session.requirements.order_by("pk")
    decisions.reject(refund, ana, note="No receipt.", seen=seen(session))
    decisions.give_result(stock, ana, result="12 lamps", seen=seen(session))
    decisions.provide_input(address, ana, values={"street": "Side St 1"}, seen=seen(session))
    lines = Decision.objects.exclude(verdict="asked").order_by("pk")
    assert [(line.verdict, line.note) for line in lines] == [
        ("rejected", "No receipt."),
        ("answered", "12 lamps"),
        ("answered", ""),
    ]
    assert lines[2].edited_arguments == {"order": "7", "street": "Side St 1"}


def test_what_a_failing_tool_came_to_is_in_the_record(session: Session, asked: Ask, ana: Person, work: Work) -> None:
    question = asked(call("refund", order="7", cents=100))
    Requirement.objects.update(schema={})
    question.refresh_from_db()
    decisions.approve(question, ana, arguments={"order": "7", "cents": "not a number"}, seen=seen(session))
    work()
    assert verdicts(question) == ["asked", "approved", "failed"]


def test_what_nobody_needs_to_decide_any_more_is_in_the_record(session: Session, asked: Ask, ana: Person, work: Work) -> None:
    cancelled = asked(call("refund", order="7", cents=100))
    runs.cancel(cancelled.root, ana)
    superseded = asked(call("refund", order="8", cents=100))
    handover.take_over(session, ana)
    assert verdicts(cancelled) == ["asked", "cancelled"]
    assert cancelled.decisions.get(verdict="cancelled").person == ana
    assert verdicts(superseded) == ["asked", "superseded"]
    assert superseded.decisions.get(verdict="superseded").person == ana


def test_lines_are_never_changed_or_deleted(session: Session, asked: Ask) -> None:
    asked(call("refund", order="7", cents=100))
    line = Decision.objects.get()
    line.actor = "Somebody else"
    for deed in (
        line.save,
        line.delete,
        Decision.objects.all().delete,
        lambda: Decision.objects.update(actor="Somebody else"),
        lambda: Decision.objects.bulk_update([line], ["actor"]),
    ):
        with pytest.raises(AppendOnlyError):
            deed()
    assert Decision.objects.get().actor == "Clerk"


def test_the_record_outlives_what_it_is_about(session: Session, asked: Ask, ben: Person) -> None:
    question = asked(call("refund", order="7", cents=100))
    decisions.reject(question, ben, seen=seen(session))
    session.delete()
    ben.delete()
    asked_line, rejected = Decision.objects.order_by("pk")
    assert (asked_line.requirement, asked_line.requirement_key) == (None, question.requirement_id)
    assert (rejected.person, rejected.actor, rejected.session_key) == (None, "Ben", session.session_id)


def test_lines_are_found_by_tool_queue_verdict_person_and_time(session: Session, asked: Ask, ana: Person, ben: Person) -> None:
    asked(call("refund", order="7", cents=100), call("count_stock", article="Lamp"))
    decisions.reject(session.requirements.get(tool_name="refund"), ben, seen=seen(session))
    rows, now = decision_log.rows, timezone.now()
    assert [line.verdict for line in rows(tool="refund")] == ["asked", "rejected"]
    assert [line.tool_name for line in rows(person=ben)] == ["refund"]
    assert rows(verdict="asked", queue="orders").count() == 2
    assert not rows(queue="parcels").exists()
    assert not rows(since=now).exists()
    assert rows(since=now - timedelta(hours=1), until=now).count() == 3


def test_both_exports_say_the_same_and_no_cell_is_a_formula(session: Session, asked: Ask, ana: Person, ben: Person) -> None:
    question = asked(call("refund", order="=1+1", cents=100))
    decisions.reject(question, ana, note='=HYPERLINK("http://x")\n"Grüße", 1', seen=seen(session))
    lines = decision_log.rows()
    objects = [json.loads(line) for line in decision_log.as_jsonl(lines)]
    text = "".join(decision_log.as_csv(lines))
    table = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [line["verdict"] for line in objects] == [line["verdict"] for line in table] == ["asked", "rejected"]
    assert json.loads(table[0]["arguments"]) == objects[0]["arguments"] == {"order": "=1+1", "cents": 100}
    assert [line["person_email"] for line in table] == ["", "ana@example.com"]
    assert objects[1]["note"] == '=HYPERLINK("http://x")\n"Grüße", 1'
    assert list(spreadsheet.read(text))[1]["note"] == objects[1]["note"]
    assert not any(cell.startswith(("=", "+", "-", "@")) for line in table for cell in line.values())


@pytest.mark.parametrize("beginning", ["=", "+", "-", "@", "\t", "\r"], ids=repr)
def test_no_beginning_that_a_spreadsheet_runs_stands_first_in_a_cell(
    session: Session, asked: Ask, ana: Person, beginning: str
) -> None:
    question = asked(call("refund", order="7", cents=100))
    Decision.objects.append(question, "rejected", person=ana, note=f"{beginning}1+1")
    table = list(csv.DictReader(io.StringIO("".join(decision_log.as_csv(decision_log.rows())), newline="")))
    assert table[-1]["note"] == f"'{beginning}1+1"
