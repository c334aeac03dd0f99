"""What a model may see of earlier runs: always valid input (rule L14)."""

from __future__ import annotations

from kern.history import valid_input
from kern.message import Message, ToolCall

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
