"""Names compared with what was said since: locally first, by a model only where the topic may have moved."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from kern.errors import ModelError
from sessions_app.actions import messages, name_suggestions, names
from sessions_app.errors import InvalidAction
from sessions_app.infrastructure.shared_pace import calls_to
from sessions_app.models import NameSuggestion, NamingSpend, Person, Queue, Session
from sessions_app.policy.topic_shift import is_same, may_have_moved
from sessions_app.store import DjangoDb
from sessions_app.workers import topics
from tests.desk import actor
from tests.sessions_app.html import flat
from tests.sessions_app.naming_rules import name_by

BAG = ["Hello, one of my two suitcases did not arrive in Oslo yesterday.", "It is a blue hard shell, the tag is 0117."]
SAME = [
    "Any news about the suitcase? The courier did not call.",
    "When will the blue suitcase arrive in Oslo?",
    "Yes please, send it to the hotel when the suitcase arrived.",
]
OTHER = [
    "Thank you. Something else: I want to invite my mother to join us in June.",
    "Can children sit beside their grandmother without paying for seats?",
    "How much are vegetarian meals for four people?",
]


@pytest.mark.parametrize(
    ("name", "opening", "recent", "moved"),
    [
        ("Suitcase missing in Oslo", BAG, SAME, False),
        ("Suitcase missing in Oslo", BAG, OTHER, True),
        ("Suitcase missing in Oslo", BAG, ["Thank you very much!", "Yes.", "Ok, bye"], False),
        ("Suitcase missing in Oslo", BAG, [], False),
        ("荷物の紛失", ["オスロで荷物が届きませんでした"], ["荷物はまだ届きませんか。オスロのホテルに送ってください"], False),
        (
            "荷物の紛失",
            ["オスロで荷物が届きませんでした"],
            ["来月の便で子供の座席を予約したいのですが料金はいくらですか"],
            True,
        ),
        ("Koffer fehlt in Oslo", ["Mein Koffer ist nicht angekommen."], ["Wann kommt mein Koffer in Oslo an?"], False),
    ],
)
def test_the_local_comparison_tells_another_topic_from_more_of_the_same(
    name: str, opening: list[str], recent: list[str], moved: bool
) -> None:
    assert may_have_moved(name, opening, recent) is moved


@pytest.mark.parametrize(
    ("name", "other", "same"),
    [
        ("Late parcel", "late Parcel", True),
        ("HD-12 – Late parcel", "Late parcel", True),
        ("Cancelled flight", "Flight cancellation", True),
        ("Late parcel", "Family seats in June", False),
        ("荷物の紛失", "座席の予約", False),
    ],
)
def test_names_that_say_the_same_are_the_same(name: str, other: str, same: bool) -> None:
    assert is_same(name, other) is same


@pytest.fixture
def moved(orders: Queue, session: Session, work: Callable[[], list[str]]) -> Session:
    """A conversation that the AI named, and in which the customer speaks of something else since; a check is due."""
    name_by(orders, recheck_after=6)
    actor.says("We look for it.", "We found it.")
    for text in BAG:
        messages.receive(session, text)
    work()
    DjangoDb().rename_session(session.session_id, "Suitcase missing in Oslo", "auto")
    for text in OTHER:
        assert not topics.due()
        actor.says("Certainly.")
        messages.receive(session, text)
        work()
    session.refresh_from_db()
    return session


def compare_again(session: Session) -> None:
    """The comparison with what the customer said of the other topic is due once more."""
    first = session.messages.get(content=OTHER[0])
    Session.objects.filter(pk=session.pk).update(topic_due_at=timezone.now(), topic_checked=first.pk - 1)


def now(session: Session) -> str:
    return Session.objects.get(pk=session.pk).name


def test_after_so_many_further_messages_another_name_is_suggested_and_not_written(moved: Session) -> None:
    assert topics.due() == [moved.session_id]
    model = actor.says("Family trip in June")
    topics.check(moved.session_id)
    assert now(moved) == "Suitcase missing in Oslo"
    suggestion = NameSuggestion.objects.get()
    assert (suggestion.name, suggestion.state, suggestion.for_version) == ("Family trip in June", "open", moved.name_version)
    assert "suitcase" not in model.requests[0].messages[1].content
    assert topics.due() == []


def test_a_conversation_about_the_same_costs_no_model(orders: Queue, session: Session, work: Callable[[], list[str]]) -> None:
    name_by(orders, recheck_after=2)
    messages.receive(session, BAG[0])
    actor.says("We look for it.")
    work()
    DjangoDb().rename_session(session.session_id, "Suitcase missing in Oslo", "auto")
    actor.says("Not yet.")
    messages.receive(session, "When does the suitcase arrive? I need that suitcase in Oslo.")
    work()
    assert topics.due() == [session.session_id]
    model = actor.says("Never asked")
    topics.check(session.session_id)
    assert model.requests == []
    assert not NameSuggestion.objects.exists()
    assert topics.due() == []


def test_in_a_short_conversation_new_words_are_not_compared_with_themselves(orders: Queue, session: Session) -> None:
    name_by(orders, recheck_after=2)
    messages.receive(session, BAG[0])
    DjangoDb().rename_session(session.session_id, "Suitcase missing in Oslo", "auto")
    for text in OTHER[:2]:
        messages.receive(session, text)
    actor.says("Family trip in June")
    topics.check(session.session_id)
    assert NameSuggestion.objects.get().name == "Family trip in June"


def test_messages_that_nobody_answers_count_as_well(orders: Queue, session: Session) -> None:
    name_by(orders, recheck_after=2)
    DjangoDb().rename_session(session.session_id, "Suitcase missing in Oslo", "auto")
    messages.receive(session, OTHER[0])
    assert topics.due() == []
    messages.receive(session, OTHER[1])
    assert topics.due() == [session.session_id]


def test_only_where_the_queue_says_so_an_automatic_name_is_replaced(moved: Session, ana: Person) -> None:
    name_by(moved.queue, on_shift="rename")
    actor.says("Family trip in June")
    topics.check(moved.session_id)
    assert now(moved) == "Family trip in June"
    assert not NameSuggestion.objects.exists()


def test_a_persons_name_is_never_replaced_but_suggested_against(moved: Session, ana: Person) -> None:
    name_by(moved.queue, on_shift="rename")
    names.rename(moved, ana, "Handle with care")
    compare_again(moved)
    actor.says("Family trip in June")
    topics.check(moved.session_id)
    assert now(moved) == "Handle with care"
    assert NameSuggestion.objects.get().name == "Family trip in June"


def test_a_rename_while_the_model_answers_wins(moved: Session, ana: Person) -> None:
    def renamed(_request: object) -> str:
        names.rename(moved, ana, "By Ana")
        return "Family trip in June"

    actor.says(renamed)
    topics.check(moved.session_id)
    assert now(moved) == "By Ana"
    assert not NameSuggestion.objects.exists()


def test_the_same_name_again_and_a_model_that_fails_suggest_nothing(moved: Session) -> None:
    actor.says("missing suitcase, Oslo")
    topics.check(moved.session_id)
    compare_again(moved)
    actor.says("Thanks")
    topics.check(moved.session_id)
    compare_again(moved)
    actor.says(ModelError("away"), ModelError("away"))
    topics.check(moved.session_id)
    assert not NameSuggestion.objects.exists()
    assert topics.due() == []


def test_while_the_server_wants_a_pause_the_comparison_waits(moved: Session) -> None:
    calls_to(actor.id).pace.refused(retry_after=600)
    model = actor.says("Family trip in June")
    topics.check(moved.session_id)
    row = Session.objects.get(pk=moved.pk)
    assert model.requests == []
    assert row.topic_due_at is not None
    assert row.topic_due_at > timezone.now() + timedelta(seconds=590)
    Session.objects.update(topic_due_at=timezone.now())
    calls_to.cache_clear()
    topics.check(moved.session_id)
    assert NameSuggestion.objects.get().name == "Family trip in June"


def test_a_budget_that_is_used_up_asks_no_model(moved: Session) -> None:
    name_by(moved.queue, monthly_budget="0.01")
    NamingSpend.objects.create(queue=moved.queue, microdollars=10_000)
    model = actor.says("Never asked")
    topics.check(moved.session_id)
    assert model.requests == []
    assert topics.due() == []


@pytest.mark.parametrize("rules", [{"recheck_after": 0}, {"on_shift": "ignore"}])
def test_where_the_queue_wants_no_comparison_there_is_none(
    orders: Queue, session: Session, work: Callable[[], list[str]], rules: dict[str, object]
) -> None:
    name_by(orders, **{"recheck_after": 1, **rules})
    DjangoDb().rename_session(session.session_id, "Suitcase missing in Oslo", "auto")
    actor.says("Certainly.")
    messages.receive(session, OTHER[0])
    work()
    assert topics.due() == []


@pytest.fixture
def suggested(moved: Session) -> NameSuggestion:
    """An open suggestion."""
    actor.says("Family trip in June")
    topics.check(moved.session_id)
    return NameSuggestion.objects.get()


def test_the_header_offers_it_and_a_click_accepts_it(
    client: Client, suggested: NameSuggestion, moved: Session, ana: Person
) -> None:
    client.force_login(ana)
    page = flat(client.get(f"/open/{moved.session_id}/"))
    assert "Another topic? <bdi>Family trip in June</bdi>" in page
    answer = client.post(f"/sessions/{moved.session_id}/name/", {"suggestion": suggested.pk, "do": "accept"})
    assert answer.status_code == 303
    moved.refresh_from_db()
    assert (moved.name, moved.name_source, moved.name_locked) == ("Family trip in June", "human", True)
    assert "Another topic?" not in flat(client.get(f"/open/{moved.session_id}/"))


def test_a_dismissed_one_does_not_come_back_and_never_here_ends_them(
    client: Client, suggested: NameSuggestion, moved: Session, ana: Person
) -> None:
    client.force_login(ana)
    address = f"/sessions/{moved.session_id}/name/"
    client.post(address, {"suggestion": suggested.pk, "do": "dismiss"})
    compare_again(moved)
    actor.says("Family trip in June")
    topics.check(moved.session_id)
    assert not NameSuggestion.objects.filter(state="open").exists()
    compare_again(moved)
    actor.says("Seats for children")
    topics.check(moved.session_id)
    client.post(address, {"suggestion": NameSuggestion.objects.get(state="open").pk, "do": "never"})
    compare_again(moved)
    actor.says("Vegetarian meals")
    topics.check(moved.session_id)
    assert not NameSuggestion.objects.filter(state="open").exists()
    assert now(moved) == "Suitcase missing in Oslo"


def test_a_suggestion_for_an_earlier_name_is_not_accepted(suggested: NameSuggestion, moved: Session, ana: Person) -> None:
    names.rename(moved, ana, "By Ana")
    with pytest.raises(InvalidAction, match="renamed meanwhile"):
        name_suggestions.accept(moved, ana, suggested.pk)
    name_suggestions.dismiss(moved, ana, suggested.pk)
    with pytest.raises(InvalidAction, match="settled already"):
        name_suggestions.dismiss(moved, ana, suggested.pk)


def test_suggestions_of_other_conversations_are_out_of_reach(
    client: Client, suggested: NameSuggestion, moved: Session, cy: Person, ana: Person, parcels: Queue
) -> None:
    client.force_login(cy)
    answer = client.post(f"/sessions/{moved.session_id}/name/", {"suggestion": suggested.pk, "do": "accept"})
    assert answer.status_code == 404
    assert now(moved) == "Suitcase missing in Oslo"
