"""Browser tests that fail are run once more, and those that pass then are named: they need mending, and hold nothing back.

Only tests marked `browser`: what a browser does depends on how busy the machine is. Any other test that fails once is a fault.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pytest
from _pytest.terminal import TerminalReporter

#: Names a file that takes the tests' names, one a line, for the summary of `make test`.
VARIABLE = "KERN_FLAKY_FILE"


def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    """Let each browser test have a second try."""
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.flaky(reruns=1))


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Name the tests that passed at the second try."""
    passed = {report.nodeid for report in terminalreporter.stats.get("passed", [])}
    names = dict.fromkeys(r.nodeid for r in terminalreporter.stats.get("rerun", []) if r.nodeid in passed)
    for name in names:
        terminalreporter.write_line(f"flaky: {name}")
    if names and (file := os.environ.get(VARIABLE)):
        with Path(file).open("a") as lines:
            lines.writelines(f"{name}\n" for name in names)
