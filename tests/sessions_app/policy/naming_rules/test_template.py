"""Templates of names: what an admin may write, and what becomes of fields without a value."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from sessions_app.policy.naming_rules.base import Context
from sessions_app.policy.naming_rules.template import check_template, frame_for

FULL = Context(ticket="ZD-1", customer="Cy", queue="Orders", date="2026-11-30")


@pytest.mark.parametrize(
    ("template", "full", "without_ticket"),
    [
        ("", "N", "N"),
        ("{name}", "N", "N"),
        ("{ticket} – {name}", "ZD-1 – N", "N"),
        ("{name} – {ticket}", "N – ZD-1", "N"),
        ("[{ticket}] {name}", "[ZD-1] N", "N"),
        ("{name} ({ticket})", "N (ZD-1)", "N"),
        ("{name} (ticket {ticket})", "N (ticket ZD-1)", "N"),
        ("Ticket {ticket}: {name}", "Ticket ZD-1: N", "N"),
        ("Acme: ticket {ticket}, {name}", "Acme: ticket ZD-1, N", "Acme: N"),
        ("({ticket}, {date}) {name}", "(ZD-1, 2026-11-30) N", "(2026-11-30) N"),
        ("({date}, {ticket}) {name}", "(2026-11-30, ZD-1) N", "(2026-11-30) N"),
        ("{name} ({ticket}, {date})", "N (ZD-1, 2026-11-30)", "N (2026-11-30)"),
        ("{name} ({date}, {ticket})", "N (2026-11-30, ZD-1)", "N (2026-11-30)"),
        ("{queue}/{ticket}: {name}", "Orders/ZD-1: N", "Orders: N"),
        ("{ticket}/{queue}: {name}", "ZD-1/Orders: N", "Orders: N"),
        ("{date} [{ticket}] {name}", "2026-11-30 [ZD-1] N", "2026-11-30 N"),
        ("{name} for {customer}", "N for Cy", "N for Cy"),
        ("【{ticket}】{name}", "【ZD-1】N", "N"),
    ],
)
def test_a_field_without_a_value_goes_with_what_joins_it(template: str, full: str, without_ticket: str) -> None:
    assert frame_for(template, FULL).around("N") == full
    assert frame_for(template, FULL, without=["ticket"]).around("N") == without_ticket


def test_without_any_value_the_name_stands_alone() -> None:
    for template in ("{ticket} – {name} ({queue}, {date})", "({ticket}, {date}) {name} for {customer}"):
        assert frame_for(template, Context()).around("N") == "N"


@pytest.mark.parametrize(
    ("wrong", "remedy"),
    [
        ("{ticket}", "Write {name} once"),
        ("{name} {name}", "Write {name} once"),
        ("{ticket} {ticket} {name}", "twice"),
        ("{Ticket} {name}", "no field {Ticket}"),
        ("{0} {name}", "no field {0}"),
        ("{} {name}", "no field {}"),
        ("{{ticket}} {name}", "brace"),
        ("{name", "brace"),
        ("{name.__class__}", "no field"),
        ("x" * 41 + "{name}", "at most 40"),
        ("a\nb {name}", "one line"),
        ("a\u202e {name}", "invisible"),
        ("ask ana@example.com: {name}", "personal data"),
    ],
)
def test_a_wrong_template_is_refused_with_what_to_write(wrong: str, remedy: str) -> None:
    with pytest.raises(ValidationError, match=remedy.replace("{", r"\{").replace("}", r"\}")):
        check_template(wrong)
    assert frame_for(wrong, FULL).around("N") == "N"


def test_a_name_in_its_frame_is_recognised_in_any_case() -> None:
    frame = frame_for("{ticket} – {name}", FULL)
    assert frame.within("zd-1 – Late bag") == "Late bag"
    assert frame.within("ZD-1 – ") is None
    assert frame.within("Late bag") is None
