"""How fast many sessions get their names: the documents' loop, the library's fast form, and a job of the program."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.effort import Effort
from bench.naming.drive import MODEL_SECONDS
from bench.naming.fill import SAID
from bench.naming.processes import slow_model
from bench.pages.installation import installation
from bench.report import Budget, Section, Table, p95
from kern.agent import Agent
from kern.db.sqlite import SqliteDb
from kern.models.openai import OpenAIResponses
from kern.naming import name_sessions
from kern.testing import ScriptedModel

NAMES_A_SECOND, LIST_GROWTH, CUSTOMER_SECONDS = 40, 1.5, 1.0
#: Sessions that the plain loop names: each takes the model's second.
PLAIN = 15
AT_ONCE = 64

NOTES = [
    f"The model is the local Responses server in a process of its own; it thinks for {MODEL_SECONDS:g} s before each answer."
    " The program runs with web server, one worker for turns, one for names, scheduler and Redis, on this machine and SQLite.",
    "Meanwhile a second person loads the list of open conversations five times a second, and a customer asks every two seconds;"
    " their time is from the first request until the answer is stored, without the model's own second.",
    "Then the job is undone, and another one over the same sessions loses worker, web server and Redis twice each by SIGKILL."
    " Every twentieth name is a person's. “Wrong” counts sessions not named exactly once, and persons' names touched.",
]


def measure(effort: Effort) -> Section:
    """Name by the plain loop, by `name_sessions`, and by a job."""
    section = Section("Names of many sessions", notes=list(NOTES))
    plain, fast = _library(effort)
    with installation("sqlite", "naming") as there:
        found = there.run("bench.naming.drive", effort.names, there.folder)
    rate = found["wanted"] / found["seconds"]
    killed = found["killed counts"]["done"] / found["killed seconds"]
    undone = found["undone"]["undone"] / found["undo seconds"]
    section.tables.append(
        Table(
            f"{effort.names:,} sessions; the model takes {MODEL_SECONDS:g} s",
            ("way", "names/s"),
            [
                [f"the documents' loop ({PLAIN} sessions)", f"{plain:.1f}"],
                [f"kern.naming.name_sessions, {AT_ONCE} at once", f"{fast:.1f}"],
                ["a job on one worker", f"{rate:.1f}"],
                ["the same, worker, web and Redis killed twice each", f"{killed:.1f}"],
                ["undoing it", f"{undone:.1f}"],
            ],
        )
    )
    section.tables.append(_beside(found))
    section.budgets += _budgets(effort, rate, found)
    return section


def _beside(found: dict[str, Any]) -> Table:
    kinds = (("list at rest", "ms", 0), ("list", "ms", 0), ("customer at rest", "s", 2), ("customer", "s", 2))
    rows = [
        [f"{kind} ({unit})", f"{statistics.median(found[kind]):.{digits}f}", f"{p95(found[kind]):.{digits}f}"]
        for kind, unit, digits in kinds
    ]
    return Table("Others at rest, and while the job runs", ("what", "median", "p95"), rows)


def _budgets(effort: Effort, rate: float, found: dict[str, Any]) -> list[Budget]:
    where = f"{effort.names:,} sessions, sqlite"
    wrong = sum(found["wrong"].values()) + sum(found["killed wrong"].values())
    missing = found["counts"]["to_do"] + found["counts"]["failed"] + found["killed counts"]["failed"] + found["undone"]["kept"]
    growth = p95(found["list"]) / p95(found["list at rest"])
    return [
        Budget("naming job, seconds a name", 1 / NAMES_A_SECOND, 1 / rate, " s", f"{where}, {rate:.1f} names/s"),
        Budget("list p95 beside a naming job", LIST_GROWTH, growth, "×", where),
        Budget(
            "customer's answer beside it, beyond the model's time, p95", CUSTOMER_SECONDS, p95(found["customer"]), " s", where
        ),
        Budget("sessions wrongly named, kills included", 0, wrong + missing, "", where),
    ]


def _library(effort: Effort) -> tuple[float, float]:
    """Names a second of the plain loop and of `name_sessions`."""
    with slow_model(MODEL_SECONDS) as address, _agent(address, min(effort.names, 1_000)) as agent:
        sessions = list(agent.iter_sessions())
        began = time.monotonic()
        for session in sessions[:PLAIN]:
            agent.set_session_name(session.session_id, autogenerate=True)
        plain = PLAIN / (time.monotonic() - began)
        began = time.monotonic()
        named = [outcome.status for outcome in name_sessions(agent, sessions[PLAIN:], concurrency=AT_ONCE)]
        assert set(named) == {"named"}
        return plain, len(named) / (time.monotonic() - began)


@contextmanager
def _agent(address: str, count: int) -> Iterator[Agent]:
    with TemporaryDirectory() as folder:
        db = SqliteDb(str(Path(folder) / "agent.db"))
        talker = Agent(ScriptedModel(["I will look into it."], cycle=True), db=db)
        for number in range(count):
            talker.run(SAID[number % len(SAID)].format(number=number), session_id=f"s{number}")
        yield Agent(OpenAIResponses(api_key="local", base_url=address), db=db)
