"""Ana and Ben, who both decide whatever is asked, and look into the world where nobody knows what happened."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

from bench.faults.client import Client, Json, Refusal, Unanswered, of_session
from bench.faults.journal import Journal
from bench.faults.wishes import MOST_CENTS

#: Seconds between two looks at the queue.
LOOK_EVERY = 0.8
#: No call takes so long (seconds): who waited finds an effect in the journal or knows that none will come.
LONGEST_CALL = 3.0


class Person:
    """One of them, in a thread. `decided` counts the answers that counted, by what they were."""

    def __init__(self, name: str, client: Client, journal: Journal, stop: threading.Event) -> None:
        self.name = name
        self.client = client
        self.decided: dict[str, int] = {}
        self.problems: list[str] = []
        self._journal = journal
        self._stop = stop
        self._thread = threading.Thread(target=self._work, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def retry(self, run_id: str) -> None:
        """A customer says that a run has failed: have it tried again, unless that is over."""
        try:
            self.client.post(f"/runs/{run_id}/retry", {})
            self._count("failed run tried again")
        except Refusal as refusal:
            if refusal.status != 422:
                self.problems.append(f"{self.name}, retry: {refusal}")

    def _work(self) -> None:
        while not self._stop.is_set():
            try:
                for asked in self.client.everything("/requirements"):
                    self._decide(asked)
            except (Unanswered, Refusal) as problem:
                self.problems.append(f"{self.name}: {problem}")
            self._stop.wait(LOOK_EVERY)

    def _decide(self, asked: Json) -> None:
        decision = self._decision(asked)
        if decision is None:
            return
        try:
            seen = self.client.get(of_session(asked["session_id"]))["last_change"]
            self.client.post(f"/requirements/{asked['requirement_id']}/decision", {**decision, "seen": seen})
            self._count(f"{asked['reason']}: {decision['action']}")
        except Refusal as refusal:
            # Somebody was faster (perhaps this person, whose first try arrived after all), or there is something newer to read.
            if refusal.status != 409 and refusal.error.get("code") != "refused":
                self.problems.append(f"{self.name}: {refusal}")

    def _decision(self, asked: Json) -> Json | None:
        reference = asked["arguments"]["reference"]
        if asked["reason"] == "uncertain":
            if self._journal.counted()[reference]:
                return {"action": "result", "result": f"I looked: {reference} is done."}
            age = datetime.now(UTC) - datetime.fromisoformat(asked["created_at"])
            return {"action": "approve"} if age.total_seconds() > LONGEST_CALL else None
        if asked["arguments"]["cents"] > MOST_CENTS:
            return {"action": "reject", "note": "That is too much."}
        return {"action": "approve"}

    def _count(self, what: str) -> None:
        self.decided[what] = self.decided.get(what, 0) + 1
