"""Checks before the start, so that a fault is one clear line and not a dying process."""

from __future__ import annotations

import errno
import socket
from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import psycopg
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from redis import Redis
from redis.exceptions import RedisError

from kern_inbox.run import LaunchError, owner
from sessions_app import desk

KEY_SECONDS = 3
REFUSED = (401, 403)
#: The last commit that has every step of the migration that replaces them.
LAST_WITH_STEPS = "430f618"


def one_line(problem: BaseException) -> str:
    """Return an exception's text without line breaks and doubled blanks."""
    return " ".join(str(problem).split()) or type(problem).__name__


def check(host: str, port: int, redis_url: str) -> str | None:
    """Check everything that would keep the program from running. Returns a warning where something stays open.

    Raises `LaunchError`. Without a `redis_url` the embedded Redis is used, which has answered already.
    """
    check_port(host, port)
    if redis_url:
        check_redis(redis_url)
    check_desk()
    check_database()
    return check_key()


def check_port(host: str, port: int) -> None:
    """Raise `LaunchError` when the web server could not listen there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        # As the web server does: the port of a server that has just ended is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as problem:
            if problem.errno == errno.EADDRINUSE:
                raise LaunchError(
                    f"port {port} is in use; stop what listens there or choose another: PORT={port + 1}"
                ) from None
            raise LaunchError(f"cannot listen on HOST={host} PORT={port}: {problem.strerror or problem}") from None


def check_redis(url: str) -> None:
    """Raise `LaunchError` when no Redis answers at `url`."""
    try:
        with Redis.from_url(url, socket_connect_timeout=2, socket_timeout=2) as client:
            client.ping()
    except RedisError as problem:
        raise LaunchError(f"REDIS_URL: no usable Redis there ({one_line(problem)})") from None


def check_database() -> None:
    """Raise `LaunchError` when the database cannot be used, is another program's or was written by a newer version of ours."""
    try:
        if connection.vendor == "postgresql":
            # Not through the pool: it would go on trying for a while and say only that it took too long.
            psycopg.connect(**connection.get_connection_params()).close()
        must_be_ours()
        must_be_upgradable()
        unknown = unknown_migrations()
    except (DatabaseError, psycopg.Error) as problem:
        raise LaunchError(f"DATABASE_URL: the database {database_name()} cannot be used ({one_line(problem)})") from None
    if unknown:
        raise LaunchError(
            f"the database {database_name()} was written by a newer version of this program "
            f"(it has {unknown[0]}); update the program or use another database"
        )


def must_be_ours() -> None:
    """Raise `LaunchError` when the database is another program's; exceptions of the database pass."""
    foreign = owner.foreign_table()
    if foreign:
        raise LaunchError(
            f"DATABASE_URL: the database {database_name()} belongs to another program (it has a table {foreign}); "
            "name one that is empty or not there yet"
        )


def must_be_upgradable() -> None:
    """Refuse a database that a program from before the first release made and that was not brought up to its end.

    Raises `LaunchError`, and what the database raises. Its migrations are one by now; the program that has each is named.
    """
    if missing := missing_steps(set(MigrationRecorder(connection).applied_migrations())):
        raise LaunchError(
            f"the database {database_name()} was made before version 0.1 and lacks {missing[0]}; run `manage.py migrate` of "
            f"commit {LAST_WITH_STEPS} on it first, then start this version"
        )


def missing_steps(applied: set[tuple[str, str]]) -> list[str]:
    """Name the steps that a database lacks of a squashed migration of which it has some; sorted."""
    missing: set[str] = set()
    for migration in MigrationLoader(None, ignore_no_migrations=True).disk_migrations.values():
        steps = set(migration.replaces)
        if steps & applied and (migration.app_label, migration.name) not in applied:
            missing |= {name for _app, name in steps - applied}
    return sorted(missing)


def database_name() -> str:
    """Return the database's address for people, without the password."""
    described = connection.settings_dict
    if connection.vendor == "sqlite":
        return str(described["NAME"])
    return f"{described['NAME']} at {described['HOST'] or 'localhost'}:{described['PORT'] or 5432}"


def unknown_migrations() -> list[str]:
    """Return migrations that the database has and this program, for apps of its own, does not know; sorted."""
    loader = MigrationLoader(None)
    applied = set(MigrationRecorder(connection).applied_migrations())
    strange = {key for key in applied - set(loader.disk_migrations) if key[0] in loader.migrated_apps}
    # A migration that was squashed away is known by the one that replaces it.
    replaced = {key for migration in loader.disk_migrations.values() for key in migration.replaces}
    return sorted(f"{app} {name}" for app, name in strange - replaced)


def check_desk() -> None:
    """Raise `LaunchError` when KERN_DESK names no usable desk."""
    try:
        desk.load()
    except desk.DeskError as problem:
        raise LaunchError(one_line(problem)) from None


def check_key() -> str | None:
    """Check the API key with the model's server. Returns a warning where that stays open, `None` when it is accepted.

    Raises `LaunchError` when the key is refused.
    """
    if desk.is_offline():
        return None
    headers = {"Authorization": f"Bearer {settings.OPENAI_API_KEY or 'none'}", "User-Agent": "kern-inbox"}
    question = Request(f"{settings.OPENAI_BASE_URL}/models", headers=headers)  # noqa: S310 - the scheme is checked
    try:
        urlopen(question, timeout=KEY_SECONDS).close()  # noqa: S310
    except HTTPError as refusal:
        refusal.close()
        if refusal.code in REFUSED:
            raise LaunchError(f"OPENAI_API_KEY: {settings.OPENAI_BASE_URL} refuses the key (HTTP {refusal.code})") from None
        return f"{settings.OPENAI_BASE_URL} has no list of models (HTTP {refusal.code}); the key could not be checked"
    except (URLError, HTTPException, OSError, ValueError) as problem:
        reason = getattr(problem, "reason", None) or problem
        return f"{settings.OPENAI_BASE_URL} cannot be reached ({reason}); turns will fail until it can"
    return None
