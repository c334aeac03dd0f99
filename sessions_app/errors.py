"""Errors of actions, for the people who asked for them. `message` is shown to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import InterfaceError, OperationalError

from kern.errors import StorageError

if TYPE_CHECKING:
    from sessions_app.models import Change, Requirement


class StorageAway(StorageError):
    """The store's database does not answer, is too busy or full: `StorageError` for what passes."""


#: What Django and the store raise while the database does not answer, is too busy or full: it passes.
DATABASE_AWAY = (OperationalError, InterfaceError, StorageAway)
#: The `Retry-After` of their response (seconds).
AWAY_FOR = 60


class AppError(Exception):
    """Base of all errors of actions: the action did not happen.

    `status` is the HTTP status of the answer.
    """

    status = 422

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = str(message)


class InvalidAction(AppError):
    """The action is not possible now, or its input is invalid."""


class LimitReached(InvalidAction):
    """The customer used up the queue's daily limit; it is possible again after `wait` seconds."""

    status = 429

    def __init__(self, message: str, wait: int) -> None:
        super().__init__(message)
        self.wait = wait


class Unreadable(AppError):
    """The stored record is broken, or of another version."""

    status = 409


class DuplicateId(InvalidAction):
    """The id chosen for something new is taken."""

    status = 409


class Forbidden(AppError):
    """The person has no right to do that."""

    status = 403


class StaleError(AppError):
    """A change happened that the person had not seen; `changes` lists them, oldest first.

    Sending again with the number of the newest change goes on.
    """

    status = 409

    def __init__(self, message: str, changes: list[Change]) -> None:
        super().__init__(message)
        self.changes = changes


class IdempotencyConflict(AppError):
    """The idempotency key was used before with another body: nothing was stored of this one."""

    status = 409


class AlreadyDecided(AppError):
    """Another person answered first; `requirement` is its current state."""

    status = 409

    def __init__(self, message: str, requirement: Requirement) -> None:
        super().__init__(message)
        self.requirement = requirement
