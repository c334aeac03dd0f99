"""A command of Python (`python …`), run in this process, whose modules are loaded already."""

from __future__ import annotations

import re
import runpy
import sys
import warnings
from collections.abc import Sequence
from typing import Literal, cast

Action = Literal["default", "error", "ignore", "always", "module", "once"]


def run_python(arguments: Sequence[str]) -> None:
    """Run a file, or a module after `-m`, with the words that follow; `-W action:message` may stand before, as often as needed.

    Exceptions pass, SystemExit too.
    """
    # A process that begins itself anew reads here how it was started.
    sys.orig_argv = [sys.executable, *arguments]
    words = list(arguments)
    while words[0] == "-W":
        written, _, message = words[1].partition(":")
        # Another word is refused by the filter itself.
        action = cast(Action, written)
        warnings.simplefilter(action) if not message else warnings.filterwarnings(action, re.escape(message))
        del words[:2]
    is_module = words[0] == "-m"
    sys.argv = words[1:] if is_module else words
    if is_module:
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    else:
        runpy.run_path(sys.argv[0], run_name="__main__")
