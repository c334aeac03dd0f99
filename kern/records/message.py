"""One entry of a conversation."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass, field
from typing import Any, Literal

from kern.validation.sizes import is_too_deep

Role = Literal["system", "user", "assistant", "tool"]


def new_id() -> str:
    """Return a new id: a UUID as text."""
    return str(uuid.uuid4())


@dataclass(slots=True)
class ToolCall:
    """A call that the model asked for. `arguments` is the JSON text exactly as the model wrote it.

    Other types become text: servers and models give arguments as an object, and null for a name.
    """

    id: str
    name: str
    arguments: str = "{}"

    def __post_init__(self) -> None:
        given: Any = self.arguments
        self.id, self.name = ("" if part is None else str(part) for part in (self.id, self.name))
        if not isinstance(given, str):
            self.arguments = "{}" if given is None else json.dumps(given, ensure_ascii=False, default=str)

    def parsed(self) -> dict[str, Any]:
        """Parse the arguments to a dict; blank text and null are no arguments, and JSON within JSON text is read.

        Raises `ValueError` where the text is no JSON object, or one that is nested too deep.
        """
        value = _from_json(self.arguments)
        if isinstance(value, str):
            value = _from_json(value)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise ValueError("the arguments are not a JSON object")
        if is_too_deep(value):
            raise ValueError("they are nested too deep")
        return value

    def to_dict(self) -> dict[str, str]:
        """Return it as JSON-able data."""
        return {"id": self.id, "name": self.name, "arguments": self.arguments}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> ToolCall:
        """Build it from `to_dict`; unknown keys are ignored. Raises `KeyError` without an id or a name."""
        return cls(id=data["id"], name=data["name"], arguments=data.get("arguments", "{}"))


def _from_json(text: str) -> Any:
    try:
        return json.loads(text) if text.strip() else None
    except RecursionError:
        raise ValueError("they are nested too deep") from None


@dataclass(slots=True)
class Message:
    """One entry of a conversation: a person's or an agent's text, or a tool's output.

    `created_at` is in seconds since 1970 (UTC). `author` is the name of the speaking agent, member or person where it is known.
    `provider_items` are opaque items of the provider (reasoning) that belong to this message when the same run asks the model
    again, and their places in it (see `ModelAnswer`); they never leave the run. `reasoning` is the model's thinking before this
    message: for the team's eyes, no part of the conversation, never sent to a model or a customer, and read from storage with
    its run alone.
    """

    role: Role
    content: str = ""
    tool_calls: list[ToolCall] = field(default_factory=list)
    tool_call_id: str | None = None
    tool_name: str | None = None
    run_id: str | None = None
    author: str | None = None
    created_at: float = field(default_factory=time.time)
    message_id: str = field(default_factory=new_id)
    provider_items: list[dict[str, Any]] = field(default_factory=list)
    reasoning: str = ""
