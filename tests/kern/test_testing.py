"""The scripted model says what it was told, in order, and remembers what it was asked."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from kern.errors import KernError, ModelError
from kern.models.base import ModelAnswer, ModelRequest, TextDelta, Usage, ask
from kern.records.message import Message, ToolCall
from kern.testing import ScriptedModel, call


def request(text: str = "Hello") -> ModelRequest:
    return ModelRequest(messages=[Message("user", text)])


def test_each_kind_of_reply_comes_out_in_order() -> None:
    first, second = call("find_order", number=7), call("find_order", number=8)
    model = ScriptedModel(
        [
            "Good morning",
            first,
            [first, second],
            ModelAnswer("whole", usage=Usage(input_tokens=3)),
            lambda asked: f"you said {asked.messages[-1].content}",
        ]
    )
    answers = [ask(model, request()) for _ in range(5)]
    assert [answer.content for answer in answers] == ["Good morning", "", "", "whole", "you said Hello"]
    assert [answer.tool_calls for answer in answers[:3]] == [[], [first], [first, second]]
    assert answers[3].usage.input_tokens == 3
    assert {answer.model for answer in answers} == {"scripted"}


def test_text_streams_in_words_that_join_to_the_answer() -> None:
    text = " Two  words,\nand a line "
    *deltas, answer = ScriptedModel([text]).stream(request())
    assert "".join(delta.text for delta in deltas if isinstance(delta, TextDelta)) == text
    assert len(deltas) == 5
    assert isinstance(answer, ModelAnswer)
    assert answer.content == text


def test_an_exception_is_raised_and_the_script_goes_on() -> None:
    model = ScriptedModel([ModelError("overloaded"), "fine now"])
    with pytest.raises(ModelError, match="overloaded"):
        ask(model, request())
    assert ask(model, request()).content == "fine now"


def test_an_exhausted_script_says_what_it_was_asked() -> None:
    model = ScriptedModel(["only one"])
    ask(model, request())
    with pytest.raises(KernError, match=r"1 replies.*number 2.*'Anybody there\?'") as caught:
        ask(model, request("Anybody there?"))
    assert isinstance(caught.value, AssertionError)


def test_a_cycle_never_ends() -> None:
    model = ScriptedModel(["a", "b"], cycle=True)
    assert [ask(model, request()).content for _ in range(5)] == ["a", "b", "a", "b", "a"]


def test_requests_stay_what_they_were() -> None:
    model = ScriptedModel(["a"])
    asked = request()
    ask(model, asked)
    asked.messages.append(Message("assistant", "a"))
    assert [message.content for message in model.requests[0].messages] == ["Hello"]


def test_many_threads_get_each_reply_once() -> None:
    model = ScriptedModel([str(number) for number in range(200)])
    with ThreadPoolExecutor(8) as threads:
        got = list(threads.map(lambda _: ask(model, request()).content, range(200)))
    assert sorted(got, key=int) == [str(number) for number in range(200)]


def test_calls_have_arguments_as_json_and_ids_of_their_own() -> None:
    made = call("rename", name="Ana", seat=3)
    assert isinstance(made, ToolCall)
    assert (made.name, made.parsed()) == ("rename", {"name": "Ana", "seat": 3})
    assert made.id != call("rename").id
