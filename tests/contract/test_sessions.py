"""Sessions and their names, in every storage.

See `kern/db/base.py`. Ana owns the sessions, Cy is another person's customer.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from kern.db.base import Claim, Db
from kern.errors import (
    InvalidInputError,
    LeaseLostError,
    RunNotFoundError,
    SessionOwnershipError,
)
from kern.records.message import Message, new_id
from kern.records.run import RunOutput
from kern.session import TeamSession
from tests.contract.conftest import AtOnce
from tests.contract.turns import (
    finish,
    open_turn,
    paused_turn,
    stored_session,
    texts,
    whole_turn,
)


def test_the_first_run_makes_the_session_and_later_ones_name_the_run_before(db: Db) -> None:
    first, claim = open_turn(db)
    assert stored_session(db, "travel").previous_run_id is None
    finish(db, first, claim)
    second = RunOutput(session_id="travel", user_id="ana")
    session = db.open_run(second, Claim(second.run_id), kind="agent")
    assert session.previous_run_id == first.run_id
    assert (session.session_id, session.user_id, session.kind, session.agent_id) == ("travel", "ana", "agent", "bags")
    assert (session.name, session.name_source, session.name_version) == (None, None, 0)
    assert session.created_at <= session.updated_at


def test_a_teams_session_is_a_team_session(db: Db) -> None:
    run, _ = open_turn(db, kind="team")
    assert isinstance(db.read_session("travel"), TeamSession)
    assert stored_session(db, "travel").runs[0].run_id == run.run_id


def test_what_is_not_there_is_none_or_empty(db: Db) -> None:
    assert db.read_session("nowhere") is None
    assert db.load_run(new_id()) is None
    assert db.rename_session("nowhere", "Name", "human") is None
    assert db.delete_session("nowhere") is False
    assert db.cancel_run(new_id()) is False
    assert db.claim_run(Claim(new_id())) is None
    assert db.renew(Claim(new_id())) == "lost"
    assert (db.runs("nowhere"), db.messages("nowhere"), db.opening("nowhere"), db.list_sessions()) == ([], [], [], [])
    with pytest.raises(RunNotFoundError):
        db.answer_run(new_id(), [])


def test_another_users_session_takes_no_run_and_stays_as_it_was(db: Db) -> None:
    whole_turn(db, user_id="ana")
    before = stored_session(db, "travel").updated_at
    with pytest.raises(SessionOwnershipError):
        open_turn(db, said="Let me in", user_id="cy")
    assert len(db.runs("travel")) == 1
    assert texts(db.messages("travel")) == ["You find bags.", "Where is my bag?", "It is in Oslo."]
    assert stored_session(db, "travel").updated_at == before


def test_a_session_without_a_user_takes_anybodys_run_and_stays_without_one(db: Db) -> None:
    whole_turn(db, user_id=None)
    whole_turn(db, user_id="ana")
    assert stored_session(db, "travel").user_id is None
    assert [run.user_id for run in db.runs("travel")] == [None, "ana"]


def test_a_run_without_a_user_is_welcome_in_a_users_session(db: Db) -> None:
    whole_turn(db, user_id="ana")
    whole_turn(db, user_id=None)
    assert stored_session(db, "travel").user_id == "ana"


def test_sessions_are_listed_last_used_first_a_page_at_a_time(db: Db) -> None:
    for session_id, user_id in [("one", "ana"), ("two", "cy"), ("three", "ana")]:
        whole_turn(db, session_id, user_id=user_id)
    whole_turn(db, "one")
    assert [session.session_id for session in db.list_sessions()] == ["one", "three", "two"]
    assert [session.session_id for session in db.list_sessions("ana")] == ["one", "three"]
    first = db.list_sessions(limit=2)
    assert [session.session_id for session in db.list_sessions(limit=2, before=first[-1].updated_at)] == ["two"]


def listed(db: Db, **wanted: Any) -> list[list[str]]:
    """The ids of all pages, one after the other."""
    page = db.list_sessions(**wanted)
    pages = [page]
    while page.has_more:
        page = db.list_sessions(**wanted, before=page.next)
        pages.append(page)
    return [[session.session_id for session in page] for page in pages]


def test_pages_of_sessions_say_that_there_is_more_and_go_on_where_they_ended(db: Db) -> None:
    for session_id, user_id in [("one", "ana"), ("two", "cy"), ("three", "ana"), ("four", "ana")]:
        whole_turn(db, session_id, user_id=user_id)
    whole_turn(db, "one")
    assert listed(db, limit=2) == [["one", "four"], ["three", "two"]]
    assert listed(db, user_id="ana", limit=2) == [["one", "four"], ["three"]]
    assert listed(db, limit=3, order="created") == [["four", "three", "two"], ["one"]]
    assert listed(db, user_id="ana", limit=1, order="created") == [["four"], ["three"], ["one"]]
    assert db.list_sessions(limit=0).has_more
    assert not db.list_sessions("nobody", limit=0).has_more


def test_pages_by_age_stand_still_while_sessions_are_used_begun_and_deleted(db: Db) -> None:
    for number in range(4):
        whole_turn(db, f"s{number}")
    first = db.list_sessions(limit=2, order="created")
    whole_turn(db, "s1")
    whole_turn(db, "new")
    db.delete_session("s2")
    rest = db.list_sessions(limit=2, order="created", before=first.next)
    assert [session.session_id for session in [*first, *rest]] == ["s3", "s2", "s1", "s0"]


@pytest.mark.parametrize("given", [42, uuid.UUID("9e0fe5e8-6c3c-4a3c-9e1b-2f7cbd2a0c11")])
def test_numbers_and_uuids_are_ids_as_text(db: Db, given: Any) -> None:
    for number in range(2):
        run = RunOutput(session_id=given, user_id=given, messages=[Message("user", f"Question {number}")])
        claim = Claim(run.run_id)
        db.open_run(run, claim, kind="agent")
        finish(db, run, claim, answer=False)
    assert (stored_session(db, given).session_id, stored_session(db, str(given)).user_id) == (str(given), str(given))
    assert [session.session_id for session in db.list_sessions(given)] == [str(given)]
    assert len(db.runs(given)) == len(db.messages(given, roles=["user"])) == len(db.opening(given, 2)) == 2
    assert db.rename_session(given, "Named", "human").name == "Named"
    assert db.delete_session(given)


@pytest.mark.parametrize("bad", ["", "  ", "\u200b", "a\x00b", "\ud83d", "x" * 201, True, 1.5, b"ana"])
def test_what_is_no_id_is_refused_by_every_storage_and_nothing_is_stored(db: Db, bad: Any) -> None:
    whole_turn(db)
    attempts: list[Callable[[], object]] = [
        lambda: open_turn(db, bad),
        lambda: open_turn(db, user_id=bad),
        lambda: db.read_session(bad),
        lambda: db.list_sessions(bad),
        lambda: db.rename_session(bad, "Name", "human"),
        lambda: db.delete_session(bad),
        lambda: db.runs(bad),
        lambda: db.messages(bad),
        lambda: db.opening(bad),
    ]
    for attempt in attempts:
        with pytest.raises(InvalidInputError):
            attempt()
    assert len(db.list_sessions()) == 1
    assert len(db.runs("travel")) == 1


def test_the_longest_ids_in_every_script_are_kept(db: Db) -> None:
    for key in ("x" * 200, "\U0001f44d" * 200, "Grüße/会話 7"):
        whole_turn(db, key, user_id=key)
        assert stored_session(db, key).user_id == key


def test_a_rename_writes_the_name_and_nothing_else(db: Db) -> None:
    whole_turn(db)
    before = stored_session(db, "travel")
    after = db.rename_session("travel", "Lost bag, Oslo", "human")
    assert (after.name, after.name_source, after.name_version) == ("Lost bag, Oslo", "human", 1)
    assert (after.updated_at, after.user_id) == (before.updated_at, before.user_id)
    assert stored_session(db, "travel") == after


def test_a_rename_survives_the_run_in_flight(db: Db) -> None:
    run, claim = open_turn(db)
    db.rename_session("travel", "Lost bag", "human")
    finish(db, run, claim)
    assert stored_session(db, "travel").name == "Lost bag"


def test_a_rename_that_expects_an_older_version_changes_nothing(db: Db) -> None:
    whole_turn(db)
    db.rename_session("travel", "By a person", "human")
    late = db.rename_session("travel", "By a model", "auto", expected_version=0)
    assert (late.name, late.name_source, late.name_version) == ("By a person", "human", 1)
    assert db.rename_session("travel", "By another", "human", expected_version=1).name == "By another"


def test_of_many_renames_that_expect_one_version_one_wins(db: Db, at_once: AtOnce) -> None:
    whole_turn(db)
    names = [f"Name {number}" for number in range(20)]
    seen = at_once(*[lambda name=name: db.rename_session("travel", name, "auto", expected_version=0).name for name in names])
    assert stored_session(db, "travel").name_version == 1
    assert set(seen) == {stored_session(db, "travel").name}


def test_a_deleted_session_takes_all_it_held_and_a_run_in_flight_cannot_bring_it_back(db: Db) -> None:
    whole_turn(db)
    waiting = paused_turn(db, session_id="waits")
    run, claim = open_turn(db)
    assert db.delete_session("travel") is True
    assert db.delete_session("waits") is True
    assert (db.read_session("travel"), db.runs("travel"), db.messages("travel"), db.load_run(run.run_id)) == (
        None,
        [],
        [],
        None,
    )
    assert db.load_run(waiting.run_id) is None
    with pytest.raises(LeaseLostError):
        finish(db, run, claim)
    assert db.renew(claim) == "lost"
    assert db.read_session("travel") is None
