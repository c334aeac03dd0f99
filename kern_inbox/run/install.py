"""Install the packages of a lock file, with progress: `python kern_inbox/run/install.py requirements.txt`.

Runs before anything is installed, so it needs nothing but Python and its pip.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path

#: Of a failed installation so many of pip's last lines are shown.
LAST_LINES = 25
#: Without a terminal one line is printed for so many packages.
STEP = 20
_FOUND = re.compile(r"(?:Collecting|Requirement already satisfied:) ([\w.-]+)")


def main(lock_file: str) -> int:
    """Run pip; returns its exit code."""
    pip = [sys.executable, "-m", "pip", "install", "--no-input", "--progress-bar", "off", "--require-hashes", "-r", lock_file]
    last: deque[str] = deque(maxlen=LAST_LINES)
    total = count(Path(lock_file).read_text().splitlines())
    with subprocess.Popen(pip, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace") as running:
        assert running.stdout is not None
        show(progress(_kept(running.stdout, last), total))
    if running.returncode:
        print(f"The packages of {lock_file} could not be installed. pip says:", *last, sep="\n", file=sys.stderr)
    return running.returncode


def count(lines: Iterable[str]) -> int:
    """Return the number of packages in the lock file. Some are for other systems, so it is an upper bound."""
    return sum("==" in line and not line.startswith((" ", "#")) for line in lines)


def progress(lines: Iterable[str], total: int) -> Iterator[tuple[int, str]]:
    """Yield the progress in pip's lines: packages seen so far and a sentence."""
    seen = 0
    for line in lines:
        if found := _FOUND.match(line):
            seen = min(seen + 1, total)
            yield seen, f"installing: {seen} of about {total} packages ({found[1]})"
        elif line.startswith("Installing collected packages"):
            yield total, "installing: all packages are here; unpacking them (up to a minute) …"


def show(steps: Iterable[tuple[int, str]]) -> None:
    """Print the sentences: one line that changes on a terminal, else one line now and then."""
    is_terminal = sys.stdout.isatty()
    shown = -STEP
    for seen, sentence in steps:
        if is_terminal:
            print(f"\r\033[K{sentence}", end="", flush=True)
        elif seen - shown >= STEP or "unpacking" in sentence:
            print(sentence, flush=True)
            shown = seen
    if is_terminal:
        print("\r\033[K", end="", flush=True)


def _kept(lines: Iterable[str], last: deque[str]) -> Iterator[str]:
    """Yield the lines, and store the last ones."""
    for line in lines:
        last.append(line.rstrip())
        yield line


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
