"""Marks of thinking in models' text, and their prefixes that a stream may end with."""

from __future__ import annotations

import re

_WORDS = (
    *("think", "thinking", "thought", "thoughts", "reasoning", "mm:think", "seed:think", "longcat_think"),
    *("antml:thinking", "antthinking", "thinking_process", "thought_process", "chain_of_thought", "cot"),
    *("analysis", "reflection", "scratchpad", "inner_monologue"),
)
#: Tags that some models put around the answer behind their thinking.
_ANSWER = ("answer", "response", "output", "final_answer")
#: Pairs of words in brackets, which are marks only as a pair: "[think] about it" is text.
BRACKETS = {f"[{word}]": f"[/{word}]" for word in ("think", "thinking", "thought", "reasoning", "Think", "Thinking")}
#: Pairs of tokens that are written in one way only.
PAIRS = {
    **BRACKETS,
    "[THINK]": "[/THINK]",
    "[THINKING]": "[/THINKING]",
    "<|think|>": "<|/think|>",
    "<|thinking|>": "<|/thinking|>",
    "◁think▷": "◁/think▷",
    "<|START_THINKING|>": "<|END_THINKING|>",
    "<|begin_of_thought|>": "<|end_of_thought|>",
    "<|channel>thought": "<channel|>",
    "<unused94>thought": "<unused95>",
}
#: Harmony (gpt-oss): each message has a head, which names its channel.
CHANNEL, MESSAGE, START = "<|channel|>", "<|message|>", "<|start|>"
ENDS = ("<|end|>", "<|return|>", "<|call|>")
#: Tokens that end a turn in templates of open models, which some servers leave in the text.
_TURN_ENDS = ("<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<|endoftext|>", "<｜end▁of▁sentence｜>")
#: Tokens around the answer of models whose thinking stands between tokens.
_SOLUTION = ("<|begin_of_solution|>", "<|end_of_solution|>", "<|START_RESPONSE|>", "<|END_RESPONSE|>")
#: Harmony whose tokens a server took out as special ones; the words of the heads are left: `analysisThe user…assistantfinalHi`.
BARE_HEAD, BARE_FINAL = "analysis", "assistantfinal"
BARE_HARMONY = re.compile(r"\s*analysis(?=[A-Z])")

_TOKENS = (*PAIRS, *PAIRS.values(), CHANNEL, MESSAGE, START, *ENDS, *_TURN_ENDS)
_NAME = "|".join(sorted(map(re.escape, _WORDS), key=len, reverse=True))
_OPEN = rf"<\s?(?:{_NAME})(?:\s[^<>]{{0,100}})?(?<!/)>"
_CLOSE = rf"<\s?/\s?(?:{_NAME})\s{{0,20}}>"
_EMPTY = rf"<\s?(?:{_NAME})\s{{0,20}}/>"
_AROUND = rf"</?(?:{'|'.join(_ANSWER)})>\s?|{'|'.join(map(re.escape, _SOLUTION))}"

MARK = re.compile(
    rf"(?P<close>(?i:{_CLOSE}))|(?P<empty>(?i:{_EMPTY}))|(?P<open>(?i:{_OPEN}))|(?P<around>(?i:{_AROUND}))"
    rf"|(?P<token>{'|'.join(map(re.escape, _TOKENS))})"
)
TAG_OPENS, TAG_CLOSES = re.compile(_OPEN, re.IGNORECASE), re.compile(_CLOSE, re.IGNORECASE)
CHANNEL_CLOSES = re.compile("|".join(map(re.escape, (*ENDS, START, CHANNEL))))
#: No mark is longer (characters), and no head of a harmony message.
LONGEST = 160

_UNFINISHED_TAG = re.compile(rf"</?(?:{_NAME})(?:\s[^<>]{{0,100}})?/?", re.IGNORECASE)
_SPACE_IN_TAG = re.compile(r"^<\s?(/?)\s?")
_BEGINNINGS = tuple(
    text.lower()
    for text in (
        *(f"<{slash}{word}" for word in _WORDS for slash in ("", "/")),
        *(f"<{slash}{word}>" for word in _ANSWER for slash in ("", "/")),
        *_TOKENS,
        *_SOLUTION,
    )
)


def certain_length(text: str) -> int:
    """Return the length of the text before a possible prefix of a mark at its end."""
    start = max(text.rfind(char) for char in "<[◁")
    if start < 0:
        return len(text)
    end = _SPACE_IN_TAG.sub(r"<\1", text[start:].lower())
    begins = any(beginning.startswith(end) for beginning in _BEGINNINGS) or _UNFINISHED_TAG.fullmatch(end)
    return start if begins else len(text)
