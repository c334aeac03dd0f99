"""The workers' half of turns: work a run, and find runs that need a worker. Nothing here enqueues."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Generator
from datetime import timedelta
from functools import partial
from typing import ClassVar

from django.db import Error as DatabaseProblem
from django.db import connection, models, transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from prometheus_client import Counter, Histogram

from kern.agent import Agent
from kern.db.base import Claim
from kern.errors import CorruptRecordError, KernError, LeaseLostError
from kern.events import RunCancelled, RunCompleted, RunContent, RunEvent, RunPaused
from kern.team import Team
from kern.threads.cancellation import current
from sessions_app import desk
from sessions_app.changes import publish
from sessions_app.changes.kinds import Kind
from sessions_app.changes.log import record
from sessions_app.changes.payloads import OfRun, RunRecovered
from sessions_app.desk.purposes import bound_for
from sessions_app.infrastructure import broken_rows, clock
from sessions_app.infrastructure.prepared import Prepared, Slot
from sessions_app.models import Run, Session
from sessions_app.policy import daily_limits, endings, needing_person, whose_turn
from sessions_app.store import DjangoDb
from sessions_app.store.sessions import open_again
from sessions_app.workers.overtime import OvertimeError, worked

log = logging.getLogger(__name__)
TURNS = Counter("kern_turns_total", "Turns by how this worker left them", ["end"])
SECONDS = Histogram("kern_turn_seconds", "How long a worker had a turn", buckets=(1, 2, 5, 10, 20, 40, 90, 180, 600))

#: Words of an answer go out at most once in so many seconds, each time all of them.
TEXT_EVERY = 0.25
MOST_ATTEMPTS = 3
BATCH = 200
#: A pending run is left alone so long, because its hint is on its way; and so long again after the sweep gave another.
FIRST_HINT = timedelta(seconds=2)
NEXT_HINT = timedelta(seconds=20)


#: Each hint at a turn asks for it.
_DUE = Prepared(
    lambda: Run.objects.due().select_related("session__queue", "asked_by").filter(run_id=Slot("run_id", Run, "run_id"))
)


def execute(run_id: str) -> None:
    """Work a pending run until it ends or pauses; does nothing when it is not pending or another worker is faster."""
    row = _DUE.first(run_id=run_id)
    if row is None:
        return
    claim = Claim(run_id, lease=desk.lease_seconds(), worker=worker_name())
    if problem := row.broken or row.session.broken:
        _fail_unread(run_id, problem)
        return
    texts, measured = TextPublisher(row.session.pk), Measured()
    try:
        for event in worked(partial(_events, row, claim), claim, desk.turn_seconds()):
            texts.follow(event)
            measured.follow(event)
    except OvertimeError as late:
        measured.end = "overtime"
        _end_overtime(claim, late)
    except LeaseLostError as lost:
        log.info("stopped working: %s", lost)
        measured.end = "lost"
        DjangoDb().keep_words(claim, texts.words_of(run_id))
    except desk.DeskError as error:
        measured.end = "failed"
        _fail(claim, str(error))
    except CorruptRecordError as problem:
        measured.end = "failed"
        _fail_unread(run_id, str(problem))
    except (KernError, DatabaseProblem):
        raise
    except Exception as error:
        # Agents are the desk's program: the reason of a failure is stored with the run, and the worker has others to work.
        log.exception("run %s: the agent %s failed", run_id, row.agent_id)
        # A failure before the claim would repeat at the next hint.
        _fail_unread(run_id, f"{type(error).__name__}: {error}", only_pending=True)
    finally:
        texts.end()
        measured.count()


def _events(row: Run, claim: Claim) -> Generator[RunEvent, None, None]:
    """Yield the turn's events. The agent's own code runs in here only."""
    agent = _agent_of(row)
    if current().is_cancelled:
        raise LeaseLostError(f"run {claim.run_id} was left behind before it began")
    yield from agent.execute(claim)


def _agent_of(row: Run) -> Agent | Team:
    """Return the agent that works the run. Raises `DeskError` for every fault of the agent's code."""
    try:
        return bound_for(desk.agent_for(row.agent_id), row)
    except (desk.DeskError, DatabaseProblem):
        # A database that is away for a moment is not the agent's fault; the sweep hints at the run again.
        raise
    except Exception as error:
        # Agents are the desk's program. Any exception ends the run, as it would repeat at each hint.
        log.exception("run %s: the agent %s cannot be used", row.run_id, row.agent_id)
        text = _("The agent “%(agent)s” cannot be used: %(kind)s: %(error)s. Correct KERN_DESK, then retry.")
        raise desk.DeskError(text % {"agent": row.agent_id, "kind": type(error).__name__, "error": error}) from error


def next_due(run_id: str) -> list[str]:
    """Return ids of due runs in the same session; this one too, where standing approvals let it go on."""
    same_session = Run.objects.due().filter(session__runs__run_id=run_id)
    return list(same_session.values_list("run_id", flat=True))


def worker_name() -> str:
    """Return the worker's name: machine, process and thread."""
    return f"{socket.gethostname()}/{os.getpid()}/{threading.get_ident()}"[:120]


class Measured:
    """Metrics of one turn: its ending here, and its duration."""

    ENDS: ClassVar[dict[type[RunEvent], str]] = {RunCompleted: "completed", RunPaused: "paused", RunCancelled: "cancelled"}

    def __init__(self) -> None:
        #: Empty where another worker was faster, or the turn was over.
        self.end = ""
        self._began = time.monotonic()

    def follow(self, event: RunEvent) -> None:
        """Read the turn's ending from its last event."""
        if event.parent_run_id is None:
            self.end = self.ENDS.get(type(event), "failed")

    def count(self) -> None:
        """Count the turn once it is over."""
        if self.end:
            TURNS.labels(self.end).inc()
            SECONDS.observe(time.monotonic() - self._began)


class TextPublisher:
    """Publishes an answer's text to open pages as it comes, four times a second at most for each run."""

    def __init__(self, session_pk: int) -> None:
        self.session_pk = session_pk
        self._words: dict[str, str] = {}
        self._sent_at: dict[str, float] = {}

    def follow(self, event: RunEvent) -> None:
        """Publish the event's text; any other event of the run means that its text is in rows now."""
        if not isinstance(event, RunContent):
            self._end(event.run_id)
            return
        self._words[event.run_id] = event.content
        now = time.monotonic()
        if now - self._sent_at.get(event.run_id, float("-inf")) >= TEXT_EVERY:
            self._sent_at[event.run_id] = now
            publish.publish_text(self.session_pk, event.run_id, event.content)

    def words_of(self, run_id: str) -> str:
        """Return the run's text that is not yet stored."""
        return self._words.get(run_id, "")

    def end(self) -> None:
        """Publish the end of every run's text, after any end of the work."""
        for run_id in list(self._words):
            self._end(run_id)

    def _end(self, run_id: str) -> None:
        words = self._words.pop(run_id, None)
        if words is not None:
            publish.publish_text(self.session_pk, run_id, words, done=True)


def recover() -> None:
    """Make runs of dead workers pending again; the third death in a row ends the run as failed."""
    dead = Run.objects.abandoned().exclude(pk__in=broken_rows.resting("run")).order_by("pk")
    for pk in dead.values_list("pk", flat=True)[:BATCH]:
        with broken_rows.isolated("run", pk):
            _with_session_locked(Session.objects.filter(runs=pk), partial(_take_back, run_pk=pk))


def due() -> list[str]:
    """Return ids of pending runs that no worker took although they were hinted at; each again only after a while."""
    now = clock.now()
    waiting = Run.objects.due().filter(Q(lease_until=None) | Q(lease_until__lt=now), updated_at__lt=now - FIRST_HINT)
    found = dict(waiting.order_by("created_at").values_list("pk", "run_id")[:BATCH])
    # A pending run has no lease, so `lease_until` holds the time of the next hint: a full queue is not filled further.
    Run.objects.due().filter(pk__in=found).update(lease_until=now + NEXT_HINT)
    return list(found.values())


def wake() -> None:
    """Open snoozed sessions whose time has come."""
    over = Session.objects.snoozed().filter(snoozed_until__lte=clock.now())
    over = over.exclude(pk__in=broken_rows.resting("session")).order_by("snoozed_until")
    for pk in over.values_list("pk", flat=True)[:BATCH]:
        with broken_rows.isolated("session", pk):
            _with_session_locked(Session.objects.filter(pk=pk), _wake)


def go_on() -> None:
    """Let the AI answer again where a customer's cost limit was used up and a new day has begun."""
    over = Session.objects.there().filter(held_until__lte=clock.now())
    over = over.exclude(pk__in=broken_rows.resting("session")).order_by("held_until")
    for pk in over.values_list("pk", flat=True)[:BATCH]:
        with broken_rows.isolated("session", pk):
            _with_session_locked(Session.objects.filter(pk=pk), _go_on)


def _go_on(session: Session) -> None:
    if session.held_until is not None and not session.is_held:
        session.go_on()
        daily_limits.open_next(session)


def _wake(session: Session) -> None:
    if session.status == Session.Status.SNOOZED and session.snoozed_until and session.snoozed_until <= clock.now():
        open_again(session, Kind.SESSION_WOKEN)
        session.touch()


def _with_session_locked(found: models.QuerySet[Session], change: Callable[[Session], None]) -> None:
    """Apply a change in one short transaction a session; a locked session is left to the next sweep."""
    skip = connection.features.has_select_for_update_skip_locked
    with transaction.atomic():
        session = found.select_for_update(skip_locked=skip, of=("self",) if skip else ()).first()
        if session is not None:
            change(session)
            whose_turn.settle(session)


def _take_back(session: Session, run_pk: int) -> None:
    run = Run.objects.abandoned().filter(pk=run_pk).first()
    if run is None:
        return
    if run.attempts >= MOST_ATTEMPTS:
        _give_up(session, run)
        return
    run.status, run.lease_owner, run.lease_until, run.updated_at = Run.Status.PENDING, "", None, clock.now() - FIRST_HINT
    run.save(update_fields=["status", "lease_owner", "lease_until", "updated_at"])
    record(session, Kind.RUN_RECOVERED, RunRecovered(run=run.run_id, attempts=run.attempts))


def _give_up(session: Session, run: Run) -> None:
    text = _("The worker died %(count)d times while answering, so nobody tries any more. Retry starts it again.")
    run.error = text % {"count": run.attempts}
    run.save(update_fields=["error"])
    endings.end(session, run, Run.Status.ERROR)
    record(session, Kind.RUN_FAILED, OfRun(run.run_id))
    daily_limits.open_next(session)
    needing_person.after_failure(session, run)


def _end_overtime(claim: Claim, late: OvertimeError) -> None:
    """End a turn whose thread hangs: as cancelled where a person asked for it, else as failed."""
    log.error("run %s did not end when it should have; its thread is left behind", claim.run_id)
    if late.is_wanted:
        text = _("The turn took longer than %(seconds)g s and could not be stopped.") % {"seconds": desk.turn_seconds()}
        if not DjangoDb().break_off(claim, "error", text):
            _fail(claim, text)
    else:
        DjangoDb().break_off(claim, "cancelled")


def _fail_unread(run_id: str, problem: str, *, only_pending: bool = False) -> None:
    """End a run as failed without reading its stored record; it is not retried automatically."""
    text = _("What is stored of this conversation cannot be read: %(problem)s. Have it repaired or restored, then retry.")
    log.error("run %s: %s", run_id, problem)
    DjangoDb().fail_unread(run_id, text % {"problem": problem}, only_pending=only_pending)


def _fail(claim: Claim, text: str) -> None:
    """End a pending run as failed, if no other worker has it."""
    log.error("run %s: %s", claim.run_id, text)
    db = DjangoDb()
    run = db.claim_run(claim)
    if run is not None:
        run.status, run.error = "error", text
        db.finish_run(claim, run)
