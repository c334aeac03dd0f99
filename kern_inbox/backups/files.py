"""Atomic files: written beside their place, and moved there at the end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


class BackupError(Exception):
    """A backup was not made, or not restored; the text is for the person who runs the command."""


@contextmanager
def new_file(target: Path) -> Iterator[Path]:
    """Give a temporary path beside the target, readable by its owner alone; after the block it becomes the target.

    Raises `BackupError` where the target is there already or nothing can be written; then nothing is left behind.
    """
    if target.exists():
        raise BackupError(f"{target} is there already, and is not written over. Name another file.")
    partial = target.with_name(f".{target.name}.partial-{os.getpid()}")
    try:
        os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        yield partial
        with partial.open("rb+") as written:
            os.fsync(written.fileno())
        # Not `replace`: another program may have made the target meanwhile.
        os.link(partial, target)
    except FileExistsError:
        raise BackupError(f"{target} is there already, and is not written over. Name another file.") from None
    except OSError as problem:
        raise BackupError(f"{target} cannot be written: {problem.strerror or problem}. No backup was made.") from problem
    finally:
        for left in (partial, partial.with_name(f"{partial.name}-journal"), partial.with_name(f"{partial.name}-wal")):
            with suppress(OSError):
                left.unlink(missing_ok=True)


def size_of(file: Path) -> str:
    """Return the size of a file for people."""
    size = file.stat().st_size
    return f"{size / 1_048_576:.1f} MiB" if size >= 1_048_576 else f"{max(1, size // 1024)} KiB"
