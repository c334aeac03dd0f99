"""Write docs/names.md: the names that conversations get, for people to judge (`make names DATA=conversations.jsonl`).

The file holds one conversation a line, as `manage.py import_conversations` reads them (chat format). Each is named twice: by
the offline responder, and over the network by the local Responses server of the tests, asked as any model is.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from kern.models.base import Model
from kern.models.offline import OfflineResponder
from kern.models.openai import OpenAIResponses
from kern.naming import FIRST_MESSAGES, generate_name
from kern.records.message import Message
from tests.responses_server import ResponsesServer

DOCUMENT = Path(__file__).parent / "names.md"
HEAD = """# Names of {count} conversations

Written by `make names DATA={data}`. The column *offline* holds the names that the built-in responder gives
without a language model, *local server* those of the Responses server of the tests, which stands in for one and is asked over
the network as any model is. Unnamed: {unnamed}. The conversations are four trials of the same fifty tasks, so many ask for the
same.

| conversation | offline | local server | the customer's first words |
|---|---|---|---|
"""
LONGEST_EXCERPT = 110


def main(arguments: Sequence[str]) -> None:
    [data] = arguments
    conversations = [json.loads(line) for line in Path(data).read_text().splitlines() if line.strip()]
    with ResponsesServer(delay=0.0) as server:
        models = (OfflineResponder(), OpenAIResponses(api_key="local", base_url=server.base_url))
        rows = [list(_row(conversation, models)) for conversation in conversations]
    head = HEAD.format(
        count=len(rows),
        data=Path(data).name,
        unnamed=sum(not (row[1] and row[2]) for row in rows),
    )
    DOCUMENT.write_text(head + "".join(f"| {' | '.join(row)} |\n" for row in rows))
    print(f"{DOCUMENT}: {len(rows)} conversations")


def _row(conversation: dict[str, Any], models: Sequence[Model]) -> Iterator[str]:
    said = [
        Message(entry["role"], entry["content"])
        for entry in conversation["messages"]
        if entry["role"] in ("user", "assistant") and (entry.get("content") or "").strip()
    ][:FIRST_MESSAGES]
    yield conversation["id"]
    for model in models:
        yield _cell(generate_name(model, said))
    yield _cell(next((message.content for message in said if message.role == "user"), ""))[:LONGEST_EXCERPT]


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    main(sys.argv[1:])
