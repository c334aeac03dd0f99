"""What a model reads of a long session: the newest runs that fit, and tool outputs cut to size."""

from kern.agent import Agent
from kern.db.sqlite import SqliteDb
from kern.models.openai import OpenAIResponses


def read_log(lines: int) -> str:
    """Read the newest lines of the server's log.

    Args:
        lines: How many.
    """
    return "\n".join(f"line {number}: all is well" for number in range(lines))


agent = Agent(
    model=OpenAIResponses(id="gpt-5.2"),
    db=SqliteDb(db_file="tmp/agent.db"),
    tools=[read_log],
    num_history_runs=20,
    max_history_tokens=8_000,  # for a small model
    max_tool_output_chars=2_000,
)
agent.run("Please run read_log(lines=5000)", session_id="session_long")
agent.run("Is anything wrong?", session_id="session_long")

session = agent.get_session(session_id="session_long")
assert session is not None
for message in session.get_messages(roles=["tool"]):
    print(len(message.content), "characters are kept,", agent.max_tool_output_chars, "are sent")
print(len(session.runs), "runs are kept")
