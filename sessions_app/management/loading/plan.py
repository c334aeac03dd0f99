"""The plan of made-up conversations: a temporary table with a row a session, which every other table is filled from."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate

from django.db import connection

from sessions_app.management.loading.sentences import Sentence, sentences
from sessions_app.management.loading.statements import execute, highest_key, numbers
from sessions_app.models import Change, Message, Person, Queue, Run, Session

#: Messages of ten neighbouring conversations: few of most, many of some. Each pair is a customer's words and their answer.
LENGTHS = (2, 4, 2, 32, 6, 4, 20, 8, 12, 10)
AVERAGE = sum(LENGTHS) // len(LENGTHS)
#: Of a hundred sessions so many are open, so many snoozed; the others are closed.
OPEN, SNOOZED = 30, 4
#: Every third session that is not closed waits for an answer; every third of all has a ticket.
THIRD = 3
#: Of a hundred sessions so many are a person's, and so many customers have several conversations.
ASSIGNED = 20
#: Seconds between two conversations, and between two messages of one.
APART_BY, ANSWERED_AFTER = 20, 90
#: The table, with the pool of sentences and the lengths of ten conversations.
PLAN = "load_plan"
TABLES = (PLAN, "load_sentence", "load_length")


class CannotLoadError(Exception):
    """There is nothing to hang conversations on."""


@dataclass(frozen=True)
class Wanted:
    """Number of conversations, the seed of their words, and the second (Unix time) of the newest."""

    sessions: int
    seed: int
    epoch: int


def make_plan(wanted: Wanted) -> None:
    """Make the temporary table `load_plan`, a row a session: keys, length, state, queue, people and sentences."""
    _make_pool(wanted.seed)
    _make_lengths()
    queues = list(Queue.objects.order_by("pk").values_list("pk", "agent_id"))
    people = list(Person.objects.filter(is_active=True).order_by("pk").values_list("pk", flat=True))
    if not queues or not people:
        raise CannotLoadError("Conversations need a queue and a person: run manage.py seed_demo or createsuperuser first.")
    keys = {model: highest_key(model) for model in (Session, Run, Message, Change)}
    block = "((n.i - 1) / 10)"
    before = f"({block} * {sum(LENGTHS)} + l.before)"
    luck = "(n.i * 7919 %% 100)"
    unanswered = f"({luck} < {OPEN + SNOOZED} AND n.i %% {THIRD} = 0)"
    columns = {
        "number": "n.i",
        "session": f"{keys[Session]} + n.i",
        "message": f"{keys[Message]} + {before}",
        "run": f"{keys[Run]} + {before} / 2",
        "change": f"{keys[Change]} + 2 * n.i",
        "lines": f"l.lines - CASE WHEN {unanswered} THEN 1 ELSE 0 END",
        "waits": f"CASE WHEN {unanswered} THEN 1 ELSE 0 END",
        "status": f"CASE WHEN {luck} < {OPEN} THEN 'open' WHEN {luck} < {OPEN + SNOOZED} THEN 'snoozed' ELSE 'closed' END",
        "ago": f"({wanted.sessions} - n.i) * {APART_BY}",
        "queue": _one_of([str(key) for key, _agent in queues], "n.i * 31"),
        "agent": _one_of([f"'{agent}'" for _key, agent in queues], "n.i * 31"),
        "person": _one_of([str(key) for key in people], "n.i * 17"),
        "is_assigned": f"CASE WHEN n.i * 13 %% 100 < {ASSIGNED} THEN 1 ELSE 0 END",
        "customer": f"n.i %% ({wanted.sessions} / {THIRD} + 1)",
        "has_ticket": f"CASE WHEN n.i %% {THIRD} = 1 THEN 1 ELSE 0 END",
    }
    selected = ", ".join(f"{expression} AS {name}" for name, expression in columns.items())
    lengths = "JOIN load_length AS l ON l.slot = (n.i - 1) %% 10"
    execute(f"CREATE TEMPORARY TABLE {PLAN} AS SELECT {selected} FROM {numbers(1, wanted.sessions)} {lengths}")
    execute(f"CREATE UNIQUE INDEX load_plan_number ON {PLAN} (number)")
    execute(f"ANALYZE {PLAN}")


def _make_pool(seed: int) -> None:
    execute(
        "CREATE TEMPORARY TABLE load_sentence (number integer PRIMARY KEY, content text, folded text, words text, title text,"
        " title_folded text, title_words text)"
    )
    marks = ", ".join(["%s"] * len(Sentence._fields))
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO load_sentence VALUES ({marks})", list(sentences(seed)))


def _make_lengths() -> None:
    execute("CREATE TEMPORARY TABLE load_length (slot integer PRIMARY KEY, lines integer, before integer)")
    begins = [0, *accumulate(LENGTHS)]
    with connection.cursor() as cursor:
        rows = [(slot, lines, begins[slot]) for slot, lines in enumerate(LENGTHS)]
        cursor.executemany("INSERT INTO load_length VALUES (%s, %s, %s)", rows)


def drop_plan() -> None:
    """Drop the temporary tables."""
    for table in TABLES:
        execute(f"DROP TABLE {table}")


def _one_of(expressions: list[str], number: str) -> str:
    """Return an expression that is one of these, by a number."""
    whens = " ".join(f"WHEN {at} THEN {expression}" for at, expression in enumerate(expressions))
    return f"CASE ({number}) %% {len(expressions)} {whens} END"


__all__ = ["ANSWERED_AFTER", "AVERAGE", "LENGTHS", "CannotLoadError", "Wanted", "drop_plan", "make_plan"]
