"""An agent: a model with instructions, tools and a memory of its sessions."""

from __future__ import annotations

from kern.db.base import Db
from kern.loop.limit import TOOL_CALL_LIMIT
from kern.loop.window import MAX_HISTORY_TOKENS, MAX_TOOL_OUTPUT_CHARS
from kern.models.base import Model
from kern.participants.participant import Participant
from kern.participants.settings import Instructions, Settings, Tools
from kern.session import SessionSummaryManager
from kern.validation.inputs import Id


class Agent(Participant):
    """An agent that talks in sessions.

    `model` answers. `db` keeps the sessions; without one they live in memory, as long as the agent. `name`, `description` and
    `instructions` (text, lines or a function) make the system message. A function is called once a turn: its text is stored
    with the turn and sent with every model call, also when the turn goes on after a pause or a crash. (Turns of the inbox are
    opened without one; for those it is called each time that a worker takes the turn up.) `agent_id` is the agent's id in
    runs and sessions; without one it is made of the name. `tools` are typed functions or `@tool`s.

    `session_id` and `user_id` are defaults for every call. The newest `num_history_runs` turns of the session go to the model
    unless `add_history_to_context` is off: so many of them, whole, that all messages together have about `max_history_tokens`
    tokens, and no tool's output has more than `max_tool_output_chars` characters (the session keeps everything; `None` is any
    number). `tool_call_limit` bounds the calls of one run (`None`: no limit), `deadline` its seconds of work.

    `review_answers` has a person review each final answer before it is sent. `session_summary_manager` may name a cheaper
    model for generated names. `cache_session` keeps sessions in memory, for development and tests only. `lease` (seconds) is
    how long a run whose process died keeps others away. `members` are a team's: an agent takes none.

    Raises `WrongTypeError` or `InvalidInputError` for an argument that can not be.
    """

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
        members: None = None,
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
        if members:
            raise TypeError(f"{name or 'Agent'}: an Agent has no members; write Team(members=[…])")
        settings = Settings(
            model=model, db=db, name=name, agent_id=agent_id, description=description, instructions=instructions, tools=tools,
            session_id=session_id, user_id=user_id, cache_session=cache_session, add_history_to_context=add_history_to_context,
            num_history_runs=num_history_runs, max_history_tokens=max_history_tokens, tool_call_limit=tool_call_limit,
            max_tool_output_chars=max_tool_output_chars, review_answers=review_answers, deadline=deadline, lease=lease,
            session_summary_manager=session_summary_manager,
        )  # fmt: skip
        super().__init__(settings)


__all__ = ["Agent"]
