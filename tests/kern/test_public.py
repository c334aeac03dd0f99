"""What programs may import of the library, and what a type checker tells them."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

import kern

ROOT = Path(__file__).parents[2]
PUBLIC = (
    "kern.agent",
    "kern.db.sqlite",
    "kern.errors",
    "kern.events",
    "kern.models.offline",
    "kern.models.openai",
    "kern.naming",
    "kern.session",
    "kern.team",
    "kern.testing",
    "kern.tools",
)
#: Programs that use the library, and the line numbers of what a type checker must refuse in them.
RIGHT = """
from kern import Agent, Requirement, Team, tool
from kern.testing import ScriptedModel

model = ScriptedModel(["Done."])
leader = Team(model, members=[Agent(name="Refunds", deadline=20), ...], tool_call_limit=5)
answers: list[Requirement] = leader.run("Hello").requirements
"""
WRONG = """
from kern.agent import Agent
from kern.team import Team

Agent(modle=None)
Team(modle=None)
Agent(members=[Agent(name="Refunds")])
Team(members=["Refunds"])
Agent(deadline="soon")
Team(num_history_runs="all")
Agent().bound(deadlin=20)
"""


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_module_names_what_it_offers(name: str) -> None:
    module = import_module(name)
    assert all(hasattr(module, offered) for offered in module.__all__)
    tree = ast.parse(Path(str(module.__file__)).read_text())
    made = {item.name for item in tree.body if isinstance(item, ast.ClassDef | ast.FunctionDef)}
    assert {item for item in made if not item.startswith("_")} <= set(module.__all__)


def test_the_package_offers_the_records_that_programs_handle() -> None:
    for name in kern.__all__:
        assert getattr(kern, name).__module__.startswith("kern.")
        assert name in dir(kern)
    with pytest.raises(AttributeError, match="Agnet"):
        kern.Agnet  # noqa: B018 - the attribute is the test


def test_a_name_costs_what_it_needs_and_the_package_nothing() -> None:
    program = "import sys, kern; print(*[name for name in sys.modules if name.startswith('kern.')])"
    assert _output("-c", program).split() == []
    program = "import sys; from kern import Requirement; print('kern.agent' in sys.modules, 'openai' in sys.modules)"
    assert _output("-c", program).split() == ["False", "False"]


def test_a_misspelt_argument_is_refused_by_a_type_checker(tmp_path: Path) -> None:
    (tmp_path / "right.py").write_text(RIGHT)
    (tmp_path / "wrong.py").write_text(WRONG)
    options = ("--strict", "--no-error-summary", "--hide-error-context", "--config-file=", "--follow-imports=silent")
    cache = f"--cache-dir={ROOT / '.mypy_cache' / 'programs'}"
    told = _output("-m", "mypy", *options, cache, str(tmp_path / "right.py"), str(tmp_path / "wrong.py"))
    refused = [line.partition(": error:")[0].rpartition("/")[2] for line in told.splitlines() if ": error:" in line]
    assert refused == [f"wrong.py:{line}" for line in range(5, 12)]


def test_the_types_come_with_the_package() -> None:
    assert (ROOT / "kern" / "py.typed").exists()
    built = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    assert built["package-data"] == {"kern": ["py.typed"]}


def _output(*arguments: str) -> str:
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False).stdout
