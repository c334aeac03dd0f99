"""Whatever events a server sends, nothing of the answer is lost and nothing is doubled (rules L16, L17)."""

from __future__ import annotations

from typing import Any

import pytest

from kern.errors import ModelError
from kern.models.base import ModelAnswer, ModelEvent, TextDelta, Usage
from kern.models.openai.response import read_answer

Event = dict[str, Any]


def completed(*output: Any, **fields: Any) -> Event:
    return {"type": "response.completed", "response": {"status": "completed", "output": list(output), **fields}}


def message(*texts: str, **fields: Any) -> Event:
    parts = [{"type": "output_text", "text": text} for text in texts]
    return {"type": "message", "id": "msg_1", "role": "assistant", "content": parts, **fields}


def pay(arguments: Any = '{"amount": 5}', call_id: Any = "call_1", **fields: Any) -> Event:
    return {"type": "function_call", "id": "fc_1", "call_id": call_id, "name": "pay", "arguments": arguments, **fields}


def added(item: Any, index: Any = 0) -> Event:
    return {"type": "response.output_item.added", "output_index": index, "item": item}


def done(item: Any, index: Any = 0) -> Event:
    return {"type": "response.output_item.done", "output_index": index, "item": item}


def delta(text: Any, **where: Any) -> Event:
    return {
        "type": "response.output_text.delta",
        "item_id": "msg_1",
        "output_index": 0,
        "content_index": 0,
        "delta": text,
        **where,
    }


def piece(text: Any, **where: Any) -> Event:
    kind = "response.function_call_arguments.delta"
    return {"type": kind, "item_id": "fc_1", "output_index": 0, "delta": text, **where}


def arguments_done(text: Any, **where: Any) -> Event:
    kind = "response.function_call_arguments.done"
    return {"type": kind, "item_id": "fc_1", "output_index": 0, "arguments": text, **where}


def events_of(*events: Any) -> list[ModelEvent]:
    return list(read_answer(events, model="m", used_call_ids=[]))


def answer_of(*events: Any) -> ModelAnswer:
    answer = events_of(*events)[-1]
    assert isinstance(answer, ModelAnswer)
    return answer


def calls_of(*events: Any) -> list[tuple[str, str]]:
    return [(call.name, call.arguments) for call in answer_of(*events).tool_calls]


# Whether there is an answer -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("response", "complaint", "permanent"),
    [
        ({"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}, "max_output_tokens", True),
        ({"status": "incomplete", "incomplete_details": {"reason": "content_filter"}}, "content filter", True),
        ({"status": "incomplete", "incomplete_details": None}, "no reason given", True),
        ({"status": "completed", "incomplete_details": {"reason": "content_filter"}}, "content filter", True),
        ({"status": "failed", "error": {"code": "server_error", "message": "Overloaded."}}, "Overloaded.", False),
        ({"status": "failed", "error": None}, "no reason given", False),
        ({"status": "failed", "error": "Out of memory"}, "Out of memory", False),
        ({"status": None, "error": {"code": None, "message": "Lost."}}, "Lost.", False),
        ({"status": "cancelled"}, "ended the answer as cancelled", False),
        ({"status": "in_progress"}, "ended the answer as in_progress", False),
    ],
)
def test_the_status_says_whether_the_answer_is_whole(response: Event, complaint: str, permanent: bool) -> None:
    with pytest.raises(ModelError, match=complaint) as caught:
        answer_of(done(message("Half of")), {"type": "response.completed", "response": response})
    assert caught.value.permanent == permanent


@pytest.mark.parametrize(
    "response", [None, {}, {"status": None}, {"status": "completed", "error": None}, {"error": {"code": None}}]
)
def test_items_told_before_count_where_the_end_says_nothing_else(response: Any) -> None:
    assert answer_of(done(message("Hello.")), {"type": "response.completed", "response": response}).content == "Hello."


@pytest.mark.parametrize("end", [{"type": "response.completed"}, {"type": "response.completed", "response": []}])
def test_an_end_without_anything_is_no_answer(end: Event) -> None:
    with pytest.raises(ModelError, match="sent none"):
        answer_of(end)


@pytest.mark.parametrize(
    "event",
    [
        {"type": "response.failed", "response": None},
        {"type": "response.failed", "response": {"error": {"message": None}}},
        {"type": "response.incomplete", "response": {"status": "completed"}},
        {"type": "response.cancelled"},
        {"type": "error", "error": None, "message": None},
        {"type": "error", "error": {"code": 503, "message": "Busy."}},
        {"type": "error", "message": "Busy.", "code": 503},
    ],
)
def test_what_says_that_no_answer_comes_is_an_error(event: Event) -> None:
    with pytest.raises(ModelError):
        answer_of(done(message("Half of")), event)


# Words ----------------------------------------------------------------------------------------------------------------

TEXT_DONE = {"type": "response.output_text.done", "item_id": "msg_1", "output_index": 0, "content_index": 0, "text": "Hello."}
PART_DONE = {
    "type": "response.content_part.done",
    "item_id": "msg_1",
    "output_index": 0,
    "content_index": 0,
    "part": {"type": "output_text", "text": "Hello."},
}


@pytest.mark.parametrize(
    "events",
    [
        [delta("Hel"), delta("lo."), completed()],
        [delta("Hel"), delta("lo."), completed(message())],
        [delta("Hel"), delta("lo."), completed(message(""))],
        [delta("Hel"), delta("lo."), completed({"type": "message", "content": None})],
        [delta("Hel"), delta("lo."), done(message()), completed(message(content=[{"type": "output_text", "text": None}]))],
        [added(message()), delta("Hel"), delta("lo."), completed(output=None)],
        [TEXT_DONE, completed()],
        [PART_DONE, completed()],
        [delta("Hel"), TEXT_DONE, PART_DONE, completed()],
        [delta("He"), done(message("Hello.")), completed()],
        [delta("He"), completed(message("Hello."))],
        [completed(message("Hello."))],
        [completed(message("Hel", "lo."))],
        [completed(message(content="Hello."))],
        [completed({"content": ["Hello."]})],
        [completed(output_text="Hello.")],
        [completed(output="Hello.")],
        [completed("Hello.")],
        [completed({"type": "message", "content": {"type": "text", "text": {"value": "Hello."}}})],
        [done(message("Hello.")), completed(message("Hello.", id="msg_9"))],
        [
            added(message(id="a")),
            delta("Hello.", item_id="b"),
            done(message("Hello.", id="c")),
            completed(message("Hello.", id="d")),
        ],
        [delta("Hello.", item_id=None, output_index=None), completed(message("Hello.", id=None))],
        [delta("Hello.", output_index="0"), TEXT_DONE, completed(message("Hello."))],
        [delta(None), delta("Hello."), delta(7.5, content_index=1) | {"delta": None}, completed()],
        [
            {"type": "response.unheard_of"},
            None,
            5,
            [],
            {"type": None},
            {},
            delta("Hello."),
            completed({"type": "web_search_call"}),
        ],
        [
            added(None),
            done(None),
            done({"type": "message", "content": [None, 7, {"type": "annotation"}]}),
            delta("Hello."),
            completed(),
        ],
        [{**delta("Hello."), "sequence_number": 4}, {**delta("Hello."), "sequence_number": 4}, completed()],
        [completed({"type": "message", "content": [{"type": "refusal", "refusal": "Hello.", "text": None}]})],
    ],
)
def test_words_are_neither_lost_nor_doubled(events: list[Any]) -> None:
    assert answer_of(*events).content == "Hello."


def test_words_stream_as_they_come_and_messages_are_paragraphs() -> None:
    second = {"item_id": "msg_2", "output_index": 1}
    pieces = [event.text for event in events_of(delta("One "), delta("two."), delta("Three.", **second), completed())[:-1]]
    assert pieces == ["One ", "two.", "\n\nThree."]
    both = [message("One two."), message("Three.", id="msg_2")]
    assert answer_of(delta("One "), delta("two."), delta("Three.", **second), completed(*both)).content == "One two.\n\nThree."


def test_words_before_a_call_stay_where_only_the_call_is_told_again() -> None:
    """Ollama streams them, and gives them the index of the call."""
    events = [delta("Let me "), delta("look."), added(pay("")), done(pay()), completed(pay())]
    assert answer_of(*events).content == "Let me look."
    assert calls_of(*events) == [("pay", '{"amount": 5}')]


def test_a_text_that_is_told_whole_without_pieces_is_streamed_too() -> None:
    assert TextDelta("Hello.") in events_of(TEXT_DONE, PART_DONE, completed())


# Calls ----------------------------------------------------------------------------------------------------------------

SNAPSHOT = {"type": "response.in_progress", "response": {"output": [pay("", id="x", status="ready")]}}


@pytest.mark.parametrize(
    "events",
    [
        [added(pay("")), piece('{"amount"'), piece(": 5}"), arguments_done('{"amount": 5}'), done(pay()), completed(pay())],
        [done(pay()), done(pay()), completed(pay(), pay())],
        [done(pay()), done(pay(id="fc_2"), 1), completed()],
        [added(pay("", id="a")), done(pay(id="b")), completed(pay(id="c"))],
        [added(pay(None)), piece('{"amount": 5}'), completed()],
        [added(pay("{}", status="in_progress")), arguments_done('{"amount": 5}'), completed()],
        [done(pay()), completed(pay("{}"))],
        [done(pay()), completed(pay(""))],
        [done(pay()), completed(pay(None))],
        [done(pay('{"amount": 4}')), completed(pay())],
        [done(pay()), completed(pay('{"amount": 6', status="incomplete"))],
        [done(pay('{"amount": 4}')), done(pay()), completed()],
        [done(pay()), done(pay("{}", id="fc_2"), 1), completed(pay(), pay("{}", id="fc_2"))],
        [done(pay()), completed(pay(call_id="call_other"))],
        [done(pay(id=None)), completed(pay(id=None, call_id="call_other"))],
        [done(pay()), completed(pay(call_id="call_other", id="fc_other"))],
        [completed(pay())],
        [completed(pay({"amount": 5}))],
        [completed({"call_id": "c", "name": "pay", "arguments": '{"amount": 5}'})],
        [done(pay(call_id=None)), completed(pay(call_id=None))],
        [done(pay(call_id=None, id=None)), completed(pay(call_id="", id=None))],
        [
            added(pay("", id=None), None),
            piece('{"amount": 5}', item_id="call_1", output_index=None),
            done(pay(id=None), None),
            completed(),
        ],
        [
            added(pay("")),
            piece('{"amount": 5}', item_id="fc_tmp_1"),
            arguments_done('{"amount": 5}', item_id="tmp"),
            completed(pay()),
        ],
        [SNAPSHOT, piece('{"amount": 5}', item_id="y", output_index=1), completed(pay(id="z"))],
        [piece('{"amount": 5}'), arguments_done('{"amount": 5}', name="pay"), completed()],
        [piece('{"amount": 5}'), completed(pay())],
    ],
)
def test_a_call_is_made_once_with_the_last_arguments_that_are_whole(events: list[Event]) -> None:
    [(name, arguments)] = calls_of(*events)
    assert (name, arguments.replace(" ", "")) == ("pay", '{"amount":5}')


@pytest.mark.parametrize(
    "events",
    [
        [done(pay()), done(pay('{"amount": 7}', "call_2", id="fc_2"), 1), completed()],
        [done(pay()), done(pay('{"amount": 7}', id="fc_2"), 1), completed()],
        [added(pay("")), added(pay("", id="fc_2"), 1), done(pay()), done(pay('{"amount": 7}', id="fc_2"), 1), completed()],
        [completed(pay(), pay('{"amount": 7}', id="fc_2"))],
        [completed(pay(id=None), pay('{"amount": 7}', id=None))],
        [completed(pay(id=None, call_id=None), pay('{"amount": 7}', id=None, call_id=None))],
        [
            added(pay(""), 0),
            added(pay("", "call_2", id="fc_2"), 0),
            done(pay(), 0),
            done(pay('{"amount": 7}', "call_2", id="fc_2"), 0),
            completed(pay(), pay('{"amount": 7}', "call_2", id="fc_2")),
        ],
        [done(pay()), completed(pay(), pay('{"amount": 7}', "call_2", id="fc_2"))],
    ],
)
def test_two_calls_are_two_also_where_a_server_numbers_all_of_them_alike(events: list[Event]) -> None:
    answer = answer_of(*events)
    assert sorted(call.arguments for call in answer.tool_calls) == ['{"amount": 5}', '{"amount": 7}']
    assert len({call.id for call in answer.tool_calls}) == 2


def test_two_calls_that_say_the_same_are_two_under_ids_of_their_own() -> None:
    events = [done(pay()), done(pay(call_id="call_2", id="fc_2"), 1), completed(pay(), pay(call_id="call_2", id="fc_2"))]
    assert len(calls_of(*events)) == 2


@pytest.mark.parametrize(
    ("arguments", "read"), [(None, "{}"), ("", "{}"), ("null", "{}"), ([1], "[1]"), (5, "5"), ('{"a', '{"a')]
)
def test_arguments_are_text_whatever_came(arguments: Any, read: str) -> None:
    assert calls_of(completed(pay(arguments))) == [("pay", read)]


@pytest.mark.parametrize("kind", ["function_call", "tool_call", "function"])
def test_a_call_in_the_form_of_chat_completions_is_read(kind: str) -> None:
    nested = {"type": kind, "id": "call_1", "function": {"name": "pay", "arguments": '{"amount": 5}'}}
    assert calls_of(done(nested), completed(nested)) == [("pay", '{"amount": 5}')]


def test_a_call_without_a_name_is_a_call_that_names_nothing() -> None:
    assert calls_of(done(pay(name=None)), completed()) == [("", '{"amount": 5}')]


# Reasoning ------------------------------------------------------------------------------------------------------------


def thought(number: int, **fields: Any) -> Event:
    return {"type": "reasoning", "id": f"rs_{number}", "summary": [], "encrypted_content": f"secret {number}", **fields}


def test_reasoning_keeps_its_place_among_the_calls() -> None:
    output = [thought(1), pay(), thought(2), message("Paid."), thought(3), pay('{"amount": 7}', "call_2", id="fc_2")]
    answer = answer_of(*(done(item, index) for index, item in enumerate(output)), completed(*output))
    assert [item.get("id") or item.get("call_id") or item["type"] for item in answer.provider_items] == [
        "rs_1",
        "call_1",
        "rs_2",
        "message",
        "rs_3",
        "call_2",
    ]


@pytest.mark.parametrize(
    "events",
    [
        [completed(thought(1, summary=[{"type": "summary_text", "text": "They ask."}]), message("Hi"))],
        [
            completed(
                thought(1, encrypted_content=None, content=[{"type": "reasoning_text", "text": "They ask."}]), message("Hi")
            )
        ],
        [completed(thought(1, summary=None, content="They ask."), message("Hi"))],
        [{"type": "response.reasoning_text.delta", "item_id": "rs_1", "delta": "They ask."}, completed(message("Hi"))],
        [{"type": "response.reasoning_summary_text.done", "summary_index": 0, "text": "They ask."}, completed(message("Hi"))],
        [{"type": "response.reasoning_summary_part.done", "part": {"text": "They ask."}}, completed(message("Hi"))],
        [{"type": "response.reasoning.delta", "delta": "They ask."}, completed(thought(1, summary=None), message("Hi"))],
    ],
)
def test_reasoning_is_kept_apart_from_the_words(events: list[Event]) -> None:
    answer = answer_of(*events)
    assert (answer.content, answer.reasoning) == ("Hi", "They ask.")
    assert all(not isinstance(event, TextDelta) for event in events_of(*events))


@pytest.mark.parametrize(
    ("usage", "counted"),
    [
        (None, Usage()),
        ({"input_tokens": None, "output_tokens": "9", "input_tokens_details": None}, Usage(output_tokens=9)),
        ({"input_tokens": 3.0, "output_tokens": -1, "output_tokens_details": {"reasoning_tokens": "x"}}, Usage(input_tokens=3)),
        ({"input_tokens": [], "output_tokens": {}, "input_tokens_details": {"cached_tokens": 2}}, Usage(cached_tokens=2)),
        ("many", Usage()),
    ],
)
def test_counts_are_numbers_whatever_came(usage: Any, counted: Usage) -> None:
    answer = answer_of(completed(message("Hi"), usage=usage, model=None))
    assert (answer.usage, answer.model) == (counted, "m")
