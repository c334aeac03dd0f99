"""The naming rules of a queue at every door through which a name comes: page, API, import, worker, library, another queue."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client

from kern.agent import Agent
from kern.errors import InvalidSessionNameError, NamingError
from kern.naming import MOST_WORDS
from kern.testing import ScriptedModel
from sessions_app import desk
from sessions_app.actions import messages, moving, names, sessions, tickets
from sessions_app.models import ApiToken, NameRecord, Person, Queue, Session
from sessions_app.policy import names as policy
from sessions_app.store import DjangoDb
from sessions_app.workers import naming
from tests.desk import actor
from tests.importing import CHAT, Load, load
from tests.sessions_app.html import flat
from tests.sessions_app.naming_rules import name_by

__all__ = ["load"]

TOO_LONG = "Receipt for airport bus to hotel after strike"
SHORTER = "Receipt for airport bus to hotel"


@pytest.fixture
def strict(orders: Queue) -> Queue:
    """Names of orders have two to seven words, the ticket in front, and nobody's address in them."""
    name_by(min_words=2, template="{ticket} – {name}")
    name_by(orders, max_words=7, masks=["mail"], letter_case="sentence")
    return orders


@pytest.fixture
def due(strict: Queue, session: Session, ana: Person) -> Session:
    """A conversation of the strict queue that a person wants a generated name for."""
    messages.receive(session, "Where is my parcel?")
    names.generate(session, ana)
    return session


def now(session: Session) -> str:
    return Session.objects.get(pk=session.pk).name


def test_the_page_refuses_beside_the_field_and_offers_a_name_that_passes(
    client: Client, strict: Queue, session: Session, ana: Person
) -> None:
    client.force_login(ana)
    address = f"/sessions/{session.session_id}/name/"
    whole = client.post(address, {"name": TOO_LONG})
    part = client.post(address, {"name": TOO_LONG}, headers={"HX-Request": "true"})
    for answer in (whole, part):
        assert answer.status_code == 422
        assert "it has 8 words; names here have at most 7" in answer.content.decode()
        assert f'name="proposal" value="{SHORTER}"' in flat(answer)
    assert part["HX-Retarget"] == f"#refused_{session.pk}"
    assert f'value="{TOO_LONG}"' in whole.content.decode()
    assert client.post(address, {"name": TOO_LONG, "proposal": SHORTER}).status_code == 303
    assert now(session) == SHORTER


def test_the_page_proposes_a_name_for_one_that_is_no_line_at_all(client: Client, session: Session, ana: Person) -> None:
    client.force_login(ana)
    answer = client.post(f"/sessions/{session.session_id}/name/", {"name": "Late\nparcel"})
    assert 'value="Late parcel"' in flat(answer)


def test_a_refused_name_is_written_as_text_and_never_as_markup(
    client: Client, strict: Queue, session: Session, ana: Person
) -> None:
    client.force_login(ana)
    typed = '<b>a</b> "><script>x</script> 3 4 5 6 7 8 9'
    said = client.post(f"/sessions/{session.session_id}/name/", {"name": typed}).content.decode()
    assert "<script>x" not in said
    assert "<b>a" not in said


def test_the_api_tells_the_rule_and_a_name_that_passes(client: Client, strict: Queue, session: Session, ana: Person) -> None:
    secret = {"Authorization": f"Bearer {ApiToken.make('script', ana)[1]}"}
    address = f"/api/sessions/{session.session_id}/name"
    tickets.link(session, ana, "HD-12")
    refused = client.put(address, {"name": "mail kim@example.com"}, content_type="application/json", headers=secret)
    assert refused.status_code == 422
    error = refused.json()["error"]
    assert (error["code"], error["rule"]) == ("invalid_name", "personal_data")
    assert error["proposal"] == "HD-12 – Mail ••••"
    assert "an email address" in error["fields"]["name"]
    taken = client.put(address, {"name": error["proposal"]}, content_type="application/json", headers=secret)
    assert (taken.status_code, taken.json()["name"]) == (200, "HD-12 – Mail ••••")


def test_the_import_keeps_what_is_left_of_a_name_and_says_so(load: Load, strict: Queue) -> None:
    told, complaints = load(
        {"id": "a", "messages": CHAT, "title": TOO_LONG},
        {"id": "b", "messages": CHAT, "title": "Late"},
        {"id": "c", "messages": CHAT, "title": "kim@example.com writes"},
    )
    assert "3 imported" in told
    assert f"a name becomes “{SHORTER}”, since it has 8 words" in told + complaints
    assert "a name is not kept, since it has 1 word; names here have at least 2" in told + complaints
    names_now = dict(Session.objects.values_list("session_id", "name"))
    assert (names_now["a"], names_now["c"]) == (SHORTER, "•••• writes")
    assert names_now["b"] != "Late"


def test_the_worker_tells_the_model_the_rules_and_asks_three_times(due: Session) -> None:
    name_by(due.queue, language="en", max_characters=60)
    model = actor.says("Parcel", "kim@example.com waits", "late parcel of an order")
    naming.name(due.session_id)
    assert now(due) == "Late parcel of an order"
    told = model.requests[0].messages[0].content
    assert "At most 7 words, in English, whatever language the conversation is in." in told
    assert "At least 2 words. At most 60 characters." in told
    assert "Leave out email addresses." in told
    complaints = [request.messages[-1].content for request in model.requests[1:]]
    assert "it has 1 word; names here have at least 2" in complaints[0]
    assert "it has personal data in it: an email address" in complaints[1]


def test_a_generated_name_gets_the_ticket_in_front(due: Session, ana: Person) -> None:
    tickets.link(due, ana, "HD-12")
    actor.says("late parcel")
    naming.name(due.session_id)
    assert now(due) == "HD-12 – Late parcel"
    assert NameRecord.objects.get(session=due).name == "HD-12 – Late parcel"


def test_after_three_refused_answers_the_name_stays_and_the_reason_is_kept(due: Session, ana: Person) -> None:
    names.rename(due, ana, "Late parcel")
    names.generate(due, ana)
    actor.says("One", "Two", "Three", "Four words are enough")
    naming.name(due.session_id)
    assert now(due) == "Late parcel"
    assert "names here have at least 2" in due.changes.filter(kind="name.failed").get().data["why"]


def test_without_a_limit_of_its_own_a_generated_name_has_five_words(orders: Queue, session: Session) -> None:
    assert policy.constraints_for(session).most_words == MOST_WORDS


def test_the_library_meets_the_rules_in_the_applications_database(due: Session) -> None:
    agent = Agent(ScriptedModel(["One", "Two", "Three", "late parcel"]), db=DjangoDb())
    with pytest.raises(InvalidSessionNameError, match="8 words") as refused:
        agent.set_session_name(due.session_id, TOO_LONG)
    assert (refused.value.rule, refused.value.proposal) == ("words", SHORTER)
    with pytest.raises(NamingError, match="at least 2"):
        agent.set_session_name(due.session_id, autogenerate=True)
    assert agent.set_session_name(due.session_id, autogenerate=True).name == "Late parcel"
    assert agent.set_session_name(due.session_id, "By a program").name == "By a program"


def test_an_earlier_name_that_breaks_a_rule_by_now_is_not_restored(
    client: Client, orders: Queue, session: Session, ana: Person
) -> None:
    first = names.rename(session, ana, TOO_LONG)
    names.rename(session, ana, "Late parcel")
    name_by(orders, max_words=7)
    client.force_login(ana)
    answer = client.post(f"/sessions/{session.session_id}/name/", {"restore": first.pk})
    assert (answer.status_code, now(session)) == (422, "Late parcel")


def test_in_a_queue_whose_rules_it_breaks_a_generated_name_is_made_anew(strict: Queue, parcels: Queue, ana: Person) -> None:
    moved = sessions.start_session(parcels, user_id="lou")
    DjangoDb().rename_session(moved.session_id, TOO_LONG, "auto")
    moving.move(moved, ana, strict)
    assert naming.due() == [moved.session_id]


def test_rules_that_changed_leave_the_names_that_are_there(orders: Queue, session: Session, ana: Person) -> None:
    names.rename(session, ana, TOO_LONG)
    name_by(orders, max_words=2)
    assert now(session) == TOO_LONG


class TestTheDesksOwnRule:
    """`naming_policy` of the desk's file."""

    @pytest.fixture
    def shop(self) -> Iterator[desk.Desk]:
        """The test shop, whose rule a test sets."""
        loaded = desk.load()
        yield loaded
        loaded.naming_policy = None

    def test_it_judges_at_every_door(self, shop: desk.Desk, session: Session, ana: Person) -> None:
        seen = []

        def no_shouting(name: str, conversation: Session) -> str:
            seen.append((name, conversation.session_id))
            if name.isupper():
                raise InvalidSessionNameError("it shouts", proposal=name.capitalize())
            return name

        shop.naming_policy = no_shouting
        with pytest.raises(InvalidSessionNameError, match="it shouts") as refused:
            names.rename(session, ana, "LATE PARCEL")
        assert (refused.value.rule, refused.value.proposal) == ("desk", "Late parcel")
        with pytest.raises(InvalidSessionNameError):
            Agent(ScriptedModel([]), db=DjangoDb()).set_session_name(session.session_id, "LATE")
        names.rename(session, ana, "Late parcel")
        assert ("Late parcel", session.session_id) in seen

    def test_it_may_write_the_name_in_its_own_way(self, shop: desk.Desk, session: Session, ana: Person) -> None:
        shop.naming_policy = lambda name, session: name if name.startswith("Kim:") else f"Kim: {name}"
        names.rename(session, ana, "Late parcel")
        assert now(session) == "Kim: Late parcel"

    def test_its_faults_name_nothing_and_break_nothing(
        self, client: Client, shop: desk.Desk, session: Session, ana: Person
    ) -> None:
        shop.naming_policy = lambda name, session: str(1 / 0)
        client.force_login(ana)
        answer = client.post(f"/sessions/{session.session_id}/name/", {"name": "Late parcel"})
        assert answer.status_code == 422
        assert "its log says why" in answer.content.decode()


def test_a_desk_whose_rule_is_no_function_is_refused_when_it_is_loaded() -> None:
    from sessions_app.desk.checks import faults

    shop = desk.Desk("Shop", list(desk.load().queues))
    shop.naming_policy = "never"  # type: ignore[assignment]
    assert list(faults(shop)) == ["naming_policy must be a function or None, not 'never'."]
    shop.naming_policy = lambda name, session: name
    assert not list(faults(shop))
