"""A local server that speaks the Responses API, as strict about its input as OpenAI's.

    with ResponsesServer() as server:
        server.reply_with(Calls([("fare", {"to": "LIS"})]), Text("It costs 90 EUR."))
        model = OpenAIResponses(api_key="any", base_url=server.base_url)
        ...
    assert server.rejections == []        # every request was valid Responses input (rule L14)

Without `reply_with` a small built-in brain answers (see `brain`), as with `python -m tests.responses_server --port 8123`.
"""

from tests.responses_server.script import (
    Calls,
    Cut,
    Endless,
    ErrorEvent,
    ErrorReply,
    Failed,
    Garbage,
    Hang,
    Incomplete,
    Refusal,
    Reply,
    Slow,
    Text,
)
from tests.responses_server.server import ResponsesServer

__all__ = [
    "Calls",
    "Cut",
    "Endless",
    "ErrorEvent",
    "ErrorReply",
    "Failed",
    "Garbage",
    "Hang",
    "Incomplete",
    "Refusal",
    "Reply",
    "ResponsesServer",
    "Slow",
    "Text",
]
