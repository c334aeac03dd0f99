"""What people are told when what they asked for can't be done. `message` is for their eyes."""

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
#: After so many seconds whoever met one of them is asked to try again.
AWAY_FOR = 60


class AppError(Exception):
    """Something that a person asked for did not happen: the base of the errors below.

    `status` is the HTTP status of the answer.
    """

    status = 422

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = str(message)


class InvalidAction(AppError):
    """Not possible now, or what was sent is not valid."""


class LimitReached(InvalidAction):
    """The customer used up what the queue allows in a day; after `wait` seconds it goes on."""

    status = 429

    def __init__(self, message: str, wait: int) -> None:
        super().__init__(message)
        self.wait = wait


class Unreadable(AppError):
    """What is stored of it is broken, or of another version."""

    status = 409


class DuplicateId(InvalidAction):
    """The id that was chosen for something new is somebody else's."""

    status = 409


class Forbidden(AppError):
    """This person may not do that."""

    status = 403


class StaleError(AppError):
    """Something happened that the person had not seen; `changes` says what, oldest first.

    Sending again with the number of the newest change goes on.
    """

    status = 409

    def __init__(self, message: str, changes: list[Change]) -> None:
        super().__init__(message)
        self.changes = changes


class IdempotencyConflict(AppError):
    """The idempotency key came before with other words: nothing was stored of these."""

    status = 409


class AlreadyDecided(AppError):
    """Somebody answered first; `requirement` is as it stands now."""

    status = 409

    def __init__(self, message: str, requirement: Requirement) -> None:
        super().__init__(message)
        self.requirement = requirement
