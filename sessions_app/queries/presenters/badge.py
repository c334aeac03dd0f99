"""Badges: a state in a few words, with an icon and a tone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from django.utils.functional import Promise

#: Text that is translated when it is shown.
Words: TypeAlias = "str | Promise"


@dataclass(frozen=True)
class Badge:
    """A state as a page shows it. `is_quiet` is for states that need no attention, `is_live` for running work."""

    words: Words = ""
    icon: str = ""
    tone: str = ""
    title: str = ""
    is_quiet: bool = False
    is_live: bool = False

    @property
    def is_alarm(self) -> bool:
        """True if it is shown even where space is short."""
        return self.tone == "bad"
