"""The customers: each has one session, writes, waits for the answer, sometimes writes again before it came."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from bench.faults.client import Client, Json, Refusal, Unanswered, of_session
from bench.faults.wishes import Wish, wish

ACTIVE = ("pending", "running", "paused")
#: Seconds between two looks whether the answer is there.
LOOK_EVERY = 1.5


@dataclass(slots=True)
class Customer:
    """One customer's conversation; `sent` grows by what the API said it has. `problems` are answers that should not be."""

    number: int
    client: Client
    turns: int
    chance: random.Random
    #: Asks a person to have a failed run tried again.
    complain: Callable[[str], None]
    stop: threading.Event
    sent: list[Wish] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    has_said_all: bool = False
    #: How often everything was answered.
    answers: int = 0

    @property
    def session_id(self) -> str:
        return f"customer-{self.number}"

    def talk(self) -> None:
        """The whole conversation, to the end of its last turn or until `stop`."""
        try:
            self.client.post("/sessions", {"queue": "office", "user_id": str(self.number), "session_id": self.session_id})
            count = 0
            for turn in range(self.turns):
                # Some go on before they have an answer.
                for _ in range(2 if self.chance.random() < 0.15 else 1):
                    self.send(wish(self.chance, self.number, count))
                    count += 1
                self.has_said_all = turn == self.turns - 1
                self.wait()
        except (Refusal, Unanswered) as problem:
            self.problems.append(f"{self.session_id}: {problem}")
        finally:
            self.has_said_all = True

    def send(self, wanted: Wish) -> None:
        """Send it; some click twice."""
        path, body = of_session(self.session_id, "/messages"), {"content": wanted.text}
        if self.chance.random() < 0.15:
            twin = threading.Thread(target=self._send_again, args=(path, body, wanted.reference), daemon=True)
            twin.start()
            self.client.post(path, body, key=wanted.reference)
            twin.join()
        else:
            self.client.post(path, body, key=wanted.reference)
        self.sent.append(wanted)

    def _send_again(self, path: str, body: Json, key: str) -> None:
        try:
            self.client.post(path, body, key=key)
        except (Refusal, Unanswered) as problem:
            self.problems.append(f"{self.session_id}, sent twice: {problem}")

    def wait(self) -> None:
        """Until every message was taken by a turn and every turn has ended."""
        while not self.stop.is_set():
            if self._look():
                self.answers += 1
                return
            self.stop.wait(LOOK_EVERY * self.chance.uniform(0.7, 1.3))

    def _look(self) -> bool:
        runs = self.client.everything(of_session(self.session_id, "/runs"))
        if not runs or any(run["status"] in ACTIVE for run in runs):
            return False
        if runs[-1]["status"] == "error":
            self.complain(runs[-1]["run_id"])
            return False
        messages = self.client.everything(of_session(self.session_id, "/messages"))
        return all(message["run_id"] for message in messages if message["author_kind"] == "customer")


class Crowd:
    """All customers, each in a thread."""

    def __init__(self, customers: list[Customer]) -> None:
        self.customers = customers
        self._threads = [threading.Thread(target=customer.talk, daemon=True) for customer in customers]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    @property
    def has_said_all(self) -> bool:
        """Whether nobody has anything more to say."""
        return all(customer.has_said_all for customer in self.customers)

    @property
    def answers(self) -> int:
        """How often somebody had everything answered."""
        return sum(customer.answers for customer in self.customers)

    @property
    def is_settled(self) -> bool:
        """Whether everybody has every answer."""
        return all(not thread.is_alive() for thread in self._threads)
