"""What the numbers were measured on."""

from __future__ import annotations

import os
import platform
import sqlite3
import statistics
import time
from datetime import UTC, datetime
from pathlib import Path

from bench.paths import VAR


def describe() -> dict[str, str]:
    """Processor, memory, system, Python, SQLite, and what a commit costs on this disk."""
    return {
        "when": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": f"{os.cpu_count()} cores ({_cpu()}), {_memory()}, {platform.system()}",
        "load before": f"{os.getloadavg()[0]:.1f} running processes over the last minute",
        "Python": f"{platform.python_version()}, SQLite {sqlite3.sqlite_version}",
        "one commit of one row": f"{commit_ms('NORMAL'):.2f} ms with synchronous=NORMAL, {commit_ms('FULL'):.2f} ms with FULL"
        " (WAL; the library under test uses NORMAL, the others SQLite's default FULL)",
    }


def commit_ms(synchronous: str, commits: int = 100) -> float:
    """Median milliseconds of one small transaction in WAL mode, so that a reader can tell a library's work from the disk's."""
    VAR.mkdir(parents=True, exist_ok=True)
    path = VAR / "commit.db"
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {synchronous}")
    connection.execute("CREATE TABLE t (x)")
    taken = []
    for _ in range(commits):
        started = time.perf_counter()
        connection.execute("INSERT INTO t VALUES ('a row as small as they come')")
        taken.append(time.perf_counter() - started)
    connection.close()
    path.unlink()
    return statistics.median(taken) * 1000


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _memory() -> str:
    return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GB"
