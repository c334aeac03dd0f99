"""Separate a model's thinking from its answer.

Servers that do not split the two leave thinking in the text (`kern.thinking.marks` knows how it is marked). One reader serves
answers and names, whole or as they stream.

At the start of the answer, of a line or of a sentence an opening tag begins thinking, which without a closing tag lasts to the
end, and so does one with a word right behind it. Elsewhere it does so only where the closing tag follows, so that "write
<think> first" stays what it is. In code (a fence, backticks) and between quotes a tag is text. A closing tag whose opening one
stood in the prompt makes all before it thinking. Behind thinking, tags around the answer (`<answer>`) are taken out. While it
streams, no more is held back than what may turn out to be a tag, or thinking.
"""

from __future__ import annotations

import re

from kern.thinking.marks import (
    BARE_FINAL,
    BARE_HARMONY,
    BARE_HEAD,
    BRACKETS,
    CHANNEL,
    CHANNEL_CLOSES,
    LONGEST,
    MARK,
    MESSAGE,
    PAIRS,
    START,
    TAG_CLOSES,
    TAG_OPENS,
    certain_length,
)
from kern.thinking.words import Said, Words

_QUOTES = {"`": "`", '"': '"', "'": "'", "“": "”", "„": "“", "‘": "’", "«": "»", "(": ")"}
_BROKEN_HEAD = re.compile(rf"(?:{re.escape(START)}|{re.escape(CHANNEL)})\w{{0,20}}")


def split_thinking(text: str) -> tuple[str, str]:
    """Return the answer's text and its thinking."""
    reader = ThinkingReader()
    said = ""
    for piece in (reader.read(text), reader.finish()):
        said = piece.text if piece.afresh else said + piece.text
    return (said.strip() if reader.has_thought else said), reader.thought


def _behind_space(text: str, at: int) -> int:
    return len(text) - len(text[at:].lstrip()) if text[at : at + 1].isspace() else at


class ThinkingReader:
    """Incremental reader of one answer: `read` returns certain text, `finish` the rest, `thought` the thinking.

    With `begins_in_thought` the answer is expected to begin inside thinking, as this model's answers do; one without a closing
    tag is text after all. Afterwards `began_in_thought` says whether it did.
    """

    def __init__(self, *, begins_in_thought: bool = False) -> None:
        self.has_thought = False
        self.began_in_thought = False
        self._text = ""
        #: Up to here the text has been read; what comes after is held back.
        self._at = 0
        self._words = Words()
        #: Each block in the pieces that it came in.
        self._thoughts: list[list[str]] = []
        self._closes: re.Pattern[str] | None = None
        #: The opening mark of thinking that is none where no closing one comes; `None` for certain thinking.
        self._doubtful: str | None = None
        self._never_closed: set[re.Pattern[str]] = set()
        self._in_head = False
        if begins_in_thought:
            self._closes, self._doubtful = TAG_CLOSES, ""
            self._thoughts.append([])

    @property
    def thought(self) -> str:
        """The thinking so far, block after block."""
        return "\n\n".join(block for pieces in self._thoughts if (block := "".join(pieces).strip()))

    def read(self, text: str) -> Said:
        """Read the next piece; returns the text of it, and of what was held back, that is certainly no thinking."""
        self._text, self._at = self._text[self._at :] + text, 0
        while self._step(at_end=False):
            pass
        return self._words.take(strip=self.has_thought)

    def finish(self) -> Said:
        """End the answer: return the text that was held back."""
        while self._step(at_end=True):
            pass
        return self._words.take(strip=self.has_thought, at_end=True)

    def _step(self, *, at_end: bool) -> bool:
        """Read to behind the next mark. Returns whether there may be more to read."""
        if self._in_head:
            return self._read_head(at_end)
        return self._read_thinking(at_end) if self._closes else self._read_words(at_end)

    # Words ------------------------------------------------------------------------------------------------------------

    def _read_words(self, at_end: bool) -> bool:
        if not self._words.anything and (bare := BARE_HARMONY.match(self._text, self._at)):
            return self._begin(bare.group(), BARE_FINAL, doubtful=True)
        mark = MARK.search(self._text, self._at)
        if mark is None:
            self._say(len(self._text) if at_end else self._at + self._certain())
            return False
        self._say(mark.start())
        before, after = self._words.last, self._text[mark.end() : mark.end() + 1]
        if not after and not at_end and (before in _QUOTES or mark.lastgroup == "open"):
            return False
        if self._words.is_code or (after and _QUOTES.get(before) == after):
            self._say(mark.end())
            return True
        return self._meet(mark.lastgroup or "", mark.group(), after)

    def _meet(self, kind: str, text: str, after: str) -> bool:
        """Handle a mark within the text; `after` is the character behind it."""
        if kind == "open" or text in PAIRS:
            certain = text not in BRACKETS and (self._words.may_begin or after.isalnum())
            return self._begin(text, PAIRS.get(text), doubtful=not certain)
        if kind == "around" and not self.has_thought:
            self._say(self._at + len(text))
            return True
        if text in (CHANNEL, START):
            self._in_head = True
        else:
            self._at += len(text)
        closes = kind == "close" or text in PAIRS.values()
        if closes and not self.has_thought:
            # Its opening mark stood in the prompt.
            self.began_in_thought = True
            self._thoughts.append([self._words.take_back()])
        self.has_thought = True
        return True

    def _begin(self, opening: str, closing: str | None, *, doubtful: bool) -> bool:
        closes = re.compile(re.escape(closing)) if closing else TAG_CLOSES
        end = self._at + len(opening)
        if doubtful and closes in self._never_closed:
            self._say(end)
            return True
        self._at = end
        self._closes, self._doubtful = closes, opening if doubtful else None
        self._thoughts.append([])
        return True

    def _certain(self) -> int:
        """Return the length of the rest that cannot be the beginning of a mark."""
        rest = self._text[self._at :]
        if len(rest) <= LONGEST and not self._words.anything and BARE_HEAD.startswith(rest.strip()):
            return 0
        return certain_length(rest)

    def _say(self, until: int) -> None:
        self._words.add(self._text[self._at : until])
        self._at = until

    # Thinking ---------------------------------------------------------------------------------------------------------

    def _read_thinking(self, at_end: bool) -> bool:
        assert self._closes is not None
        if self._doubtful == "" and not self.has_thought and MARK.match(self._text, _behind_space(self._text, self._at)):
            # It was expected to begin inside thinking, and has a mark of its own.
            self._closes = self._doubtful = None
            self._thoughts.pop()
            return True
        mark = self._closes.search(self._text, self._at)
        if mark is None:
            if at_end:
                return self._end_without_mark()
            self._think(max(self._at, len(self._text) - LONGEST))
            return False
        before = self._text[mark.start() - 1] if mark.start() > self._at else self._last_thought
        after = self._text[mark.end() : mark.end() + 1]
        if before == "`" and not after and not at_end:
            return False
        if before == after == "`":
            self._think(mark.end())
            return True
        self._think(mark.start())
        if mark.group() not in (START, CHANNEL):
            self._at = mark.end()
        self._close()
        return True

    def _think(self, until: int) -> None:
        if until > self._at:
            self._thoughts[-1].append(self._text[self._at : until])
        self._at = until

    @property
    def _last_thought(self) -> str:
        """Return the last character of the thinking."""
        return "".join(self._thoughts[-1][-1:])[-1:]

    def _close(self) -> None:
        thought = "".join(self._thoughts[-1])
        self.began_in_thought = self.began_in_thought or not (self.has_thought or self._words.anything or self._doubtful != "")
        self.has_thought = True
        if self._closes is TAG_CLOSES and TAG_OPENS.search(thought):
            # Thinking opened inside thinking: what follows is thought as well, where one more closing tag comes.
            self._doubtful = ""
            self._thoughts.append([])
        else:
            self._closes = self._doubtful = None

    def _end_without_mark(self) -> bool:
        """End the answer inside thinking; doubtful thinking is text after all, and read as such."""
        assert self._closes is not None
        closes, doubtful = self._closes, self._doubtful
        self._closes = self._doubtful = None
        if doubtful is None:
            self._think(len(self._text))
            self.has_thought = True
            return False
        self._never_closed.add(closes)
        self._text, self._at = doubtful + "".join(self._thoughts.pop()) + self._text[self._at :], 0
        self._say(len(doubtful))
        return True

    # Harmony ----------------------------------------------------------------------------------------------------------

    def _read_head(self, at_end: bool) -> bool:
        """Read the head of a harmony message, whose channel says whether its text is for readers."""
        end = self._text.find(MESSAGE, self._at, self._at + LONGEST)
        if end < 0 and not at_end and len(self._text) - self._at < LONGEST:
            return False
        self._in_head = False
        if end < 0:
            # No head at all: its token goes, the words after it stay.
            token = _BROKEN_HEAD.match(self._text, self._at)
            self._at = token.end() if token else self._at
            return True
        _, names_it, channel = self._text[self._at : end].rpartition(CHANNEL)
        self._at = end + len(MESSAGE)
        if names_it and not channel.strip().startswith("final"):
            self._closes, self._doubtful = CHANNEL_CLOSES, None
            self._thoughts.append([])
        return True
