"""Made-up conversations as rows: who has them, what is said in them, and everything that real ones leave behind.

The columns say what the verbs and `policy.whose_turn` would have written; a test compares them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from django.core.management.color import no_style
from django.db import connection, models, transaction

from sessions_app.changes.kinds import Kind
from sessions_app.management.loading.indexes import set_aside
from sessions_app.management.loading.plan import ANSWERED_AFTER, LENGTHS, PLAN, Wanted, drop_plan, make_plan
from sessions_app.management.loading.sentences import POOL
from sessions_app.management.loading.statements import as_json, execute, insert, moment, numbers
from sessions_app.models import Change, Message, Run, SearchEntry, Session, SessionRead, TicketLink, TicketSystem
from sessions_app.models.search_entry import APART, CUSTOMER, MESSAGE_BITS, TICKET

#: Sessions of one statement, between two movements of the bar.
SLICE = 20_000

FILLED: tuple[type[models.Model], ...] = (Session, Run, Message, Change, SearchEntry, SessionRead, TicketLink)

#: Expressions over a row `p` of the plan.
FIRST_SAID = "f.content || ' Booking BK' || p.session || '.'"
SESSION_ID = "'load-' || p.session"
#: The key of a session's message `n.i`.
MESSAGE = "p.message + n.i"


def load(wanted: Wanted, made: Callable[[int], object]) -> int:
    """Make up conversations in one transaction, and return their number of messages.

    `made` is told how many sessions each step made. Raises `CannotLoadError` without a queue or a person.
    """
    with transaction.atomic():
        make_plan(wanted)
        with set_aside(FILLED):
            for first, last in _slices(wanted.sessions):
                for fill in (_sessions, _runs, _messages, _changes, _entries, _reads, _tickets):
                    fill(f"{PLAN} AS p", f"p.number BETWEEN {first} AND {last}", wanted.epoch)
                made(last - first + 1)
        count = _asked(f"SELECT SUM(lines) FROM {PLAN}")
        drop_plan()
        for statement in connection.ops.sequence_reset_sql(no_style(), [Session, Run, Message, Change]):
            execute(statement)
    execute("VACUUM ANALYZE" if connection.vendor == "postgresql" and not connection.in_atomic_block else "ANALYZE")
    return count


def _slices(count: int) -> Iterator[tuple[int, int]]:
    for first in range(1, count + 1, SLICE):
        yield first, min(first + SLICE - 1, count)


def _sessions(plan: str, where: str, epoch: int) -> None:
    """Sessions, as their last message left them."""
    answered = "p.lines > 1 AND p.waits = 0"
    last = f"CASE WHEN p.lines = 1 THEN {FIRST_SAID} ELSE s.content END"
    last_folded = "CASE WHEN p.lines = 1 THEN f.folded || ' booking bk' || p.session || '.' ELSE s.folded END"
    source = (
        f"{plan} JOIN load_sentence AS s ON s.number = {_pool('p.message + p.lines')}"
        f" JOIN load_sentence AS f ON f.number = {_pool('p.message + 1')} WHERE {where}"
    )
    insert(
        Session,
        source,
        {
            "id": "p.session",
            "session_id": SESSION_ID,
            "queue_id": "p.queue",
            "user_id": "'customer-' || p.customer",
            "customer_name": "'Customer ' || p.customer",
            "channel": "'api'",
            "name": "f.title",
            "name_source": "'auto'",
            "status": "p.status",
            "assignee_id": "CASE WHEN p.is_assigned = 1 THEN p.person END",
            "last_change": "p.change",
            "last_text": last,
            "last_author_kind": f"CASE WHEN {answered} THEN 'agent' ELSE 'customer' END",
            "last_author": f"CASE WHEN {answered} THEN p.agent ELSE 'Customer ' || p.customer END",
            "waiting_for": "CASE WHEN p.waits = 1 THEN 'person' WHEN p.status = 'closed' THEN 'nobody' ELSE 'customer' END",
            "waiting_since": f"CASE WHEN p.waits = 1 THEN {moment(epoch, 'p.ago')} END",
            "answered_at": f"CASE WHEN p.lines > 1 THEN {moment(epoch, f'p.ago + p.waits * {ANSWERED_AFTER}')} END",
            "search_text": f"f.title_folded || '\n' || 'customer ' || p.customer || '\n' || '\n' || {last_folded}",
            **dict.fromkeys(("activity_at", "updated_at"), moment(epoch, "p.ago")),
            "created_at": moment(epoch, f"p.ago + (p.lines - 1) * {ANSWERED_AFTER}"),
        },
    )


def _runs(plan: str, where: str, epoch: int) -> None:
    """A finished turn for each answer."""
    ago = f"p.ago + (p.lines - 2 * n.i) * {ANSWERED_AFTER}"
    insert(
        Run,
        f"{plan} JOIN {numbers(1, max(LENGTHS) // 2)} ON n.i * 2 <= p.lines WHERE {where}",
        {
            "id": "p.run + n.i",
            "run_id": "'load-' || (p.run + n.i)",
            "session_id": "p.session",
            "agent_id": "p.agent",
            "agent_name": "p.agent",
            "status": "'completed'",
            **dict.fromkeys(("created_at", "updated_at"), moment(epoch, ago)),
        },
    )


def _messages(plan: str, where: str, epoch: int) -> None:
    """Words of customers and agents, by turns; both are of the turn, an unanswered message is of none."""
    by_customer = "n.i %% 2 = 1"
    insert(
        Message,
        f"{_said(plan)} WHERE {where}",
        {
            "id": MESSAGE,
            "message_id": f"'load-' || ({MESSAGE})",
            "session_id": "p.session",
            "run_id": "CASE WHEN p.waits = 1 AND n.i = p.lines THEN NULL ELSE p.run + (n.i + 1) / 2 END",
            "role": f"CASE WHEN {by_customer} THEN 'user' ELSE 'assistant' END",
            "author_kind": f"CASE WHEN {by_customer} THEN 'customer' ELSE 'agent' END",
            "author": f"CASE WHEN {by_customer} THEN 'Customer ' || p.customer ELSE p.agent END",
            "content": "s.content || CASE WHEN n.i = 1 THEN ' Booking BK' || p.session || '.' ELSE '' END",
            "created_at": moment(epoch, f"p.ago + (p.lines - n.i) * {ANSWERED_AFTER}"),
        },
    )


def _changes(plan: str, where: str, epoch: int) -> None:
    """The change log's first line and its last one; those between are left out."""
    source = f"{plan} WHERE {where}"
    started = moment(epoch, f"p.ago + (p.lines - 1) * {ANSWERED_AFTER}")
    customer = "'Customer ' || p.customer"
    first = {"id": "p.change - 1", "kind": f"'{Kind.SESSION_STARTED.value}'", "actor": customer, "created_at": started}
    insert(Change, source, {**first, "session_id": "p.session"})
    of_message = """'{"message": "load-' || (p.message + p.lines) || '"}'"""
    of_run = """'{"run": "load-' || (p.run + p.lines / 2) || '"}'"""
    last = {
        "kind": f"CASE WHEN p.waits = 1 THEN '{Kind.MESSAGE_CUSTOMER.value}' ELSE '{Kind.RUN_COMPLETED.value}' END",
        "actor": f"CASE WHEN p.waits = 1 THEN {customer} ELSE p.agent END",
        "data": as_json(f"CASE WHEN p.waits = 1 THEN {of_message} ELSE {of_run} END"),
        "created_at": moment(epoch, "p.ago"),
    }
    insert(Change, source, {**last, "id": "p.change", "session_id": "p.session"})


def _entries(plan: str, where: str, epoch: int) -> None:
    """The index of search, for sessions as `SearchEntry.objects.keep_session` writes it, and for their messages."""
    customer = "'customer ' || p.customer"
    marked = f"'{CUSTOMER}customer {CUSTOMER}' || p.customer"
    ticket = f"CASE WHEN p.has_ticket = 1 THEN '{_apart()}zd ' || p.session ELSE '' END"
    marked_ticket = f"CASE WHEN p.has_ticket = 1 THEN '{_apart()}{TICKET}zd {TICKET}' || p.session ELSE '' END"
    parts = f"'{_apart()}'".join(("f.title_words || ", f" || {customer} || ", f" || {customer} || {ticket} || "))
    words = f"{parts}'{_apart()}' || {marked} || '{_apart()}' || {marked} || {marked_ticket}"
    shifted = f"p.session * {1 << MESSAGE_BITS}"
    first = f"JOIN load_sentence AS f ON f.number = {_pool('p.message + 1')}"
    insert(
        SearchEntry,
        f"{plan} {first} WHERE {where}",
        {"id": shifted, "session_id": "p.session", "message_id": "NULL", "words": words},
    )
    said = "s.words || CASE WHEN n.i = 1 THEN ' booking bk' || p.session ELSE '' END"
    keys = {"id": f"{shifted} + {MESSAGE}", "session_id": "p.session", "message_id": MESSAGE}
    insert(SearchEntry, f"{_said(plan)} WHERE {where}", {**keys, "words": said})


def _reads(plan: str, where: str, epoch: int) -> None:
    """Every second session has been read by one person."""
    seen = {"session_id": "p.session", "person_id": "p.person", "last_change": "p.change"}
    insert(SessionRead, f"{plan} WHERE {where} AND p.number %% 2 = 0", seen)


def _tickets(plan: str, where: str, epoch: int) -> None:
    system = TicketSystem.objects.order_by("pk").values_list("pk", flat=True).first()
    if system is None:
        return
    linked = {"session_id": "p.session", "system_id": str(system), "ticket_id": "'ZD-' || p.session"}
    told = {"search_text": "'zd-' || p.session", "created_at": moment(epoch, "p.ago")}
    insert(TicketLink, f"{plan} WHERE {where} AND p.has_ticket = 1", {**linked, **told})


def _said(plan: str) -> str:
    """Return a FROM clause with a row for each message `n.i` of the sessions and its sentence `s`."""
    return f"{plan} JOIN {numbers(1, max(LENGTHS))} ON n.i <= p.lines JOIN load_sentence AS s ON s.number = {_pool(MESSAGE)}"


def _pool(key: str) -> str:
    """Return an expression for the number of the sentence that a message says."""
    return f"({key}) * 7919 %% {POOL}"


def _apart() -> str:
    return f" {APART} "


def _asked(question: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return int(cursor.fetchone()[0] or 0)


__all__ = ["load"]
