"""Labels and priority on pages: picker, drawer, rows, sidebar, filters, and the set-up."""

from __future__ import annotations

import pytest
from django.test import Client

from sessions_app.actions import labels, priorities, sessions
from sessions_app.models import Label, LabelPolicy, Person, Queue, Session, SessionLabel
from sessions_app.models.triage import Priority
from tests.sessions_app.html import flat

HTMX = {"HX-Request": "true"}
SETUP = "/setup/labels/"


@pytest.fixture
def browser(client: Client, ben: Person) -> Client:
    client.force_login(ben)
    return client


def path(session: Session, part: str = "labels") -> str:
    return f"/sessions/{session.session_id}/{part}/"


def names(session: Session) -> list[str]:
    return [label.name for label in Label.objects.of(session)]


def test_without_scripts_a_label_is_typed_and_taken_off_by_its_cross(browser: Client, session: Session) -> None:
    answer = browser.post(path(session), {"label": "Disruption 2 May"})
    assert answer.status_code == 303
    assert names(session) == ["Disruption 2 May"]
    page = flat(browser.get(f"/open/{session.session_id}/?details=1"))
    assert "You</b> added the label <b>Disruption 2 May</b>" in page
    assert 'aria-label="Remove label Disruption 2 May"' in page
    browser.post(path(session), {"remove": Label.objects.get().pk})
    assert names(session) == []


def test_the_picker_has_those_that_fit_first_and_offers_to_create(browser: Client, session: Session, ana: Person) -> None:
    for name in ("Big groups", "Groups", "VIP"):
        labels.make(ana, name)
    labels.add_by_name(session, ana, "VIP")
    told = flat(browser.get(path(session), {"label": "gro"}))
    assert told.index(">Groups<") < told.index(">Big groups<")
    assert "VIP" not in told
    assert "Create “gro”" in told
    assert 'name="remove"' in flat(browser.get(path(session)))
    assert "Create" not in flat(browser.get(path(session), {"label": "groups"}))
    labels.set_makers(ana, LabelPolicy.Makers.ADMINS)
    told = flat(browser.get(path(session), {"label": "strike"}))
    assert "Create" not in told
    assert "There is no such label." in told
    refused = browser.post(path(session), {"label": "strike"}, headers=HTMX)
    assert refused.status_code == 403
    assert "only admins make labels" in refused.content.decode()


def test_what_is_not_there_any_more_is_told(browser: Client, session: Session) -> None:
    for fields in ({"add": "77"}, {"remove": "x"}, {"label": ""}):
        assert browser.post(path(session), fields, headers=HTMX).status_code == 422
    assert browser.post(path(session, "priority"), {"priority": "purple"}, headers=HTMX).status_code == 422


def test_a_priority_is_shown_by_an_arrow_and_words_and_orders_the_list(
    browser: Client, session: Session, orders: Queue, ben: Person
) -> None:
    others = [sessions.start_session(orders, user_id=f"c{number}", customer_name=f"C{number}") for number in range(3)]
    answer = browser.post(path(session, "priority"), {"priority": "urgent"})
    assert answer.status_code == 303
    priorities.set_priority(others[0], ben, Priority.LOW)
    page = flat(browser.get("/open/?sort=priority"))
    assert "Urgent priority" in page
    assert [page.index(heading) for heading in (">Urgent</h3>", ">Normal</h3>", ">Low</h3>")] == sorted(
        page.index(heading) for heading in (">Urgent</h3>", ">Normal</h3>", ">Low</h3>")
    )
    assert ">High</h3>" not in page
    only = flat(browser.get("/open/?priority=low"))
    assert (only.count('class="row'), "Priority: Low" in only) == (1, True)
    assert flat(browser.get("/search/?q=priority:urgent")).count('class="row') == 1


def test_every_conversation_stands_once_on_the_pages_of_the_order_by_priority(
    browser: Client, orders: Queue, ben: Person
) -> None:
    found: list[str] = []
    for number in range(70):
        session = sessions.start_session(orders, user_id=f"c{number}", customer_name=f"C{number}")
        priorities.set_priority(session, ben, Priority(number % 4 + 1))
    address = "/list/open/?sort=priority"
    while address:
        page = browser.get(address)
        shown = page.context["page"]
        found += [row.session.user_id for row in shown.rows]
        address = f"/list/open/?sort=priority&before={shown.next}" if shown.next else ""
    assert len(found) == len(set(found)) == 70
    ranks = [int(user[1:]) % 4 for user in found]
    assert ranks == sorted(ranks)


def test_rows_have_dots_that_say_their_label_and_the_sidebar_counts_the_open_ones(
    browser: Client, session: Session, orders: Queue, parcels: Queue, ana: Person
) -> None:
    for number in range(2):
        other = sessions.start_session(orders, user_id=f"c{number}")
        labels.add_by_name(other, ana, "Groups")
    sessions.resolve(other, ana)
    labels.add_by_name(sessions.start_session(parcels), ana, "Groups")
    label = Label.objects.get()
    page = flat(browser.get("/open/"))
    assert 'role="img" aria-label="Label Groups"' in page
    rail = page[page.index('id="rail-labels"') :]
    # Ben sees one of the three: one is closed, one another queue's.
    assert '<span class="n">1</span>' in rail[: rail.index("</li>")]
    listed = flat(browser.get(f"/labels/{label.pk}/"))
    assert listed.count('class="row') == 1
    assert "Label: Groups" in flat(browser.get(f"/closed/?label={label.pk}"))
    assert browser.get("/labels/4711/").status_code == 404


def test_counts_look_at_the_newest_conversations_of_a_label_and_say_so(browser: Client, orders: Queue, ana: Person) -> None:
    from sessions_app.queries.counting import LOOKED

    label = labels.make(ana, "Many")
    made = Session.objects.bulk_create(
        [Session(queue=orders, user_id=f"c{number}", status="closed") for number in range(LOOKED)]
    )
    newest = sessions.start_session(orders)
    SessionLabel.objects.bulk_create([SessionLabel(session=row, label=label) for row in [*made, newest]])
    page = flat(browser.get("/open/"))
    assert '<span class="n">1+</span>' in page[page.index('id="rail-labels"') :]


# The set-up ---------------------------------------------------------------------------------------------------------


def test_admins_make_rename_and_delete_labels_with_errors_beside_the_field(
    client: Client, ana: Person, session: Session
) -> None:
    client.force_login(ana)
    assert client.post(SETUP, {"do": "make", "name": "VIP", "colour": "pink"}).status_code == 303
    vip = Label.objects.get()
    refused = client.post(SETUP, {"do": "make", "name": "vip"})
    assert refused.status_code == 422
    assert 'value="vip"' in flat(refused)
    assert "There is a label “VIP” already." in flat(refused)
    assert client.post(f"{SETUP}{vip.pk}/", {"do": "save", "name": "", "colour": "red"}).status_code == 422
    client.post(f"{SETUP}{vip.pk}/", {"do": "save", "name": "Very important", "colour": "red"})
    labels.add_by_name(session, ana, "very important")
    asked = flat(client.post(f"{SETUP}{vip.pk}/", {"do": "delete"}))
    assert "1 conversation has the label “Very important” and loses it." in asked
    assert Label.objects.exists()
    client.post(f"{SETUP}{vip.pk}/", {"do": "deleted"})
    assert not Label.objects.exists()


def test_admins_say_who_makes_labels(client: Client, ana: Person) -> None:
    client.force_login(ana)
    assert client.post(SETUP, {"do": "makers", "makers": "admins"}).status_code == 303
    assert LabelPolicy.in_force().makers == "admins"
    assert client.post(SETUP, {"do": "makers", "makers": "dogs"}).status_code == 422
