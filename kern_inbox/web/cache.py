"""A cache that tolerates outages: no page depends on it, so an unreachable server is a miss and not an error.

What limits count is counted on in the database meanwhile, for all processes together.
"""

from __future__ import annotations

from typing import Any

from django.core.cache import caches
from django.core.cache.backends.db import DatabaseCache
from django.core.cache.backends.redis import RedisCache
from django.db import connection, transaction

from sessions_app.infrastructure.circuit import AWAY, breaker

#: Beginnings of keys that limits count by: allauth's, and ours (`sessions_app.ratelimit`).
COUNTED = ("allauth:rl:", "rate:")


class DatabaseCounters(DatabaseCache):
    """Django's database cache with atomic counters, for limits that several processes count."""

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        with transaction.atomic():
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    table = connection.ops.quote_name(self._table)  # type: ignore[attr-defined]  # Django's stubs leave it out
                    cursor.execute(
                        f"SELECT 1 FROM {table} WHERE cache_key = %s FOR UPDATE",  # noqa: S608 - a table of ours
                        [self.make_key(key, version=version)],
                    )
            return super().incr(key, delta, version)


class FailOpenRedisCache(RedisCache):
    """Django's Redis cache, except that an unreachable server reads as empty and swallows writes.

    Counts of limits go on in the database: with Redis away, the number of password attempts stays limited.
    """

    def add(self, key: str, value: Any, *args: Any, **kwargs: Any) -> bool:
        return bool(self._or(True, "add", key, value, *args, **kwargs))

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        return self._or(default, "get", key, default, version)

    def set(self, key: str, value: Any, *args: Any, **kwargs: Any) -> None:
        self._or(None, "set", key, value, *args, **kwargs)

    def touch(self, key: str, *args: Any, **kwargs: Any) -> bool:
        return bool(self._or(False, "touch", key, *args, **kwargs))

    def delete(self, key: str, *args: Any, **kwargs: Any) -> bool:
        return bool(self._or(False, "delete", key, *args, **kwargs))

    def get_many(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return dict(self._or({}, "get_many", *args, **kwargs))

    def set_many(self, data: dict[str, Any], *args: Any, **kwargs: Any) -> list[str]:
        return list(self._or(list(data), "set_many", data, *args, **kwargs))

    def delete_many(self, *args: Any, **kwargs: Any) -> None:
        self._or(None, "delete_many", *args, **kwargs)

    def has_key(self, key: str, *args: Any, **kwargs: Any) -> bool:
        return bool(self._or(False, "has_key", key, *args, **kwargs))

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        return int(self._or(delta, "incr", key, delta, version))

    def _or(self, instead: Any, verb: str, *args: Any, **kwargs: Any) -> Any:
        """Return the answer of Redis; while it is away, that of the database for counters, else `instead`."""
        try:
            server: str = self._servers[0]  # type: ignore[attr-defined]  # Django's stubs leave it out
            call = getattr(super(), verb)
            return breaker(server).call(lambda: call(*args, **kwargs))
        except AWAY:
            if isinstance(args[0], str) and args[0].startswith(COUNTED):
                return getattr(caches["counters"], verb)(*args, **kwargs)
            return instead
