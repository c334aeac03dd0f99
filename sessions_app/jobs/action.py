"""One kind of bulk job: how it reads its parameters, tries, does and undoes one session."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from django.utils.functional import Promise

from sessions_app.errors import InvalidAction
from sessions_app.jobs.rows import Rows
from sessions_app.models import Job, JobRow, Person, Session
from sessions_app.models.session import SessionSet

Parameters = Mapping[str, Any]


class InvalidParameters(InvalidAction):
    """A parameter of a job cannot be used; `field` names it, so that a page says so beside it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True)
class Change:
    """A dry run's row that would be changed, from `before` to `after`, in words for readers."""

    before: str = ""
    after: str = ""


@dataclass(frozen=True)
class Skip:
    """A row that stays as it is, and why, in words for readers."""

    reason: str


@dataclass(frozen=True)
class Done:
    """The outcome of a changed row. `data` is what undoing needs to know."""

    before: str = ""
    after: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    #: The name's version that this made, where it made one.
    version: int | None = None
    tokens: int = 0
    cost: Decimal | None = None


@dataclass(frozen=True)
class Later:
    """A row that cannot be done now: it stays to do, and is taken up again at `at` or later."""

    at: datetime


Planned = Change | Skip
Outcome = Done | Skip | Later


@dataclass(frozen=True)
class Estimate:
    """The expected use of a job: tokens, dollars (`None`: no price known), seconds (`None`: not worth saying)."""

    tokens: int = 0
    cost: Decimal | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class Ready:
    """A row whose `found` is there: what `apply` needs and must not be fetched within a transaction, or why it failed."""

    row: JobRow
    found: Any = None
    error: Exception | None = None
    #: What was used, also where it failed.
    tokens: int = 0
    cost: Decimal | None = None
    #: Whether another system was asked for it, which costs: then it is stored for a job that people stopped, too.
    is_paid: bool = False


class Action(ABC):
    """One kind of bulk job. Instances hold no state: what a job must remember is in `Job.parameters` and `Job.memo`."""

    #: The kind's name, in rows, addresses and the API.
    name: ClassVar[str]
    #: Words of the button, and the icon of the sprite.
    label: ClassVar[Promise]
    icon: ClassVar[str]
    #: The Celery queue of its workers: `jobs`, or `naming` for what asks a model.
    queue: ClassVar[str] = "jobs"
    #: The names of its parameters, which a form asks for; the template `jobs/_NAME.html` holds the fields.
    asks: ClassVar[tuple[str, ...]] = ()
    #: Whether `before` and `after` of its rows are names of the conversation.
    changes_names: ClassVar[bool] = False
    #: Whether it may be undone.
    can_undo: ClassVar[bool] = True
    #: Whether admins alone may start it.
    admins_only: ClassVar[bool] = False
    #: Whether the lists of the inbox offer it.
    in_menu: ClassVar[bool] = True
    #: Whether it can be done while the AI waits for a decision; else the list of decisions does not offer it.
    fits_decisions: ClassVar[bool] = True

    @property
    def template(self) -> str:
        """The template with the fields of its parameters."""
        return f"jobs/_{self.name}.html"

    def is_offered(self) -> bool:
        """Return whether this installation can do it; else no menu has it."""
        return True

    def checked(self, parameters: Parameters, person: Person | None) -> dict[str, Any]:
        """Return the parameters as they are stored (plain JSON), checked. Raises `InvalidParameters`."""
        return {}

    @abstractmethod
    def title(self, job: Job) -> str:
        """Return one line that says what the job does, such as “Assign 12 conversations to Ben”."""

    def sessions(self, person: Person | None) -> SessionSet:
        """Return the sessions that the job may touch, with what `plan` reads of them."""
        found = Session.objects.there() if person is None else Session.objects.visible_to(person)
        return found.select_related("queue", "assignee")

    def sessions_to_undo(self, person: Person | None) -> SessionSet:
        """Return the sessions in which the job may be undone."""
        return self.sessions(person)

    @abstractmethod
    def plan(self, job: Job, rows: Sequence[JobRow]) -> list[Planned]:
        """Return what would become of each row (its `session` is read), in order. Changes nothing, and asks no model."""

    def estimate(self, job: Job, rows: int) -> Estimate:
        """Return the expected use of so many rows that would be changed."""
        return Estimate()

    def prepared(self, job: Job, rows: Rows) -> Iterator[Ready]:
        """Yield each row once `apply` can be called for it, in any order, outside of any transaction.

        `rows` is read on as rows are taken from it, and ends when the job is stopped or the worker's time is up; then finish
        what was taken, or leave it out: it stays to do. An action that asks models takes several rows and asks side by side;
        it begins no request once `rows.is_stopped`. Rows are plain data here; `row.session` is read along.
        """
        for row in rows:
            yield Ready(row)

    @abstractmethod
    def apply(self, job: Job, row: JobRow, session: Session, found: Any) -> Outcome:
        """Do it to one session, inside a transaction with the session's row locked.

        Raises an `AppError` or a `KernError` to have the row failed with that reason; then nothing of the transaction stays.
        """

    def has_sent(self, job: Job) -> bool:
        """Return whether something of the job is at another system, which must be called off when the job is cancelled.

        Then the job is worked on in the state `cancelling` until this is false: `prepared` takes what came, and calls off the
        rest.
        """
        return False

    def undo(self, job: Job, row: JobRow, session: Session) -> Done | Skip:
        """Take back what `apply` did, inside a transaction with the session's row locked; `Skip` where it changed since."""
        raise NotImplementedError

    def finished(self, job: Job) -> None:  # noqa: B027 - most have nothing to tidy
        """Tidy up after the last row, outside of any transaction; may be called twice."""


__all__ = [
    "Action",
    "Change",
    "Done",
    "Estimate",
    "InvalidParameters",
    "Later",
    "Outcome",
    "Parameters",
    "Planned",
    "Ready",
    "Skip",
]
