"""Every release's database is brought up to date with all that is in it, and its pages open."""

from __future__ import annotations

import gzip
import json
import os
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests import forked
from tests.kern_inbox.run.test_commands import manage
from tests.servers import postgresql_programs

RELEASES = sorted(path for path in (Path(__file__).parent / "releases").iterdir() if path.is_dir())
TOO_OLD = Path(__file__).parent / "too_old" / "ddfc096"
#: Columns whose values an upgrade is there to change, with why.
CHANGED = {
    ("django_migrations", "*"): "grows",
    ("auth_permission", "*"): "grows with the tables",
    ("django_content_type", "*"): "grows with the tables",
    ("sessions_app_session", "name"): "no conversation is without a name any more",
    ("sessions_app_session", "name_source"): "what fell back is provisional, or its ticket's",
    ("sessions_app_session", "search_text"): "holds the name",
    ("sessions_app_namerecord", "source"): "as the session's",
    ("sessions_app_queue", "naming_enabled"): "stands in the naming rules",
    ("sessions_app_queue", "naming_after_messages"): "stands in the naming rules",
    ("sessions_app_queue", "naming_delay"): "stands in the naming rules",
}
Rows = dict[str, list[dict[str, Any]]]


@pytest.mark.parametrize("release", RELEASES, ids=lambda path: path.name)
def test_a_release_on_sqlite_is_brought_up_to_date(release: Path, tmp_path: Path) -> None:
    file = tmp_path / "inbox.sqlite3"
    with closing(sqlite3.connect(file)) as database:
        database.executescript(gzip.decompress((release / "sqlite.sql.gz").read_bytes()).decode())
    before = _rows_of_file(file)
    _is_upgraded(tmp_path, before, lambda: _rows_of_file(file))


@pytest.mark.postgres
@pytest.mark.parametrize("release", RELEASES, ids=lambda path: path.name)
def test_a_release_on_postgresql_is_brought_up_to_date(release: Path, tmp_path: Path, postgres_url: str) -> None:
    name = f"upgrade_{release.name.replace('.', '_').replace('-', '_')}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    url = f"{postgres_url.rsplit('/', 1)[0]}/{name}"
    sql = gzip.decompress((release / "postgresql.sql.gz").read_bytes())
    psql = [str(postgresql_programs() / "psql"), "--quiet", "--set=ON_ERROR_STOP=1", url]
    subprocess.run(psql, input=sql, check=True, stdout=subprocess.DEVNULL)
    before = _rows_of_url(url)
    _is_upgraded(tmp_path, before, lambda: _rows_of_url(url), DATABASE_URL=url)


def test_a_database_from_before_the_first_release_is_refused_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "inbox.sqlite3"
    with closing(sqlite3.connect(file)) as database:
        database.executescript(gzip.decompress((TOO_OLD / "sqlite.sql.gz").read_bytes()).decode())
    before = _rows_of_file(file)
    refused = manage(tmp_path, "migrate", "--no-input")
    assert refused.returncode == 1
    assert "was made before version 0.1 and lacks 0009_audit_log" in refused.stderr
    assert "`manage.py migrate` of commit 430f618" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
    assert _rows_of_file(file) == before
    backup = tmp_path / "old.sqlite3"
    file.rename(backup)
    refused = manage(tmp_path, "restore", str(backup))
    assert (refused.returncode, "restore it with commit 430f618" in refused.stderr) == (1, True)


def _is_upgraded(folder: Path, before: Rows, read: Any, **variables: str) -> None:
    upgraded = manage(folder, "migrate", "--no-input", **variables)
    assert upgraded.returncode == 0, upgraded.stderr
    assert _lost(before, read()) == []
    found = _visited(folder, **variables)
    assert {page: status for page, status in {**found["pages"], **found["api"]}.items() if status != 200} == {}
    assert found["sessions"] == len(before["sessions_app_session"])
    assert found["names"] == len(before["sessions_app_namerecord"])
    assert found["broken"] == []
    assert manage(folder, "verify_record", **variables).returncode == 0


def _visited(folder: Path, **variables: str) -> dict[str, Any]:
    environment = {**os.environ, "DEBUG": "1", "KERN_VAR": str(folder), "DJANGO_SETTINGS_MODULE": "kern_inbox.settings"}
    environment.pop("DATABASE_URL", None)
    done = forked.completed(["-m", "tests.upgrades.visit"], {**environment, **variables})
    assert done.returncode == 0, done.stderr[-2000:]
    visited: dict[str, Any] = json.loads(done.stdout)
    return visited


def _lost(before: Rows, after: Rows) -> list[str]:
    """What rows do not say any more that they said before. Columns and tables may come; none with something in it may go."""
    lost = []
    for table, rows in before.items():
        if (table, "*") in CHANGED or not rows:
            continue
        has_ids = "id" in rows[0]
        by_key = {row["id"] if has_ids else number: row for number, row in enumerate(after.get(table, []))}
        for number, row in enumerate(rows):
            now = by_key.get(row["id"] if has_ids else number)
            if now is None:
                lost.append(f"{table} {row}")
                continue
            lost += [
                f"{table}.{column} {value!r} → {now.get(column)!r}"
                for column, value in row.items()
                if (table, column) not in CHANGED and now.get(column) != value
            ]
    return lost


def _rows_of_file(file: Path) -> Rows:
    with closing(sqlite3.connect(file)) as database:
        database.row_factory = sqlite3.Row
        tables = database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            # The index of search and its parts have no rows of their own.
            " AND sql NOT LIKE 'CREATE VIRTUAL TABLE %' AND substr(name, 1, 20) != 'sessions_app_search_'"
        ).fetchall()
        return {name: [dict(row) for row in database.execute(f'SELECT * FROM "{name}" ORDER BY rowid')] for (name,) in tables}


def _rows_of_url(url: str) -> Rows:
    with psycopg.connect(url) as connection:
        listed = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY table_name"
        names = [name for (name,) in connection.execute(listed).fetchall()]
        found: Rows = {}
        for name in names:
            told = connection.execute(f'SELECT row_to_json(t)::text FROM "{name}" t ORDER BY t::text')
            found[name] = [json.loads(row) for (row,) in told.fetchall()]
        return found
