"""The tables of `SqliteDb`, their versions, and the refusal of files that are not ours.

`PRAGMA application_id` marks a file as this library's, `PRAGMA user_version` counts the steps that were taken. Both are written
in the transaction that takes the steps, and a new file gets them before it enters WAL mode: so the main file's header alone
tells whose it is, and a stranger's file can be refused without a lock or a journal.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from kern.errors import StorageError, StorageVersionError

#: "Kern" in ASCII.
APPLICATION_ID = 0x4B65726E

#: Each step leads from one version to the next and is never edited once released; append instead.
STEPS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE sessions (
            id INTEGER PRIMARY KEY, session_id TEXT NOT NULL UNIQUE, user_id TEXT, kind TEXT NOT NULL, agent_id TEXT NOT NULL,
            name TEXT, name_source TEXT, name_version INTEGER NOT NULL DEFAULT 0,
            created_at REAL NOT NULL, updated_at REAL NOT NULL)""",
        "CREATE INDEX sessions_by_use ON sessions (updated_at)",
        "CREATE INDEX sessions_by_user_and_use ON sessions (user_id, updated_at)",
        """CREATE TABLE runs (
            id INTEGER PRIMARY KEY, run_id TEXT NOT NULL UNIQUE,
            session_id TEXT NOT NULL REFERENCES sessions (session_id) ON DELETE CASCADE,
            root_run_id TEXT NOT NULL, parent_run_id TEXT, parent_call_id TEXT,
            user_id TEXT, agent_id TEXT NOT NULL, agent_name TEXT NOT NULL, model TEXT NOT NULL,
            status TEXT NOT NULL, content TEXT NOT NULL, metrics TEXT NOT NULL, error TEXT NOT NULL,
            permanent_error INTEGER NOT NULL DEFAULT 0, created_at REAL NOT NULL, updated_at REAL NOT NULL,
            lease_owner TEXT, lease_until REAL, cancel_requested INTEGER NOT NULL DEFAULT 0)""",
        "CREATE INDEX runs_by_session ON runs (session_id, parent_run_id)",
        "CREATE INDEX runs_by_root ON runs (root_run_id)",
        """CREATE UNIQUE INDEX one_member_run_a_call ON runs (parent_run_id, parent_call_id)
            WHERE parent_run_id IS NOT NULL""",
        """CREATE TABLE messages (
            id INTEGER PRIMARY KEY, message_id TEXT NOT NULL,
            session_id TEXT NOT NULL REFERENCES sessions (session_id) ON DELETE CASCADE,
            run_id TEXT NOT NULL REFERENCES runs (run_id) ON DELETE CASCADE,
            role TEXT NOT NULL, content TEXT NOT NULL, tool_calls TEXT NOT NULL, tool_call_id TEXT, tool_name TEXT,
            author TEXT, created_at REAL NOT NULL, provider_items TEXT NOT NULL)""",
        "CREATE INDEX messages_by_session ON messages (session_id)",
        "CREATE INDEX messages_by_run ON messages (run_id)",
        "CREATE INDEX messages_by_message_id ON messages (message_id)",
        """CREATE TABLE tool_calls (
            id INTEGER PRIMARY KEY, run_id TEXT NOT NULL REFERENCES runs (run_id) ON DELETE CASCADE, call_id TEXT NOT NULL,
            tool_name TEXT NOT NULL, arguments TEXT NOT NULL, status TEXT NOT NULL, result TEXT,
            failed INTEGER NOT NULL DEFAULT 0, worker TEXT NOT NULL DEFAULT '', started_at REAL, finished_at REAL,
            UNIQUE (run_id, call_id))""",
        """CREATE TABLE requirements (
            id INTEGER PRIMARY KEY, requirement_id TEXT NOT NULL UNIQUE,
            run_id TEXT NOT NULL REFERENCES runs (run_id) ON DELETE CASCADE, root_run_id TEXT NOT NULL,
            session_id TEXT NOT NULL, call_id TEXT NOT NULL, kind TEXT NOT NULL, tool_name TEXT NOT NULL,
            arguments TEXT NOT NULL, schema TEXT NOT NULL, fields TEXT NOT NULL, question TEXT NOT NULL, options TEXT NOT NULL,
            multiple INTEGER NOT NULL, agent_name TEXT NOT NULL, reason TEXT NOT NULL, status TEXT NOT NULL,
            edited_arguments TEXT NOT NULL, note TEXT NOT NULL, answer TEXT NOT NULL,
            created_at REAL NOT NULL, decided_at REAL)""",
        "CREATE INDEX requirements_by_run ON requirements (run_id)",
        "CREATE INDEX requirements_by_root ON requirements (root_run_id)",
    ),
    (
        "ALTER TABLE requirements ADD COLUMN policy TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE requirements ADD COLUMN expires_at REAL",
        "ALTER TABLE requirements ADD COLUMN approved_by TEXT NOT NULL DEFAULT ''",
    ),
    (
        "ALTER TABLE runs ADD COLUMN refused INTEGER NOT NULL DEFAULT 0",
        # The error texts of older versions for a refused input, as opposed to a key or a model's name.
        """UPDATE runs SET refused = 1 WHERE permanent_error = 1 AND status = 'error' AND (error LIKE '%server answered 400%'
            OR error LIKE '%server answered 413%' OR error LIKE '%server answered 422%' OR error LIKE '%content filter%')""",
    ),
    ("ALTER TABLE messages ADD COLUMN reasoning TEXT NOT NULL DEFAULT ''",),
)

#: One statement, so that all of it is of one moment: between several, another process might make the file its own.
_MARKS = """SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema)
    FROM pragma_application_id, pragma_user_version"""


def refuse_foreign_file(path: Path) -> None:
    """Raise `StorageVersionError` when the file at `path` is not ours, or newer, without leaving a trace on it or beside it.

    A file that does not exist or is empty passes. The file is read as immutable: no lock, no journal, no `-wal`, and, unlike
    with `open`, no loss of the locks that other connections of this process hold on it. A directory is a `StorageError`.
    """
    if path.is_dir():
        raise StorageError(f"{path} is a directory; db_file is the path of a file, which is made when it is not there")
    if not _has_content(path):
        return
    if path.stat().st_size == 1:
        # SQLite takes one byte for nothing and would write over it.
        raise StorageVersionError(_no_database(path))
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            version = _checked_version(connection, path)
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_NOTADB:
            raise StorageVersionError(_no_database(path)) from error
        return  # perhaps another process writes it just now: opening it under a lock will tell
    if version == 0 and _has_content(path.with_name(path.name + "-wal")):
        raise StorageVersionError(_foreign(path))


def bring_up_to_date(connection: sqlite3.Connection, path: Path | str, steps: tuple[tuple[str, ...], ...] = STEPS) -> None:
    """Take the missing steps in one transaction, or none; of many processes that try at once, one does.

    Raises `StorageVersionError` when the file turns out not to be ours or to be newer, `sqlite3.Error` when a step fails.
    """
    if _checked_version(connection, path, len(steps)) == len(steps):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _checked_version(connection, path, len(steps))
        for step in steps[version:]:
            for statement in step:
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {len(steps)}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    # The header of the main file must tell the version to programs that look before they open.
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def enter_wal_mode(connection: sqlite3.Connection, patience: float) -> None:
    """Switch the file to write-ahead logging, so that readers and the writer do not wait for each other.

    SQLite does not wait for others here by itself; `patience` is how many seconds we do.
    """
    deadline = time.monotonic() + patience
    while _pragma(connection, "journal_mode") != "wal":
        try:
            connection.execute("PRAGMA journal_mode = WAL").fetchall()
            return
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _checked_version(connection: sqlite3.Connection, path: Path | str, newest: int = len(STEPS)) -> int:
    version: int
    owner, version, tables = connection.execute(_MARKS).fetchone()
    if owner != APPLICATION_ID:
        if owner or version or tables:
            raise StorageVersionError(_foreign(path))
        return 0
    if version > newest:
        raise StorageVersionError(
            f"{path} was written by a newer version of this library (schema {version}, this one knows {newest}); "
            "it was left untouched"
        )
    return version


def _no_database(path: Path) -> str:
    return f"{path} is not a database; it was left untouched"


def _foreign(path: Path | str) -> str:
    return f"{path} is a database of another program; it was left untouched"


def _pragma(connection: sqlite3.Connection, name: str) -> Any:
    return connection.execute(f"PRAGMA {name}").fetchone()[0]


def _has_content(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0
