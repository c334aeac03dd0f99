"""Text for readers, without the model's thinking (see `kern.thinking`)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_FENCES = ("```", "~~~")
_MARKUP = " *_>-+•#"
_SENTENCE_ENDS = tuple(".!?…。！？")


@dataclass(frozen=True, slots=True)
class Said:
    """Text for readers. `afresh`: the text so far turned out to be thinking, and this replaces it."""

    text: str
    afresh: bool = False


class Words:
    """Text for readers, and the state of the reading: the line, and whether it is within code."""

    def __init__(self) -> None:
        self.anything = False
        self.last = ""
        self._line_head = ""
        #: The last character of the line that is no space.
        self._line_end = ""
        self._ticks = 0
        self._fence = ""
        self._all: list[str] = []
        self._new: list[str] = []
        self._given = False
        self._afresh = False

    @property
    def is_code(self) -> bool:
        """True if the next character stands in a fence, or after backticks that are still open in their line."""
        return bool(self._fence) or self._ticks % 2 == 1

    @property
    def may_begin(self) -> bool:
        """True if a line (behind its bullet or emphasis) or a sentence may begin here."""
        return not self._line_head.strip(_MARKUP) or self._line_end in _SENTENCE_ENDS

    def add(self, text: str) -> None:
        """Add text for readers."""
        if not text:
            return
        self.anything = self.anything or bool(text.strip())
        self._all.append(text)
        self._new.append(text)
        for number, line in enumerate(text.split("\n")):
            if number:
                self._end_line()
            self._ticks += len(re.findall("`+", line)) - (line[:1] == self.last == "`")
            if len(self._line_head) < 3:
                self._line_head = (self._line_head + line).lstrip()[:3]
            self._line_end = line.rstrip()[-1:] or self._line_end
            self.last = line[-1:] or ("\n" if number else self.last)

    def _end_line(self) -> None:
        if self._line_head in _FENCES and self._fence in ("", self._line_head):
            self._fence = "" if self._fence else self._line_head
        self._line_head, self._line_end, self._ticks, self.last = "", "", 0, "\n"

    def take(self, *, strip: bool, at_end: bool = False) -> Said:
        """Return the text since the last call.

        Space before the first word waits for it; with `strip` it is removed.
        """
        afresh, self._afresh = self._afresh, False
        if not self._given and not at_end and not self.anything:
            return Said("", afresh)
        text = "".join(self._new)
        if not self._given and strip:
            text = text.lstrip()
        self._given = self._given or bool(text)
        self._new.clear()
        return Said(text, afresh)

    def take_back(self) -> str:
        """Return and remove all text until now, which was thinking."""
        thought = "".join(self._all)
        self._all.clear()
        self._new.clear()
        self.anything = self._given = False
        self.last = self._line_head = self._line_end = self._fence = ""
        self._ticks = 0
        self._afresh = True
        return thought
