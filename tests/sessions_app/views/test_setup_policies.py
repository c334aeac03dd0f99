"""Tool policies in the set-up: what tools say, queues that are stricter, mistakes beside their fields, nothing lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kern.testing import call
from sessions_app.models import AuditEntry, Person, Queue, Requirement, Session, ToolPolicy
from tests.deciding import tighten
from tests.sessions_app.html import flat

SETUP = "/setup/policies/"
REFUND = f"{SETUP}?queue=orders&tool=refund"


def form(**changed: Any) -> dict[str, Any]:
    """The form as it is when a queue follows the tool, with changes."""
    return {"risk": "", "approvers": "1", "expires_after": "", **changed}


def conditions(*rows: tuple[str, str, str]) -> dict[str, list[str]]:
    """The rows of conditions as a browser sends them."""
    argument, comparison, value = zip(*rows, strict=True)
    return {"argument": list(argument), "comparison": list(comparison), "value": list(value)}


@pytest.fixture
def admin(client: Client, ana: Person) -> Client:
    """Ana's browser."""
    client.force_login(ana)
    return client


def test_the_desk_shows_every_tool_with_what_it_says_itself_and_changes_nothing(admin: Client, orders: Queue) -> None:
    page = flat(admin.get(SETUP))
    for words in ("refund", "Pay an order back.", "Medium risk", "Anyone of the queue", "count_stock", "Not asked"):
        assert words in page, words
    opened = flat(admin.get(SETUP, {"tool": "refund"}))
    assert "The tool says:" in opened
    assert '<form method="post" action="/setup/policies/' not in opened
    assert admin.post(f"{SETUP}?tool=refund", form(risk="high")).status_code == 404
    for unknown in ("?queue=nowhere", "?queue=orders&tool=nothing", "?tool=%00"):
        assert admin.get(f"{SETUP}{unknown}").status_code in (200, 404)
    assert not ToolPolicy.objects.exists()


def test_a_queue_is_made_stricter_with_conditions_as_rows(admin: Client, orders: Queue, ben: Person) -> None:
    ben.groups.add(Group.objects.create(name="leads"))
    said = form(risk="high", expires_after="600", roles=["leads"], **conditions(("cents", ">", "500"), ("order", "==", "A1")))
    refused = admin.post(REFUND, said)
    assert refused.status_code == 422
    assert "Choose one of these times" in flat(refused)
    answer = admin.post(REFUND, {**said, "expires_after": "900"})
    assert answer.status_code == 303
    policy = ToolPolicy.objects.get()
    assert (policy.risk, policy.expires_after, policy.roles) == ("high", 900, ["leads"])
    assert policy.thresholds == ["cents > 500", "order == A1"]
    page = flat(admin.get(answer["Location"]))
    for words in ("High risk", "1, or 2 by 2 conditions", "1 stricter", "<bdi>Ben</bdi>."):
        assert words in page, words
    # Two people are asked for, and there is one.
    assert "fewer people than it takes" in page
    entry = AuditEntry.objects.get(kind="setup.added", subject_kind="toolpolicy")
    assert entry.after["thresholds"] == ["cents > 500", "order == A1"]
    assert "History" in page


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (conditions(("cents", ">", "1,000")), "Write a number, with a dot"),
        (conditions(("cents", ">", "a lot")), "Write a number, with a dot"),
        (conditions(("order", ">", "5")), "order is no number"),
        (conditions(("amount", ">", "5")), "refund has no argument amount. Arguments: cents, order."),
        (conditions(("cents", "~", "5")), "Choose an argument and how it is compared"),
        (conditions(("", ">", "5")), "Choose an argument and how it is compared"),
        (conditions(("order", "==", "x" * 400)), "at most 300 characters"),
        (conditions(*[("cents", ">", "5")] * 25), "At most 20 conditions"),
        ({"approvers": "3"}, "less strict than the tool itself"),
        ({"risk": "enormous"}, "less strict than the tool itself"),
        ({"expires_after": "-1"}, "Choose one of these times"),
        ({"roles": ["leeds"]}, "leeds is not one of the available choices"),
    ],
    ids=str,
)
def test_a_mistake_stands_beside_its_field_and_nothing_typed_is_lost(
    admin: Client, orders: Queue, changed: dict[str, Any], words: str
) -> None:
    answer = admin.post(REFUND, form(**changed))
    page = flat(answer)
    assert answer.status_code == 422
    assert words in page
    assert 'class="error"' in page
    for value in changed.get("value", [])[:20]:
        assert f'value="{value}"' in page
    assert not ToolPolicy.objects.exists()


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (("size", "==", "medium"), "size is never that. It is one of: large, small."),
        (("flag", "==", "maybe"), "flag is true or false"),
        (("place.street", ">", "5"), "place.street is no number"),
    ],
    ids=str,
)
def test_what_an_argument_can_never_be_is_refused(
    admin: Client, orders: Queue, condition: tuple[str, str, str], words: str
) -> None:
    answer = admin.post(f"{SETUP}?queue=orders&tool=send_parcel", form(**conditions(condition)))
    assert words in flat(answer)


def test_what_fits_is_taken_also_within_objects_and_lists(admin: Client, orders: Queue) -> None:
    rows = [
        ("size", "!=", "small"),
        ("flag", "==", "true"),
        ("place.floor", ">=", "3"),
        ("items", ">", "2"),
        ("share", "<", ".5"),
    ]
    assert admin.post(f"{SETUP}?queue=orders&tool=send_parcel", form(**conditions(*rows))).status_code == 303


def test_rows_are_added_and_taken_out_without_saving(admin: Client, orders: Queue) -> None:
    typed = form(**conditions(("cents", ">", "500"), ("order", "==", "A1")))
    added = flat(admin.post(REFUND, {**typed, "do": "row"}))
    assert "Value, row 3" in added
    dropped = flat(admin.post(REFUND, {**typed, "drop": "1"}))
    assert 'value="A1"' in dropped
    assert 'value="500"' not in dropped
    assert not ToolPolicy.objects.exists()


def test_it_is_tried_on_the_last_calls_before_it_is_saved(
    admin: Client, session: Session, asked: Callable[..., Requirement]
) -> None:

    asked(call("refund", order="A1", cents=900))
    page = flat(admin.post(REFUND, form(do="try", **conditions(("cents", ">", "500")))))
    for words in ("Tried on the last 1:", "0 by one person, 1 by two.", "Before these changes: 1 by one, 0 by two."):
        assert words in page, words
    assert not ToolPolicy.objects.exists()


def test_open_decisions_become_stricter_and_the_queue_follows_the_tool_again(
    admin: Client, session: Session, asked: Callable[..., Requirement]
) -> None:

    requirement = asked(call("refund", order="A1", cents=900))
    assert "1 open decision" in flat(admin.get(REFUND))
    admin.post(REFUND, form(approvers="2"))
    requirement.refresh_from_db()
    assert requirement.approvers == 2
    assert admin.post(REFUND, {"do": "follow"}).status_code == 303
    assert not ToolPolicy.objects.exists()
    assert AuditEntry.objects.latest("number").kind == "setup.removed"


def test_values_that_say_nothing_make_no_policy_and_the_same_again_no_entry(admin: Client, orders: Queue) -> None:
    admin.post(REFUND, form())
    assert not ToolPolicy.objects.exists()
    for _ in range(2):
        admin.post(REFUND, form(risk="high"))
    assert AuditEntry.objects.filter(subject_kind="toolpolicy").count() == 1


def test_what_another_admin_saved_meanwhile_is_not_replaced_unseen(admin: Client, session: Session) -> None:
    page = flat(admin.get(REFUND))
    seen = page.partition('name="seen" value="')[2].partition('"')[0].replace("&quot;", '"')
    tighten(session, approvers=2)
    answer = admin.post(REFUND, form(risk="high", seen=seen))
    assert answer.status_code == 409
    assert "Another admin changed this policy meanwhile" in flat(answer)
    assert ToolPolicy.objects.get().risk == ""


def test_one_person_answers_for_tools_that_run_elsewhere_and_none_for_free_ones(admin: Client, orders: Queue) -> None:
    refused = flat(admin.post(f"{SETUP}?queue=orders&tool=count_stock", form(approvers="2")))
    assert "One person answers for count_stock" in refused
    page = flat(admin.get(f"{SETUP}?queue=orders&tool=note_order"))
    assert "Runs without asking:" in page


def test_a_tool_that_no_agent_has_any_more_is_shown_with_its_policy(admin: Client, session: Session) -> None:
    tighten(session, "vanished", risk="high")
    page = flat(admin.get(f"{SETUP}?queue=orders&tool=vanished"))
    assert "Holds nowhere now:" in page
    assert admin.post(f"{SETUP}?queue=orders&tool=vanished", {"do": "follow"}).status_code == 303


def test_drafts_that_people_look_through_have_a_policy_too(admin: Client, orders: Queue) -> None:
    Queue.objects.filter(pk=orders.pk).update(ai_mode="draft")
    assert "An answer that people look through" in flat(admin.get(f"{SETUP}?queue=orders"))
    assert admin.post(f"{SETUP}?queue=orders&tool=send_answer", form(approvers="2")).status_code == 303


def test_admins_alone_find_it(client: Client, ben: Person) -> None:
    client.force_login(ben)
    assert client.get(SETUP).status_code == 404
    assert client.post(REFUND, form(risk="high")).status_code == 404
    assert not ToolPolicy.objects.exists()


def test_the_page_asks_little_however_much_there_is(admin: Client, session: Session, orders: Queue) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert admin.get(REFUND).status_code == 200
        return len(asked)

    tighten(session, approvers=2)
    few = queries()
    for tool in ("buy", "send_parcel", "change_address"):
        tighten(session, tool, roles=["leads"])
    assert queries() == few <= 12
