"""The documents' examples run as they are written, by the command that their README names, against a Responses server."""

from __future__ import annotations

import os
import re
import site
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.responses_server import ResponsesServer

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
README = (ROOT / "examples" / "README.md").read_text()
[COMMAND] = re.findall(r"^    (\S+python examples/)own_session_id\.py$", README, re.MULTILINE)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project in a folder of its own, so that the examples meet nobody's databases, with an environment made by make."""
    root = tmp_path_factory.mktemp("project")
    for name in ("Makefile", "kern", "examples"):
        (root / name).symlink_to(ROOT / name)
    venv.create(root / ".venv", symlinks=True)
    # What the lock files name is not installed anew, it is found where these tests found it.
    [packages] = (root / ".venv").glob("lib/*/site-packages")
    (packages / "packages.pth").write_text("\n".join(site.getsitepackages()))
    subprocess.run(["make", ".venv/.project"], cwd=root, check=True)
    return root


def bare_environment(**variables: str) -> dict[str, str]:
    """Nothing in it says where the library is."""
    return {**{key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}, **variables}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_example(example: Path, project: Path) -> None:
    with ResponsesServer() as server:
        environment = bare_environment(OPENAI_API_KEY="sk-test", OPENAI_BASE_URL=server.base_url)
        ran = subprocess.run(
            f"{COMMAND}{example.name}",
            shell=True,
            cwd=project,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert ran.returncode == 0, ran.stderr
        assert ran.stdout.strip()
        assert server.requests, "the model was asked over the wire"


def test_every_example_is_explained() -> None:
    assert set(re.findall(r"`(\w+\.py)`", README)) == {example.name for example in EXAMPLES}


def test_a_program_in_any_folder_finds_the_library(project: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("import kern.agent; print(kern.agent.__file__)")
    command = [str(project / ".venv" / "bin" / "python"), "mine.py"]
    ran = subprocess.run(command, cwd=tmp_path, env=bare_environment(), capture_output=True, text=True, check=True)
    assert Path(ran.stdout.strip()) == project / "kern" / "agent.py"


def test_importing_the_library_does_not_import_the_provider_or_the_web() -> None:
    code = (
        "import sys, kern.agent, kern.team, kern.models.openai, kern.db.sqlite, kern.session, kern.tools\n"
        "heavy = {'openai', 'django', 'celery', 'pydantic', 'jsonschema', 'redis'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
