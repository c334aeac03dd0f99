"""Commands of `manage.py`: what the environment or the database does wrong is one line, and the program exits with 1."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from kern_inbox.run.embedded_redis import free_port
from tests import forked


def manage(folder: Path, *words: str | bytes, **variables: str) -> subprocess.CompletedProcess[str]:
    """The command as a shell runs it, on an installation of its own."""
    environment = {**os.environ, "DEBUG": "1", "KERN_VAR": str(folder), "DJANGO_SETTINGS_MODULE": "kern_inbox.settings"}
    environment.pop("DATABASE_URL", None)
    return forked.completed(["manage.py", *words], {**environment, **variables})


def refusal(folder: Path, *words: str | bytes, **variables: str) -> str:
    """The one line in which a command says why it failed."""
    done = manage(folder, *words, **variables)
    assert done.returncode == 1, done.stderr
    [line] = done.stderr.splitlines()
    assert line.startswith("manage.py: ")
    return line


#: A command that needs the database.
MAKE_TOKEN = ("make_api_token", "shop", "--for", "ana@desk.example")


@pytest.mark.parametrize("words", [("import_conversations", "README.md"), MAKE_TOKEN, ("seed_demo",)])
def test_without_tables_a_command_says_what_makes_them(tmp_path: Path, words: tuple[str, ...]) -> None:
    assert "Run `manage.py migrate` first" in refusal(tmp_path, *words)


def test_a_database_that_nobody_runs_is_one_line(tmp_path: Path) -> None:
    away = f"postgresql://kern:secret-4711@127.0.0.1:{free_port()}/kern"
    for words in (("migrate", "--no-input"), MAKE_TOKEN):
        line = refusal(tmp_path, *words, DATABASE_URL=away)
        assert "refused" in line
        assert "secret-4711" not in line


def test_a_wrong_password_is_told_as_such(tmp_path: Path, postgres_url: str) -> None:
    wrong = postgres_url.replace("kern:kern@", "kern:wrong-password@")
    line = refusal(tmp_path, "migrate", "--no-input", DATABASE_URL=wrong)
    assert "password authentication failed" in line
    assert "wrong-password" not in line


def test_a_file_that_is_no_database_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "inbox.sqlite3").write_text("Dear Ana, this is no database. " * 100)
    assert "is not a database" in refusal(tmp_path, *MAKE_TOKEN)


def test_no_tables_are_made_between_those_of_another_program(tmp_path: Path) -> None:
    file = tmp_path / "inbox.sqlite3"
    with closing(sqlite3.connect(file)) as database:
        database.execute("CREATE TABLE invoices (number)")
    before = file.read_bytes()
    assert "belongs to another program (it has a table invoices)" in refusal(tmp_path, "migrate", "--no-input")
    assert file.read_bytes() == before


def test_an_import_that_the_database_stops_says_why_and_how_far_it_came(installed: Path) -> None:
    with sqlite3.connect(installed / "inbox.sqlite3") as database:
        database.execute("DROP TABLE sessions_app_message")
    chats = installed / "chats.jsonl"
    chats.write_text('[{"role": "user", "content": "Hello"}]\n')
    done = manage(installed, "import_conversations", str(chats))
    assert (done.returncode, done.stdout) == (1, "0 imported, 0 already there, 0 bad\n")
    # SQLite names the database, too, where it looks for the table because of a foreign key.
    assert done.stderr.replace("main.", "") == "manage.py: the database failed: no such table: sessions_app_message\n"


def test_an_argument_that_is_no_text_is_refused(tmp_path: Path) -> None:
    assert "argument 2 is not UTF-8" in refusal(tmp_path, "make_api_token", b"\xff")


def test_who_asks_for_the_traceback_gets_it(tmp_path: Path) -> None:
    assert "Traceback" in manage(tmp_path, "make_api_token", "shop", "--traceback").stderr
