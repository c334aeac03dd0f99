"""What `make check` and `make test` run: each step is a command, and says which of the two lanes it runs in."""

from __future__ import annotations

from dataclasses import dataclass, field

PYTEST = ("-m", "pytest", "-q")
#: Two processes share the tests; those of a file stay together, and so do the servers that they share.
BY_TWO = (*PYTEST, "-n", "2", "--dist", "loadfile")
LAYERS = "from importlinter.cli import lint_imports_command as check; check()"


@dataclass(frozen=True, slots=True)
class Step:
    """A command of this Python. What waits a lot (browsers, dying processes) runs beside what uses both processors."""

    name: str
    command: tuple[str, ...]
    waits: bool = True
    variables: dict[str, str] = field(default_factory=dict)
    needs_postgresql: bool = False


STYLE = (
    Step("style", ("-m", "ruff", "check", ".")),
    Step("format", ("-m", "ruff", "format", "--check", ".")),
    Step("layers", ("-c", LAYERS, "--no-cache", "--no-logo")),
    Step("migrations", ("manage.py", "makemigrations", "--check", "--dry-run")),
    Step("types", ("-m", "mypy")),
)
#: Tests of functions and objects: no database of the application, no process, no browser.
UNIT = Step(
    "unit tests",
    (
        *BY_TWO,
        *("-m", "not browser and not faults and not postgres and not database"),
        *("tests/kern", "tests/sessions_app", "tests/kern_inbox/conf", "tests/kern_inbox/observability"),
    ),
    waits=False,
)
CHECK = (*STYLE, UNIT)
EVERYTHING = (
    *STYLE,
    Step("tests", (*BY_TWO, "-m", "not browser and not faults"), waits=False),
    # The application's tests once more; those that ask no database would find the same. The contract tests bring their own.
    Step(
        "tests on PostgreSQL",
        (*BY_TWO, "-m", "database and not browser and not faults", "tests/sessions_app"),
        waits=False,
        variables={"KERN_TEST_DATABASE": "postgresql"},
        needs_postgresql=True,
    ),
    Step("tests with dying processes", (*PYTEST, "-m", "faults")),
    Step("tests with a browser", (*PYTEST, "-m", "browser")),
    Step("API by its description", ("-m", "tests.fuzzing")),
)
