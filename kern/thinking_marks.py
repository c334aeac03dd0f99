"""How models mark thinking in their text, and the marks' beginnings that a stream may end with."""

from __future__ import annotations

import re

_WORDS = ("think", "thinking", "thought", "thoughts", "reasoning", "mm:think", "seed:think", "antml:thinking")
#: Pairs of tokens that are written in one way only.
PAIRS = {
    "[THINK]": "[/THINK]",
    "◁think▷": "◁/think▷",
    "<|START_THINKING|>": "<|END_THINKING|>",
    "<|begin_of_thought|>": "<|end_of_thought|>",
    "<|channel>thought": "<channel|>",
}
#: Harmony (gpt-oss): each message has a head, which names its channel.
CHANNEL, MESSAGE, START = "<|channel|>", "<|message|>", "<|start|>"
ENDS = ("<|end|>", "<|return|>", "<|call|>")
#: Harmony whose tokens a server took out as special ones; the words of the heads are left: `analysisThe user…assistantfinalHi`.
BARE_HEAD, BARE_FINAL = "analysis", "assistantfinal"
BARE_HARMONY = re.compile(r"\s*analysis(?=[A-Z])")

_TOKENS = (*PAIRS, *PAIRS.values(), CHANNEL, MESSAGE, START, *ENDS)
_NAME = "|".join(sorted(map(re.escape, _WORDS), key=len, reverse=True))
_OPEN = rf"<(?:{_NAME})(?:\s[^<>]{{0,100}})?(?<!/)>"
_CLOSE = rf"</(?:{_NAME})\s{{0,20}}>"
_EMPTY = rf"<(?:{_NAME})\s{{0,20}}/>"

MARK = re.compile(
    rf"(?P<close>(?i:{_CLOSE}))|(?P<empty>(?i:{_EMPTY}))|(?P<open>(?i:{_OPEN}))|(?P<token>{'|'.join(map(re.escape, _TOKENS))})"
)
TAG_OPENS, TAG_CLOSES = re.compile(_OPEN, re.IGNORECASE), re.compile(_CLOSE, re.IGNORECASE)
CHANNEL_CLOSES = re.compile("|".join(map(re.escape, (*ENDS, START, CHANNEL))))
#: No mark is longer (characters), and no head of a harmony message.
LONGEST = 160

_UNFINISHED_TAG = re.compile(rf"</?(?:{_NAME})(?:\s[^<>]{{0,100}})?/?", re.IGNORECASE)
_BEGINNINGS = tuple(text.lower() for text in (*(f"<{word}" for word in _WORDS), *(f"</{word}" for word in _WORDS), *_TOKENS))


def certain_length(text: str) -> int:
    """How many characters of the text stand before what may be the beginning of a mark at its end."""
    start = max(text.rfind(char) for char in "<[◁")
    if start < 0:
        return len(text)
    end = text[start:].lower()
    begins = any(beginning.startswith(end) for beginning in _BEGINNINGS) or _UNFINISHED_TAG.fullmatch(end)
    return start if begins else len(text)
