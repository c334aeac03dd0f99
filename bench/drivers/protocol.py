"""The measured side of the bench: answers requests (one JSON object a line) about one library, in that library's own Python.

Standard library only, because every driver runs in an environment that holds nothing but the library it drives.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from typing import Any, ClassVar, Protocol, TextIO

INSTRUCTIONS = "You are the support desk of a small airline. Be brief."
ANSWER = "Thank you for writing. Your booking is confirmed and the receipt is on its way to you."
QUESTION = "Question {number} of {who}: may I take a second bag on the flight to Lisbon, and what does it cost?"
#: Every library shows the model this many earlier turns.
HISTORY_RUNS = 3


class Client(Protocol):
    """One library's objects for talking in sessions of one SQLite file."""

    #: Whether the library names sessions.
    names: ClassVar[bool]

    def __init__(self, file: str) -> None:
        """Make the library's objects; the file may be missing yet."""

    def open(self, session_id: str) -> None:
        """Make whatever object the library wants to exist once a session."""

    def turn(self, session_id: str, text: str) -> None:
        """One whole turn: history read, model asked, everything stored."""

    def rename(self, session_id: str, name: str) -> None:
        """Set the session's name."""

    def name(self, session_id: str) -> str | None:
        """The session's name as stored."""

    def said(self, session_id: str) -> list[str]:
        """The user's texts of the session, as the library's own API reads them back."""

    def close(self) -> None:
        """Give up files and threads."""


class Thinking:
    """What the fake models share: how long they take, and how many messages they were shown last (system ones left out)."""

    seconds = 0.0
    shown = 0

    @classmethod
    def about(cls, shown: int) -> None:
        cls.shown = shown
        if cls.seconds:
            time.sleep(cls.seconds)


class Watch:
    """Seconds since it was made, by the clock and of the processor (all threads of this process)."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def read(self) -> tuple[float, float]:
        return time.perf_counter() - self._wall, time.process_time() - self._cpu


class Driver:
    """Carries out requests with clients that `connect` makes; `connect` is the only thing a library's driver adds."""

    def __init__(self, connect: type[Client]) -> None:
        self._connect = connect
        self._clients: dict[str, Client] = {}

    def do_hello(self) -> dict[str, Any]:
        return {"python": sys.version.split()[0], "names": self._connect.names}

    def do_turns(self, file: str, session_ids: list[str], cold: bool = False) -> dict[str, Any]:
        """One turn in each of `session_ids`, in that order.

        Of each turn: its seconds by the clock, its seconds of the processor, and how many messages the model was shown.
        """
        Thinking.seconds = 0.0
        turn = self._cold_turn if cold else self._warm_turn
        return {"turns": [(*turn(file, session_id, n), Thinking.shown) for n, session_id in enumerate(session_ids)]}

    def do_talk(self, file: str, session_id: str, who: str, turns: int, thinking: float, renames: bool) -> dict[str, Any]:
        """`turns` turns beside another process; with `renames`, name the session after each and look after the next.

        Nobody else names the session, so a name that is not there after one more turn was undone by a turn.
        """
        Thinking.seconds = thinking
        client, told = self._client(file), Told()
        client.open(session_id)
        for number in range(turns):
            text = QUESTION.format(number=number, who=who)
            if told.attempt(client.turn, session_id, text):
                told.said.append(text)
            if renames:
                told.look_at_name(client, session_id)
                told.rename(client, session_id, f"{who}'s name {number}")
        return {"said": told.said, "errors": told.errors, "names_set": told.names_set, "names_lost": told.names_lost}

    def do_read(self, file: str, session_id: str) -> dict[str, Any]:
        """What a newcomer reads back."""
        client = self._connect(file)
        client.open(session_id)
        try:
            return {"said": client.said(session_id), "name": client.name(session_id) if client.names else None}
        finally:
            client.close()

    def _client(self, file: str) -> Client:
        if file not in self._clients:
            self._clients[file] = self._connect(file)
        return self._clients[file]

    def _warm_turn(self, file: str, session_id: str, number: int) -> tuple[float, float]:
        client = self._client(file)
        client.open(session_id)
        text = QUESTION.format(number=number, who="Ana")
        watch = Watch()
        client.turn(session_id, text)
        return watch.read()

    def _cold_turn(self, file: str, session_id: str, number: int) -> tuple[float, float]:
        text = QUESTION.format(number=number, who="Ana")
        watch = Watch()
        client = self._connect(file)
        client.open(session_id)
        client.turn(session_id, text)
        taken = watch.read()
        client.close()
        return taken


class Told:
    """What one talking process did, and what went wrong."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.errors: list[str] = []
        self.names_set = 0
        self.names_lost = 0
        self._name: str | None = None

    def attempt(self, verb: Any, *arguments: str) -> bool:
        """Whether it went without an error; the error is kept."""
        try:
            verb(*arguments)
        except Exception as error:  # noqa: BLE001 - errors are what is counted here
            self.errors.append(f"{type(error).__name__}: {error}"[:300])
            return False
        return True

    def rename(self, client: Client, session_id: str, name: str) -> None:
        self._name = None
        if self.attempt(client.rename, session_id, name):
            self._name = name
            self.names_set += 1

    def look_at_name(self, client: Client, session_id: str) -> None:
        if self._name is not None and client.name(session_id) != self._name:
            self.names_lost += 1


def serve(connect: type[Client]) -> None:
    """Answer requests on standard input until it ends. What the library prints goes to standard error."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    driver = Driver(connect)
    for line in sys.stdin:
        _answer(driver, json.loads(line), answers)


def _answer(driver: Driver, request: dict[str, Any], answers: TextIO) -> None:
    try:
        answer = {"ok": True, **getattr(driver, "do_" + request.pop("do"))(**request)}
    except Exception as error:  # noqa: BLE001 - told to the bench, which decides
        traceback.print_exc()
        answer = {"ok": False, "error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), file=answers, flush=True)
