"""Erase customers: their data is deleted; the decision log keeps its facts without their words.

In two steps, each in small transactions, so that nothing waits long and a process that dies leaves nothing half done. First a
conversation is taken away: its turn is cancelled, the record's lines are emptied, and it loses its customer, its words, its
secret link and its id in one transaction. From then on no page, program or message finds it. Then its rows are deleted, so many
at once; what a process left of that the sweep finishes. The empty row itself stays a minute, for open pages to hear of it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection, models, transaction

from sessions_app import audit
from sessions_app.changes.kinds import Kind
from sessions_app.changes.log import record
from sessions_app.customers import erased_words, traces
from sessions_app.customers.traces import empty_admin_log
from sessions_app.customers.whom import Customer
from sessions_app.infrastructure import clock
from sessions_app.infrastructure.broken_rows import isolated, resting
from sessions_app.infrastructure.ids import new_id
from sessions_app.models import Change, CustomerAttributes, Decision, NameRecord, NameSuggestion, Run, Session, Ticket
from sessions_app.models.decision import ERASED
from sessions_app.models.session import SessionSet
from sessions_app.policy import daily_limits, endings, stand_ins, whose_turn

#: Conversations taken away in one transaction, rows deleted in one.
SESSIONS, ROWS = 25, 1_000
#: Empty rows deleted at once.
SHELLS = 500
#: An empty row stays so long (until its `snoozed_until`), so that pages without live updates read in the log what became of it.
HEARD_AFTER = timedelta(minutes=1)
#: Milliseconds that emptying SQLite's second file waits for its readers.
PATIENCE = 500
#: The remaining columns of an anonymised session: neither its customer nor its content.
KEPT = ("id", "queue", "kind", "fence", "created_at", "last_change")


@dataclass
class Erased:
    """Result of an erasure. Not `finished`: the time limit was reached, and another call goes on."""

    sessions: int = 0
    lines: int = 0
    finished: bool = True


def erase(customer: Customer, seconds: float | None = None) -> Erased:
    """Erase everything of the customer; idempotent. With `seconds` no new transaction begins after that time."""
    end = None if seconds is None else time.monotonic() + seconds
    done = Erased()
    while keys := list(customer.sessions().order_by("pk").values_list("pk", flat=True)[:SESSIONS]):
        if _is_over(end):
            done.finished = False
            return done
        done.sessions += take_away(customer.sessions().filter(pk__in=keys), audit.Kind.CUSTOMER_ERASED, customer.digest)
    done.lines = _erase_elsewhere(customer)
    done.finished = finish(end=end)
    # What a large index leaves to be merged, the scheduler goes on with.
    erased_words.purge()
    _empty_write_ahead_log()
    return done


def take_away(sessions: SessionSet, kind: audit.Kind, subject: models.Model | str) -> int:
    """Anonymise these conversations and make them unreachable, in one transaction; returns their number.

    The audit log records the action (`kind`) and its `subject`, and its entries about these conversations are blanked.
    """
    with transaction.atomic():
        keys = [session.pk for session in sessions.select_for_update(of=("self",)).order_by("pk")]
        # Queried again under the lock: one may have been opened again meanwhile.
        locked = list(sessions.filter(pk__in=keys).order_by("pk"))
        for session in locked:
            for run in session.runs.roots().active():
                endings.end(session, run, Run.Status.CANCELLED)
        Decision.objects.forget([session.session_id for session in locked])
        empty_admin_log(locked)
        traces.drop_views(locked)
        entries = traces.about(locked)
        daily_limits.forget(locked)
        Ticket.objects.only_of(locked).delete()
        user_ids = {session.user_id for session in locked}
        for session in locked:
            _make_nobodys(session)
        CustomerAttributes.objects.forget_unowned(user_ids)
        if locked:
            audit.blank(entries, kind, subject=subject, after={"conversations": len(locked)})
    return len(locked)


def finish(limit: int | None = None, end: float | None = None) -> bool:
    """Delete the rows of anonymised sessions, at most `limit` transactions or until `end`. Returns whether all are gone."""
    steps = 0
    erased = Session.objects.filter(status=Session.Status.ERASED)
    waiting = erased.filter(snoozed_until=None).exclude(pk__in=resting("session"))
    for session in waiting.order_by("pk")[:limit]:
        with isolated("session", session.pk):
            while _delete_some(session):
                steps += 1
                if _is_over(end) or (limit is not None and steps >= limit):
                    return False
            with transaction.atomic():
                erased_words.mark()
                erased.filter(pk=session.pk).update(snoozed_until=clock.now() + HEARD_AFTER)
    for heard in erased.filter(snoozed_until__lte=clock.now()).order_by("pk")[:SHELLS]:
        heard.delete()
    return not erased.filter(snoozed_until=None).exists()


def _make_nobodys(session: Session) -> None:
    # Unreadable columns go, too.
    session.stand_ins = {}
    for field in session._meta.concrete_fields:
        if field.name not in KEPT:
            setattr(session, field.attname, field.get_default())
    session.session_id, session.status = f"{ERASED}{new_id()}", Session.Status.ERASED
    session.fence += 1
    session.save()
    record(session, Kind.SESSION_ERASED)


def _delete_some(session: Session) -> bool:
    """Delete some rows of an anonymised session; returns whether there were any."""
    for model, rows in _rows_of(session):
        with transaction.atomic():
            if keys := list(rows.values_list("pk", flat=True)[:ROWS]):
                model._base_manager.filter(pk__in=keys).delete()
                return True
    return False


def _rows_of(session: Session) -> Iterable[tuple[type[models.Model], models.QuerySet[Any]]]:
    """Return everything that hangs on the session: rows that hold others come last.

    The newest change stays, to be published.
    """
    relations = [relation for relation in Session._meta.related_objects if relation.on_delete is models.CASCADE]
    for relation in sorted(relations, key=lambda relation: relation.related_model is Run):
        model: Any = relation.related_model
        rows = model._base_manager.filter(**{relation.field.name: session.pk})
        yield model, rows.exclude(pk=session.last_change) if model is Change else rows


def _erase_elsewhere(customer: Customer) -> int:
    """Erase the remains of conversations that were deleted before, and turns in conversations without a customer.

    Returns the number of blanked lines of the decision log.
    """
    turns = customer.shared_runs()
    for key in turns:
        _delete_turn(key)
    if customer.by == "user_id":
        CustomerAttributes.objects.filter(user_id=customer.value).delete()
    with transaction.atomic():
        lines = Decision.objects.forget(customer.lines().values_list("session_key", flat=True).distinct())
        entries = traces.naming(customer)
        if turns or lines or entries.exists():
            audit.blank(
                entries, audit.Kind.CUSTOMER_ERASED, subject=customer.digest, after={"turns": len(turns), "lines": lines}
            )
    return lines


def _delete_turn(key: int) -> None:
    """Delete a single turn in a conversation without a customer, and texts derived from it there."""
    with transaction.atomic():
        session = Session.objects.select_for_update(of=("self",)).filter(runs=key).first()
        if session is None:
            return
        run = session.runs.get(pk=key)
        if run.is_active:
            endings.end(session, run, Run.Status.CANCELLED)
        lines = Decision.objects.filter(requirement__root=run)
        Decision.objects.forget_lines(list(lines.values_list("pk", flat=True)))
        run.delete()
        erased_words.mark()
        _say_anew(session)
        record(session, Kind.RUN_ERASED)


def _say_anew(session: Session) -> None:
    """Make the conversation's name and its line in the list anew: they may derive from the erased turn."""
    NameRecord.objects.filter(session=session).delete()
    NameSuggestion.objects.filter(session=session).delete()
    session.hand_overs.all().delete()
    # What a later version wrote may hold a name, too.
    session.changes.exclude(kind__in=[kind for kind in Kind if kind.noun != "name"]).delete()
    session.name, session.name_source, session.name_due_at = "", Session.NameSource.PROVISIONAL, None
    session.name_locked, session.name_failures, session.name_failed_at, session.name_problem = False, 0, None, ""
    session.last_text = session.last_author_kind = session.last_author = ""
    session.last_person = None
    session.save()
    session.read_last_said()
    whose_turn.compute(session)
    stand_ins.renew(session)


def _empty_write_ahead_log() -> None:
    """Empty SQLite's write-ahead log, which holds recently written pages, at once if it has no reader just now."""
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        return
    usual = int(connection.settings_dict["OPTIONS"].get("timeout", 5) * 1000)
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA busy_timeout = {PATIENCE}")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        cursor.fetchall()
        cursor.execute(f"PRAGMA busy_timeout = {usual}")


def _is_over(end: float | None) -> bool:
    return end is not None and time.monotonic() >= end


__all__ = ["Erased", "erase", "finish", "take_away"]
