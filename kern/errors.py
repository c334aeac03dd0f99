"""The exceptions of the library, as one tree.

KernError
├── InvalidInputError                 an invalid argument: an empty id, a message without words, a negative number
│   └── WrongTypeError                an argument of the wrong type: bytes for a message, a run for its id
├── SessionError
│   ├── SessionNotFoundError          no session of that id (or no id was given)
│   ├── SessionOwnershipError         the session belongs to another user
│   ├── SessionBusyError              the storage allows one active run a session, and there is one
│   └── InvalidSessionNameError       a manual name that breaks rule L12
├── RunError
│   ├── RunNotFoundError              no run of that id
│   ├── RunNotContinuableError        not paused any more: continued, cancelled or finished by another caller
│   ├── UnresolvedRequirementsError   continued while a requirement is unanswered; names them
│   └── LeaseLostError                this process no longer owns the run; nothing it writes may land
├── RequirementError
│   ├── InvalidAnswerError            the answer does not fit the requirement or the tool's schema
│   └── AlreadyAnsweredError          another person answered first
├── ToolError                         raise it in a tool: its text is the tool's result for the model
├── ModelError                        the provider failed; `permanent` says whether trying again can help
│   ├── ModelBusyError                the model's pace has no place soon enough; it was not asked
│   └── NamingError                   no name came out; the old name stands
└── StorageError                      the database failed
    ├── StorageVersionError           the file is no database, or one of a newer version
    └── CorruptRecordError            the stored record of a run cannot be read
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "AlreadyAnsweredError",
    "CorruptRecordError",
    "InvalidAnswerError",
    "InvalidInputError",
    "InvalidSessionNameError",
    "KernError",
    "LeaseLostError",
    "ModelBusyError",
    "ModelError",
    "NamingError",
    "RequirementError",
    "RunError",
    "RunNotContinuableError",
    "RunNotFoundError",
    "SessionBusyError",
    "SessionError",
    "SessionNotFoundError",
    "SessionOwnershipError",
    "StorageError",
    "StorageVersionError",
    "ToolError",
    "UnresolvedRequirementsError",
    "WrongTypeError",
]


class KernError(Exception):
    """Root of every exception that this library raises on purpose."""


class InvalidInputError(KernError, ValueError):
    """An argument is invalid; nothing was stored (rule L21)."""


class WrongTypeError(InvalidInputError, TypeError):
    """An argument has the wrong type."""


class SessionError(KernError):
    """Base of errors about a session."""


class SessionNotFoundError(SessionError):
    """There is no session of that id, or no id was given where one is needed."""


class SessionOwnershipError(SessionError):
    """The session belongs to another user (rule L2)."""


class SessionBusyError(SessionError):
    """The storage keeps one active run a session and this session has one."""


class InvalidSessionNameError(SessionError, ValueError):
    """A name is empty, longer than 200 characters or has several lines (rule L12), or breaks a rule of the storage.

    `rule` is the rule's key where the storage has rules of its own, `proposal` a name that would pass, where there is one.
    """

    def __init__(self, message: str, *, rule: str = "", proposal: str = "") -> None:
        super().__init__(message)
        self.rule = rule
        self.proposal = proposal


class RunError(KernError):
    """Base of errors about a run."""


class RunNotFoundError(RunError):
    """There is no run of that id."""


class RunNotContinuableError(RunError):
    """The run is not paused (any more), so there is nothing to continue (rule L6)."""


class UnresolvedRequirementsError(RunError):
    """A run was continued although requirements are unanswered; nothing was stored (rule L7).

    `requirements` holds the unanswered ones.
    """

    def __init__(self, message: str, requirements: list[Any]) -> None:
        super().__init__(message)
        self.requirements = requirements


class LeaseLostError(RunError):
    """The run was taken by another worker, cancelled or fenced off: the writer must stop and write nothing."""


class RequirementError(KernError):
    """Base of errors about a requirement."""


class InvalidAnswerError(RequirementError, ValueError):
    """The answer does not fit: wrong kind of requirement, or arguments against the tool's schema.

    `errors` maps a field's path (`"passengers.0.name"`, or `""` for the whole) to what is wrong with it.
    """

    def __init__(self, message: str, errors: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.errors = errors or {}


class AlreadyAnsweredError(RequirementError):
    """The requirement has its answer already; `requirement` is the current record where it is known."""

    def __init__(self, message: str, requirement: Any = None) -> None:
        super().__init__(message)
        self.requirement = requirement


class ToolError(KernError):
    """A tool could not do what was asked. Its text goes to the model as the tool's result; the run goes on."""


class ModelError(KernError):
    """The model's provider failed, answered nonsense, or cut the stream (rules L15, L16).

    `permanent` is true where trying the same again cannot help (bad key, unknown model, invalid request);
    `status` is the HTTP status where there was one; `retry_after` the seconds the provider asked to wait. `refused` says that
    what was sent is at fault (a content filter, invalid input), so the run is left out of later requests (rule L20): a
    permanent error is one unless it says otherwise, as a bad key does. `too_long`: the request has more than the model reads;
    it is permanent for this request, and the turn asks once more with half of it.
    """

    def __init__(
        self,
        message: str,
        *,
        permanent: bool = False,
        status: int | None = None,
        retry_after: float | None = None,
        refused: bool | None = None,
        too_long: bool = False,
    ) -> None:
        super().__init__(message)
        self.permanent = permanent or too_long
        self.refused = self.permanent if refused is None else refused
        self.too_long = too_long
        self.status = status
        self.retry_after = retry_after


class ModelBusyError(ModelError):
    """The model was not asked: its pace has no place within the time that the caller waits. `retry_after` says when."""

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message, retry_after=retry_after)


class NamingError(ModelError):
    """No name could be generated; the session keeps the name it had (rule L11)."""


class StorageError(KernError):
    """The database failed; what was asked did not happen (rule L9)."""


class StorageVersionError(StorageError):
    """The file is not a database of this library, or of a newer version; it was left untouched."""


class CorruptRecordError(StorageError):
    """The stored record of a run is broken, or of another version; nothing was changed. A retry does not help."""
