"""An agent: a model with instructions, tools and a memory of its sessions."""

from __future__ import annotations

from kern.participants.participant import Participant


class Agent(Participant):
    """An agent that talks in sessions.

    `model` answers; `db` keeps sessions (without one they live in memory, as long as the agent). `name`, `description` and
    `instructions` (text, lines or a function) make the system message. A function is called once a turn: its text is stored
    with the turn and sent with every model call, also when the turn goes on after a pause or a crash. (Turns of the inbox are
    opened without one; for those it is called each time that a worker takes the turn up.) `tools` are typed functions or
    `@tool`s.
    `session_id` and `user_id` are defaults for every call. The newest `num_history_runs` turns of the session go to the model
    unless `add_history_to_context` is off: so many of them, whole, that all messages together have about `max_history_tokens`
    tokens, and no tool's output has more than `max_tool_output_chars` characters (the session keeps everything; `None` is any
    number). `tool_call_limit` bounds the calls of one run (`None`: as many as it likes),
    `deadline` its seconds of work.
    `session_summary_manager` may name a cheaper model for generated names. `cache_session` keeps sessions in memory, for
    development and tests only. `lease` (seconds) is how long a run whose process died keeps others away.
    """


__all__ = ["Agent"]
