"""The agent's own hand-over, as the journal of its turn shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kern.records.run import RunOutput
from sessions_app.models.person_wanted import Reason

#: The name of the tool with which agents hand over.
HAND_OVER = "hand_over"
#: What an agent may give as its reason; others are for rules and people.
OF_AGENT = {"asked": Reason.ASKED, "no_answer": Reason.NO_ANSWER, "cannot": Reason.CANNOT}


def handed_over(run: RunOutput) -> Mapping[str, Any] | None:
    """Return the arguments with which the run handed over; `None` where it did not."""
    for line in run.tools:
        if line.tool_name == HAND_OVER and line.status == "finished" and not line.failed:
            return line.arguments
    return None
