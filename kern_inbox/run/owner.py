"""Detect a database that belongs to another program, without changing it: it must not be filled with our tables."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

MIGRATIONS = MigrationRecorder.Migration._meta.db_table
#: Tables of the schema that ours would go to, but for those that an extension brought.
TABLES_OF_SCHEMA = """
    SELECT relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE nspname = current_schema() AND relkind IN ('r', 'p')
    AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e')
    ORDER BY relname
"""
TABLES_OF_FILE = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"


def foreign_table() -> str | None:
    """Return a table of another program, `None` when the database is empty or Django's. Exceptions of the database pass."""
    tables = _tables_of_schema() if connection.vendor == "postgresql" else _tables_of_sqlite()
    return None if MIGRATIONS in tables else next(iter(tables), None)


def _tables_of_schema() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(TABLES_OF_SCHEMA)
        return [name for (name,) in cursor.fetchall()]


def _tables_of_sqlite() -> list[str]:
    return _tables_of_file(Path(connection.settings_dict["NAME"])) or sorted(connection.introspection.table_names())


def _tables_of_file(file: Path) -> list[str]:
    """Return the tables in the file, read without connecting: a connection would change its journal."""
    journal = file.with_name(f"{file.name}-wal")
    if not file.is_file() or (journal.exists() and journal.stat().st_size):
        return []
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as reader:
            return [name for (name,) in reader.execute(TABLES_OF_FILE)]
    except sqlite3.DatabaseError:
        return []  # connecting says what is wrong with it
