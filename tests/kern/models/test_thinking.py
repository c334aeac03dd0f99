"""Thinking is kept apart from what an answer says (rule L17)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kern.thinking import ThinkingReader, split_thinking

CASES = [
    ("Hello.", "Hello.", ""),
    ("  Hello. ", "  Hello. ", ""),
    ("<think>They ask.</think>\n\nHello.", "Hello.", "They ask."),
    ("<THINKING>\nThey ask.\n</thinking >\nHello.", "Hello.", "They ask."),
    ('<reasoning effort="low">They ask.</reasoning>Hello.', "Hello.", "They ask."),
    ("<thought>They ask.</thought>Hello.", "Hello.", "They ask."),
    ("<think>They ask, and I", "", "They ask, and I"),
    ("They ask.\n</think>\n\nHello.", "Hello.", "They ask."),
    ("Hello.\n<think>More?</think>\nBye.\n<reasoning>No.</reasoning>", "Hello.\n\nBye.", "More?\n\nNo."),
    ("Hello. <think>More?</think> Bye.", "Hello.  Bye.", "More?"),
    ("Hello.\n<think>endless", "Hello.", "endless"),
    ("<think/>Hello.", "Hello.", ""),
    ("<think></think>Hello.", "Hello.", ""),
    ("Hello <think>They ask.</think>Ana.", "Hello Ana.", "They ask."),
    ("<thinking>A <think>bag</think> is lost.</thinking>Hello.", "Hello.", "A <think>bag\n\nis lost."),
    ("<think>They say <think> is a tag.</think>Hello.", "Hello.", "They say <think> is a tag."),
    ("<think>They say `</think>` ends it.</think>Hello.", "Hello.", "They say `</think>` ends it."),
    ("<think>They ask.</think>Hello.</think> Bye.", "Hello. Bye.", "They ask."),
    ("[THINK]They ask.[/THINK]Hello.", "Hello.", "They ask."),
    ("◁think▷They ask.◁/think▷Hello.", "Hello.", "They ask."),
    ("<|START_THINKING|>They ask.<|END_THINKING|>Hello.", "Hello.", "They ask."),
    (
        "<|channel|>analysis<|message|>They ask.<|end|><|start|>assistant<|channel|>final<|message|>Hello.<|return|>",
        "Hello.",
        "They ask.",
    ),
    (
        "<|start|>assistant<|channel|>analysis<|message|>They ask.<|start|>assistant<|message|>Hello.<|end|>",
        "Hello.",
        "They ask.",
    ),
    ("<|channel|>final<|message|>Hello.", "Hello.", ""),
    ('<|channel|>commentary to=functions.fare<|constrain|>json<|message|>{"to": "LIS"}<|call|>', "", '{"to": "LIS"}'),
    ("analysisThey ask.assistantfinalHello.", "Hello.", "They ask."),
    ("Hello.<|im_end|>", "Hello.", ""),
    ("<think>They ask.</think>Hello.<｜end▁of▁sentence｜>", "Hello.", "They ask."),
    ("<analysis>They ask.</analysis>Hello.", "Hello.", "They ask."),
    ("<scratchpad>They ask.</scratchpad>\nHello.", "Hello.", "They ask."),
    ("<antThinking>They ask.</antThinking>Hello.", "Hello.", "They ask."),
    ("< think >They ask.</ think >Hello.", "Hello.", "They ask."),
    ("<|think|>They ask.<|/think|>Hello.", "Hello.", "They ask."),
    ("[think]They ask.[/think]Hello.", "Hello.", "They ask."),
    ("<think>They ask.</think>\n<answer>Hello.</answer>", "Hello.", "They ask."),
    ("<|begin_of_thought|>They ask.<|end_of_thought|><|begin_of_solution|>Hello.<|end_of_solution|>", "Hello.", "They ask."),
    ("Hello. <think> More? I", "Hello.", "More? I"),
    ("Hello <think>More? I", "Hello", "More? I"),
    ("- One\n- <thinking>Two, or", "- One\n-", "Two, or"),
]
TALK = [
    "Write <think> first.",
    "Write `<think>` and then `</think>`.",
    "The tag\n```html\n<think>\nHmm\n</think>\n```\nhides it.",
    'Quote it: "<think>" and "</think>".',
    "<thinker>Rodin</thinker>",
    "1 < 2, and [think] about it",
    "analysis of your bill: 90 EUR",
    "analysisAlone",
    "It ends with <",
    "It ends with <think",
    "thinking is hard",
    "[think] about it",
    "Put it in <answer>42</answer>.",
    "5 < thinking",
    "It ends with `<|im_end|>`.",
]


def streamed(pieces: list[str]) -> tuple[list[str], str, str]:
    """What a reader of the stream saw at each moment, all that was said in the end, and the thought."""
    reader = ThinkingReader()
    seen, said = [], ""
    for piece in [*(reader.read(piece) for piece in pieces), reader.finish()]:
        said = piece.text if piece.afresh else said + piece.text
        seen.append(said)
    return seen, said.strip() if reader.has_thought else said, reader.thought


@pytest.mark.parametrize(("answer", "said", "thought"), CASES)
def test_thinking_is_no_part_of_what_is_said(answer: str, said: str, thought: str) -> None:
    assert split_thinking(answer) == (said, thought)
    assert streamed(list(answer))[1:] == (said, thought)


@pytest.mark.parametrize("answer", TALK)
def test_text_about_tags_stays_as_it_is(answer: str) -> None:
    assert split_thinking(answer) == (answer, "")
    assert streamed(list(answer))[1:] == (answer, "")


@pytest.mark.parametrize(("answer", "said"), [(answer, said) for answer, said, _ in CASES if not answer.startswith("They ask")])
def test_nobody_sees_thinking_while_it_streams(answer: str, said: str) -> None:
    """Only where the opening tag stood in the prompt can nobody know before the closing one comes."""
    assert all(" ".join(said.split()).startswith(" ".join(seen.split())) for seen in streamed(list(answer))[0])


def test_only_what_may_be_a_tag_is_held_back() -> None:
    seen, _, _ = streamed(["Fares < 90 ", "EUR are <b>", "cheap</b> <th", "e best>. `<think>`", " hides."])
    assert seen[:5] == [
        "Fares < 90 ",
        "Fares < 90 EUR are <b>",
        "Fares < 90 EUR are <b>cheap</b> ",
        "Fares < 90 EUR are <b>cheap</b> <the best>. `<think>`",
        "Fares < 90 EUR are <b>cheap</b> <the best>. `<think>` hides.",
    ]


MARKS = ["<think>", "</think>", "<thinking>", "`", "```", "\n", " ", "word", "<|channel|>", "analysis", "<|message|>", "final"]
MARKS += ["<|end|>", "<|start|>", "[THINK]", "[/THINK]", '"', "<", "A", "assistantfinal", "<think", "< ", ". ", "- ", "[think]"]
MARKS += ["[/think]", "<answer>", "</answer>", "< think >", "</ think>"]


@given(st.lists(st.sampled_from(MARKS), max_size=14), st.data())
def test_a_stream_says_what_the_whole_answer_says_however_it_is_cut(marks: list[str], data: st.DataObject) -> None:
    answer = "".join(marks)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(answer)), max_size=10)))
    pieces = [answer[start:end] for start, end in zip([0, *cuts], [*cuts, len(answer)], strict=True)]
    assert streamed(pieces)[1:] == split_thinking(answer)


def test_long_answers_full_of_tags_are_read_in_good_time() -> None:
    """Each unclosed tag inside a line looks for its end once, not each to the end of the answer."""
    said, thought = split_thinking("x <think> " * 20_000)
    assert (len(said), thought) == (200_000, "")
