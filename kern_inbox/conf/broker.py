"""Redis as the broker: the connection by REDIS_URL, and a transport that lets a worker survive its restart.

A worker that loses its connection closes the channel, and tasks that end afterwards acknowledge on it. kombu 5.7 then looks for
the address of a connection that is gone and raises an `AttributeError`, which Celery takes for our mistake: the worker ends.
Raised as the connection error that it is, Celery logs it and connects anew (`tests/faults` restarts a Redis).
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from kombu.transport import TRANSPORT_ALIASES, redis
from redis.connection import parse_url
from redis.exceptions import ConnectionError as RedisConnectionError

TRANSPORT = "kern_inbox.conf.broker:Transport"
# The address of a socket names its transport, and only by an alias.
TRANSPORT_ALIASES["kern"] = TRANSPORT


class Channel(redis.Channel):
    """A channel that raises a connection error once its connection is gone."""

    def _connparams(self, asynchronous: bool = False) -> Any:
        if self.connection is None or self.connection.client is None:
            raise RedisConnectionError("the channel's connection was lost")
        return super()._connparams(asynchronous=asynchronous)  # type: ignore[misc]  # kombu's types leave it out


class Transport(redis.Transport):
    """kombu's Redis transport with such channels."""

    Channel = Channel


def broker_url(redis_url: str) -> str:
    """Return the address of a Redis as kombu writes it; the cache and the live pages use it as it is.

    kombu has words of its own for a socket, wants the database in the path, takes no options but those of TLS, and without
    any of these would speak to a server that wants TLS in clear.
    """
    parts = urlsplit(redis_url)
    number = parse_url(redis_url).get("db", 0)  # type: ignore[no-untyped-call]  # redis-py leaves it untyped
    if parts.scheme == "unix":
        return f"kern+socket://{parts.netloc}{parts.path}?virtual_host={number}"
    options = {name: value for name, value in parse_qsl(parts.query) if name.startswith("ssl_")}
    if parts.scheme == "rediss":
        options.setdefault("ssl_cert_reqs", "required")
    return f"{parts.scheme}://{parts.netloc}/{number}" + (f"?{urlencode(options)}" if options else "")
