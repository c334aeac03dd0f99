"""Programs that tests start as forks of a server are as those that a shell starts."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from tests import forked

SCRIPT = """
import os, sys
from django.conf import settings
print(__name__, sys.argv[1:], os.environ["A"], "HOME" in os.environ, settings.configured)
print("no", file=sys.stderr)
sys.exit(3)
"""
ENDLESS = """
import time
print("here", flush=True)
time.sleep(1000)
"""


def test_a_program_finds_its_own_words_and_variables_and_no_settings(tmp_path: Path) -> None:
    (tmp_path / "greet.py").write_text(SCRIPT)
    done = forked.completed([str(tmp_path / "greet.py"), "Kim", b"\xff"], {"A": "1"})
    assert (done.returncode, done.stderr) == (3, "no\n")
    assert done.stdout == "__main__ ['Kim', '\\udcff'] 1 False False\n"


def test_a_signal_ends_it_and_its_time_counts(tmp_path: Path) -> None:
    (tmp_path / "endless.py").write_text(ENDLESS)
    before = forked.used()
    program = forked.start([str(tmp_path / "endless.py")], dict(os.environ), tmp_path / "output")
    assert program.poll() is None
    program.send_signal(signal.SIGKILL)
    assert (program.wait(), program.poll()) == (-signal.SIGKILL, -signal.SIGKILL)
    program.send_signal(signal.SIGTERM)
    assert forked.used() > before
