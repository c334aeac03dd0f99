"""Drives agno. Its telemetry (a request to a server each turn) is off, everything else as its documentation shows it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

from agno.agent import Agent
from agno.db.sqlite import SqliteDb
from agno.models.base import Model
from agno.models.message import Message
from agno.models.response import ModelResponse
from protocol import ANSWER, HISTORY_RUNS, INSTRUCTIONS, Thinking, serve


@dataclass
class FreeModel(Model):
    """A model that costs nothing."""

    id: str = "free"

    def invoke(self, messages: list[Message], *rest: Any, **more: Any) -> ModelResponse:  # noqa: ARG002
        Thinking.about(sum(message.role != "system" for message in messages))
        return ModelResponse(role="assistant", content=ANSWER)

    async def ainvoke(self, *args: Any, **kwargs: Any) -> ModelResponse:
        return self.invoke(*args, **kwargs)

    def invoke_stream(self, *args: Any, **kwargs: Any) -> Iterator[ModelResponse]:
        yield self.invoke(*args, **kwargs)

    async def ainvoke_stream(self, *args: Any, **kwargs: Any) -> AsyncIterator[ModelResponse]:
        yield self.invoke(*args, **kwargs)

    def _parse_provider_response(self, response: Any, **more: Any) -> ModelResponse:  # noqa: ARG002
        return response

    def _parse_provider_response_delta(self, response: Any) -> ModelResponse:
        return response


class AgnoClient:
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
            telemetry=False,
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
        return [str(message.content) for message in session.get_messages() if message.role == "user"] if session else []

    def close(self) -> None:
        self._db.close()


if __name__ == "__main__":
    serve(AgnoClient)
