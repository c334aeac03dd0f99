"""Make the requirements of one run."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kern.records.drafts import SCHEMA
from kern.records.message import ToolCall
from kern.records.policy import Policy
from kern.records.requirement import InputField, Kind, Reason, Requirement


@dataclass(frozen=True, slots=True)
class Questions:
    """The run that asks: `root_run_id` is the run that pauses, and `agent_name` its agent."""

    session_id: str
    run_id: str
    root_run_id: str
    agent_name: str

    def about(
        self,
        call: ToolCall,
        kind: Kind,
        arguments: dict[str, Any],
        *,
        schema: dict[str, Any],
        question: str,
        reason: Reason = "policy",
        policy: Policy | None = None,
        fields: Sequence[InputField] = (),
        options: Sequence[str] = (),
        multiple: bool = False,
    ) -> Requirement:
        """Return a requirement about one call of the run; the policy says when it expires."""
        now, policy = time.time(), policy or Policy()
        return Requirement(
            kind=kind,
            reason=reason,
            run_id=self.run_id,
            root_run_id=self.root_run_id,
            session_id=self.session_id,
            call_id=call.id,
            tool_name=call.name,
            arguments=arguments,
            schema=schema,
            fields=list(fields),
            question=question,
            options=list(options),
            multiple=multiple,
            agent_name=self.agent_name,
            policy=policy,
            created_at=now,
            expires_at=None if policy.expires_after is None else now + policy.expires_after,
        )

    def about_draft(self, call: ToolCall, arguments: dict[str, Any]) -> Requirement:
        """Return the requirement that asks whether a drafted answer may be sent."""
        return self.about(call, "confirmation", arguments, schema=SCHEMA, question="Send this answer?", reason="draft")
