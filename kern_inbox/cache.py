"""A cache that may be away: nothing on a page depends on it, so its absence is a miss and not an error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.cache.backends.redis import RedisCache

from sessions_app.circuit import AWAY, breaker


class PatientRedisCache(RedisCache):
    """Django's Redis cache, except that an unreachable server reads as empty and swallows writes.

    Sign-in counts attempts here; while Redis is away attempts go uncounted rather than nobody signing in.
    """

    def add(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._or(True, super().add, *args, **kwargs))

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        return self._or(default, super().get, key, default, version)

    def set(self, *args: Any, **kwargs: Any) -> None:
        self._or(None, super().set, *args, **kwargs)

    def touch(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._or(False, super().touch, *args, **kwargs))

    def delete(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._or(False, super().delete, *args, **kwargs))

    def get_many(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return dict(self._or({}, super().get_many, *args, **kwargs))

    def set_many(self, data: dict[str, Any], *args: Any, **kwargs: Any) -> list[str]:
        return list(self._or(list(data), super().set_many, data, *args, **kwargs))

    def delete_many(self, *args: Any, **kwargs: Any) -> None:
        self._or(None, super().delete_many, *args, **kwargs)

    def has_key(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._or(False, super().has_key, *args, **kwargs))

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        return int(self._or(delta, super().incr, key, delta, version))

    def _or(self, instead: Any, call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        try:
            server: str = self._servers[0]  # type: ignore[attr-defined]  # Django's stubs leave it out
            return breaker(server).call(lambda: call(*args, **kwargs))
        except AWAY:
            return instead
