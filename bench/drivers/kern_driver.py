"""Drives this project's library."""

from __future__ import annotations

from collections.abc import Iterator

from protocol import ANSWER, HISTORY_RUNS, INSTRUCTIONS, Thinking, serve

from kern.agent import Agent
from kern.db.sqlite import SqliteDb
from kern.models.base import ModelAnswer, ModelEvent, ModelRequest, TextDelta


class FreeModel:
    """A model that costs nothing."""

    id = "free"

    def stream(self, request: ModelRequest) -> Iterator[ModelEvent]:
        Thinking.about(sum(message.role != "system" for message in request.messages))
        yield TextDelta(ANSWER)
        yield ModelAnswer(content=ANSWER)


class KernClient:
    names = True

    def __init__(self, file: str) -> None:
        self._db = SqliteDb(db_file=file)
        self._agent = Agent(
            model=FreeModel(),
            db=self._db,
            name="Desk",
            instructions=INSTRUCTIONS,
            add_history_to_context=True,
            num_history_runs=HISTORY_RUNS,
        )

    def open(self, session_id: str) -> None:
        pass

    def turn(self, session_id: str, text: str) -> None:
        if self._agent.run(text, session_id=session_id).content != ANSWER:
            raise RuntimeError("not the model's answer")

    def rename(self, session_id: str, name: str) -> None:
        self._agent.set_session_name(session_id=session_id, session_name=name)

    def name(self, session_id: str) -> str | None:
        return self._agent.get_session_name(session_id=session_id)

    def said(self, session_id: str) -> list[str]:
        session = self._agent.get_session(session_id=session_id)
        return [message.content for message in session.get_messages() if message.role == "user"] if session else []

    def close(self) -> None:
        self._db.close()


if __name__ == "__main__":
    serve(KernClient)
