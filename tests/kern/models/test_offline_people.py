"""The offline responder hands over to people: when it is asked to, and when it promises one."""

from __future__ import annotations

import json

import pytest

from kern.agent import Agent
from kern.models.base import ModelRequest
from kern.models.offline import NOT_FOUND, Article, OfflineResponder
from kern.models.offline.people import asks_for_person
from kern.testing import ScriptedModel, call
from kern.tools import tool
from tests.people import ASKS, MENTIONS


@tool(ends_turn=True)
def hand_over(reason: str, because: str = "cannot") -> str:
    """Hand the conversation over to people.

    Args:
        reason: why
        because: which kind of reason
    """
    return "A person takes over."


@tool(requires_confirmation=True)
def cancel_order(order: str) -> str:
    """Cancel an order.

    Args:
        order: the order's number
    """
    return "Cancelled."


def agent(*articles: Article) -> Agent:
    return Agent(OfflineResponder(articles), name="Desk", tools=[hand_over, cancel_order])


def test_every_way_to_ask_for_a_person_is_heard() -> None:
    assert [sentence for sentence in ASKS if not asks_for_person(sentence)] == []


def test_to_mention_people_asks_for_none() -> None:
    assert [sentence for sentence in MENTIONS if asks_for_person(sentence)] == []


@pytest.mark.parametrize("repeated", ["talk to a ", "real ", "i want a ", "mit einem ", "want to be helped by "])
def test_a_long_message_is_read_in_bounded_steps(repeated: str) -> None:
    assert not asks_for_person(repeated * 20_000)


def test_a_request_at_the_end_of_a_long_message_is_heard() -> None:
    assert asks_for_person("It is about the bill. " * 5_000 + "I want to talk to a person.")


def test_who_asks_for_a_person_is_handed_over() -> None:
    run = agent(Article(title="People", text="Our people work from nine to five.")).run("I want to talk to a person")
    [line] = run.tools
    assert (line.tool_name, line.arguments["because"]) == ("hand_over", "asked")
    assert (run.status, run.content) == ("completed", "A person takes over.")


def test_what_is_not_found_is_handed_over_with_words_that_promise_nothing_else() -> None:
    run = agent().run("Where did the comet go?")
    said = [message for message in run.messages if message.role == "assistant"]
    assert [message.content for message in said] == [
        "I could not find an answer to this, and I do not want to guess.",
        "A person takes over.",
    ]
    assert json.loads(said[0].tool_calls[0].arguments)["because"] == "no_answer"


def test_without_the_tool_it_says_that_a_person_will_look() -> None:
    assert Agent(OfflineResponder(), name="Desk").run("Where did the comet go?").content == NOT_FOUND
    assert Agent(OfflineResponder(), name="Desk").run("I want a human").content == NOT_FOUND


def test_a_call_that_nobody_decided_in_time_is_handed_over() -> None:
    desk = agent()
    run = desk.run("Please cancel my order 4711")
    assert run.is_paused
    [asked] = run.requirements
    asked.status = "expired"
    run = desk.continue_run(run.run_id, [asked])
    assert [line.tool_name for line in run.tools] == ["cancel_order", "hand_over"]
    assert run.content == "A person takes over."


def test_a_tool_that_ends_the_turn_is_its_last_word() -> None:
    model = ScriptedModel([[call("hand_over", reason="too hard")], "never said"])
    run = Agent(model, name="Desk", tools=[hand_over]).run("Hello?")
    assert (run.status, run.content, len(model.requests)) == ("completed", "A person takes over.", 1)


def test_a_call_of_it_that_fails_leaves_the_turn_to_the_model() -> None:
    model = ScriptedModel([[call("hand_over", because="too hard")], "Sorry."])
    run = Agent(model, name="Desk", tools=[hand_over]).run("Hello?")
    assert (run.status, run.content) == ("completed", "Sorry.")


def test_it_is_no_tool_that_the_responder_would_choose_by_its_words() -> None:
    request = ModelRequest(messages=[], tools=[hand_over.model_schema()])
    assert OfflineResponder()._answer(request).tool_calls == []
