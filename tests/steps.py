"""What `make check` and `make test` run: each step is a command, and says in which lane it runs."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from enum import Enum

PYTEST = ("-m", "pytest", "-q")
#: Two processes share the tests; those of a file stay together, and so do the servers that they share. In the order of their
#: names: with most tests first, files of few long ones come last, and one process works while the other has nothing to do.
BY_TWO = (*PYTEST, "-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")
#: Folders whose tests run in a step of their own, by the mark that keeps them out of the others.
FOLDERS = {"browser": ("browser", "story"), "faults": ("faults", "security")}
#: Percent of the library's lines that its tests run; it may rise.
FLOOR = 97.5
#: From Python 3.12 on the interpreter says what runs, which costs next to nothing.
TRACING = {"COVERAGE_CORE": "sysmon"} if sys.version_info >= (3, 12) else {}
LAYERS = "from importlinter.cli import lint_imports_command as check; check()"


def _folders(mark: str) -> tuple[str, ...]:
    return tuple(f"tests/{folder}" for folder in FOLDERS[mark])


class Lane(Enum):
    """Steps of a lane run one after the other. The first two lanes run side by side, since dying processes and programs that
    ask each other wait most of their time; pages come after both, with the machine for themselves."""

    PROCESSORS = "keeps two processors busy"
    PROCESSES = "processes that wait for each other"
    ALONE = "pages that a person would wait for"


@dataclass(frozen=True, slots=True)
class Step:
    """A command of this Python."""

    name: str
    command: tuple[str, ...]
    lane: Lane = Lane.PROCESSORS
    variables: dict[str, str] = field(default_factory=dict)
    needs_postgresql: bool = False


STYLE = (
    Step("style", ("-m", "ruff", "check", "."), Lane.PROCESSES),
    Step("format", ("-m", "ruff", "format", "--check", "."), Lane.PROCESSES),
    Step("style of pages", ("-m", "tests.page_style"), Lane.PROCESSES),
    Step("layers", ("-c", LAYERS, "--no-cache", "--no-logo"), Lane.PROCESSES),
    Step("migrations", ("manage.py", "makemigrations", "--check", "--dry-run"), Lane.PROCESSES),
    Step("types", ("-m", "mypy"), Lane.PROCESSES),
)
#: Tests of functions and objects: no database of the application, no process, no browser.
UNIT = Step(
    "unit tests",
    (
        *BY_TWO,
        *("-m", "not browser and not faults and not postgres and not database"),
        *("tests/kern", "tests/sessions_app", "tests/kern_inbox/conf", "tests/kern_inbox/observability"),
    ),
)
CHECK = (*STYLE, UNIT)
EVERYTHING = (
    *STYLE,
    Step(
        "tests of the library",
        (*BY_TWO, "tests/kern", "--cov", "--cov-report", "term", "--cov-fail-under", str(FLOOR)),
        # They wait for servers and threads three quarters of their time.
        Lane.PROCESSES,
        variables=TRACING,
    ),
    Step("tests", (*BY_TWO, "-m", "not browser and not faults", "--ignore", "tests/kern")),
    # The application's tests once more; those that ask no database, or what others ask, too (`tests.statements`), would
    # find the same. The contract tests bring their own.
    Step(
        "tests on PostgreSQL",
        (*BY_TWO, "-m", "database and not browser and not faults", "tests/sessions_app"),
        variables={"KERN_TEST_DATABASE": "postgresql", "KERN_STATEMENTS_FILE": ""},
        needs_postgresql=True,
    ),
    Step("tests with dying processes", (*BY_TWO, *_folders("faults")), Lane.PROCESSES),
    Step("tests with a browser", (*BY_TWO, *_folders("browser")), Lane.ALONE),
    Step("API by its description", ("-m", "tests.fuzzing"), Lane.PROCESSES),
)
