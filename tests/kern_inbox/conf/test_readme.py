"""What the README shows is true: its desk loads, and every file and command it names is there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from sessions_app.desk import Desk

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def test_the_desk_of_the_readme_is_a_desk() -> None:
    [source] = [block for block in BLOCKS if "my_desk.py" in block]
    names: dict[str, object] = {}
    exec(compile(source, "my_desk.py", "exec"), names)
    desk = names["desk"]
    assert isinstance(desk, Desk)
    assert [worker.name for worker in desk.workers] == ["Shop agent"]


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#:]+)\)", README))))
def test_a_file_that_is_linked_is_there(link: str) -> None:
    assert (ROOT / link).exists()


def test_python_is_named_where_the_program_has_it() -> None:
    assert set(re.findall(r"[\w./]*python(?= -m| manage| examples)", README)) == {".venv/bin/python"}


@pytest.mark.parametrize("command", sorted(set(re.findall(r"manage\.py (\w+)", README))))
def test_a_command_that_is_named_is_there(command: str) -> None:
    run = [sys.executable, "manage.py", command, "--help"]
    assert subprocess.run(run, cwd=ROOT, capture_output=True, check=False).returncode == 0
