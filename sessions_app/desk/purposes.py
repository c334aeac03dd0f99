"""Configure an agent for the purpose of a turn."""

from __future__ import annotations

from kern.agent import Agent
from kern.team import Team
from kern.tools import Tool
from sessions_app.desk.hand_over import hand_over_tool
from sessions_app.desk.loading import current
from sessions_app.models import Requirement, Run
from sessions_app.models.queue import AiMode
from sessions_app.policy.agents_hand_over import HAND_OVER

DRAFT = (
    "A person of the team leads this conversation now. Write what you would answer the customer next, in words that {person} "
    "can send as they are. The customer does not see what you write here."
)
INTERNAL = (
    "The last message is not the customer's: {person}, a person of the team, asks you privately. Answer {person}. "
    "The customer sees neither the question nor your answer."
)

BACK = (
    "People of the team led this conversation for a while and have handed it back to you: answer the customer again yourself. "
    "What was said before about a hand-over is over."
)


def bound_for(agent: Agent | Team, run: Run) -> Agent | Team:
    """Return the agent for this turn.

    With review of its answer where it only drafts, with the tool that hands over to people, and with instructions for private
    turns.
    """
    if run.purpose == Run.Purpose.ANSWER:
        return _back_at_work(agent.bound(review_answers=_is_looked_through(run), tools=_with_hand_over(agent, run)), run)
    about = (DRAFT if run.purpose == Run.Purpose.DRAFT else INTERNAL).format(person=run.asked_by or "somebody")
    instructions = "\n\n".join(part for part in (agent.system_message(), about) if part)
    return agent.bound(description="", instructions=instructions)


def _with_hand_over(agent: Agent | Team, run: Run) -> list[Tool]:
    """Return the agent's tools and the one that hands over, in queues, where people can take over."""
    if run.session.queue is None or any(tool.name == HAND_OVER for tool in agent.tools) or not current().hand_over:
        return agent.tools
    return [*agent.tools, hand_over_tool(run.session.queue)]


def _back_at_work(agent: Agent | Team, run: Run) -> Agent | Team:
    """Tell an agent whose session people had led that it answers again: its own hand-over is the last that it remembers."""
    if not run.session.fence:
        return agent
    return agent.bound(instructions="\n\n".join(part for part in (agent.system_message(), BACK) if part), description="")


def _is_looked_through(run: Run) -> bool:
    """Return whether answers of this turn need review.

    Once people reviewed one answer of a turn, they review all of it, also when the mode has changed since.
    """
    if run.session.effective_ai_mode == AiMode.DRAFT:
        return True
    return run.own_requirements.filter(reason=Requirement.Reason.DRAFT).exists()
