"""Settings of the database and the cache."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from redis.backoff import NoBackoff
from redis.retry import Retry

from kern_inbox.conf.environment import ConfigurationError

# WAL lets pages read while a worker writes. NORMAL loses nothing when a process is killed, only when the machine is.
# Deleted content is overwritten, so that it cannot be read from the file any more.
SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA journal_size_limit=67108864; PRAGMA secure_delete=ON"
)
SQLITE_WAIT_SECONDS = 20
#: A PostgreSQL whose machine or network is gone is noticed within some 20 seconds, not after the two hours of TCP.
DEAD_PEERS = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 2, "tcp_user_timeout": 20_000}


def prepare_folder(var_dir: Path) -> None:
    """Make the folder for the program's files. Raises `ConfigurationError` where that is not possible."""
    try:
        var_dir.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise ConfigurationError(f"KERN_VAR: cannot make the folder {var_dir} ({problem.strerror}).") from None


def database(described: dict[str, Any] | None, var_dir: Path, pool_size: int) -> dict[str, Any]:
    """Return Django's `DATABASES` entry for a parsed DATABASE_URL, or for the SQLite file in `var_dir` without one."""
    if described is None:
        return sqlite({"NAME": str(var_dir / "inbox.sqlite3")})
    if described["ENGINE"].endswith("sqlite3"):
        return sqlite(described)
    return postgresql(described, pool_size)


def sqlite(described: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of SQLite for several processes: write transactions begin as writers, so that two of them wait."""
    options = {"transaction_mode": "IMMEDIATE", "timeout": SQLITE_WAIT_SECONDS, "init_command": SQLITE_PRAGMAS}
    return {"ENGINE": "kern_inbox.backends.sqlite3", "NAME": described["NAME"], "OPTIONS": options}


def postgresql(described: dict[str, Any], pool_size: int) -> dict[str, Any]:
    """Return the settings of PostgreSQL with psycopg's pool; connections are checked before use, so a restart is survived."""
    pool = {"min_size": 0, "max_size": pool_size, "timeout": 10, "max_idle": 300}
    options = {"connect_timeout": 5, **DEAD_PEERS, **described.get("OPTIONS", {}), "pool": pool}
    engine = "kern_inbox.backends.postgresql"
    return {**described, "ENGINE": engine, "OPTIONS": options, "CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": True}


def counters() -> dict[str, Any]:
    """Return the cache that counts limits while Redis is away: a table. Its rows are few.

    Beyond `MAX_ENTRIES` they are cleared.
    """
    return {
        "BACKEND": "kern_inbox.web.cache.DatabaseCounters",
        "LOCATION": "sessions_app_counter",
        "TIMEOUT": 24 * 60 * 60,
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }


def cache(redis_url: str) -> dict[str, Any]:
    """Return the cache of all processes, or one of this process alone where there is no Redis."""
    if not redis_url:
        return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    # One try more on a fresh connection: those in the pool are dead after Redis was restarted.
    timeouts = {"socket_connect_timeout": 0.3, "socket_timeout": 0.5, "retry": Retry(NoBackoff(), 1)}
    return {
        "BACKEND": "kern_inbox.web.cache.FailOpenRedisCache",
        "LOCATION": redis_url,
        "KEY_PREFIX": "kern",
        "OPTIONS": timeouts,
    }
