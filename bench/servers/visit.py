"""One customer at the running program with one server behind it: an answer, a tool that a person approves, a name."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from bench.faults.client import Client, Json, of_session
from bench.servers.gateways import ASK_FOR_TOOL, BOOKING, Reached
from tests.story.program import Program

Seen = TypeVar("Seen")

SESSION = "nora"
#: Longest wait (seconds) for something that the workers do; a name is due ten seconds after the third message.
PATIENCE = 90.0
ACTIVE = ("pending", "running")

STEPS = (
    "answers a customer",
    "answers again, with what was said before",
    "calls a tool, which waits for a person",
    "the approved tool ran once",
    "tells what the tool gave",
    "names the conversation",
)


@dataclass(frozen=True)
class Step:
    """One thing that was tried: what came of it, in the program's own rows."""

    what: str
    is_right: bool
    told: str


def visit(reached: Reached, folder: Path, *, remembers: str) -> list[Step]:
    """Every step of `STEPS`, with the whole program running in that folder. `remembers` is what the second answer says."""
    settings = {"OPENAI_API_KEY": reached.key, "OPENAI_BASE_URL": reached.base_url}
    with Program(folder, **settings) as program:
        token = program.manage("make_api_token", "servers", "--for", "ana@desk.example").strip().splitlines()[-1]
        steps = _Visit(Client(program.port, token), folder / "demo.sqlite3").steps(remembers)
    (folder / "program.log").write_text(program.log)
    if "Traceback" in program.log:
        steps.append(Step("without an error in the program's log", False, "see program.log"))
    return steps


class _Visit:
    def __init__(self, client: Client, books: Path) -> None:
        self.client = client
        self.books = books

    def steps(self, remembers: str) -> list[Step]:
        self.client.post("/sessions", {"queue": "bookings", "user_id": "nora", "session_id": SESSION})
        first = self._answer_to("Hello, how many bags may I take along?")
        second = self._answer_to("And when can I check in?")
        asked = self._ask_for_tool()
        return [
            Step(STEPS[0], _is_answer(first), _said(first)),
            Step(STEPS[1], _is_answer(second) and remembers in second["content"], _said(second)),
            *self._decided(asked),
            self._named(),
        ]

    def _answer_to(self, words: str) -> Json:
        self._send(words)
        return self._settled()

    def _ask_for_tool(self) -> Json | None:
        self._send(ASK_FOR_TOOL)
        self._settled()
        waiting = self.client.everything("/requirements")
        return next((one for one in waiting if one["session_id"] == SESSION), None)

    def _decided(self, asked: Json | None) -> list[Step]:
        if asked is None:
            return [Step(what, False, "no call came") for what in STEPS[2:5]]
        fits = asked["tool_name"] == "cancel_reservation" and asked["arguments"].get("reference") == BOOKING
        seen = self.client.get(of_session(SESSION))["last_change"]
        self.client.post(f"/requirements/{asked['requirement_id']}/decision", {"action": "approve", "seen": seen})
        run = self._settled()
        return [
            Step(STEPS[2], fits, f"{asked['tool_name']} {asked['arguments']}"),
            Step(STEPS[3], self._cancellations() == 1, f"{self._cancellations()} cancellation(s) in the airline's books"),
            Step(STEPS[4], _is_answer(run) and BOOKING in run["content"], _said(run)),
        ]

    def _named(self) -> Step:
        session = _eventually(lambda: self.client.get(of_session(SESSION)), lambda it: bool(it["name"]))
        return Step(STEPS[5], session["name_source"] == "auto", f"{session['name']!r}, by {session['name_source'] or 'nobody'}")

    def _send(self, words: str) -> None:
        self.client.post(of_session(SESSION, "/messages"), {"content": words}, key=words)

    def _settled(self) -> Json:
        """The last run once nothing works any more."""

        def is_settled(runs: list[Json]) -> bool:
            messages = self.client.everything(of_session(SESSION, "/messages"))
            waits = any(message["author_kind"] == "customer" and not message["run_id"] for message in messages)
            return bool(runs) and not waits and all(run["status"] not in ACTIVE for run in runs)

        return _eventually(lambda: self.client.everything(of_session(SESSION, "/runs")), is_settled)[-1]

    def _cancellations(self) -> int:
        with sqlite3.connect(f"file:{self.books}?mode=ro", uri=True) as books:
            query = "SELECT count(*) FROM actions WHERE tool = 'cancel_reservation' AND result LIKE ?"
            return int(books.execute(query, (f"%{BOOKING}%",)).fetchone()[0])


def _is_answer(run: Json) -> bool:
    return bool(run["status"] == "completed" and run["content"].strip())


def _said(run: Json) -> str:
    return f"{run['status']}: {run['content'] or run.get('error') or 'nothing'}"[:200]


def _eventually(look: Callable[[], Seen], is_right: Callable[[Seen], bool]) -> Seen:
    """What was seen first that is right, or last before patience ended."""
    end = time.monotonic() + PATIENCE
    while not is_right(seen := look()) and time.monotonic() < end:
        time.sleep(0.5)
    return seen
