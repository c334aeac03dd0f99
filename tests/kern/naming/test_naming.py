"""Generated names (rule L11)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kern.agent import Agent
from kern.db.base import Claim
from kern.db.sqlite import SqliteDb
from kern.errors import InvalidSessionNameError, ModelError, NamingError
from kern.models.base import ModelRequest
from kern.naming import LONGEST_NAME, MOST_WORDS, NamingConstraints, check_name, generate_name
from kern.naming.answers import clean
from kern.records.message import Message
from kern.records.run import RunOutput
from kern.session import SessionSummaryManager
from kern.testing import ScriptedModel, call
from kern.validation.text import HIDDEN


def find_booking(reference: str) -> str:
    """Find a booking."""
    return "secret tool output"


def talked(db: SqliteDb, *, rounds: int = 1) -> None:
    replies: list[Any] = [call("find_booking", reference="K7"), *[f"Answer {n}." for n in range(rounds)]]
    agent = Agent(ScriptedModel(replies), db=db, instructions="SYSTEM PROMPT", tools=[find_booking])
    for number in range(rounds):
        agent.run(f"Question {number}", session_id="s")


def test_the_name_is_made_from_the_first_messages_only(db: SqliteDb) -> None:
    talked(db, rounds=5)
    agent = Agent(ScriptedModel(["E-commerce API Planning"]), db=db, instructions="SYSTEM PROMPT")
    session = agent.set_session_name(session_id="s", autogenerate=True)
    assert (session.name, session.name_source) == ("E-commerce API Planning", "auto")
    assert agent.get_session_name(session_id="s") == "E-commerce API Planning"
    [request] = agent.model.requests
    seen = "\n".join(m.content for m in request.messages)
    assert "Question 2" in seen
    assert "Question 3" not in seen
    assert "SYSTEM PROMPT" not in seen
    assert "secret tool output" not in seen
    assert request.tools == []


def test_the_cheaper_model_of_the_summary_manager_is_asked(db: SqliteDb) -> None:
    talked(db)
    cheap = ScriptedModel(["Cheap Name"])
    manager = SessionSummaryManager(model=cheap)
    agent = Agent(ScriptedModel([]), db=db, session_summary_manager=manager)
    assert agent.set_session_name("s", autogenerate=True).name == "Cheap Name"
    assert len(cheap.requests) == 1


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        ('"Lost bag in Oslo"', "Lost bag in Oslo"),
        ("**Lost bag**\nin Oslo", "Lost bag"),
        ("<think>They lost\na bag</think>\nLost bag", "Lost bag"),
        ("Title: “Lost bag”.", "Lost bag"),
        ("# Lost `bag`", "Lost bag"),
        ("- Lost bag", "Lost bag"),
        ("_How_ cancel_booking works", "How cancel_booking works"),
        ("They lost a bag.\n</think>\n\nLost bag", "Lost bag"),
        ("Lost bag <think>Is that short?</think>", "Lost bag"),
        ("<thinking>A <think>bag</think> is lost.</thinking>Lost bag", "Lost bag"),
        ("Lost bag ,", "Lost bag"),
        ("Familie 👨‍👩‍👧 Reise", "Familie 👨‍👩‍👧 Reise"),
        ("می‌خواهم چمدان", "می‌خواهم چمدان"),
        ("Lost\tbag\x07", "Lost bag"),
        ("Ana’s “bag”", "Ana’s “bag”"),
        ('„Anas "Koffer" fehlt“', 'Anas "Koffer" fehlt'),
        ('Sure! Here is a name:\n"Lost Bag"', "Lost Bag"),
        ('Here is a fitting name for it.\n\n**"Lost Bag".**\n\nShall I try another?', "Lost Bag"),
        ("Here is a name:\n\nLost Bag", "Lost Bag"),
        ("Title:\nLost Bag", "Lost Bag"),
        ("Lost Bag:", "Lost Bag"),
        ("Order <12345> lost", "Order <12345> lost"),
        ("Mail to <ana@example.com>", "Mail to <ana@example.com>"),
        ('<name>Lost <b class="x">Bag</b></name><br />', "Lost Bag"),
        ("「荷物の紛失」について", "「荷物の紛失」について"),
        ("行李丢失：奥斯陆", "行李丢失：奥斯陆"),
    ],
)
def test_quotes_markup_and_thinking_are_stripped(db: SqliteDb, answer: str, name: str) -> None:
    talked(db)
    assert Agent(ScriptedModel([answer]), db=db).set_session_name("s", autogenerate=True).name == name


def test_a_name_that_is_too_long_is_asked_for_once_more_and_then_cut(db: SqliteDb) -> None:
    talked(db)
    long = "one two three four five six seven"
    better = Agent(ScriptedModel([long, "one two three"]), db=db)
    assert better.set_session_name("s", autogenerate=True).name == "one two three"
    stubborn = Agent(ScriptedModel([long, long]), db=db)
    assert stubborn.set_session_name("s", autogenerate=True).name == "one two three four five"


@pytest.mark.parametrize("failure", ["", "  \n", "<think>endless", "\u200d\ufeff", "all\n</think>", ModelError("down")])
def test_a_failure_leaves_the_name_as_it_was(db: SqliteDb, failure: Any) -> None:
    talked(db)
    agent = Agent(ScriptedModel([failure]), db=db)
    agent.set_session_name("s", "Kept")
    with pytest.raises(NamingError):
        agent.set_session_name("s", autogenerate=True)
    assert agent.get_session("s").name_source == "human"
    assert agent.get_session_name("s") == "Kept"


def test_a_session_without_messages_is_not_sent_to_a_model(db: SqliteDb) -> None:
    db.open_run(RunOutput(session_id="s"), Claim("r"), kind="agent")
    model = ScriptedModel(["A name for nothing"])
    with pytest.raises(NamingError, match="no messages") as caught:
        Agent(model, db=db).set_session_name("s", autogenerate=True)
    assert caught.value.permanent
    assert model.requests == []
    assert Agent(db=db).get_session_name("s") is None


def test_a_conversation_in_which_nobody_spoke_is_not_sent_to_a_model() -> None:
    model = ScriptedModel(["A name for nothing"])
    silent = [Message("system", "SYSTEM PROMPT"), Message("user", " \n"), Message("assistant", ""), Message("tool", "secret")]
    with pytest.raises(NamingError, match="no messages"):
        generate_name(model, silent)
    assert model.requests == []


def test_of_a_long_answer_only_the_beginning_is_read() -> None:
    rambling = "A name" + "_" * 1_000_000 + "z" + "\n" * 1_000_000 + "end"
    assert len(clean(rambling)) < len(rambling) / 100
    assert clean(f"<think>{rambling}</think>Lost bag") == "Lost bag"


@pytest.mark.parametrize(
    "name",
    [
        "Familie 👨‍👩‍👧 Reise",
        "می‌خواهم بروم",
        "क्‍ष",
        "Où est mon sac\u202f?",
        "Prix\u00a0: 5\u00a0€",
        "שלום (1)",
        "🏴󠁧󠁢󠁳󠁣󠁴󠁿 Trip",
        "\U0001fadf",
        "1️⃣",
    ],
)
def test_people_may_write_names_in_every_script(name: str) -> None:
    assert check_name(f"  {name}\n") == name


@pytest.mark.parametrize("hidden", sorted(HIDDEN))
def test_hidden_characters_are_taken_out_of_every_name(hidden: str) -> None:
    assert check_name(f"{hidden}Late{hidden} parcel {hidden}") == "Late parcel"
    assert clean(f'"{hidden}Late{hidden} parcel{hidden}"') == "Late parcel"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "\u202e",
        "\u3164",
        "\u2800",
        "\u00a0",
        "\u200d\ufe0f",
        "two\nlines",
        "two\u2028lines",
        "a\x07bell",
        "a\ttab",
        "half \ud83d",
        "x" * 201,
    ],
)
def test_what_is_not_one_visible_line_is_no_name(name: str) -> None:
    with pytest.raises(InvalidSessionNameError):
        check_name(name)


def test_a_person_who_names_the_session_meanwhile_wins(db: SqliteDb) -> None:
    talked(db)

    def person_is_faster(_: ModelRequest) -> str:
        Agent(db=db).set_session_name("s", "By a person")
        return "By a model"

    session = Agent(ScriptedModel([person_is_faster]), db=db).set_session_name("s", autogenerate=True)
    assert (session.name, session.name_source) == ("By a person", "human")


def test_asking_for_both_or_neither_is_an_error(db: SqliteDb) -> None:
    talked(db)
    with pytest.raises(ValueError, match="either"):
        Agent(db=db).set_session_name("s")
    with pytest.raises(ValueError, match="either"):
        Agent(db=db).set_session_name("s", "Name", autogenerate=True)


@given(st.text())
def test_whatever_a_model_answers_a_generated_name_is_one_that_a_person_could_give(answer: str) -> None:
    assert clean(answer) == clean(answer).strip()
    try:
        name = generate_name(ScriptedModel([answer, answer]), [Message("user", "Hello")])
    except NamingError:
        return
    assert check_name(name) == name
    assert len(name.split()) <= MOST_WORDS
    assert len(name) <= LONGEST_NAME


def test_a_name_that_is_refused_is_asked_for_three_times_in_all(db: SqliteDb) -> None:
    talked(db)
    messages = db.opening("s", 6)
    constraints = NamingConstraints(refusal_of=lambda name: "it tells a secret" if "Secret" in name else "")
    model = ScriptedModel(["Secret plan", "Secret again", "Plain plan"])
    assert generate_name(model, messages, constraints=constraints) == "Plain plan"
    assert [m.content for m in model.requests[2].messages[2::2]] == ["Secret plan", "Secret again"]
    assert "may not be: it tells a secret" in model.requests[1].messages[-1].content
    for third in ("Secret", "", "One two three four Secret six"):
        with pytest.raises(NamingError):
            generate_name(ScriptedModel(["Secret plan", "Secret again", third, "Plain"]), messages, constraints=constraints)
    once_too_long = ["One two three four five six", "Secret", "Short"]
    assert generate_name(ScriptedModel(once_too_long), messages, constraints=constraints) == "Short"


def test_the_model_is_told_the_rules_before(db: SqliteDb) -> None:
    talked(db)
    model = ScriptedModel(["One two three four five six seven"])
    constraints = NamingConstraints(most_words=7, language="in English", instructions="Write no names of people.")
    assert generate_name(model, db.opening("s", 6), constraints=constraints) == "One two three four five six seven"
    told = model.requests[0].messages[0].content
    assert "At most 7 words, in English." in told
    assert "Write no names of people. Answer with the name alone" in told


def test_the_library_alone_refuses_no_generated_name(db: SqliteDb) -> None:
    talked(db)
    assert db.naming_constraints("s").refusal_of("Anything") == ""
