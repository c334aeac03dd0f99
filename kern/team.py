"""A team: a leader that gives work to members and answers for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from types import EllipsisType
from typing import ClassVar

from kern.db.base import Db
from kern.loop.limit import TOOL_CALL_LIMIT
from kern.loop.window import MAX_HISTORY_TOKENS, MAX_TOOL_OUTPUT_CHARS
from kern.models.base import Model
from kern.participants.participant import Participant
from kern.participants.settings import Instructions, Settings, Tools
from kern.session import SessionKind, SessionSummaryManager
from kern.validation.inputs import Id


class Team(Participant):
    """A leader with members. Takes what `Agent` takes (see there), and `members`: agents or teams, each with a name of its own.

    The leader's model sees one more tool, which gives a task to a member; the member's run hangs below the leader's
    (`run.member_runs`). What a member needs from a person pauses the whole team, and `continue_run` on the leader's run
    continues it.
    A member without a model uses the leader's. Without members the leader answers alone; `...` among the members is a
    placeholder, as in the documents' examples, and is left out.

    A member works inside its leader's turn and sees its task alone. So these count at the leader, and a member's do nothing:
    `db`, `session_id`, `user_id`, `add_history_to_context`, `num_history_runs`, `cache_session`, `review_answers`, `lease`, and
    `deadline`, which bounds the work of all of them together.
    """

    kind: ClassVar[SessionKind] = "team"

    def __init__(
        self,
        model: Model | None = None,
        *,
        db: Db | None = None,
        name: str = "",
        agent_id: Id | None = None,
        description: str = "",
        instructions: Instructions = "",
        tools: Tools = (),
        members: Sequence[Participant | EllipsisType] = (),
        session_id: Id | None = None,
        user_id: Id | None = None,
        cache_session: bool = False,
        add_history_to_context: bool = True,
        num_history_runs: int = 10,
        max_history_tokens: int | None = MAX_HISTORY_TOKENS,
        max_tool_output_chars: int | None = MAX_TOOL_OUTPUT_CHARS,
        tool_call_limit: int | None = TOOL_CALL_LIMIT,
        review_answers: bool = False,
        session_summary_manager: SessionSummaryManager | None = None,
        deadline: float | None = None,
        lease: float = 60.0,
    ) -> None:
        settings = Settings(
            model=model, db=db, name=name, agent_id=agent_id, description=description, instructions=instructions, tools=tools,
            session_id=session_id, user_id=user_id, cache_session=cache_session, add_history_to_context=add_history_to_context,
            num_history_runs=num_history_runs, max_history_tokens=max_history_tokens, tool_call_limit=tool_call_limit,
            max_tool_output_chars=max_tool_output_chars, review_answers=review_answers, deadline=deadline, lease=lease,
            session_summary_manager=session_summary_manager,
        )  # fmt: skip
        super().__init__(settings, _named(members, model))


def _named(members: Sequence[Participant | EllipsisType], model: Model | None) -> list[Participant]:
    """Return the members, with the leader's model where they have none.

    Raises `ValueError` unless each has a name of its own.
    """
    people = [member for member in members if isinstance(member, Participant)]
    names = [member.name for member in people]
    if not all(names) or len(set(names)) < len(names):
        raise ValueError("each member of a team needs a name of its own: Agent(name='Refunds', …)")
    return [member.bound(model=model) for member in people]


__all__ = ["Team"]
