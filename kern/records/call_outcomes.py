"""Outcomes of tool calls, written as text for models and read back as data.

Both directions stand here, so that a sentence is reworded in one place. Storages keep the text alone.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

OutcomeKind = Literal["returned", "rejected", "expired", "withdrawn", "answered", "failed", "invalid", "impossible"]

#: The output of a call that did not run, by the status of its requirement.
NOT_RUN: dict[str, str] = {
    "rejected": "A person rejected this call, so it did not run.",
    "expired": "Nobody decided about this call in time, so it did not run. It was not rejected.",
    "superseded": "This call was withdrawn because something newer happened; it did not run.",
    "cancelled": "This call was cancelled; it did not run.",
}
REASON = " Reason: "
RESPONDED = "A person answered in the tool's place: "
FAILED = "The tool failed: "
DO_NOT_FIT = "The arguments do not fit: "
NOT_READ = "The arguments could not be read: "
NO_TOOL = "There is no tool "
NO_NAME = "The call names no tool"
NOT_ALLOWED = "Not run: "
NO_MEMBER = "Name a member "
#: Stands behind a member's name.
MEMBER_FAILED = " could not do it: "
_LONGEST_MEMBER = 80
_EDITED, _BEFORE = "A person changed the arguments to ", " before this ran.\n"

_KINDS: dict[str, OutcomeKind] = {
    NOT_RUN["rejected"]: "rejected",
    NOT_RUN["expired"]: "expired",
    NOT_RUN["superseded"]: "withdrawn",
    NOT_RUN["cancelled"]: "withdrawn",
    RESPONDED: "answered",
    FAILED: "failed",
    DO_NOT_FIT: "invalid",
    NOT_READ: "invalid",
    NO_TOOL: "impossible",
    NO_NAME: "impossible",
    NOT_ALLOWED: "impossible",
    NO_MEMBER: "impossible",
}


@dataclass(frozen=True, slots=True)
class CallOutcome:
    """The outcome of a call: `text` is its result, a person's text or the reason; `edited` whether a person changed it."""

    kind: OutcomeKind
    text: str
    edited: bool = False


def with_edit(output: str, edited_arguments: dict[str, Any] | None) -> str:
    """Return a tool's output after a note of the person's edits, so that the model does not report its own arguments."""
    if edited_arguments is None:
        return output
    return f"{_EDITED}{json.dumps(edited_arguments, ensure_ascii=False)}{_BEFORE}{output}"


def read_outcome(output: str) -> CallOutcome:
    """Parse the outcome from a call's output; an output of another form is the tool's own."""
    rest = _after_edit(output)
    edited, output = rest is not None, output if rest is None else rest
    for opening, kind in _KINDS.items():
        if output.startswith(opening):
            return CallOutcome(kind, output.removeprefix(opening).removeprefix(REASON).strip(), edited)
    member, failed, reason = output.partition(MEMBER_FAILED)
    if failed and 0 < len(member) <= _LONGEST_MEMBER and "\n" not in member:
        return CallOutcome("impossible", reason, edited)
    return CallOutcome("returned", output, edited)


def _after_edit(output: str) -> str | None:
    """Return the text behind the note of `with_edit`; `None` where there is no such note."""
    if not output.startswith(_EDITED):
        return None
    try:
        _arguments, end = json.JSONDecoder().raw_decode(output, len(_EDITED))
    except (ValueError, RecursionError):
        return None
    return output[end:].removeprefix(_BEFORE) if output.startswith(_BEFORE, end) else None
