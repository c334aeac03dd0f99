"""What a model may see of earlier runs: always valid input (rule L14)."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from kern.records.history import (
    BEGUN_BEFORE,
    GO_ON,
    LEFT_OUT,
    NO_ANSWER,
    in_turns,
    since_refusals,
    valid_input,
    without_refused,
)
from kern.records.message import Message, Role, ToolCall

NOW = "now"
REASONING = [{"type": "reasoning", "encrypted_content": "opaque"}]


def said(content: str, *call_ids: str, run_id: str = "before", **more: object) -> Message:
    calls = [ToolCall(call_id, "find_bag") for call_id in call_ids]
    return Message("assistant", content, tool_calls=calls, run_id=run_id, **more)  # type: ignore[arg-type]


def asked(content: str, run_id: str = "before") -> Message:
    return Message("user", content, run_id=run_id)


def output(call_id: str, content: str = "in Oslo", run_id: str = "before") -> Message:
    return Message("tool", content, tool_call_id=call_id, tool_name="find_bag", run_id=run_id)


def shown(*messages: Message) -> list[tuple[str, str, list[str]]]:
    valid = valid_input(messages, current_run_id=NOW)
    return [(m.role, m.content or m.tool_call_id or "", [call.id for call in m.tool_calls]) for m in valid]


def test_a_whole_conversation_stays_as_it_is() -> None:
    whole = [asked("My bag?"), said("Let me look.", "c1"), output("c1"), said("It is in Oslo."), asked("Thanks", NOW)]
    assert valid_input(whole, current_run_id=NOW) == whole


def test_a_call_without_its_output_is_left_out_and_the_words_around_it_stay() -> None:
    assert shown(asked("My bag?"), said("Let me look.", "c1"), asked("Well?", NOW)) == [
        ("user", "My bag?", []),
        ("assistant", "Let me look.", []),
        ("user", "Well?", []),
    ]


def test_of_several_calls_those_with_an_output_stay() -> None:
    assert shown(said("Both.", "c1", "c2"), output("c2")) == [("assistant", "Both.", ["c2"]), ("tool", "in Oslo", [])]


def test_a_message_that_was_nothing_but_such_a_call_goes() -> None:
    assert shown(asked("My bag?"), said("", "c1"), asked("Well?", NOW)) == [("user", "My bag?", []), ("user", "Well?", [])]


def test_an_output_without_its_call_goes() -> None:
    assert shown(asked("My bag?"), output("c1"), asked("Well?", NOW)) == [("user", "My bag?", []), ("user", "Well?", [])]


def test_calls_and_outputs_belong_together_within_one_run_only() -> None:
    """Some servers count their calls from `call_1` in every run."""
    assert shown(said("First.", "call_1", run_id="one"), output("call_1", run_id="two")) == [("assistant", "First.", [])]


def test_an_empty_message_goes() -> None:
    assert shown(asked("My bag?"), said("")) == [("user", "My bag?", [])]


def test_what_the_provider_keeps_for_itself_stays_with_the_current_run_alone() -> None:
    earlier = said("It is in Oslo.", provider_items=REASONING)
    current = said("Let me look.", "c1", run_id=NOW, provider_items=REASONING)
    valid = valid_input([earlier, current, output("c1", run_id=NOW)], current_run_id=NOW)
    assert [message.provider_items for message in valid] == [[], REASONING, []]
    assert earlier.provider_items == REASONING, "what is stored is not changed"


def test_the_current_runs_own_reasoning_survives_a_call_that_is_left_out() -> None:
    current = said("Let me look.", "c1", "c2", run_id=NOW, provider_items=REASONING)
    [message, _] = valid_input([current, output("c1", run_id=NOW)], current_run_id=NOW)
    assert ([call.id for call in message.tool_calls], message.provider_items) == (["c1"], REASONING)


def test_each_message_with_calls_stands_directly_before_their_outputs_whatever_ran_meanwhile() -> None:
    """Two runs of one session worked at the same time; servers refuse a call whose output comes later."""
    overlapping = [
        asked("My bag?", "one"),
        asked("My seat?", "two"),
        said("", "a1", "a2", run_id="one"),
        said("", "b1", run_id="two"),
        output("b1", "12A", "two"),
        output("a2", "no", "one"),
        output("a1", "in Oslo", "one"),
        said("Seat 12A.", run_id="two"),
    ]
    valid = valid_input(overlapping, current_run_id=NOW)
    assert [(m.run_id, m.role, m.content) for m in valid] == [
        ("one", "user", "My bag?"),
        ("one", "assistant", ""),
        ("one", "tool", "in Oslo"),
        ("one", "tool", "no"),
        ("two", "user", "My seat?"),
        ("two", "assistant", ""),
        ("two", "tool", "12A"),
        ("two", "assistant", "Seat 12A."),
    ]


def test_an_id_that_a_run_used_twice_gets_both_outputs() -> None:
    again = [said("", "call_1"), output("call_1", "in Oslo"), said("", "call_1"), output("call_1", "in Rome")]
    assert [message.content for message in valid_input(again, current_run_id=NOW)] == ["", "in Oslo", "", "in Rome"]


def test_neighbours_of_one_role_are_one_message() -> None:
    turns = in_turns([asked("My bag?"), asked("Hello?"), said("Here."), said("In Oslo."), asked("Thanks", NOW)])
    assert [(m.role, m.content) for m in turns] == [
        ("user", "My bag?\n\nHello?"),
        ("assistant", "Here.\n\nIn Oslo."),
        ("user", "Thanks"),
    ]


def test_what_two_people_said_stays_apart() -> None:
    """A person's private question must not pass for the customer's words, or the other way round."""
    theirs, hers = Message("user", "Refund it!", author="Cy"), Message("user", "What do you think?", author="Ana")
    assert [m.content for m in in_turns([theirs, hers])] == ["Refund it!", NO_ANSWER, "What do you think?"]


def test_the_user_begins_the_assistant_follows_a_tool_and_somebody_waits_for_an_answer() -> None:
    """Templates of Mistral, Gemma, DeepSeek and others refuse the whole request otherwise."""
    turns = in_turns([said("Welcome."), asked("My bag?"), said("", "c1"), output("c1"), asked("Well?", NOW), said("Soon.")])
    assert [(m.role, m.content) for m in turns] == [
        ("user", BEGUN_BEFORE),
        ("assistant", "Welcome."),
        ("user", "My bag?"),
        ("assistant", ""),
        ("tool", "in Oslo"),
        ("assistant", NO_ANSWER),
        ("user", "Well?"),
        ("assistant", "Soon."),
        ("user", GO_ON),
    ]


STEPS = st.sampled_from(["user", "said", "called", "cut off", "empty"])
RUNS = st.lists(st.tuples(st.sampled_from(["one", "two", "three", NOW]), STEPS), max_size=30)


@given(RUNS)
def test_whatever_happened_the_strictest_template_takes_it(steps: list[tuple[str, str]]) -> None:
    """The rules of Mistral's, Gemma's and DeepSeek's templates, for runs that overlap, break off and begin with anything."""
    messages: list[Message] = []
    for number, (run_id, step) in enumerate(steps):
        call_id = f"c{number}"
        if step in ("called", "cut off"):
            messages.append(said("", call_id, run_id=run_id))
        if step == "called":
            messages.insert(len(messages) - number % 3, output(call_id, run_id=run_id))
        elif step in ("user", "said", "empty"):
            role: Role = "user" if step == "user" else "assistant"
            messages.append(Message(role, "" if step == "empty" else f"{step} {number}", run_id=run_id))
    turns = in_turns(valid_input(messages, NOW))
    assert (turns[0].role, turns[-1].role in ("user", "tool")) == ("user", True)
    for before, after in pairwise(turns):
        follows = {"user": ("assistant",), "assistant": ("user", "tool"), "tool": ("tool", "assistant")}
        assert after.role in follows[before.role]
        assert (after.role == "tool") == bool(before.tool_calls) or before.role == "tool"
    calls = [call.id for message in turns for call in message.tool_calls]
    assert calls == [message.tool_call_id for message in turns if message.role == "tool"]
    written = {message.content for message in messages if message.role != "tool" and message.content}
    assert all(any(words in message.content for message in turns) for words in written), "no words are lost"


def test_a_refused_run_has_one_line_in_its_place_and_several_in_a_row_have_one() -> None:
    messages = [
        asked("My bag?", "fine"),
        asked("Poison", "bad"),
        said("", "c1", run_id="bad"),
        output("c1", "poison", "bad"),
        asked("Poison", "worse"),
        asked("Poison", "worst"),
    ]
    shown = without_refused(messages, {"bad": ["refund"], "worse": [], "worst": []})
    assert [(m.role, m.run_id) for m in shown] == [("user", "fine"), ("user", "bad"), ("user", "worse")]
    assert "Poison" not in str(shown)
    assert "do not call them again for that: refund" in shown[1].content
    assert shown[2].content == LEFT_OUT


def test_two_refusals_in_a_row_cut_off_what_stands_before_them() -> None:
    """What a filter minds may stand in an answer or a tool's output that it let pass at first."""
    assert since_refusals([False, True, False, True]) == 0
    assert since_refusals([False, True, True, False, False]) == 1
    assert since_refusals([True, True, True, False]) == 1
    assert since_refusals([]) == 0
