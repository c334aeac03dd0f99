"""Drives openai-agents. Its tracing (uploads to a server) is off, everything else as its documentation shows it.

The SDK has no names of sessions, and its history window counts items: two (question and answer) a turn here. Turns run on one
event loop that stays open, the cheapest way the SDK offers to a program that is not asynchronous itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from agents import Agent, Model, ModelResponse, Runner, SessionSettings, SQLiteSession, Usage, set_tracing_disabled
from openai.types.responses import ResponseOutputMessage, ResponseOutputText
from protocol import ANSWER, HISTORY_RUNS, INSTRUCTIONS, Thinking, serve

set_tracing_disabled(True)


class FreeModel(Model):
    """A model that costs nothing."""

    async def get_response(self, system_instructions: str | None, input: Any, *rest: Any, **more: Any) -> ModelResponse:  # noqa: ARG002
        Thinking.about(len(input))
        text = ResponseOutputText(text=ANSWER, type="output_text", annotations=[], logprobs=[])
        message = ResponseOutputMessage(id="free", type="message", role="assistant", status="completed", content=[text])
        return ModelResponse(output=[message], usage=Usage(), response_id=None)

    def stream_response(self, *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        raise NotImplementedError("the bench does not stream")


class AgentsClient:
    names = False

    def __init__(self, file: str) -> None:
        self._file = file
        self._agent = Agent(name="Desk", instructions=INSTRUCTIONS, model=FreeModel())
        self._sessions: dict[str, SQLiteSession] = {}
        self._loop = asyncio.new_event_loop()

    def open(self, session_id: str) -> None:
        if session_id not in self._sessions:
            window = SessionSettings(limit=2 * HISTORY_RUNS)
            self._sessions[session_id] = SQLiteSession(session_id, self._file, session_settings=window)

    def turn(self, session_id: str, text: str) -> None:
        turn = Runner.run(self._agent, text, session=self._sessions[session_id])
        if self._loop.run_until_complete(turn).final_output != ANSWER:
            raise RuntimeError("not the model's answer")

    def rename(self, session_id: str, name: str) -> None:
        raise NotImplementedError("sessions of openai-agents have no names")

    def name(self, session_id: str) -> str | None:
        raise NotImplementedError("sessions of openai-agents have no names")

    def said(self, session_id: str) -> list[str]:
        # Any limit beyond the session's length reads it all; none would read the window.
        items = self._loop.run_until_complete(self._sessions[session_id].get_items(limit=1_000_000))
        return [str(item["content"]) for item in items if item.get("role") == "user"]

    def close(self) -> None:
        for session in self._sessions.values():
            session.close()
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()


if __name__ == "__main__":
    serve(AgentsClient)
