"""The style of templates, scripts and style sheets: `python -m tests.page_style`, with `--write` to format them.

Which tools, and why: docs/decisions/0028-linters-of-pages.md.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
LONGEST = 120
#: Written by others.
FOREIGN = ROOT / "static" / "vendor"


def sources() -> list[Path]:
    """Templates, scripts and style sheets of our own."""
    found = [*(ROOT / "templates").rglob("*.html"), *(ROOT / "static").rglob("*.js"), *(ROOT / "static").rglob("*.css")]
    return sorted(path for path in found if FOREIGN not in path.parents)


def long_lines() -> list[str]:
    """Where a line has more characters than it may."""
    return [
        f"{path.relative_to(ROOT)}:{number}: {len(line)} characters, at most {LONGEST}"
        for path in sources()
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if len(line) > LONGEST
    ]


def commands(write: bool) -> list[list[str]]:
    """The tools' own checks; with `write` they format first."""
    program = Path(sys.executable).parent
    djlint = [sys.executable, "-m", "djlint", "--quiet", "templates"]
    return [
        [*djlint, "--reformat" if write else "--check"],
        [*djlint, "--lint"],
        [str(program / "oxfmt"), "--write" if write else "--check", "static/js", "static/css"],
        [str(program / "oxlint"), "--deny-warnings", "static/js"],
    ]


def main() -> int:
    """0 when everything is as it should be."""
    codes = [subprocess.run(command, cwd=ROOT, check=False).returncode for command in commands("--write" in sys.argv)]
    complaints = long_lines()
    for complaint in complaints:
        print(complaint)
    return 1 if any(codes) or complaints else 0


if __name__ == "__main__":
    sys.exit(main())
