"""Badges: a state in a few words, with an icon and a tone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from django.utils.functional import Promise

#: Text that is translated when it is shown.
Words: TypeAlias = "str | Promise"


@dataclass(frozen=True)
class Badge:
    """What a page shows of a state. `is_quiet` is for what needs no attention, `is_live` for work that goes on."""

    words: Words = ""
    icon: str = ""
    tone: str = ""
    title: str = ""
    is_quiet: bool = False
    is_live: bool = False

    @property
    def is_alarm(self) -> bool:
        """Whether it is worth its place where there is little of it."""
        return self.tone == "bad"
