"""On PostgreSQL the fewest tests run in which every statement of all tests is asked."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction

from sessions_app.models import Person, Session
from tests.statements import DIALECTS, Record, Recorder, enough, kind, main, read, shape, spared

ROOT = Path(__file__).parents[1]


def record(test: str, asked: str, processor: float = 1, *, meets: bool = False, database: str = "sqlite") -> Record:
    """The record of a test that asks a statement for each letter."""
    return Record(test, database, processor, meets, {letter: letter for letter in asked})


def write(file: Path, *records: Record) -> Path:
    """Write the records as a run does: each statement's text once."""
    known: set[str] = set()
    lines = []
    for found in records:
        texts = {name: text for name, text in found.statements.items() if name not in known}
        known |= texts.keys()
        lines.append(json.dumps({**asdict(found), "statements": list(found.statements), "texts": texts}))
    file.write_text("\n".join(lines))
    return file


def test_every_statement_is_asked_by_one_of_those_that_are_enough() -> None:
    records = [record("a", "xy"), record("b", "yz"), record("c", "xz"), record("d", "w")]
    chosen = enough(records)
    assert {name for found in records if found.test in chosen for name in found.statements} == set("wxyz")
    assert len(chosen) == 3


def test_cheap_tests_are_enough_before_dear_ones() -> None:
    assert enough([record("dear", "xyz", 9), record("x", "x"), record("y", "y"), record("z", "z")]) == {"x", "y", "z"}
    assert enough([record("cheap", "xyz", 2), record("x", "x"), record("y", "y"), record("z", "z")]) == {"cheap"}


def test_tests_whose_transactions_meet_are_kept() -> None:
    assert enough([record("one", "x"), record("together", "x", 9, meets=True)]) == {"together"}


def test_tests_of_what_is_written_for_each_database_are_kept() -> None:
    search = "tests/sessions_app/queries/test_search.py::test_words"
    assert enough([record("one", "x"), record(search, "x", 9)]) == {search}


def test_every_module_with_words_for_each_database_names_its_tests() -> None:
    application = ROOT / "sessions_app"
    modules = {str(file.relative_to(application)) for file in application.rglob("*.py") if ".vendor" in file.read_text()}
    assert {name for name in modules if not name.startswith("migrations/")} == DIALECTS.keys()
    named = [f"{application.name}/{tests}" for several in DIALECTS.values() for tests in several]
    assert all(list((ROOT / "tests").glob(f"{tests}*")) for tests in named)


def test_only_what_sqlite_was_asked_is_spared() -> None:
    records = [record("a", "x"), record("b", "x", 2), record("c", "x", 3, database="postgresql")]
    assert spared(records) == {"b"}


def test_a_run_is_read_as_it_was_recorded_and_compared_with_another(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    records = [record("a", "xy"), record("b", "yz")]
    whole, part = write(tmp_path / "whole", *records), write(tmp_path / "part", records[0])
    assert read(whole) == records
    assert main([str(whole), str(part)]) == 1
    assert capsys.readouterr().out == "z\n3 statements before, 2 after, 1 lost\n"
    assert main([str(part), str(whole)]) == 0


def test_a_statement_is_the_same_for_other_values_lists_and_rows() -> None:
    assert shape("SELECT a FROM t1  WHERE b = 'it''s' AND c IN (%s, %s) LIMIT 21") == (
        "SELECT a FROM t1 WHERE b = ? AND c IN (%s) LIMIT ?"
    )
    assert shape("INSERT INTO t (a, b) VALUES (%s, NULL), (%s, NULL)") == shape("INSERT INTO t (a, b) VALUES (%s, NULL)")
    assert shape('SAVEPOINT "s1_x2"') == shape('SAVEPOINT "s7_x9"')


def test_values_differ_by_what_databases_take() -> None:
    kinds = [kind(value) for value in ("a", "a" * 201, "a\0", 1, 2**31, 2**63, None, True)]
    assert kinds == ["text0", "text2", "text0 with NUL", "number0", "number1", "number2", "NoneType", "bool"]
    # For SQLite these are texts.
    assert [kind(value) for value in ('{"a": 1}', "2026-12-01 08:00:00", "0.25")] == ["json0", "moment0", "decimal0"]


@pytest.mark.django_db(transaction=True)
def test_what_asks_which_statement_and_how_it_ended_is_recorded() -> None:
    recorder = Recorder()
    connection.close()
    recorder.begin("a test")
    Person.objects.create_user("ana@example.com")
    Session.objects.there().count()
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT * FROM nowhere WHERE id = %s", [7])
    found = recorder.end()
    connection.close()
    asked = found.statements.values()
    assert (found.test, found.database, found.meets) == ("a test", connection.vendor, False)
    assert any(text.startswith("models/") and 'INSERT INTO "sessions_app_person"' in text for text in asked)
    assert any(text.startswith("SELECT * FROM nowhere WHERE id = %s number0 ") and text.endswith(" True") for text in asked)
