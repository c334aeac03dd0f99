"""Read a session: every message with tool calls and system messages, or only what was said."""

from kern.agent import Agent
from kern.db.sqlite import SqliteDb
from kern.models.openai import OpenAIResponses

agent = Agent(
    model=OpenAIResponses(id="gpt-5.2"),
    db=SqliteDb(db_file="tmp/agent.db"),
    instructions="Answer in one sentence.",
)
agent.run("Which flights go to Oslo?", session_id="session_123")

session = agent.get_session(session_id="session_123")
assert session is not None
messages = session.get_messages()
for message in messages:
    print(message.role, "|", message.content)

messages = agent.get_chat_history(session_id="session_123")
print(len(messages), "messages were said")
