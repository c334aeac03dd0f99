"""How long the tests of each file took, and how much of a processor they used, for the summary of `make test`.

A processor's seconds count what a test's processes did, too; the rest of its time it waited.
"""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import forked

#: Names a file that takes a line a test from each process: seconds, seconds of a processor, and the test's name.
VARIABLE = "KERN_DURATIONS_FILE"
#: Files that the summary names.
NAMED = 15


@dataclass
class Duration:
    """Seconds of time and of a processor."""

    seconds: float = 0
    processor: float = 0


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Measure a test with its fixtures; those that it shares with others count for the first."""
    if not (file := os.environ.get(VARIABLE)):
        return (yield)
    began, used = time.perf_counter(), _processor()
    try:
        return (yield)
    finally:
        with Path(file).open("a") as lines:
            lines.write(f"{time.perf_counter() - began:.3f} {_processor() - used:.3f} {item.nodeid!r}\n")


def slowest(lines: Iterable[str]) -> list[tuple[str, Duration]]:
    """Files by the time that their tests took, the slowest first."""
    files: defaultdict[str, Duration] = defaultdict(Duration)
    for line in lines:
        seconds, processor, name = line.split(" ", 2)
        total = files[name.strip("'\"").split("::")[0]]
        total.seconds += float(seconds)
        total.processor += float(processor)
    return sorted(files.items(), key=lambda file: -file[1].seconds)


def table(lines: Iterable[str]) -> str:
    """The slowest files, a line each."""
    rows = [f"{total.seconds:>6.0f} s {total.processor:>6.0f} s  {file}" for file, total in slowest(lines)[:NAMED]]
    return "\n".join(["── slowest files (time, of it a processor's) ──", *rows])


def _processor() -> float:
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system + forked.used()
