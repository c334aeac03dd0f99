"""The Names page: who wants a name, renamed down the list, also without script; suggestions, failures, budgets."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from sessions_app.actions import messages, names, sessions
from sessions_app.models import Job, NameSuggestion, NamingSpend, Person, Queue, Session
from tests.sessions_app.html import flat
from tests.sessions_app.naming_rules import name_by


@pytest.fixture
def desk(client: Client, ben: Person) -> Client:
    client.force_login(ben)
    return client


def said(queue: Queue, text: str, customer: str = "Kim") -> Session:
    session = sessions.start_session(queue, user_id=customer, customer_name=customer)
    messages.receive(session, text)
    session.refresh_from_db()
    return session


def suggested(session: Session, name: str) -> NameSuggestion:
    return NameSuggestion.objects.create(session=session, name=name, for_version=session.name_version)


def read(client: Client, address: str = "/names/") -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return flat(answer.content.decode())


def row(session: Session) -> Session:
    return Session.objects.get(pk=session.pk)


def test_conversations_stand_in_the_group_of_what_is_the_matter(desk: Client, orders: Queue, ana: Person) -> None:
    said(orders, "My parcel is late")
    failing = said(orders, "Where is my refund?")
    Session.objects.filter(pk=failing.pk).update(name_failed_at=timezone.now(), name_problem="no answer from the model")
    doubted = said(orders, "Another thing")
    names.rename(doubted, ana, "Old topic")
    suggested(row(doubted), "New topic")
    page = read(desk)
    groups = re.findall(r'<h2 class="group"> ?(\w+)', page)
    assert groups == ["Suggestions", "Failed", "Provisional"]
    assert "no answer from the model" in page
    assert page.count('data-kind="provisional"') == 2
    assert re.findall(r'href="/names/".*?<span class="n">(\d+)', page) == ["3"]
    assert "Old topic" not in read(desk, "/names/?kind=provisional")
    assert "Old topic" in read(desk, "/names/?kind=today")


def test_saving_names_the_conversation_and_moves_the_cursor_to_the_next(desk: Client, orders: Queue, ben: Person) -> None:
    first, second = said(orders, "First words here"), said(orders, "Second words here")
    page = read(desk)
    assert re.findall(r'id="name_(\d+)"', page) == [str(second.pk), str(first.pk)]
    answer = desk.post(f"/names/{second.pk}/", {"name": "Late parcel", "version": second.name_version, "next": first.pk})
    assert (answer.status_code, answer["Location"]) == (303, f"/names/?at={first.pk}&done={second.pk}")
    assert (row(second).name, row(second).name_source, row(second).name_locked) == ("Late parcel", "human", True)
    there = read(desk, f"/names/?at={first.pk}")
    assert re.search(rf'class="row naming cursor" id="name_{first.pk}"', there)
    assert len(re.findall(r'<input class="input" name="name"[^>]*autofocus', there)) == 1


def test_the_last_name_is_undone_and_the_first_words_stand_in_again(desk: Client, orders: Queue) -> None:
    session = said(orders, "My parcel is late")
    saved = desk.post(f"/names/{session.pk}/", {"name": "Something wrong", "version": session.name_version})
    page = read(desk, saved["Location"])
    assert "Named “<bdi>Something wrong</bdi>”." in page
    version = row(session).name_version
    undone = desk.post(f"/names/{session.pk}/", {"do": "undo", "version": version, "next": session.pk})
    assert (undone.status_code, undone["Location"]) == (303, f"/names/?at={session.pk}")
    now = row(session)
    assert (now.name, now.name_source, now.name_locked) == ("My parcel is late", "provisional", False)


def test_an_undone_name_gives_way_to_the_one_of_before(desk: Client, orders: Queue, ben: Person, ana: Person) -> None:
    session = said(orders, "My parcel is late")
    names.rename(session, ana, "Late parcel")
    names.rename(session, ben, "Something wrong")
    desk.post(f"/names/{session.pk}/", {"do": "undo", "version": row(session).name_version})
    assert (row(session).name, row(session).name_source, row(session).name_locked) == ("Late parcel", "human", True)


def test_what_was_renamed_since_or_by_others_is_not_undone(desk: Client, orders: Queue, ana: Person) -> None:
    session = said(orders, "My parcel is late")
    desk.post(f"/names/{session.pk}/", {"name": "Something wrong", "version": session.name_version})
    version = row(session).name_version
    names.rename(session, ana, "Ana's name")
    assert "Something wrong" not in read(desk, f"/names/?done={session.pk}")
    for known in (version, row(session).name_version, "x"):
        assert desk.post(f"/names/{session.pk}/", {"do": "undo", "version": known}).status_code == 422
    assert row(session).name == "Ana's name"


def test_all_without_a_name_are_planned_for_the_ai_at_once(desk: Client, orders: Queue, ben: Person, parcels: Queue) -> None:
    several = [said(orders, f"Parcel {number} is late") for number in range(3)]
    failing = said(orders, "Where is my refund?")
    Session.objects.filter(pk=failing.pk).update(name_failed_at=timezone.now(), name_problem="no answer")
    named, foreign = said(orders, "Another thing"), said(parcels, "Not Ben's")
    names.rename(named, ben, "Named already")
    assert "Name all 4 with AI" in read(desk)
    planned = desk.post("/jobs/", {"scope": "unnamed", "do": "name"})
    job = Job.objects.get()
    assert planned["Location"] == f"/jobs/{job.pk}/"
    assert job.source == "Names"
    assert {job_row.session for job_row in job.rows.all()} == {*several, failing}
    assert not job.rows.filter(session=foreign).exists()


def test_a_script_that_knows_the_cursors_place_gets_a_page_without_one(desk: Client, orders: Queue) -> None:
    session = said(orders, "My parcel is late")
    cursor = re.compile(r'<input class="input" name="name"[^>]*autofocus')
    assert cursor.search(read(desk))
    assert not cursor.search(read(desk, "/names/?at=none"))
    answer = desk.post(f"/names/{session.pk}/", {"name": "", "next": "none"})
    assert answer.status_code == 422
    assert 'name="name" value="" dir="auto" maxlength="200" autocomplete="off" required' in flat(answer.content.decode())
    assert not cursor.search(flat(answer.content.decode()))


def test_a_name_that_breaks_a_rule_stays_in_its_field_with_the_reason_and_one_that_passes(desk: Client, orders: Queue) -> None:
    name_by(orders, max_words=2)
    session = said(orders, "My parcel is late")
    answer = desk.post(f"/names/{session.pk}/", {"name": "Far too many words", "version": session.name_version})
    page = flat(answer.content.decode())
    assert answer.status_code == 422
    assert 'value="Far too many words"' in page
    assert 'name="proposal" value="Far too"' in page


def test_a_suggestion_is_accepted_or_dismissed(desk: Client, orders: Queue) -> None:
    first, second = said(orders, "First words here"), said(orders, "Second words here")
    taken, left = suggested(first, "Late parcel"), suggested(second, "Other name")
    assert desk.post(f"/names/{first.pk}/", {"do": "accept", "suggestion": taken.pk}).status_code == 303
    assert (row(first).name, row(first).name_source) == ("Late parcel", "human")
    assert desk.post(f"/names/{second.pk}/", {"do": "dismiss", "suggestion": left.pk}).status_code == 303
    left.refresh_from_db()
    assert (left.state, row(second).name_source) == ("dismissed", "provisional")


def test_a_conversation_that_was_renamed_by_hand_wants_no_answer_to_its_suggestion(desk: Client, orders: Queue) -> None:
    session = said(orders, "First words here")
    suggested(session, "Late parcel")
    assert f'id="name_{session.pk}"' in read(desk)
    desk.post(f"/names/{session.pk}/", {"name": "Late parcel", "version": session.name_version})
    assert f'id="name_{session.pk}"' not in read(desk)
    assert f'id="name_{session.pk}"' not in read(desk, "/names/?kind=suggestion")


def test_all_suggestions_of_the_page_are_accepted_but_those_that_changed_since(
    desk: Client, orders: Queue, ana: Person
) -> None:
    first, second = said(orders, "First words here"), said(orders, "Second words here")
    keys = [suggested(first, "Late parcel").pk, suggested(second, "Other name").pk]
    names.rename(second, ana, "Ana's name")
    answer = desk.post("/names/together/", {"suggestion": keys})
    assert (answer.status_code, answer["Location"]) == (303, "/names/?left=1")
    assert (row(first).name, row(second).name) == ("Late parcel", "Ana's name")
    assert "1 suggestion was not accepted" in read(desk, "/names/?left=1")


def test_a_failed_naming_is_asked_for_again(desk: Client, orders: Queue) -> None:
    session = said(orders, "My parcel is late")
    Session.objects.filter(pk=session.pk).update(name_failed_at=timezone.now(), name_problem="no answer")
    desk.post(f"/names/{session.pk}/", {"do": "generate"})
    assert row(session).name_due_at is not None


def test_a_used_up_budget_says_what_that_means(desk: Client, orders: Queue) -> None:
    name_by(orders, monthly_budget=2)
    NamingSpend.objects.create(queue=orders, microdollars=2_000_000)
    page = read(desk)
    assert "The month’s naming budget of Orders is used up." in page
    assert "Automatic naming stopped until the next month" in page
    assert "$2.00 of $2.00 used" in page


def test_people_see_and_name_only_what_they_work(client: Client, cy: Person, orders: Queue) -> None:
    session = said(orders, "My parcel is late")
    suggestion = suggested(session, "Late parcel")
    client.force_login(cy)
    assert "My parcel is late" not in read(client)
    assert client.post(f"/names/{session.pk}/", {"name": "Mine"}).status_code == 404
    assert client.post("/names/together/", {"suggestion": suggestion.pk}).status_code == 404
    assert row(session).name_source == "provisional"


@pytest.mark.parametrize("count", [1, 12])
def test_the_page_takes_few_queries_however_long_it_is(desk: Client, orders: Queue, count: int) -> None:
    name_by(orders, monthly_budget=2)
    for number in range(count):
        suggested(said(orders, f"Number {number} is late", f"Kim {number}"), f"Late {number}")
        said(orders, f"Number {number} is early", f"Lee {number}")
    read(desk)
    with CaptureQueriesContext(
        connection,
    ) as made:
        read(desk)
    assert len(made) <= 8, [query["sql"][:80] for query in made.captured_queries]
