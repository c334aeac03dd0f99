"""The tool with which every agent of the desk hands a conversation over to people."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

from kern.tools import Tool, tool
from sessions_app.models import Queue
from sessions_app.policy.agents_hand_over import HAND_OVER
from sessions_app.policy.needing_person import told


class BriefLine(TypedDict):
    """One sentence for the person who takes over, with its source."""

    part: Literal["wants", "done", "open"]
    sentence: str
    source: str


def hand_over_tool(queue: Queue | None) -> Tool:
    """Return the tool for a turn in this queue: its result is what the customer reads."""

    @tool(name=HAND_OVER, ends_turn=True, idempotent=True, risk="low")
    def hand_over(
        reason: str,
        because: Literal["asked", "no_answer", "cannot"] = "cannot",
        brief: list[BriefLine] | None = None,
    ) -> str:
        """Hand this conversation over to a person of the team, who answers from then on.

        Use it when the customer asks for a person, when you find no answer, or when you cannot do what is needed. Never promise
        a person without it. Call it alone and write nothing with it: the customer is told at once, and your turn ends.

        Args:
            reason: one sentence for the team that says why
            because: the kind of reason: the customer asked, there is no answer, or you cannot do it
            brief: what the customer wants, what was done, what is open; each sentence with a few words of the message that
                says so in `source`, exactly as they are written there
        """
        return told(queue)

    return hand_over
