"""Settings of Python's garbage collector."""

from __future__ import annotations

import gc


def collect_rarely() -> None:
    """Look for garbage after 50,000 new objects and not after 700.

    Loading the program makes a million objects, of which all stay: looking through them took a tenth of each start.
    """
    gc.set_threshold(50_000, 20, 20)


def freeze_loaded_objects() -> None:
    """Exclude all existing objects from later collections; call it once, when the program has been loaded.

    Modules and templates stay anyway, and walking through all of them took a tenth of a second every few dozen pages.
    """
    gc.collect()
    gc.freeze()
