"""How much is measured: the whole, or a quick look whose numbers are rough."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Effort:
    """`rounds` of `block` turns each are timed for every library, size and mode, the libraries taking turns.

    `sessions` are the sizes of large inboxes by database, `requests` how often each page is asked for, `messages` those of the
    long conversation, `keys` how often each key is pressed, `names` the sessions of a naming job.
    """

    quick: bool
    sizes: tuple[int, ...] = (0, 100, 1_000, 2_000)
    rounds: int = 10
    block: int = 10
    talk_turns: int = 100
    imports: int = 11
    sessions: tuple[tuple[str, int], ...] = (("sqlite", 100_000), ("postgresql", 1_000_000))
    requests: int = 100
    messages: int = 10_000
    keys: int = 40
    names: int = 10_000


FULL = Effort(quick=False)
QUICK = Effort(
    quick=True,
    sizes=(0, 100, 500),
    rounds=3,
    talk_turns=20,
    imports=3,
    sessions=(("sqlite", 10_000),),
    requests=30,
    messages=2_000,
    keys=10,
    names=500,
)
