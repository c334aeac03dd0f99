"""How long the server takes for the inbox's list, and for a very long conversation; in one process, without a network."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from typing import Any

from bench.effort import Effort
from bench.pages.installation import installation
from bench.report import Budget, Section, Table, p95

#: Sessions of a small inbox, which the large ones are compared with.
FEW = 1_000
DECISIONS = 200
VIEWS = ("decisions", "needs-person", "mine", "unassigned", "waiting", "open", "snoozed", "closed", "failed", "queues/bookings")
LISTS = tuple(f"/{view}/" for view in VIEWS)
LIST_MS, LIST_QUERIES, LIST_GROWTH = 50, 8, 1.5
#: Addresses of searches: a booking that one message has, the most common word, a phrase, two words, a word of no message.
SEARCHES = {
    "rare word": "/search/?q=bk77",
    "common word": "/search/?q=my",
    "phrase": "/search/?q=%22my+booking%22",
    "two words": "/search/?q=refund+hotel",
    "no hit": "/search/?q=xylophone",
}
SEARCH_P50, SEARCH_P95 = 30, 60
CONVERSATION_MS = 80

#: Milliseconds of each request and their queries, by address.
Answers = Mapping[str, Mapping[str, Any]]

NOTES = [
    "The whole page for somebody who works all three queues and is no admin: rail with its counts, list, and for the"
    " conversation the newest 50 messages, the cards and the composer. Through all of Django with Django's test client, in one"
    " process: no network, no web server.",
    f"{DECISIONS} sessions wait for a decision. Of the others 30 % are open and 4 % snoozed; half have been read, a third has a"
    " ticket; each has ten messages on average. Addresses take turns; the first five requests of each are not counted.",
    "A search is the whole page of its hits, with the sentence around each. Its budgets are held against the slowest search.",
    "The list's budget is held against the slowest of the views. CPU is the median of this process's own time on the"
    " processor, which other programs on the machine disturb less; of PostgreSQL it has no part.",
]


def measure(effort: Effort) -> Section:
    """Fill databases of two sizes for each kind of database, and ask them for pages."""
    section = Section("Pages, on the server", notes=list(NOTES))
    for database, many in effort.sessions:
        few = _lists(section, database, FEW, effort)
        large = _lists(section, database, many, effort)
        where = f"{many:,} sessions, {database}"
        _judge_lists(section, database, few, large, where)
        _judge_searches(section, database, large, where)
        _conversation(section, database, effort)
    return section


def _lists(section: Section, database: str, sessions: int, effort: Effort) -> Answers:
    with installation(database, f"list-{sessions}") as there:
        filled = there.run("bench.pages.fill", sessions, DECISIONS, 0)
        answers: dict[str, Any] = there.run("bench.pages.ask", effort.requests, *LISTS, *SEARCHES.values())
    title = f"Lists and searches, {sessions:,} sessions, {database} (filled in {filled:.0f} s), {effort.requests} requests each"
    section.tables.append(_table(title, answers))
    return answers


def _judge_lists(section: Section, database: str, few: Answers, large: Answers, where: str) -> None:
    """Hold the lists' budgets against the slowest view."""
    asked = [large[address] for address in LISTS]
    section.budgets += [
        Budget(f"inbox list, p95, {database}", LIST_MS, max(p95(row["ms"]) for row in asked), " ms", where),
        Budget(f"inbox list, queries, {database}", LIST_QUERIES, max(row["queries"] for row in asked), "", where),
        Budget(f"inbox list, growth, {database}", LIST_GROWTH, _growth(few, large), "×", f"{where}, medians to {FEW:,}"),
    ]


def _judge_searches(section: Section, database: str, large: Answers, where: str) -> None:
    """Hold the budgets of searches against the slowest one."""
    asked = [large[address]["ms"] for address in SEARCHES.values()]
    section.budgets += [
        Budget(f"search, p50, {database}", SEARCH_P50, max(map(statistics.median, asked)), " ms", where),
        Budget(f"search, p95, {database}", SEARCH_P95, max(map(p95, asked)), " ms", where),
    ]


def _conversation(section: Section, database: str, effort: Effort) -> None:
    with installation(database, "conversation") as there:
        there.run("bench.pages.fill", FEW, 0, effort.messages)
        answers = there.run("bench.pages.ask", effort.requests, "/open/long/", "/sessions/long/timeline/")
    title = f"A conversation of {effort.messages:,} messages, {database}, {effort.requests} requests"
    section.tables.append(_table(title, answers))
    measured = p95(answers["/open/long/"]["ms"])
    data = f"{effort.messages:,} messages, {FEW:,} sessions"
    section.budgets.append(Budget(f"open a conversation, p95, {database}", CONVERSATION_MS, measured, " ms", data))


def _table(title: str, answers: Mapping[str, Mapping[str, Any]]) -> Table:
    rows = [
        [
            address,
            f"{statistics.median(row['ms']):.1f}",
            f"{p95(row['ms']):.1f}",
            f"{statistics.median(row['cpu']):.1f}",
            str(row["queries"]),
        ]
        for address, row in answers.items()
    ]
    return Table(title, ("page", "median ms", "p95 ms", "CPU ms", "queries"), rows)


def _growth(few: Answers, large: Answers) -> float:
    return max(float(statistics.median(large[view]["ms"]) / statistics.median(few[view]["ms"])) for view in LISTS)
