"""Warnings that point at the program that uses the library, not into the library."""

from __future__ import annotations

import inspect
import warnings


def warn_caller(text: str) -> None:
    """Warn at the line that called into the library, however many of its own functions lie between.

    Python shows a warning once a line, so one that pointed into the library would be seen for the first object only.
    """
    frame, level = inspect.currentframe(), 1
    while frame is not None and frame.f_globals.get("__name__", "").startswith("kern."):
        frame, level = frame.f_back, level + 1
    warnings.warn(text, UserWarning, stacklevel=level)
