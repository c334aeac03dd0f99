"""The set-up page of the naming rules: for admins, per queue, tried on the last conversations before it is saved."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from sessions_app.actions import messages, names, naming_rules, sessions, tickets
from sessions_app.models import AuditEntry, NamingPolicy, Person, Queue, Session
from sessions_app.policy.naming import naming_in_force
from sessions_app.store import DjangoDb
from tests.sessions_app.html import flat
from tests.sessions_app.naming_rules import name_by

PAGE = "/setup/naming/"
ORDERS = "/setup/naming/?queue=orders"
TRY = "/setup/naming/preview/?queue=orders"


@pytest.fixture
def hers(client: Client, ana: Person, orders: Queue) -> Client:
    """Ana's browser."""
    client.force_login(ana)
    return client


def posted(queue: Queue | None, **changes: Any) -> dict[str, Any]:
    """The form as it stands, with these changes."""
    values = naming_rules.values_of(queue)
    return {**values, "enabled": "on" if values["enabled"] else "off", "do": "save", **changes}


def test_what_differs_from_the_desk_is_the_queues_own_and_the_rest_follows(hers: Client, orders: Queue, ana: Person) -> None:
    assert hers.post(PAGE, posted(None, max_words=9, template="{ticket} – {name}")).status_code == 303
    saved = hers.post(ORDERS, posted(orders, max_words=5, masks=["mail", "card"], forbidden_words="angry"))
    assert saved.status_code == 303
    page = flat(hers.get(saved["Location"]))
    assert "Saved." in page
    assert "3 differ" in page
    row = NamingPolicy.objects.get(queue=orders)
    assert (row.max_words, row.template, row.masks, row.updated_by) == (5, None, ["mail", "card"], ana)
    orders.refresh_from_db()
    rules = naming_in_force(orders)
    assert (rules.max_words, rules.template, rules.forbidden_words) == (5, "{ticket} – {name}", "angry")
    hers.post(PAGE, posted(None, template="{name} ({ticket})"))
    assert naming_in_force(orders).template == "{name} ({ticket})"


def test_a_queue_can_follow_the_desk_again(hers: Client, orders: Queue) -> None:
    name_by(orders, max_words=3, enabled=False)
    page = hers.get(ORDERS)
    assert "2 differ" in flat(page)
    assert hers.post(ORDERS, {"do": "follow"}).status_code == 303
    assert naming_in_force(orders).max_words == 0
    assert "as desk" in flat(hers.get(ORDERS))


def test_who_changed_which_rule_is_in_the_audit_log(hers: Client, orders: Queue, ana: Person) -> None:
    hers.post(ORDERS, posted(orders, max_words=5))
    entry = AuditEntry.objects.filter(kind="naming.rules_changed").get()
    assert (entry.actor_id, entry.before, entry.after) == (ana.pk, {"max_words": 0}, {"max_words": 5})
    hers.post(ORDERS, posted(orders))
    assert AuditEntry.objects.filter(kind="naming.rules_changed").count() == 1
    assert "In force since" in flat(hers.get(ORDERS))


@pytest.mark.parametrize(
    ("field", "wrong", "why"),
    [
        ("template", "{ticket}", "Write {name} once"),
        ("template", "{Ticket} {name}", "There is no field {Ticket}"),
        ("template", "angry: {name}", "“angry” is one of the forbidden words"),
        ("max_words", "1", "fewer than the fewest words"),
        ("max_characters", "9", "greater than or equal to 10"),
        ("max_characters", "201", "less than or equal to 200"),
        ("monthly_budget", "-1", "greater than or equal to 0"),
        ("monthly_budget", "a lot", "Enter a number"),
        ("delay", "", "required"),
        ("delay", "9999999999", "less than or equal to 604800"),
        ("forbidden_words", "fine\n\u200b", "Line 2 has nothing in it"),
        ("language", "klingon", "not one of the available choices"),
        ("masks", ["secrets"], "not one of the available choices"),
    ],
)
def test_a_wrong_rule_gets_its_error_beside_the_field_and_nothing_is_saved(
    hers: Client, orders: Queue, field: str, wrong: Any, why: str
) -> None:
    data = posted(orders, min_words=2, forbidden_words="angry")
    answer = hers.post(ORDERS, {**data, field: wrong})
    assert answer.status_code == 422
    assert re.search(f'id="error_{field}">[^<]*{re.escape(why)}', flat(answer)), flat(answer)
    assert not NamingPolicy.objects.exists()
    assert "A rule is wrong" in hers.post(TRY, {**data, field: wrong}).content.decode()


def test_the_rules_are_tried_on_the_last_conversations_and_nothing_is_saved(hers: Client, orders: Queue, ana: Person) -> None:
    asked = sessions.start_session(orders, user_id="kim", customer_name="Kim")
    messages.receive(asked, "Hello, my parcel is late. Where is it?")
    tickets.link(asked, ana, "HD-12")
    named = sessions.start_session(orders, user_id="lou")
    DjangoDb().rename_session(named.session_id, "Angry caller about a late parcel", "auto")
    by_ana = sessions.start_session(orders, user_id="zoe")
    names.rename(by_ana, ana, "Angry, handle with care")
    before = list(Session.objects.order_by("pk").values_list("name", flat=True))
    data = posted(orders, template="{ticket} – {name}", forbidden_words="angry", max_words=6)
    for address, more in ((TRY, {}), (ORDERS, {"do": "try"})):
        answer = hers.post(address, {**data, **more})
        assert answer.status_code == 200
        shown = flat(answer)
        assert re.search(r'<b class="name" dir="auto">HD-12 – [^<]*arcel', shown)
        assert '<del dir="auto">Angry caller about a late parcel</del>' in shown
        assert "<b>Forbidden word</b>" in shown
        assert '<b class="name" dir="auto">caller about a late parcel</b>' in shown
        assert "Named by a person, left alone" in shown
        assert "1 named · 1 refused · 1 left alone" in shown
    assert list(Session.objects.order_by("pk").values_list("name", flat=True)) == before
    assert not NamingPolicy.objects.exists()


def test_the_whole_desk_is_tried_by_the_rules_that_its_queues_keep(hers: Client, orders: Queue, parcels: Queue) -> None:
    name_by(orders, max_words=2)
    for queue in (orders, parcels):
        session = sessions.start_session(queue, user_id=queue.slug)
        DjangoDb().rename_session(session.session_id, "Late parcel", "auto")
    shown = flat(hers.post("/setup/naming/preview/", posted(None, max_words=1)))
    assert "1 named · 1 refused" in shown


def test_a_page_of_twenty_conversations_takes_as_many_queries_as_one_of_one(hers: Client, orders: Queue, ana: Person) -> None:
    name_by(orders, template="{ticket} – {name}", masks=["mail"])
    counts = []
    for number in range(3):
        for _each in range(1 + 4 * number):
            session = sessions.start_session(orders)
            messages.receive(session, "Where is my parcel?")
            tickets.link(session, ana, f"HD-{session.pk}")
        with CaptureQueriesContext(connection) as seen:
            hers.get(ORDERS)
        counts.append(len(seen))
    assert counts[0] == counts[1] == counts[2]


def test_a_forbidden_word_that_is_called_as_a_field_forbids_no_template(hers: Client, orders: Queue) -> None:
    assert hers.post(ORDERS, posted(orders, forbidden_words="name", template="{ticket} – {name}")).status_code == 303


def test_words_of_customers_are_text_in_the_preview(hers: Client, orders: Queue) -> None:
    session = sessions.start_session(orders, customer_name="<i>Kim</i>")
    DjangoDb().rename_session(session.session_id, "<b>Late</b>", "auto")
    shown = hers.get(ORDERS).content.decode()
    assert "<b>Late" not in shown
    assert "<i>Kim" not in shown


def test_for_people_who_are_no_admins_there_is_no_such_page(client: Client, ben: Person, orders: Queue) -> None:
    client.force_login(ben)
    for answer in (client.get(ORDERS), client.post(ORDERS, posted(orders, max_words=1)), client.post(TRY, posted(orders))):
        assert answer.status_code == 404
    assert not NamingPolicy.objects.exists()


def test_a_queue_that_is_not_there_is_not_found(hers: Client) -> None:
    assert hers.get("/setup/naming/?queue=nowhere").status_code == 404


def test_of_two_admins_who_save_at_once_the_second_is_told_and_nothing_is_lost(
    hers: Client, orders: Queue, ben: Person
) -> None:
    seen = re.findall(r'name="seen" value="([^"]*)"', flat(hers.get(ORDERS)))[0]
    naming_rules.save(orders, ben, {**naming_rules.values_of(orders), "max_words": 9})
    answer = hers.post(ORDERS, posted(orders, max_words=4, seen=seen))
    page = flat(answer)
    assert answer.status_code == 409
    assert "Ben saved other rules here meanwhile." in page
    assert re.search(r'name="max_words"[^>]*value="4"', page)
    assert naming_in_force(orders).max_words == 9
    again = re.findall(r'name="seen" value="([^"]*)"', page)[0]
    assert hers.post(ORDERS, posted(orders, max_words=4, seen=again)).status_code == 303
    assert naming_in_force(orders).max_words == 4


def test_a_trial_of_a_wrong_rule_shows_the_names_by_the_rules_in_force(hers: Client, session: Session) -> None:
    messages.receive(session, "My blue parcel is late")
    answer = hers.post(ORDERS, posted(session.queue, template="{tciket}", do="try"))
    page = flat(answer)
    assert answer.status_code == 422
    assert "A rule is wrong" in page
    assert "On the last conversation" in page
    assert page.count('<p class="before">') == 1


def test_the_raw_administration_refuses_a_template_that_frames_nothing(hers: Client, orders: Queue) -> None:
    answer = hers.post("/admin/sessions_app/namingpolicy/add/", {"queue": orders.pk, "template": "{tciket}"})
    assert answer.status_code == 200
    assert "{tciket}" in answer.content.decode()
    assert not NamingPolicy.objects.exists()


def test_forbidden_words_are_added_and_allowed_one_by_one_without_saving(hers: Client, orders: Queue) -> None:
    data = posted(orders, forbidden_words=["angry", "VIP"], word=" urgent matter ")
    del data["do"]
    page = flat(hers.post(ORDERS, {**data, "allow": "VIP"}))
    assert re.findall(r'name="forbidden_words" value="([^"]+)"', page) == ["angry", "urgent matter"]
    assert 'aria-label="Allow urgent matter again"' in page
    assert naming_in_force(orders).forbidden_words == ""
    assert hers.post(ORDERS, {**data, "do": "save"}).status_code == 303
    orders.refresh_from_db()
    assert naming_in_force(orders).forbidden_words == "angry\nVIP\nurgent matter"


def test_a_word_that_no_name_could_have_has_its_error_and_stays(hers: Client, orders: Queue) -> None:
    refused = hers.post(ORDERS, posted(orders, forbidden_words=["angry", "x" * 500]))
    page = flat(refused)
    assert refused.status_code == 422
    assert "Line 2 is longer than" in page
    assert f'value="{"x" * 500}"' in page
