"""Importing lines, as the tests of the import do it."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from sessions_app.models import Queue

Load = Callable[..., tuple[str, str]]
CHAT: list[dict[str, Any]] = [
    {"role": "system", "content": "Be kind."},
    {"role": "user", "content": "Where is order 7?"},
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "find", "arguments": '{"order": "7"}'}}],
    },
    {"role": "tool", "tool_call_id": "c1", "name": "find", "content": "on its way"},
    {"role": "assistant", "content": "It is on its way."},
    {"role": "user", "content": [{"type": "text", "text": "Thanks"}, {"type": "image_url", "image_url": {"url": "x"}}]},
    {"role": "assistant", "content": "You are welcome."},
]


@pytest.fixture
def load(tmp_path: Path, orders: Queue) -> Callable[..., tuple[str, str]]:
    """Import lines (objects, or bytes as they are); returns what was printed and what was complained about."""

    def run(*lines: Any, options: tuple[str, ...] = ()) -> tuple[str, str]:
        file = tmp_path / "chats.jsonl"
        file.write_bytes(b"\n".join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines))
        out, complaints = StringIO(), StringIO()
        try:
            call_command("import_conversations", str(file), *options, stdout=out, stderr=complaints)
        except CommandError as error:
            complaints.write(f"{error} ({error.returncode})")
        return out.getvalue(), complaints.getvalue()

    return run
