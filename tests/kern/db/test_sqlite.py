"""What is SQLite's own: the file, its version, processes and their death. What every storage does is in tests/contract."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from kern.agent import Agent
from kern.db.base import Db
from kern.db.sqlite import SqliteDb
from kern.db.sqlite.schema import APPLICATION_ID, STEPS, bring_up_to_date
from kern.errors import StorageError, StorageVersionError
from kern.records.message import Message
from kern.records.policy import Policy
from kern.testing import ScriptedModel, call
from kern.tools import tool
from tests.contract.turns import open_turn, texts, whole_turn
from tests.kern.db.processes import spawned, write_forever, write_turns


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "agent.db"


def everything_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def make_database(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def pragma(path: Path, name: str) -> Any:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(f"PRAGMA {name}").fetchone()[0]


# The file -------------------------------------------------------------------------------------------------------------


def test_folders_and_file_appear_at_the_first_use_and_not_before(tmp_path: Path) -> None:
    db = SqliteDb(db_file=str(tmp_path / "new" / "deeper" / "agent.db"))
    assert list(tmp_path.iterdir()) == []
    assert db.read_session("travel") is None
    assert (tmp_path / "new" / "deeper" / "agent.db").is_file()
    assert db.path
    assert pragma(db.path, "journal_mode") == "wal"


def test_the_file_stays_the_same_when_the_program_changes_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    db = SqliteDb(db_file="tmp/agent.db")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    whole_turn(db)
    assert (tmp_path / "tmp" / "agent.db").is_file()


def test_an_empty_file_becomes_a_database(file: Path) -> None:
    file.touch()
    whole_turn(SqliteDb(file))
    assert (pragma(file, "application_id"), pragma(file, "user_version")) == (APPLICATION_ID, len(STEPS))


def test_a_directory_is_no_file_for_a_database(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="is a directory"):
        SqliteDb(tmp_path).list_sessions()


@pytest.mark.parametrize(
    "content", [b"!", b"Dear diary", b"\x89PNG\r\n" + bytes(range(256)) * 40], ids=["one byte", "short text", "picture"]
)
def test_what_is_no_database_is_refused_and_left_alone(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(StorageVersionError, match="is not a database"):
        SqliteDb(file).list_sessions()
    assert everything_in(file.parent) == {"agent.db": content}


@pytest.mark.parametrize(
    "statements",
    [
        ["CREATE TABLE recipes (id)"],
        ["PRAGMA journal_mode = WAL", "CREATE TABLE recipes (id)"],
        ["PRAGMA application_id = 42"],
        ["PRAGMA user_version = 3"],
    ],
    ids=["tables", "in WAL mode", "another mark", "another version"],
)
def test_another_programs_database_is_refused_and_left_alone(file: Path, statements: Any) -> None:
    make_database(file, *statements)
    before = everything_in(file.parent)
    with pytest.raises(StorageVersionError, match="another program"):
        SqliteDb(file).list_sessions()
    assert everything_in(file.parent) == before


def test_another_programs_database_in_use_is_refused_and_left_alone(file: Path) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as owner:
        owner.execute("PRAGMA journal_mode = WAL")
        owner.execute("CREATE TABLE recipes (id)")
        before = everything_in(file.parent)
        assert file.with_name("agent.db-wal").name in before
        with pytest.raises(StorageVersionError, match="another program"):
            SqliteDb(file).list_sessions()
        assert everything_in(file.parent) == before


def test_a_newer_versions_database_is_refused_and_left_alone(file: Path) -> None:
    db = SqliteDb(file)
    whole_turn(db)
    db.close()
    make_database(file, f"PRAGMA user_version = {len(STEPS) + 1}")
    before = everything_in(file.parent)
    with pytest.raises(StorageVersionError, match="newer version"):
        SqliteDb(file).list_sessions()
    assert everything_in(file.parent) == before == {"agent.db": before["agent.db"]}


class Overtaken(sqlite3.Connection):
    """A connection that another process overtakes: it makes the file its database between this one's first two statements."""

    statements = 0
    overtake: Callable[[], object] = staticmethod(lambda: None)

    def execute(self, *statement: Any) -> sqlite3.Cursor:
        self.statements += 1
        if self.statements == 2:
            self.overtake()
        return super().execute(*statement)


def test_a_file_that_another_process_makes_meanwhile_is_no_strangers(file: Path) -> None:
    file.touch()
    with closing(sqlite3.connect(file, isolation_level=None, factory=Overtaken)) as connection:
        connection.overtake = lambda: whole_turn(SqliteDb(file))
        bring_up_to_date(connection, file)
    assert len(SqliteDb(file).runs("travel")) == 1


def test_a_later_version_takes_only_the_missing_steps_and_keeps_what_is_there(file: Path) -> None:
    db = SqliteDb(file)
    whole_turn(db)
    db.close()
    later = (*STEPS, ("ALTER TABLE sessions ADD COLUMN colour TEXT", "UPDATE sessions SET colour = 'red'"))
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        bring_up_to_date(connection, file, later)
        bring_up_to_date(connection, file, later)
        assert connection.execute("SELECT session_id, colour FROM sessions").fetchall() == [("travel", "red")]
        assert connection.execute("PRAGMA user_version").fetchone() == (len(later),)


def test_a_question_of_the_first_version_is_answered_by_this_one(file: Path) -> None:
    """Before policies: what was asked then has none, never expires, and one person may approve it."""
    run_id, call_id = "run-1", "call-1"
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        bring_up_to_date(connection, file, STEPS[:1])
        connection.execute(
            "INSERT INTO sessions (session_id, kind, agent_id, created_at, updated_at) VALUES ('travel', 'agent', 'bags', 1, 1)"
        )
        connection.execute(
            """INSERT INTO runs (run_id, session_id, root_run_id, agent_id, agent_name, model, status, content, metrics, error,
            created_at, updated_at) VALUES (?, 'travel', ?, 'bags', 'Bags', 'm', 'paused', '', '{}', '', 1, 1)""",
            (run_id, run_id),
        )
        connection.execute(
            """INSERT INTO requirements (requirement_id, run_id, root_run_id, session_id, call_id, kind, tool_name, arguments,
            schema, fields, question, options, multiple, agent_name, reason, status, edited_arguments, note, answer, created_at)
            VALUES ('old', ?, ?, 'travel', ?, 'confirmation', 'refund', '{"amount": 5}', '{}', '', '', '', 0, 'Bags', 'policy',
            'pending', '', '', '', 1)""",
            (run_id, run_id, call_id),
        )
    db = SqliteDb(file)
    (asked,) = db.load_run(run_id).requirements
    assert (asked.policy, asked.expires_at, asked.approved_by) == (Policy(), None, [])
    asked.confirm()
    db.answer_run(run_id, [asked])
    assert db.load_run(run_id).requirements[0].status == "approved"
    db.close()


def test_a_step_that_fails_takes_all_steps_back(file: Path) -> None:
    db = SqliteDb(file)
    whole_turn(db)
    db.close()
    broken = (*STEPS, ("ALTER TABLE sessions ADD COLUMN colour TEXT",), ("INSERT INTO nowhere VALUES (1)",))
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        with pytest.raises(sqlite3.OperationalError):
            bring_up_to_date(connection, file, broken)
        columns = [row[1] for row in connection.execute("PRAGMA table_info(sessions)")]
    assert "colour" not in columns
    assert len(SqliteDb(file).runs("travel")) == 1


def test_a_memory_database_is_one_for_all_threads_and_one_an_object() -> None:
    db = SqliteDb(":memory:")
    thread = threading.Thread(target=whole_turn, args=(db,))
    thread.start()
    thread.join()
    assert len(db.runs("travel")) == 1
    assert SqliteDb(":memory:").runs("travel") == []


@pytest.mark.parametrize("name", ["agent.db", ":memory:"])
def test_threads_that_all_come_first_find_one_database(tmp_path: Path, name: str) -> None:
    for number in range(20):
        db = SqliteDb(name if name == ":memory:" else tmp_path / str(number) / name)
        gate = threading.Barrier(8)

        def come(session_id: str, db: Db = db, gate: Any = gate) -> None:
            gate.wait()
            whole_turn(db, session_id)

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(come, [f"travel-{thread}" for thread in range(8)]))
        assert len(db.list_sessions()) == 8
        db.close()


# Processes ------------------------------------------------------------------------------------------------------------


def test_many_processes_make_one_file_and_append_to_one_session_and_lose_nothing(file: Path) -> None:
    target = file.parent / "new" / "agent.db"
    workers = [spawned(write_turns, target, f"worker {number}", 25) for number in range(6)]
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0] * 6
    db = SqliteDb(target)
    said = [text or "" for text in texts(db.messages("travel", roles=["user"]))]
    assert sorted(said) == sorted(f"worker {number}: question {turn}" for number in range(6) for turn in range(25))
    for number in range(6):
        own = [text for text in said if text.startswith(f"worker {number}:")]
        assert own == [f"worker {number}: question {turn}" for turn in range(25)]
    assert {(run.status, len(run.messages)) for run in db.runs("travel")} == {("completed", 3)}


def test_a_killed_writer_leaves_a_readable_database_and_an_interrupted_run(file: Path) -> None:
    db = SqliteDb(file)
    worker = spawned(write_forever, file)
    while len(db.messages("travel")) < 30:
        assert worker.is_alive()
        time.sleep(0.01)
    assert worker.pid
    os.kill(worker.pid, signal.SIGKILL)
    worker.join()
    (run,) = db.runs("travel")
    while db.load_run(run.run_id).status == "running":
        time.sleep(0.01)
    stored = db.load_run(run.run_id)
    assert (stored.status, stored.error.split(":")[0]) == ("error", "interrupted")
    steps = [text for text in texts(stored.messages) if text.startswith("step")]
    assert steps == [f"step {number}" for number in range(len(steps))]
    assert pragma(file, "integrity_check") == "ok"
    whole_turn(db, said="And on it goes")
    assert len(db.runs("travel")) == 2


def test_a_forked_process_writes_on_its_own_connection(file: Path) -> None:
    db = SqliteDb(file)
    whole_turn(db, said="before the fork")
    to_child, to_parent = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            whole_turn(db, said="child, first")
            os.write(to_parent[1], b"x")
            os.read(to_child[0], 1)
            whole_turn(db, said="child, second")
            code = 0
        finally:
            os._exit(code)
    os.read(to_parent[0], 1)
    whole_turn(db, said="parent")
    db.close()  # the last one out tidies the log away; the child must still count as being in
    whole_turn(SqliteDb(file), said="a third one")
    os.write(to_child[1], b"x")
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    said = texts(SqliteDb(file).messages("travel", roles=["user"]))
    assert said == ["before the fork", "child, first", "parent", "a third one", "child, second"]


def test_forking_while_threads_write_disturbs_nobody(file: Path) -> None:
    db = SqliteDb(file)
    stop = threading.Event()
    failures = []

    def keep_writing(name: str) -> None:
        turn = 0
        try:
            while not stop.is_set():
                whole_turn(db, name, said=f"question {turn}")
                turn += 1
        except StorageError as error:
            failures.append(error)
        written[name] = turn

    written: dict[str, int] = {}
    threads = [threading.Thread(target=keep_writing, args=(f"thread {number}",)) for number in range(3)]
    for thread in threads:
        thread.start()
    codes = []
    for number in range(8):
        child = os.fork()
        if child == 0:
            code = 1
            try:
                whole_turn(db, "children", said=f"child {number}")
                code = 0
            finally:
                os._exit(code)
        codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    stop.set()
    for thread in threads:
        thread.join()
    assert (codes, failures) == ([0] * 8, [])
    assert len(db.runs("children")) == 8
    assert {name: len(db.runs(name)) for name in written} == written


# Cost -----------------------------------------------------------------------------------------------------------------


def steps_of(db: SqliteDb, work: Any) -> int:
    """How many instructions SQLite executed for `work`: grows with each row looked at."""
    count = 0

    def tick() -> None:
        nonlocal count
        count += 1

    with db._connections.reading() as connection:
        connection.set_progress_handler(tick, 1)
    work()
    with db._connections.reading() as connection:
        connection.set_progress_handler(None, 0)
    return count


def one_of_everything(db: SqliteDb) -> Any:
    """The library's work that must not grow with the session: a turn, a rename, a page of messages, the first words."""

    def turn() -> None:
        run, claim = open_turn(db)
        db.history("travel", before_run_id=run.run_id, last_n_runs=3)
        db.append_message(claim, Message("assistant", "Let me see", run_id=run.run_id))
        db.renew(claim)
        run.status = "completed"
        db.finish_run(claim, run, Message("assistant", "It is in Oslo.", run_id=run.run_id))

    newest = db.messages("travel", limit=1)[0].message_id
    return {
        "turn": turn,
        "load_run": lambda: db.load_run(db.runs("travel", last_n=1)[0].run_id),
        "rename": lambda: db.rename_session("travel", "Lost bag", "human"),
        "page": lambda: db.messages("travel", limit=10, before=newest),
        "last runs": lambda: db.messages("travel", last_n_runs=3, members=False),
        "opening": lambda: db.opening("travel"),
        "list": lambda: db.list_sessions("ana", limit=10),
    }


def test_work_costs_the_same_whatever_the_length_of_the_session(file: Path) -> None:
    db = SqliteDb(file)
    for _ in range(10):
        whole_turn(db)
    short = {name: steps_of(db, work) for name, work in one_of_everything(db).items()}
    for _ in range(400):
        whole_turn(db)
    long = {name: steps_of(db, work) for name, work in one_of_everything(db).items()}
    assert {name: round(long[name] / short[name], 1) for name in short} == dict.fromkeys(short, 1.0)


@pytest.mark.parametrize("pauses", [False, True], ids=["answers", "pauses and continues"])
def test_an_agents_turn_costs_the_same_whatever_the_length_of_the_session(file: Path, pauses: Any) -> None:
    @tool(requires_confirmation=True)
    def find_bag(number: int) -> str:
        """Find a bag."""
        return "in Oslo"

    db = SqliteDb(file)
    replies: list[Any] = [call("find_bag", number=7), "It is in Oslo."] if pauses else ["It is in Oslo."]
    agent = Agent(ScriptedModel(replies, cycle=True), db=db, tools=[find_bag], num_history_runs=3)

    def turn() -> None:
        run = agent.run("Where is my bag?", session_id="travel")
        for item in run.active_requirements:
            item.confirm()
        if pauses:
            agent.continue_run(run.run_id, run.requirements)

    for _ in range(10):
        turn()
    short = steps_of(db, turn)
    for _ in range(100):
        turn()
    assert round(steps_of(db, turn) / short, 1) == 1.0


def test_no_statement_walks_a_whole_table(file: Path) -> None:
    db = SqliteDb(file)
    whole_turn(db)
    statements: list[str] = []
    with db._connections.reading() as connection:
        connection.set_trace_callback(statements.append)
    for work in one_of_everything(db).values():
        work()
    run, claim = open_turn(db)
    db.cancel_run(run.run_id)
    run.status = "cancelled"
    db.finish_run(claim, run)
    db.delete_session("travel")
    with db._connections.reading() as connection:
        connection.set_trace_callback(None)
        for statement in (text for text in statements if text.startswith(("SELECT", "INSERT", "UPDATE", "DELETE", "WITH"))):
            plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}")]
            walked = [
                line for line in plan if re.match(r"SCAN (sessions|runs|messages|tool_calls|requirements|root|step)", line)
            ]
            assert not walked, (statement, plan)


# Failures -------------------------------------------------------------------------------------------------------------


def test_a_database_that_stays_locked_is_an_error(file: Path) -> None:
    db = SqliteDb(file, busy_timeout=0.05)
    whole_turn(db)
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageError, match="locked"):
            open_turn(db, said="Hello?")
        assert len(db.runs("travel")) == 1
    whole_turn(db)
    assert len(db.runs("travel")) == 2


def test_a_full_disk_is_an_error_and_the_turn_is_stored_whole_or_not_at_all(file: Path) -> None:
    db = SqliteDb(file)
    run, claim = open_turn(db)
    with db._connections.reading() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
    run.status = "completed"
    with pytest.raises(StorageError, match="full"):
        db.finish_run(claim, run, Message("assistant", "long " * 5000, run_id=run.run_id))
    stored = db.load_run(run.run_id)
    assert (stored.status, len(stored.messages)) == ("running", 2)


def test_a_damaged_file_is_an_error(file: Path) -> None:
    db = SqliteDb(file)
    for _ in range(20):
        whole_turn(db)
    db.close()
    size = file.stat().st_size
    with file.open("r+b") as raw:
        raw.seek(4096)
        raw.write(b"\xff" * (size - 4096))
    with pytest.raises(StorageError):
        SqliteDb(file).runs("travel")


def test_a_place_where_no_file_can_be_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    for place in (tmp_path / "taken" / "agent.db", tmp_path):
        with pytest.raises(StorageError):
            SqliteDb(place).list_sessions()
