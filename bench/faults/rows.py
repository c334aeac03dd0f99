"""Rows that cannot be read, as a bad disk or another program leaves them: everything else must go on beside them."""

from __future__ import annotations

#: A column of each kind of row that a sweep, a list or a worker meets, and what it holds.
BROKEN = (
    ("session", "ai_mode", "'zzz'"),
    ("run", "metrics", "'\"words\"'"),
    ("message", "tool_calls", "'{\"a\": [1]}'"),
)


def corrupt() -> None:
    """One conversation that waits for an answer for each of them, with that in its newest row. Django must be set up."""
    from django.db import connection

    from sessions_app.actions import messages, sessions
    from sessions_app.models import Queue
    from tests.corrupting import lawless

    for table, column, value in BROKEN:
        session = sessions.start_session(Queue.objects.get(slug="office"), user_id=f"broken-{table}")
        messages.receive(session, "Hello?")
        where = "id" if table == "session" else "session_id"
        with lawless(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE sessions_app_{table} SET {column} = {value} WHERE {where} = %s", [session.pk])
