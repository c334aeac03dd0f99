"""Check of the desk at the start of every process."""

from __future__ import annotations

import sys

from sessions_app import desk


def require_desk() -> None:
    """End the process with one line when KERN_DESK names no usable desk."""
    try:
        desk.load()
    except desk.DeskError as problem:
        sys.exit(f"kern-inbox: {problem}")
