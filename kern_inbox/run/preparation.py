"""Checks and preparations, in a process of their own.

The other processes are forks of the launcher. So it never connects to the database, nor loads the desk, which may open
connections of its own.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import django

from kern_inbox.run import LaunchError
from kern_inbox.run.forking import PROCESSES, begin, stopping_later


@dataclass(frozen=True)
class Refusal:
    """The reason why the program cannot start."""

    reason: str


class Preparation:
    """The process that checks whether the program can start, and prepares the database."""

    def __init__(self, values: dict[str, Any]) -> None:
        self._hears, tells = PROCESSES.Pipe(duplex=False)
        arguments = (values["HOST"], values["PORT"], values["REDIS_URL"], tells, os.getpid())
        self._process = PROCESSES.Process(target=_prepare, args=arguments, name="preparation")
        with stopping_later():
            self._process.start()
        tells.close()

    def warning(self) -> str | None:
        """Wait until everything is checked; returns a warning where there is one. Raises `LaunchError`."""
        warning: str | None = self._heard()
        return warning

    def people(self) -> list[str]:
        """Wait until the database is ready; returns the lines about the demo's people. Raises `LaunchError`."""
        people: list[str] = self._heard()
        return people

    def stop(self) -> list[str]:
        """End the process; returns the lines about the demo's people if it has made them and `people` did not return them."""
        self._process.terminate()
        self._process.join()
        while self._hears.poll():
            try:
                told = self._hears.recv()
            except EOFError:
                break
            if isinstance(told, list):
                return told
        return []

    def _heard(self) -> Any:
        try:
            told = self._hears.recv()
        except EOFError:
            self._process.join()
            raise LaunchError("the preparation of the database ended by itself (its last lines are above)") from None
        if isinstance(told, Refusal):
            raise LaunchError(told.reason)
        return told


def _prepare(host: str, port: int, redis_url: str, tells: Connection, parent: int) -> None:
    """Check and prepare, and tell the launcher after each what came of it."""
    begin("prepare", parent)
    django.setup()
    # They know models.
    from kern_inbox.run import checks, prepare

    try:
        tells.send(checks.check(host, port, redis_url))
        tells.send(prepare.prepare())
    except LaunchError as refusal:
        tells.send(Refusal(str(refusal)))
