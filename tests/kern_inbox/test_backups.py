"""`manage.py backup` and `restore`: everything comes back, and nothing is lost on the way."""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from kern_inbox.backups import sqlite
from tests.forked import ROOT
from tests.kern_inbox.run.test_commands import manage
from tests.tables import put_tables

TABLES = ("person", "queue", "session", "message", "run", "toolcall", "requirement", "decision", "change", "namerecord")


@pytest.fixture(scope="module")
def filled(tables: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation with the demo's conversations in it, and a backup of them."""
    folder = tmp_path_factory.mktemp("filled")
    shutil.copy(tables, folder / "inbox.sqlite3")
    seeded = manage(folder, "seed_demo")
    assert seeded.returncode == 0, seeded.stderr
    made = manage(folder, "backup", str(folder / "inbox.backup"))
    assert made.returncode == 0, made.stderr
    return folder


def rows_of(file: Path) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(file)) as database:
        return {name: database.execute(f"SELECT * FROM sessions_app_{name} ORDER BY id").fetchall() for name in TABLES}


def refusal(folder: Path, *words: str) -> str:
    done = manage(folder, *words)
    assert done.returncode == 1, done.stdout
    return done.stderr


def test_a_backup_comes_back_row_by_row(filled: Path, tmp_path: Path) -> None:
    backup = filled / "inbox.backup"
    assert backup.stat().st_mode & 0o777 == 0o600
    restored = manage(tmp_path, "restore", str(backup))
    assert restored.returncode == 0, restored.stderr
    assert "SECRET_KEY" in restored.stdout
    before, after = rows_of(filled / "inbox.sqlite3"), rows_of(tmp_path / "inbox.sqlite3")
    assert after == before
    assert before["message"]
    assert manage(tmp_path, "verify_record").returncode == 0
    assert [path.name for path in filled.glob(".*partial*")] == []


def test_a_backup_is_made_while_somebody_writes(filled: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(filled / "inbox.sqlite3", isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE sessions_app_session SET name = 'half written'")
        writer.execute("SAVEPOINT half")
        sqlite.copy(filled / "inbox.sqlite3", tmp_path / "copy")
        writer.execute("ROLLBACK")
    assert rows_of(tmp_path / "copy")["session"] == rows_of(filled / "inbox.sqlite3")["session"]


def test_nothing_is_written_over(filled: Path, tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("mine")
    assert "is there already" in refusal(filled, "backup", str(taken))
    assert taken.read_text() == "mine"
    assert "With --replace" in refusal(filled, "restore", str(filled / "inbox.backup"))
    replaced = manage(filled, "restore", "--replace", str(filled / "inbox.backup"))
    assert replaced.returncode == 0, replaced.stderr
    [kept] = filled.glob("inbox.sqlite3.before-restore-*")
    assert rows_of(kept)["message"] == rows_of(filled / "inbox.sqlite3")["message"]
    assert kept.stat().st_mode & 0o777 == 0o600


def test_a_full_disk_leaves_no_half_backup(filled: Path, tmp_path: Path) -> None:
    """A limit of the file's size is to the program what a full disk is."""
    done = subprocess.run(
        [sys.executable, "manage.py", "backup", str(tmp_path / "full.backup")],
        cwd=ROOT,
        env={**os.environ, "DEBUG": "1", "KERN_VAR": str(filled), "DJANGO_SETTINGS_MODULE": "kern_inbox.settings"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "No backup was made" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_backup_of_ours_is_refused(filled: Path, tmp_path: Path) -> None:
    words, foreign, newer = tmp_path / "words", tmp_path / "foreign", tmp_path / "newer"
    words.write_text("Dear Ana")
    with closing(sqlite3.connect(foreign)) as database:
        database.execute("CREATE TABLE django_migrations (app, name)")
    newer.write_bytes((filled / "inbox.backup").read_bytes())
    with sqlite3.connect(newer) as database:
        database.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('sessions_app', '9999_later', '2030-01-01')"
        )
    assert "is no backup" in refusal(tmp_path, "restore", str(words))
    assert "is no backup of this program" in refusal(tmp_path, "restore", str(foreign))
    assert "a newer version of the program made this backup (it has 9999_later)" in refusal(tmp_path, "restore", str(newer))
    damaged = bytearray((filled / "inbox.backup").read_bytes())
    damaged[8192:16384] = b"\xff" * 8192
    (tmp_path / "damaged").write_bytes(damaged)
    assert "damaged" in refusal(tmp_path, "restore", str(tmp_path / "damaged"))


def test_a_program_that_runs_is_not_restored_under(filled: Path, tmp_path: Path) -> None:
    assert manage(tmp_path, "restore", str(filled / "inbox.backup")).returncode == 0
    with in_use(tmp_path / "inbox.sqlite3"):
        assert "in use" in refusal(tmp_path, "restore", "--replace", str(filled / "inbox.backup"))
    with sqlite3.connect(tmp_path / "inbox.sqlite3") as database:
        database.execute(_A_WORKER)
    assert "the program runs (box/1)" in refusal(tmp_path, "restore", "--replace", str(filled / "inbox.backup"))


_NOW = "strftime('%Y-%m-%d %H:%M:%f', 'now')"
_A_WORKER = f"""INSERT INTO sessions_app_process
    (name, kind, queues, threads, busy, stuck, restarts, clock_skew, measurements, beat_at, started_at)
    VALUES ('box/1', 'worker', '', 1, 0, 0, 0, 0, '', {_NOW}, {_NOW})"""


@contextmanager
def in_use(file: Path) -> Iterator[None]:
    with closing(sqlite3.connect(file)) as other:
        other.execute("SELECT count(*) FROM sessions_app_session").fetchone()
        yield


@pytest.mark.postgres
@pytest.mark.timeout(300)
def test_postgresql_comes_back_row_by_row(tmp_path: Path, postgres_url: str) -> None:
    server = urlsplit(postgres_url)
    put_tables(
        {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": server.hostname,
            "PORT": server.port,
            "USER": server.username,
            "PASSWORD": server.password,
        },
        "backup_source",
    )
    source = server._replace(path="/backup_source").geturl()
    target = server._replace(path="/backup_target").geturl()
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE backup_target")
    assert manage(tmp_path, "seed_demo", DATABASE_URL=source).returncode == 0
    backup = tmp_path / "inbox.dump"
    made = manage(tmp_path, "backup", str(backup), DATABASE_URL=source)
    assert made.returncode == 0, made.stderr
    assert backup.stat().st_mode & 0o777 == 0o600
    restored = manage(tmp_path, "restore", str(backup), DATABASE_URL=target)
    assert restored.returncode == 0, restored.stderr
    before, after = _rows_of(source), _rows_of(target)
    assert after == before
    assert before["message"]
    assert "With --replace" in manage(tmp_path, "restore", str(backup), DATABASE_URL=target).stderr
    with psycopg.connect(target):
        assert "Stop the program" in manage(tmp_path, "restore", "--replace", str(backup), DATABASE_URL=target).stderr
    assert manage(tmp_path, "restore", "--replace", str(backup), DATABASE_URL=target).returncode == 0


def _rows_of(url: str) -> dict[str, list[tuple[object, ...]]]:
    with psycopg.connect(url) as connection:
        return {
            name: [row for (row,) in connection.execute(f"SELECT t::text FROM sessions_app_{name} t ORDER BY id").fetchall()]
            for name in TABLES
        }
