"""What holds for every model: thinking is no text, and an answer says something (rule L17)."""

from __future__ import annotations

import pytest

from kern.errors import ModelError
from kern.models.base import (
    AnswerRestarted,
    ModelAnswer,
    ModelEvent,
    ModelRequest,
    TextDelta,
    Usage,
    answer_events,
    ask,
    events_of,
)
from kern.records.message import Message
from kern.testing import ScriptedModel, call

HELLO = ModelRequest([Message("user", "Hello")])


def words_of(events: list[ModelEvent]) -> str:
    """What a reader has before them at the end of the stream."""
    words = ""
    for event in events:
        words = "" if isinstance(event, AnswerRestarted) else words + (event.text if isinstance(event, TextDelta) else "")
    return words


def test_thinking_becomes_the_reasoning_of_the_answer() -> None:
    model = ScriptedModel([ModelAnswer("<think>They greet me.</think>\n\nGood morning.", reasoning="Told apart.")])
    *events, answer = events_of(model, HELLO)
    assert words_of(events) == "Good morning."
    assert isinstance(answer, ModelAnswer)
    assert (answer.content, answer.reasoning) == ("Good morning.", "Told apart.\n\nThey greet me.")


def test_words_that_turn_out_to_be_thinking_are_taken_back() -> None:
    events = list(events_of(ScriptedModel(["They greet me.\n</think>\nGood morning."]), HELLO))
    assert AnswerRestarted() in events
    assert words_of(events) == "Good morning."


def test_of_a_model_that_thinks_first_nothing_is_told_before_its_thinking_ends() -> None:
    """Its template opens the thinking; that it does is known from its first answer on, until it stops doing so."""
    thinking, plain = "They greet me.\n</think>\nGood morning.", "Good morning."
    model = ScriptedModel([thinking, thinking, plain, plain, thinking, f"<think>{thinking}"])
    told = [[event.text for event in events_of(model, HELLO) if isinstance(event, TextDelta)] for _ in range(6)]
    assert told[0][0] == told[4][0] == "They "
    assert all("".join(told[number]) == "Good morning." for number in (1, 2, 3, 5))
    assert told[3] == ["Good ", "morning."]


@pytest.mark.parametrize("empty", ["", " \n", "\u200b", "<think>Hm.</think>", "<think>Hm"])
def test_an_empty_answer_is_asked_for_once_more(empty: str) -> None:
    model = ScriptedModel([ModelAnswer(empty, usage=Usage(10, 1)), ModelAnswer("Hello.", usage=Usage(10, 2))])
    *events, answer = answer_events(model, HELLO)
    assert words_of(events) == "Hello."
    assert isinstance(answer, ModelAnswer)
    assert (answer.content, answer.usage) == ("Hello.", Usage(20, 3))


def test_a_second_empty_answer_is_an_error_that_says_so() -> None:
    model = ScriptedModel(["", "<think>Hm.</think>"])
    with pytest.raises(ModelError, match="asked twice and gave no answer: neither words nor a tool call") as caught:
        list(answer_events(model, HELLO))
    assert not caught.value.permanent
    assert len(model.requests) == 2


def test_a_call_without_words_is_an_answer() -> None:
    model = ScriptedModel([ModelAnswer("<think>I look.</think>", [call("look")])])
    *_, answer = answer_events(model, HELLO)
    assert isinstance(answer, ModelAnswer)
    assert (answer.content, answer.reasoning, len(answer.tool_calls)) == ("", "I look.", 1)


def test_who_asks_without_the_stream_gets_words_without_thinking() -> None:
    assert ask(ScriptedModel(["<think>Hm.</think>Hello."]), HELLO).content == "Hello."
