"""Indexes and foreign keys of tables, taken away while many rows are added and built at once afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import connection, models

from sessions_app.management.loading.statements import execute

#: Memory of PostgreSQL's to build an index with.
BUILD_MEMORY = "512MB"
#: Constraints but primary keys, which are filled in order and therefore cheap.
CONSTRAINTS = """SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE conrelid = %s::regclass AND contype IN ('f', 'u') ORDER BY contype, conname"""
INDEXES = """SELECT c.relname, pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indrelid = %s::regclass AND NOT i.indisprimary ORDER BY c.relname"""
#: What was set by hand for the planner's statistics of an index.
STATISTICS = """SELECT c.relname, a.attnum, a.attstattarget FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    JOIN pg_attribute a ON a.attrelid = c.oid WHERE i.indrelid = %s::regclass AND a.attstattarget > 0 AND NOT i.indisprimary"""
SQLITE_INDEXES = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = %s AND sql IS NOT NULL"


@contextmanager
def set_aside(tables: Sequence[type[models.Model]]) -> Iterator[None]:
    """Drop the models' indexes and constraints and make the same ones after the block. Use it within a transaction."""
    again: list[str] = []
    for model in tables:
        again += _take_postgresql(model) if connection.vendor == "postgresql" else _take_sqlite(model)
    yield
    if connection.vendor == "postgresql":
        execute(f"SET LOCAL maintenance_work_mem = '{BUILD_MEMORY}'")
    for statement in again:
        execute(statement.replace("%", "%%"))


def _take_postgresql(model: type[models.Model]) -> list[str]:
    """Drop them, and return the statements that make them again: first indexes, then constraints."""
    table = connection.ops.quote_name(model._meta.db_table)
    statistics = _asked(STATISTICS, model)
    constraints = _asked(CONSTRAINTS, model)
    for name, _definition in constraints:
        execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    indexes = _asked(INDEXES, model)
    for name, _definition in indexes:
        execute(f'DROP INDEX "{name}"')
    return [
        *(definition for _name, definition in indexes),
        *(f'ALTER INDEX "{name}" ALTER COLUMN {column} SET STATISTICS {target}' for name, column, target in statistics),
        *(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}' for name, definition in constraints),
    ]


def _take_sqlite(model: type[models.Model]) -> list[str]:
    indexes = _asked(SQLITE_INDEXES, model)
    for name, _definition in indexes:
        execute(f'DROP INDEX "{name}"')
    return [definition for _name, definition in indexes]


def _asked(question: str, model: type[models.Model]) -> list[tuple[str, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(question, [model._meta.db_table])
        return list(cursor.fetchall())


__all__ = ["set_aside"]
