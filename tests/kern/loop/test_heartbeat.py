"""Leases that one thread renews, and signals that it passes on to the work."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from queue import SimpleQueue

import pytest

from kern.db.base import Claim, Signal
from kern.db.sqlite import SqliteDb
from kern.loop.heartbeat import Heartbeat
from kern.records.run import RunOutput

#: Most seconds that a signal may take on a busy machine.
PATIENCE = 60.0


class Heard:
    """What the work on one run was told."""

    def __init__(self, db: SqliteDb, session_id: str, lease: float) -> None:
        run = RunOutput(session_id=session_id)
        self.claim = Claim(run.run_id, lease=lease)
        db.open_run(run, self.claim, kind="agent")
        self._signals: SimpleQueue[Signal] = SimpleQueue()

    def hear(self, signal: Signal) -> None:
        self._signals.put(signal)

    def next(self) -> Signal:
        return self._signals.get(timeout=PATIENCE)

    def until(self, wanted: Signal) -> None:
        """Wait until that is told; before it only "ok" may come."""
        while (signal := self.next()) != wanted:
            assert signal == "ok"


@pytest.fixture
def heartbeat() -> Heartbeat:
    return Heartbeat()


def test_work_is_told_that_its_run_is_still_wanted_and_then_that_it_is_not(db: SqliteDb, heartbeat: Heartbeat) -> None:
    work = Heard(db, "s", lease=600)
    beat = heartbeat.add(db, work.claim, work.hear)
    assert heartbeat.claims() == [work.claim]
    assert work.next() == "ok"
    assert heartbeat.unwanted_since(work.claim.owner) is None
    before = time.monotonic()
    assert db.cancel_run(work.claim.run_id)
    work.until("cancelled")
    since = heartbeat.unwanted_since(work.claim.owner)
    assert since is not None
    assert since >= before
    # Told again, it is unwanted since the first time.
    assert work.next() == "cancelled"
    assert heartbeat.unwanted_since(work.claim.owner) == since
    heartbeat.remove(beat)
    assert heartbeat.claims() == []
    assert heartbeat.unwanted_since(work.claim.owner) is None


def test_a_lease_is_renewed_before_it_runs_out(db: SqliteDb, heartbeat: Heartbeat, tmp_path: Path) -> None:
    work, long_work = Heard(db, "s", lease=1.2), Heard(db, "t", lease=600)

    def lease_until() -> float:
        with sqlite3.connect(tmp_path / "agent.db") as database:
            [[until]] = database.execute("SELECT lease_until FROM runs WHERE run_id = ?", [work.claim.run_id])
        return float(until)

    first = lease_until()
    # The long work comes first, so the thread must be woken for the lease that ends sooner.
    beats = [heartbeat.add(db, work.claim, work.hear) for work in (long_work, work)]
    assert (long_work.next(), work.next(), work.next()) == ("ok", "ok", "ok")
    assert lease_until() > first
    for beat in beats:
        heartbeat.remove(beat)


def test_a_lease_that_another_worker_has_taken_is_lost(db: SqliteDb, heartbeat: Heartbeat) -> None:
    work = Heard(db, "s", lease=0.6)
    taken = Claim(work.claim.run_id, lease=0.6)
    beat = heartbeat.add(db, taken, work.hear)
    assert work.next() == "lost"
    assert heartbeat.unwanted_since(taken.owner) is not None
    heartbeat.remove(beat)


def test_work_that_hangs_is_forgotten_and_others_are_kept(db: SqliteDb, heartbeat: Heartbeat) -> None:
    hanging, other = Heard(db, "s", lease=600), Heard(db, "t", lease=600)
    for work in (hanging, other):
        heartbeat.add(db, work.claim, work.hear)
    heartbeat.forget(hanging.claim.owner)
    assert heartbeat.claims() == [other.claim]
    assert other.next() == "ok"
    heartbeat.forget(other.claim.owner)
    assert heartbeat.claims() == []


@pytest.mark.parametrize(
    ("lease", "warning"),
    [(0.3, "a lease could not be renewed: "), (600, "whether runs are still wanted could not be read: ")],
    ids=["renewing", "looking"],
)
def test_a_database_that_fails_keeps_no_other_from_its_signals(
    db: SqliteDb, tmp_path: Path, heartbeat: Heartbeat, caplog: pytest.LogCaptureFixture, lease: float, warning: str
) -> None:
    broken = SqliteDb(db_file=str(tmp_path / "broken.db"))
    lost, work = Heard(broken, "s", lease), Heard(db, "t", lease)
    with sqlite3.connect(tmp_path / "broken.db") as database:
        database.execute("ALTER TABLE runs RENAME TO elsewhere")
    heartbeat.add(broken, lost.claim, lost.hear)
    heartbeat.add(db, work.claim, work.hear)
    # By the third time the thread has been past the failure, in either order of the two and however early it began.
    assert [work.next() for _ in range(3)] == ["ok", "ok", "ok"]
    assert warning in caplog.text
    with sqlite3.connect(tmp_path / "broken.db") as database:
        database.execute("ALTER TABLE elsewhere RENAME TO runs")
    assert lost.next() == "ok"
    for claim in heartbeat.claims():
        heartbeat.forget(claim.owner)
