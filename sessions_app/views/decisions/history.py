"""History of a requirement: question, policy, decisions and outcome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sessions_app.actions import decisions
from sessions_app.models import Decision, Requirement, ToolCall
from sessions_app.views.inbox.sidebar import page_context
from sessions_app.views.respond import PersonRequest


@dataclass(frozen=True)
class Difference:
    """One argument before and after a person's edit."""

    name: str
    before: Any
    after: Any
    was_given: bool = True
    is_given: bool = True

    @property
    def changed(self) -> bool:
        return (self.was_given, self.before) != (self.is_given, self.after)


def differences(before: dict[str, Any], after: dict[str, Any] | None) -> list[Difference]:
    """Every argument of either version; unchanged ones too, so that the whole call can be read."""
    edited = before if after is None else after
    names = {**before, **edited}
    return [Difference(name, before.get(name), edited.get(name), name in before, name in edited) for name in names]


def story_context(request: PersonRequest, asked: Requirement) -> dict[str, Any]:
    """Everything of the story page."""
    can_reopen = asked.status == Requirement.Status.EXPIRED and not asked.reopened_as.exists()
    return {
        **page_context(request, "decisions"),
        "asked": asked,
        "is_pending": asked.status == Requirement.Status.PENDING,
        "session": None,
        "conversation": asked.session,
        "differences": differences(asked.arguments, asked.edited_arguments),
        "lines": list(Decision.objects.filter(requirement=asked).select_related("person")),
        "call": ToolCall.objects.filter(run=asked.run, call_id=asked.call_id).first(),
        "can_reopen": can_reopen,
        "offer": decisions.offer_for(asked) if asked.decided_by_id == request.user.pk else None,
    }
