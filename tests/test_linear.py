"""Expressions of ours that read what others write take time linear to it: tried with texts that stop those that do not."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from kern.models.offline import candidates, tools
from kern.models.offline.names import name_of
from kern.models.offline.names.sentences import WORD as NAME_WORD
from kern.models.openai import too_long
from kern.naming import answers
from kern.records.call_outcomes import read_outcome
from kern.thinking import ThinkingReader, split_thinking
from sessions_app.models import ticket_ids
from sessions_app.queries import search
from sessions_app.text import folding, formatting, personal_data

SEEDS = [
    *("a", "a ", "a.", "a-", "1", "1,", "1.", "1-", "@", "a@", "a@a", "a@a.", "://", "http://", "http://a.", "www."),
    *("(", "[", "![", "[a](", "[a](<", "[a]: ", "*", "**", "***a", "_", "__a_", "`", "``a`", "~", "|", "|a|\n|-|\n"),
    *("<", "<a ", "<think>", "</think>", "<think", "<|", "> ", "- ", "  - ", "\n", "\t", " ", "# a\n", "```\n", "\\"),
    *('"', "“", "'", "é", "e\u0301", "\u202e", "\u200d", "😀", "{", '{"a":', "&", "title: ", "name of the ", "sure! "),
    *("here is ", "my best ", "Dear a, ", "for example ", "such as ", "1 of may ", "from A to B "),
]


def streamed(text: str) -> None:
    reader = ThinkingReader(begins_in_thought=False)
    for start in range(0, len(text), 7):
        reader.read(text[start : start + 7])
    reader.finish()


READERS: dict[str, Callable[[str], object]] = {
    "Markdown": formatting.markdown_html,
    "plain text": formatting.plain_html,
    "one line": formatting.one_plain_line,
    "thinking": split_thinking,
    "thinking that streams": streamed,
    "names": answers.clean,
    "folding": folding.fold,
    "search": search.words_of,
    "tickets": lambda text: ticket_ids.guesses(ticket_ids.normalized(text[:500])),
    "numbers": lambda text: list(candidates._NUMBER.finditer(text)),
    "addresses": lambda text: list(candidates._EMAIL.finditer(text)),
    "examples": lambda text: list(candidates._EXAMPLE.finditer(text)),
    "offline names": lambda text: name_of([text]),
    "words": lambda text: list(NAME_WORD.finditer(text)),
    "wishes": tools._ASKS_TO_ACT.search,
    "changed": lambda text: read_outcome("A person changed the arguments to {" + text),
    "personal data": lambda text: [list(finder(text)) for finder in personal_data.finders().values()],
    "refusals": too_long._TEXTS.search,
}
#: Seconds of the processor below which nothing is compared: so much harms nobody, and noise is larger than growth.
HARMLESS = 1.0
SHORT, LONG = 5_000, 20_000


@pytest.mark.parametrize("name", READERS)
def test_four_times_the_text_takes_about_four_times_as_long(name: str) -> None:
    read = READERS[name]
    for seed in SEEDS:
        long = taken(read, (seed * LONG)[:LONG] + "!\x01")
        if long > HARMLESS:
            short = taken(read, (seed * SHORT)[:SHORT] + "!\x01")
            again = taken(read, (seed * LONG)[:LONG] + "!\x01\x01")
            assert min(long, again) < 10 * max(short, HARMLESS / 10), f"{seed!r}: {short:.3f} s, then {long:.3f} s"


def taken(read: Callable[[str], object], text: str) -> float:
    began = time.process_time()
    read(text)
    return time.process_time() - began
