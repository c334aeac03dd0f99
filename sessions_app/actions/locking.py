"""The beginning of every action on a session: lock its row, and check the person's knowledge of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import transaction
from django.db.models import Q
from django.http import Http404
from django.utils.translation import gettext as _

from sessions_app.changes.kinds import Kind
from sessions_app.errors import StaleError
from sessions_app.infrastructure.prepared import Prepared, Slot
from sessions_app.models import Change, Person, Run, Session
from sessions_app.policy import whose_turn
from sessions_app.workers.tasks import execute_turn

#: Limit of newer changes that a person is shown.
MOST_NEWER = 50

#: Kinds of changes that people must have seen before they write or decide.
#: What this version does not know may be important, so it counts.
NEWS = ~Q(kind__in=[kind for kind in Kind if not kind.is_news])


#: The row that is locked in the transaction that runs, so that an action need not read it once more.
_held: ContextVar[Session | None] = ContextVar("session_held", default=None)
#: Every action on a session begins with its row, and ends with the turn that a worker should take. There is one at most: a
#: session has one turn at a time.
_LOCKED = Prepared(lambda: Session.objects.there().select_for_update().by_id(Slot("session_id", Session, "session_id")))
_DUE_IN = Prepared(lambda: Run.objects.due().filter(session=Slot("session", Session, "id")).values_list("run_id", flat=True))


@contextmanager
def holding(session: Session) -> Iterator[Session]:
    """Let the actions of the block work on this row, which its transaction has just read and locked."""
    token = _held.set(session)
    try:
        yield session
    finally:
        _held.reset(token)


def locked_or_404(session: Session) -> Session:
    """Return the session's row, locked until the transaction ends. Raises `Http404` when it is there no more."""
    held = _held.get()
    if held is not None and held.pk == session.pk and held.status not in Session.GONE:
        return held
    if (found := _LOCKED.first(session_id=session.session_id)) is None:
        raise Http404(_("This conversation was erased, or there never was one here."))
    return found


@contextmanager
def session_locked(session: Session) -> Iterator[Session]:
    """Run a transaction with the session's row locked; yields the current row.

    Hints for work that became due are published after the commit. Raises `Http404` when the session was deleted, or its
    customer erased, since it was found.
    """
    # A job's row is one transaction: what fails takes all of it back.
    with transaction.atomic(savepoint=_held.get() is None):
        locked = locked_or_404(session)
        yield locked
        whose_turn.settle(locked)
        _hint_at_work_in(locked)


@contextmanager
def sessions_locked(keys: Iterable[int]) -> Iterator[dict[int, Session]]:
    """Run a transaction with the rows of these sessions locked; yields the current rows that are still there, by key.

    They are locked in the order of their keys, so that two such transactions cannot wait for each other.
    """
    with transaction.atomic():
        rows = Session.objects.there().filter(pk__in=list(keys)).select_related("queue")
        locked = {row.pk: row for row in rows.select_for_update(of=("self",)).order_by("pk")}
        yield locked
        whose_turn.settle_all(locked.values())
        _hint_at_work(locked)


def _hint_at_work_in(session: Session) -> None:
    if run_id := _DUE_IN.first(session=session.pk):
        execute_turn.delay_on_commit(run_id)


def _hint_at_work(sessions: Iterable[Session] | Iterable[int]) -> None:
    for run_id in Run.objects.due().filter(session__in=sessions).values_list("run_id", flat=True):
        execute_turn.delay_on_commit(run_id)


def must_have_seen(session: Session, person: Person, seen: int, news: Q) -> None:
    """Raise `StaleError` with the news by others after change `seen`."""
    newer = session.changes.filter(news, pk__gt=seen).exclude(person=person).order_by("pk")
    changes: list[Change] = list(newer[:MOST_NEWER])
    if changes:
        raise StaleError(_("Something happened since you opened this. Look at what is new, then send again."), changes)


@contextmanager
def session_seen(session: Session, person: Person, seen: int | None) -> Iterator[Session]:
    """Lock as `session_locked` does, for actions in a row that do not check the person's knowledge.

    Raises `StaleError` with the news by others after change `seen`; `None` asks nothing.
    """
    with session_locked(session) as locked:
        if seen is not None:
            must_have_seen(locked, person, seen, NEWS)
        yield locked
