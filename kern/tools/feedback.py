"""The ready tool by which an agent lets a person choose."""

from __future__ import annotations

from kern.errors import ToolError
from kern.tools.tool import Tool


def _ask_user(question: str, options: list[str], multiple: bool = False) -> str:  # noqa: ARG001 - read by the loop
    """Ask a person to choose from options, when you cannot decide yourself. You get the chosen options back.

    Args:
        question: one clear question
        options: the possible answers, at least two, each a few words
        multiple: whether several options may be chosen
    """
    raise ToolError("a person answers this question; nothing is executed")


#: The loop turns a call of it into a `user_feedback` requirement; the function's body is never reached.
ask_user = Tool(_ask_user, name="ask_user", requires_user_feedback=True)
