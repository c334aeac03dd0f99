"""What customers write, and how both sides of the experiment read it: the model to act, the people to decide."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["note", "pay", "post", "fax", "slow", "chat"]
#: What goes wrong on the model's side: nothing, one HTTP error, one broken stream, errors until the run has failed, silence or
#: nothing but keep-alives until the client goes.
Trouble = Literal["smooth", "error", "cut", "stubborn", "silent", "alive"]

KINDS: dict[Kind, int] = {"note": 27, "pay": 28, "post": 14, "fax": 10, "slow": 12, "chat": 9}
TROUBLES: dict[Trouble, int] = {"smooth": 70, "error": 10, "cut": 10, "stubborn": 4, "silent": 3, "alive": 3}
#: Payments above it are refused by the people (cents).
MOST_CENTS = 1000
_WISH = re.compile(r"\[(note|pay|post|fax|slow|chat) (\d+-\d+) (smooth|error|cut|stubborn|silent|alive) (\d+)\]")


@dataclass(frozen=True, slots=True)
class Wish:
    """One thing a customer wants. `reference` is nobody else's; `cents` count for payments."""

    kind: Kind
    reference: str
    trouble: Trouble
    cents: int = 0

    @property
    def text(self) -> str:
        """The message."""
        return f"Please see to this: [{self.kind} {self.reference} {self.trouble} {self.cents}] Thank you."

    @property
    def wants_effect(self) -> bool:
        """Whether something should happen in the world."""
        return self.kind in ("note", "pay", "post", "fax")

    @property
    def is_refused(self) -> bool:
        """Whether people say no to it."""
        return self.kind == "pay" and self.cents > MOST_CENTS


def wish(chance: random.Random, customer: int, number: int) -> Wish:
    """A customer's next wish."""
    kind = chance.choices(list(KINDS), list(KINDS.values()))[0]
    trouble = chance.choices(list(TROUBLES), list(TROUBLES.values()))[0]
    return Wish(kind, f"{customer}-{number}", trouble, chance.choice([300, 800, 2500]) if kind == "pay" else 0)


def read(text: str) -> list[Wish]:
    """The wishes in a message."""
    return [
        Wish(kind, reference, trouble, int(cents))  # the expression knows only these words
        for kind, reference, trouble, cents in _WISH.findall(text)
    ]
