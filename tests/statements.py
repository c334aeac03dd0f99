"""The SQL statements that each test asks the application's database, and the tests that are enough to ask them all.

The step "tests" of `make test` records them on SQLite; "tests on PostgreSQL" then runs the fewest seconds of tests in which
each of them is asked at least once (docs/decisions/0040). Without a record everything runs.

KERN_STATEMENTS_FILE=FILE .venv/bin/pytest …        # adds a line for each test
KERN_STATEMENTS_KNOWN=FILE .venv/bin/pytest …       # on PostgreSQL: only those tests of the record that are enough
.venv/bin/python -m tests.statements BEFORE AFTER   # the statements of BEFORE that AFTER lacks
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache, lru_cache
from hashlib import blake2b
from heapq import heappop, heappush
from pathlib import Path
from threading import get_ident
from time import process_time
from types import FrameType
from typing import Any

import pytest
from django.db.backends.signals import connection_created

from tests.steps import FOLDERS

#: Names the file that takes a line a test from each process.
VARIABLE = "KERN_STATEMENTS_FILE"
#: Names such a file of the run on SQLite, for the one on PostgreSQL.
KNOWN = "KERN_STATEMENTS_KNOWN"
#: Folder whose functions ask, and what in it asks for others.
APPLICATION = f"{Path(__file__).parents[1] / 'sessions_app'}/"
BENEATH = ("infrastructure/", "models/row.py")
#: What differs from call to call of one statement: texts, numbers, names of savepoints, how many values or rows a list has.
_LITERAL = re.compile(r"'(?:[^']|'')*'|(?<![\w\"$.])\d+(?![\w\"])|(?<=SAVEPOINT )\S+")
_LIST = re.compile(r"(?<=IN )\((?:%s|\?)(?:, (?:%s|\?))+\)")
_ROWS = re.compile(r"(\([^()]*\))(?:, \1)+")
#: Lengths of texts and sizes of numbers at which the databases differ: columns, index entries, types of numbers.
LENGTHS = (64, 200, 1_000, 2_700)
BITS = (31, 63)
#: What is a text for SQLite, and for PostgreSQL of a type of its own.
LOOKS = {"json": re.compile(r"[\[{]"), "moment": re.compile(r"\d{4}-\d\d-\d\d"), "decimal": re.compile(r"-?\d+(\.\d+)?$")}
#: Modules of the application that speak to each database in its own words, and their tests: these all run on both.
DIALECTS = {
    "audit/writing.py": ("audit/",),
    "customers/erased_words.py": ("customers/",),
    "customers/erasing.py": ("customers/",),
    "infrastructure/clock.py": ("infrastructure/test_clock.py",),
    "infrastructure/one_statement.py": ("infrastructure/test_one_statement.py", "infrastructure/test_prepared.py"),
    "infrastructure/time_zones.py": ("infrastructure/test_time_zones.py",),
    "management/loading/indexes.py": ("management/test_make_load.py",),
    "management/loading/statements.py": ("management/test_make_load.py",),
    "management/loading/tables.py": ("management/test_make_load.py",),
    "models/fields.py": ("models/", "store/"),
    "queries/search_index.py": ("queries/test_search", "queries/test_operators.py"),
}
_WHOLE = tuple(f"tests/sessions_app/{tests}" for several in DIALECTS.values() for tests in several)
#: Seconds of a processor that a test costs at least, by which few tests are preferred to many.
LEAST = 0.01


@dataclass
class Record:
    """What one test asked: its statements by their digests, whether transactions met, and seconds of a processor."""

    test: str
    database: str = ""
    processor: float = 0
    meets: bool = False
    statements: dict[str, str] = field(default_factory=dict)


class Recorder:
    """Notes what is asked while a test runs, in every thread."""

    def __init__(self) -> None:
        self._running = Record("")
        self._began = 0.0
        #: The connection of each thread, and the threads that ask.
        self._connections: dict[int, Any] = {}
        self._asking: set[int] = set()
        connection_created.connect(self._watch)

    @property
    def test(self) -> str:
        """The test that runs, if any."""
        return self._running.test

    def begin(self, test: str) -> None:
        """Start the record of a test."""
        self._running, self._began = Record(test), process_time()
        self._connections.clear()
        self._asking.clear()

    def end(self) -> Record:
        """Return the record of the test that ended."""
        found, self._running = self._running, Record("")
        found.processor = round(process_time() - self._began, 3)
        return found

    def _watch(self, connection: Any, **_other: Any) -> None:
        if self._note not in connection.execute_wrappers:
            connection.execute_wrappers.append(self._note)

    def _note(self, execute: Callable[..., Any], sql: str, parameters: Any, many: bool, context: Any) -> Any:
        record, error, connection, thread = self._running, "", context["connection"], get_ident()
        record.meets |= self._is_met(thread)
        self._connections[thread] = connection
        self._asking.add(thread)
        try:
            return execute(sql, parameters, many, context)
        except Exception as problem:
            # What follows an error within a transaction differs from database to database.
            error = f"{type(problem).__name__} {connection.in_atomic_block}"
            raise
        finally:
            self._asking.discard(thread)
            record.database = connection.vendor
            values = [value for row in parameters for value in row] if many else parameters or ()
            asked = " ".join(filter(None, (asker(), shape(sql), *sorted(set(map(kind, values))), error)))
            record.statements[digest(asked)] = asked

    def _is_met(self, thread: int) -> bool:
        """Return whether another thread asks, or is within a transaction, at this moment."""
        others = [(other, connection) for other, connection in list(self._connections.items()) if other != thread]
        return any(other in self._asking or connection.in_atomic_block for other, connection in others)


def asker() -> str:
    """Return the function of the application that asks, by its room; nothing for a test."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        code = frame.f_code
        if (room := _room(code.co_filename)) and not room.startswith(BENEATH):
            return f"{room}:{code.co_qualname}"
        frame = frame.f_back
    return ""


@cache
def _room(file: str) -> str:
    """Return the name of a file of the application within it."""
    return file.removeprefix(APPLICATION) if file.startswith(APPLICATION) else ""


@lru_cache(maxsize=20_000)
def shape(sql: str) -> str:
    """Return the statement without its values."""
    return _ROWS.sub(r"\1", _LIST.sub("(%s)", _LITERAL.sub("?", " ".join(sql.split()))))


def kind(value: object) -> str:
    """Return what may matter to a database about a value: its type, its size, and what PostgreSQL takes in no text."""
    if isinstance(value, str):
        odd = " with NUL" if "\0" in value or "\\u0000" in value else ""
        look = next((look for look, pattern in LOOKS.items() if pattern.match(value)), "text")
        return f"{look}{sum(len(value) > length for length in LENGTHS)}{odd}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"number{sum(value.bit_length() > bits for bits in BITS)}"
    return type(value).__name__


@lru_cache(maxsize=20_000)
def digest(asked: str) -> str:
    """Return a short name of a statement."""
    return blake2b(asked.encode(errors="replace"), digest_size=6).hexdigest()


_recorder: Recorder | None = None
#: Statements whose text this process has written to the file.
_written: set[str] = set()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, None, None]:
    """Begin the record of a test."""
    global _recorder
    if os.environ.get(VARIABLE) and not any(map(item.get_closest_marker, FOLDERS)):
        _recorder = _recorder or Recorder()
        _recorder.begin(item.nodeid)
    return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown() -> Generator[None, None, None]:
    """Write the record of a test that asked anything."""
    try:
        return (yield)
    finally:
        if _recorder and _recorder.test and (found := _recorder.end()).statements:
            new = {name: asked for name, asked in found.statements.items() if name not in _written}
            _written.update(new)
            line = {**asdict(found), "statements": list(found.statements), "texts": new}
            # One write each, so that lines of two processes stay whole.
            with Path(os.environ[VARIABLE]).open("ab", buffering=0) as lines:
                lines.write(f"{json.dumps(line)}\n".encode())


def read(file: Path) -> list[Record]:
    """Read the records of a run."""
    found, texts = [], {}
    for line in map(json.loads, file.read_text().splitlines()):
        texts.update(line.pop("texts"))
        found.append((line.pop("statements"), line))
    return [Record(**line, statements={name: texts[name] for name in names}) for names, line in found]


def enough(records: Iterable[Record]) -> set[str]:
    """Return the tests that are enough to ask each statement, chosen by what they cost for each new one.

    Those whose transactions meet are all kept, since which waits for which is no matter of a statement, and those of
    `DIALECTS`.
    """
    records = list(records)
    chosen = {record.test for record in records if record.meets or record.test.startswith(_WHOLE)}
    asked = {name for record in records if record.test in chosen for name in record.statements}
    queue = [(0.0, number) for number, record in enumerate(records) if record.test not in chosen]
    while queue:
        worth, number = heappop(queue)
        record = records[number]
        new = record.statements.keys() - asked
        if not new:
            continue
        now = (record.processor + LEAST) / len(new)
        if now > worth:
            heappush(queue, (now, number))
            continue
        chosen.add(record.test)
        asked |= new
    return chosen


def spared(records: Iterable[Record]) -> set[str]:
    """Return the tests that ask nothing on SQLite that the others do not ask, too."""
    here = [record for record in records if record.database == "sqlite"]
    return {record.test for record in here} - enough(here)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is spared on PostgreSQL. A test without a record stays."""
    file = Path(os.environ.get(KNOWN) or os.devnull)
    if os.environ.get("KERN_TEST_DATABASE") == "postgresql":
        needless = spared(read(file))
        config.hook.pytest_deselected(items=[item for item in items if item.nodeid in needless])
        items[:] = [item for item in items if item.nodeid not in needless]


def main(arguments: Sequence[str]) -> int:
    """Print what is lost; 1 if anything is."""
    before, after = (
        {name: text for record in read(Path(file)) for name, text in record.statements.items()} for file in arguments
    )
    lost = before.keys() - after.keys()
    for name in sorted(lost, key=before.__getitem__):
        print(before[name])
    print(f"{len(before)} statements before, {len(after)} after, {len(lost)} lost")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
