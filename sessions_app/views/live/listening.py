"""Receive changes: from Redis where there is one, else from the change log."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from typing import Any, Protocol

import redis.asyncio
from django.conf import settings
from redis.exceptions import RedisError

from sessions_app.changes.publish import CHANNEL

log = logging.getLogger(__name__)

#: Seconds of silence after which the change log is read and Redis is asked whether it is there, and in which it must answer.
QUIET, ANSWERS = 5.0, 2.0
#: Seconds after which Redis is tried again.
TRY_AGAIN = 5.0


class Listener(Protocol):
    """The receiver of all changes."""

    async def catch_up(self) -> None:
        """Read the change log on, and check access anew."""

    async def receive(self, payload: dict[str, Any]) -> None:
        """Handle a message from Redis."""


async def listen(listener: Listener) -> None:
    """Read Redis where there is one, else the change log; for ever, after every failure."""
    while True:
        try:
            if settings.REDIS_URL:
                await _subscribe(listener)
            else:
                await _poll(listener, seconds=None)
        except (RedisError, OSError) as error:
            log.warning("live pages read the change log: %s", error)
            await _poll(listener, seconds=TRY_AGAIN)
        except Exception:
            # A database that is away for a moment must not end live updates for all pages.
            log.exception("live pages rest for a moment")
            await asyncio.sleep(settings.KERN_POLL_SECONDS)


async def _subscribe(listener: Listener) -> None:
    client = redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1.0, health_check_interval=10)
    try:
        pubsub = client.pubsub()
        await pubsub.subscribe(CHANNEL)
        await _heard(pubsub, "subscribe")
        # Changes before the subscription took hold.
        await listener.catch_up()
        while True:
            message = await pubsub.get_message(timeout=QUIET)
            if message is None:
                # Redis keeps nothing for who was not listening, and a publisher may have failed: the log has it all.
                await listener.catch_up()
                # A server that hangs says nothing either.
                await asyncio.wait_for(pubsub.ping(), ANSWERS)
                message = await _heard(pubsub, "pong", "message")
            if message["type"] == "message":
                await listener.receive(json.loads(message["data"]))
    finally:
        await client.aclose()


async def _poll(listener: Listener, seconds: float | None) -> None:
    """Read the change log, and who may still see it, every two seconds: for so long, or for ever."""
    end = None if seconds is None else time.monotonic() + seconds
    while end is None or time.monotonic() < end:
        await listener.catch_up()
        await asyncio.sleep(settings.KERN_POLL_SECONDS)


async def _heard(pubsub: Any, *kinds: str) -> dict[str, Any]:
    """The next thing of those kinds that Redis says. Raises `TimeoutError` where it says none in time."""
    end = time.monotonic() + ANSWERS
    while (left := end - time.monotonic()) > 0:
        said: dict[str, Any] | None = await pubsub.get_message(timeout=left)
        if said is not None and said["type"] in kinds:
            return said
    raise TimeoutError(f"Redis did not say {' or '.join(kinds)} within {ANSWERS:g} s")
