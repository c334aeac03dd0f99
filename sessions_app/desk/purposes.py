"""Configure an agent for the purpose of a turn."""

from __future__ import annotations

from kern.agent import Agent
from kern.team import Team
from sessions_app.models import Requirement, Run
from sessions_app.models.queue import AiMode

DRAFT = (
    "A person of the team leads this conversation now. Write what you would answer the customer next, in words that {person} "
    "can send as they are. The customer does not see what you write here."
)
INTERNAL = (
    "The last message is not the customer's: {person}, a person of the team, asks you privately. Answer {person}. "
    "The customer sees neither the question nor your answer."
)


def bound_for(agent: Agent | Team, run: Run) -> Agent | Team:
    """Return the agent for this turn.

    With review of its answer where it only drafts, and with instructions for private turns.
    """
    if run.purpose == Run.Purpose.ANSWER:
        return agent.bound(review_answers=_is_looked_through(run))
    about = (DRAFT if run.purpose == Run.Purpose.DRAFT else INTERNAL).format(person=run.asked_by or "somebody")
    instructions = "\n\n".join(part for part in (agent.system_message(), about) if part)
    return agent.bound(description="", instructions=instructions)


def _is_looked_through(run: Run) -> bool:
    """Return whether answers of this turn need review.

    Once people reviewed one answer of a turn, they review all of it, also when the mode has changed since.
    """
    if run.session.effective_ai_mode == AiMode.DRAFT:
        return True
    return run.own_requirements.filter(reason=Requirement.Reason.DRAFT).exists()
