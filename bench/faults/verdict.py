"""What became of everything, read through the same API that the customers use, and in the world outside."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from bench.faults.client import Client, Json, of_session
from bench.faults.customers import ACTIVE, Customer
from bench.faults.journal import Journal
from bench.faults.wishes import Wish

#: What is counted; the first four are the promise of the design, the others would break it in spirit.
LOST = "customer messages lost"
DOUBLED = "messages doubled"
REPEATED = "side effects doubled"
UNSETTLED = "runs not settled 60 s after the last kill"
FORBIDDEN = "side effects that people had refused"
MISSING = "side effects missing although the run completed"
INVALID = "requests to the model that were no valid input"
REFUSED = "requests of customers and people refused without reason"
COLLAPSED = "processes that ended by themselves"
COUNTED = (LOST, DOUBLED, REPEATED, UNSETTLED, FORBIDDEN, MISSING, INVALID, REFUSED, COLLAPSED)


@dataclass(slots=True)
class Verdict:
    """`found` has a line for each thing that should not be, under what it counts as."""

    found: dict[str, list[str]] = field(default_factory=lambda: {what: [] for what in COUNTED})
    turns: int = 0
    runs: Counter[str] = field(default_factory=Counter)

    def add(self, what: str, lines: Iterable[str]) -> None:
        self.found[what] += lines

    def look_at(self, customer: Customer, client: Client, effects: Counter[str]) -> None:
        """Count what went wrong in a customer's conversation."""
        messages = client.everything(of_session(customer.session_id, "/messages"))
        runs = {run["run_id"]: run for run in client.everything(of_session(customer.session_id, "/runs"))}
        self.turns += len(runs)
        self.runs.update(run["status"] for run in runs.values())
        self.add(UNSETTLED, [f"run {run_id} is {run['status']}" for run_id, run in runs.items() if run["status"] in ACTIVE])
        said = [message for message in messages if message["author_kind"] == "customer"]
        stored = Counter(message["content"] for message in said)
        taken = {message["content"]: runs.get(message["run_id"]) for message in said}
        for wish in customer.sent:
            if not stored[wish.text]:
                self.add(LOST, [f"{wish.reference} is not stored"])
            elif taken[wish.text] is None:
                self.add(LOST, [f"{wish.reference} was taken by no run"])
        self.add(DOUBLED, [f"{text} is there {count} times" for text, count in stored.items() if count > 1])
        self.add(DOUBLED, _doubled_answers(messages))
        for wish in customer.sent:
            self._look_at_effect(wish, effects[wish.reference], taken.get(wish.text))

    def _look_at_effect(self, wish: Wish, count: int, run: Json | None) -> None:
        if count > 1:
            self.add(REPEATED, [f"{wish.kind} {wish.reference} happened {count} times, asked in run {run and run['run_id']}"])
        if count and (wish.is_refused or not wish.wants_effect):
            self.add(FORBIDDEN, [f"{wish.kind} {wish.reference} happened"])
        should_be = wish.wants_effect and not wish.is_refused
        if should_be and not count and run is not None and run["status"] == "completed":
            self.add(MISSING, [f"{wish.kind} {wish.reference} did not happen, run {run['run_id']}"])


def _doubled_answers(messages: list[Json]) -> Iterator[str]:
    """Runs that said their last word twice, and calls with more than one output."""
    last_words = Counter(
        message["run_id"]
        for message in messages
        if message["author_kind"] == "agent" and message["role"] == "assistant" and not message["tool_calls"]
    )
    outputs = Counter((message["run_id"], message["tool_call_id"]) for message in messages if message["role"] == "tool")
    yield from (f"run {run_id} answered {count} times" for run_id, count in last_words.items() if count > 1)
    yield from (f"call {call} of run {run_id} has {count} outputs" for (run_id, call), count in outputs.items() if count > 1)


def judge(customers: list[Customer], client: Client, journal: Journal) -> Verdict:
    """Look at everything. The installation must still run, and the people have stopped."""
    verdict = Verdict()
    effects = journal.counted()
    # The rows that were broken from the beginning are among them.
    client.everything("/sessions")
    for customer in customers:
        verdict.look_at(customer, client, effects)
        verdict.add(REFUSED, customer.problems)
    return verdict


def as_json(verdict: Verdict) -> str:
    """Every line that was found."""
    return json.dumps({"turns": verdict.turns, "runs": verdict.runs, "found": verdict.found}, indent=1, ensure_ascii=False)
