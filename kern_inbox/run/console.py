"""Output in the terminal: each line with the name of its process."""

from __future__ import annotations

import os
import sys
from threading import Lock

COLOURS = {"web": "36", "worker": "32", "naming": "34", "webhooks": "33", "scheduler": "35", "inbox": "1"}
WARNING_COLOUR = "33"
WIDTH = max(len(name) for name in COLOURS)
_one_at_a_time = Lock()


def coloured() -> bool:
    """Return whether the terminal shows colours and its owner wants them."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def write(name: str, line: str) -> None:
    """Print one line of the process `name`."""
    prefix = f"{name.ljust(WIDTH)} |"
    if coloured():
        prefix = f"\033[{COLOURS.get(name, '0')}m{prefix}\033[0m"
    with _one_at_a_time:
        try:
            print(prefix, line, flush=True)
        except (BrokenPipeError, ValueError):
            # The reader of our output has gone; stopping properly matters more than the line.
            sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115


def say(line: str) -> None:
    """Print one line of the launcher itself."""
    write("inbox", line)


def warn(line: str) -> None:
    """Print one line of the launcher that deserves attention."""
    say(f"\033[{WARNING_COLOUR}mwarning: {line}\033[0m" if coloured() else f"warning: {line}")
