"""docs/data.md names every column that is kept, and says of each whether it is erased and exported."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from django.apps import apps

from kern.agent import Agent
from kern.db.sqlite import SqliteDb
from kern.testing import ScriptedModel
from sessions_app.customers.export import COLUMNS

DOCUMENT = (Path(__file__).parents[1] / "docs" / "data.md").read_text()
NAMES = re.compile(r"`(\w+)`")
WAYS = {"goes", "emptied", "stays"}


def described() -> dict[str, set[str]]:
    """The columns that the document names, by table."""
    found: dict[str, set[str]] = {}
    for table, columns, *_rest in rows():
        named = NAMES.findall(columns)
        assert not found.setdefault(table, set()).intersection(named), (table, columns)
        found[table] |= set(named)
    return found


def rows() -> Iterator[list[str]]:
    """The rows of the document's tables, each begun by its table's name."""
    table = ""
    for line in DOCUMENT.splitlines():
        if heading := re.match(r"### `([\w.]+)`", line):
            table = heading[1]
        elif line.startswith("## "):
            table = ""
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if own := re.match(r"\| `(\w+\.\w+)` \|", line):
            yield [own[1], *cells[1:]]
        elif table and line.startswith("| `"):
            yield [table, *cells]


def tables() -> dict[str, set[str]]:
    models = apps.get_models(include_auto_created=True)
    # Models of tests' own apps are no tables of an installation's.
    ours = [model for model in models if not model.__module__.startswith("tests.")]
    return {model._meta.label: {field.name for field in model._meta.concrete_fields} for model in ours}


@pytest.mark.parametrize("table", sorted(tables()))
def test_every_column_is_described(table: str) -> None:
    assert described().get(table) == tables()[table], (
        f"docs/data.md: say what the columns of {table} hold, and what erasing does"
    )


def test_the_librarys_file_is_described(tmp_path: Path) -> None:
    db = SqliteDb(db_file=str(tmp_path / "agent.db"))
    Agent(model=ScriptedModel(["Hello"]), db=db).run("Hello")
    db.close()
    with closing(sqlite3.connect(tmp_path / "agent.db")) as file:
        names = [name for (name,) in file.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        found = {f"kern.{name}": {row[1] for row in file.execute(f"PRAGMA table_info({name})")} for name in names}
    assert {name: columns for name, columns in described().items() if name.startswith("kern.")} == found


def test_it_says_what_erasing_does_and_what_is_exported_as_the_code_does() -> None:
    exported: dict[str, set[str]] = {}
    for table, columns, _what, erased, is_exported in (row for row in rows() if len(row) == 5):
        assert erased in WAYS, columns
        if is_exported == "yes":
            exported.setdefault(table, set()).update(NAMES.findall(columns))
        else:
            assert is_exported.startswith("no: "), columns
    assert exported == {model._meta.label: set(columns) for model, columns in COLUMNS.items()}
