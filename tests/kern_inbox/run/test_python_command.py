"""A command of Python run in a process that is there already: it finds what it would find in one of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SCRIPT = """
import sys, warnings
warnings.warn("Beware of this")
warnings.warn("Beware of that")
print(__name__, sys.argv[1:], sys.orig_argv[1:])
sys.exit(3)
"""
AGAIN = """
import sys
from kern_inbox.processes.grace import restart_process, restarts
print(restarts(), sys.argv[1:], "kern_inbox.run.python_command" in sys.modules, flush=True)
if not restarts():
    restart_process()
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    (tmp_path / "greet.py").write_text(SCRIPT)
    return tmp_path / "greet.py"


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What becomes of `python ARGUMENTS…`, run by the function in a process of its own."""
    code = "import sys; from kern_inbox.run.python_command import run_python; run_python(sys.argv[1:])"
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_a_file_finds_its_words_and_how_it_would_be_started(script: Path) -> None:
    done = run(script.parent, "greet.py", "Kim")
    assert (done.returncode, done.stdout) == (3, "__main__ ['Kim'] ['greet.py', 'Kim']\n")


def test_a_module_is_run_with_its_filters_of_warnings(script: Path) -> None:
    words = ["-W", "ignore:Beware of this", "-m", "greet", "Kim"]
    done = run(script.parent, *words)
    assert (done.returncode, done.stdout) == (3, f"__main__ ['Kim'] {words}\n")
    assert "Beware of that" in done.stderr
    assert "Beware of this" not in done.stderr


def test_what_begins_itself_anew_is_executed_alone(tmp_path: Path) -> None:
    (tmp_path / "again.py").write_text(AGAIN)
    done = run(tmp_path, "again.py", "Kim")
    assert (done.returncode, done.stdout.splitlines()) == (0, ["0 ['Kim'] True", "1 ['Kim'] False"])
