"""A browser test has a second try; no other test has."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.flaky import VARIABLE

ROOT = Path(__file__).parents[1]
TESTS = """
from pathlib import Path
import pytest

def fails_at_first(name):
    mark = Path(__file__).with_name(name)
    tried = mark.exists()
    mark.touch()
    assert tried

@pytest.mark.browser
def test_of_a_page():
    fails_at_first("page")

@pytest.mark.browser
def test_of_a_broken_page():
    assert False

def test_of_a_function():
    fails_at_first("function")
"""


def run(folder: Path) -> tuple[str, list[str]]:
    """What pytest prints about the tests, and the names that it notes for the summary."""
    (folder / "test_pages.py").write_text(TESTS)
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = browser: drives a browser\n")
    noted = folder / "flaky"
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tests.flaky",
        "-p",
        "no:django",
        "-rfR",
        f"--rootdir={folder}",
        str(folder),
    ]
    environment = {**os.environ, VARIABLE: str(noted), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout, noted.read_text().splitlines() if noted.exists() else []


def test_a_browser_test_that_passes_at_its_second_try_is_named_and_fails_nothing(tmp_path: Path) -> None:
    said, noted = run(tmp_path)
    assert "flaky: test_pages.py::test_of_a_page" in said
    assert noted == ["test_pages.py::test_of_a_page"]
    assert "FAILED test_pages.py::test_of_a_broken_page" in said
    assert "FAILED test_pages.py::test_of_a_function" in said
    assert "2 failed, 1 passed" in said
