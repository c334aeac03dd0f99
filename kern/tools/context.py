"""The context of a tool call."""

from __future__ import annotations

from dataclasses import dataclass, field

from kern.threads.cancellation import Cancellation


@dataclass(frozen=True, slots=True)
class RunContext:
    """The context of a tool call, passed to each parameter annotated with it; the model never sees such a parameter.

    `idempotency_key` is the same for every retry of a call, so hand it to systems that recognise repeats. `is_cancelled` turns
    true when the result is no longer needed: the call took too long, or the turn was cancelled. A tool with much to do looks at
    it now and then, and ends. `cancellation` can also be waited for.
    """

    session_id: str
    run_id: str
    call_id: str
    user_id: str | None = None
    agent_name: str = ""
    idempotency_key: str = ""
    cancellation: Cancellation = field(default_factory=Cancellation, repr=False, compare=False)

    @property
    def is_cancelled(self) -> bool:
        return self.cancellation.is_cancelled

    def __post_init__(self) -> None:
        if not self.idempotency_key:
            object.__setattr__(self, "idempotency_key", f"{self.run_id}:{self.call_id}")
