"""Statements about sessions and their names. Each function works inside the transaction its caller opened."""

from __future__ import annotations

from kern.db.sqlite.connection import Connection
from kern.db.sqlite.rows import SessionRow, columns
from kern.errors import SessionOwnershipError
from kern.records.run import RunOutput
from kern.session import NameSource, SessionKind, SessionOrder

_SELECT = " ".join(("SELECT", columns(SessionRow), "FROM sessions"))
_BY_ID = " ".join((_SELECT, "WHERE session_id = ?"))
_PAGE = _SELECT.replace("FROM", ", id FROM")
#: By order: the rows before a place. Of one user there are few, so their index is better than a walk along all rows.
_PAGES = {
    "used": "updated_at <= :moment AND (updated_at < :moment OR id < :row) ORDER BY updated_at DESC, id DESC LIMIT :limit",
    "created": "id < :row ORDER BY id DESC LIMIT :limit",
}
_PAGES_OF_USER = {"used": _PAGES["used"], "created": "id < :row ORDER BY +id DESC LIMIT :limit"}
_INSERT = "INSERT INTO sessions (session_id, user_id, kind, agent_id, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)"
_USED = "UPDATE sessions SET updated_at = ? WHERE session_id = ?"
_RENAME = """UPDATE sessions SET name = ?, name_source = ?, name_version = name_version + 1
    WHERE session_id = ? AND name_version = coalesce(?, name_version)"""
_DELETE = "DELETE FROM sessions WHERE session_id = ?"


def read(connection: Connection, session_id: str) -> SessionRow | None:
    """The session's row, or `None`."""
    row = connection.execute(_BY_ID, (session_id,)).fetchone()
    return None if row is None else SessionRow._make(row)


def page(
    connection: Connection, user_id: str | None, limit: int, place: tuple[float, int], order: SessionOrder
) -> list[tuple[SessionRow, int]]:
    """Rows in that order from the place on, each with its number."""
    of_user, pages = ("", _PAGES) if user_id is None else ("user_id = :user_id AND", _PAGES_OF_USER)
    values = {"user_id": user_id, "moment": place[0], "row": place[1], "limit": limit}
    found = connection.execute(f"{_PAGE} WHERE {of_user} {pages[order]}", values)
    return [(SessionRow._make(row), number) for *row, number in found]


def rename(
    connection: Connection, session_id: str, name: str, source: NameSource, expected_version: int | None
) -> SessionRow | None:
    """Write the name unless the session was renamed since `expected_version`; returns the row as it is afterwards."""
    connection.execute(_RENAME, (name, source, session_id, expected_version))
    return read(connection, session_id)


def delete(connection: Connection, session_id: str) -> bool:
    """Remove the session; its rows elsewhere go with it."""
    return connection.execute(_DELETE, (session_id,)).rowcount > 0


def used(connection: Connection, session_id: str) -> None:
    """Note that the session was used now."""
    connection.execute(_USED, (connection.now(), session_id))


def ensure(connection: Connection, run: RunOutput, kind: SessionKind) -> SessionRow:
    """The run's session, created if it is missing. Raises `SessionOwnershipError` when it is another user's (rule L2)."""
    row = read(connection, run.session_id)
    if row is None:
        now = connection.now()
        connection.execute(_INSERT, (run.session_id, run.user_id, kind, run.agent_id, now, now))
        return SessionRow(run.session_id, run.user_id, kind, run.agent_id, None, None, 0, now, now)
    if None not in (row.user_id, run.user_id) and row.user_id != run.user_id:
        raise SessionOwnershipError(f"session {run.session_id} belongs to another user")
    now = connection.now()
    connection.execute(_USED, (now, run.session_id))
    return row._replace(updated_at=now)
