"""Kinds, reasons and statuses of requirements."""

from __future__ import annotations

from typing import Literal

Kind = Literal["confirmation", "user_input", "user_feedback", "external_execution"]
Status = Literal["pending", "approved", "rejected", "answered", "expired", "superseded", "cancelled", "executed", "failed"]
#: The tool's own policy, a call whose outcome is unknown after a crash, or an answer to review before it is sent.
Reason = Literal["policy", "uncertain", "draft"]
#: States in which the loop may go on with the call.
RESOLVED: frozenset[str] = frozenset({"approved", "rejected", "answered", "expired", "executed", "failed"})
