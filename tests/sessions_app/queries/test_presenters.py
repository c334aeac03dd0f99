"""What a state is called: the same wherever it is shown."""

from __future__ import annotations

import pytest

from sessions_app.models import Person, Requirement, Run, Session
from sessions_app.queries.presenters import run as runs
from sessions_app.queries.presenters import session as sessions
from sessions_app.queries.presenters.requirement import RequirementStatus
from sessions_app.queries.presenters.run import RunStatus


def asked(**columns: object) -> Requirement:
    return Requirement(**{"tool_name": "refund", "kind": "confirmation", "reason": "policy", **columns})


@pytest.mark.parametrize(
    ("columns", "first", "words", "icon", "tone"),
    [
        ({}, False, "", "hand", "wait"),
        ({}, True, "Second approver", "shield-check", "accent"),
        ({"look_again": True}, True, "Customer wrote since", "triangle-alert", "bad"),
        ({"reason": "draft"}, False, "Draft to send", "message-square-text", "wait"),
        ({"reason": "uncertain", "kind": "external_execution"}, False, "Did it run?", "circle-help", "accent"),
        ({"kind": "external_execution"}, False, "Run outside", "clipboard-paste", "accent"),
        ({"kind": "user_input"}, False, "Asks you", "circle-help", "accent"),
        ({"kind": "user_feedback"}, False, "Asks you", "circle-help", "accent"),
        ({"kind": "of a later version", "reason": "of a later version"}, False, "Asks you", "circle-help", "accent"),
    ],
)
def test_an_open_requirement_has_one_badge(columns: dict[str, object], first: bool, words: str, icon: str, tone: str) -> None:
    badge = RequirementStatus(asked(**columns), first_approved=first).badge
    assert (str(badge.words), badge.icon, badge.tone) == (words, icon, tone)


@pytest.mark.parametrize(
    ("columns", "mode", "title"),
    [
        ({}, "", "Clerk wants to run <code>refund</code>"),
        ({}, "edit", "Editing <code>refund</code>"),
        ({}, "reject", "Rejecting <code>refund</code>"),
        ({}, "respond", "Answering in the place of <code>refund</code>"),
        ({"look_again": True}, "", "Customer wrote since: look again at <code>refund</code>"),
        ({"reason": "draft"}, "", "Clerk drafted an answer"),
        ({"reason": "draft"}, "edit", "Editing the draft"),
        ({"reason": "draft"}, "reject", "Sending the draft back"),
        ({"reason": "draft", "look_again": True}, "", "Customer wrote since: look again at the draft"),
        ({"reason": "uncertain"}, "", "Nobody knows whether <code>refund</code> ran"),
        ({"reason": "uncertain"}, "reject", "Giving up on <code>refund</code>"),
        ({"kind": "external_execution"}, "", "Run outside: <code>refund</code>"),
        ({"kind": "user_input"}, "", "Clerk asks you"),
    ],
)
def test_the_title_of_a_card_says_what_is_to_be_done(columns: dict[str, object], mode: str, title: str) -> None:
    assert RequirementStatus(asked(**columns)).title("Clerk", mode) == title


def test_a_title_escapes_what_tools_and_people_are_called() -> None:
    status = RequirementStatus(asked(tool_name="<b>"), first_approved=True)
    assert status.title("Clerk", first_approver="<i> {x}") == (
        "Approved by &lt;i&gt; {x}, needs one more: <code>&lt;b&gt;</code>"
    )


def test_every_state_of_a_settled_requirement_has_an_outcome() -> None:
    who = Person(display_name="Ana {who}")
    for status in Requirement.Status:
        if status != Requirement.Status.PENDING:
            outcome = RequirementStatus(asked(status=status, decided_by=who)).outcome
            assert "This is settled" not in outcome
    assert RequirementStatus(asked(status="approved", decided_by=who)).outcome == "Ana {who} approved this."
    assert "of a later version" in RequirementStatus(asked(status="of a later version")).outcome


def test_only_the_last_part_of_a_turn_says_how_it_stands() -> None:
    failed = Run(status="error", error="no connection")
    assert [RunStatus(failed, is_last=last).is_failed for last in (True, False)] == [True, False]
    assert str(RunStatus(Run(status="paused"), is_last=False).words) == "AI agent"


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("pending", "Waiting for a worker"),
        ("running", "Working"),
        ("paused", "AI agent, waits for a person"),
        ("completed", "AI agent"),
        ("error", "AI agent"),
        ("cancelled", "AI agent, stopped"),
    ],
)
def test_a_run_says_how_it_stands(status: str, words: str) -> None:
    assert str(RunStatus(Run(status=status)).words) == words
    stopping = RunStatus(Run(status=status, cancel_requested=True))
    assert (str(stopping.words) == "Stopping") == stopping.is_working


def test_list_and_head_call_a_session_the_same() -> None:
    session = Session(status="open")
    assert sessions.head_badge(session, "error", 0) is sessions.badge_of(session, "error") is runs.FAILED
    assert sessions.head_badge(session, "paused", 0) is None
    waits = [sessions.head_badge(session, "paused", waiting) for waiting in (1, 3)]
    assert [str(badge.words) for badge in waits if badge] == ["Waiting for a decision", "3 decisions"]
    session.status = Session.Status.CLOSED
    assert sessions.badge_of(session, "completed") is sessions.RESOLVED
