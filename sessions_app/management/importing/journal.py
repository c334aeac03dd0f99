"""The tool calls of an imported turn."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from kern.records.message import ToolCall as Call
from kern.validation.json_values import storable_json
from sessions_app.models import Run, ToolCall


class Journal:
    """The tool calls of one run. A call id that a file uses twice in a turn gets a number: a journal line is one call."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.calls: dict[str, ToolCall] = {}
        self._waiting: dict[str, list[str]] = {}

    def propose(self, call_id: str, name: str, arguments: str, at: datetime) -> str:
        """Add a call; returns its id in this run. Without a result it stays unknown whether it ran."""
        unique, count = call_id, 1
        while unique in self.calls:
            count += 1
            unique = f"{call_id[:190]}#{count}"
        self.calls[unique] = ToolCall(
            run=self.run,
            call_id=unique,
            tool_name=name,
            arguments=arguments_of(arguments),
            status=ToolCall.Status.STARTED,
            started_at=at,
        )
        self._waiting.setdefault(call_id, []).append(unique)
        return unique

    def finish(self, call_id: str, result: str, at: datetime) -> str:
        """Note a result; returns the id of its call in this run, or the given one when nothing of this run was asked."""
        waiting = self._waiting.get(call_id)
        if not waiting:
            return call_id
        call = self.calls[waiting.pop(0)]
        call.status, call.result, call.finished_at = ToolCall.Status.FINISHED, result, at
        return call.call_id


def arguments_of(text: str) -> dict[str, Any]:
    """A call's arguments as a turn's journal has them, empty for no JSON object; the message keeps the text as it was."""
    try:
        arguments: dict[str, Any] = storable_json(Call("", "", text).parsed())
    except ValueError:
        return {}
    return arguments
