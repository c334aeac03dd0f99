"""Use your own session id: the conversation continues under it, from any process."""

from kern.agent import Agent
from kern.db.sqlite import SqliteDb
from kern.models.openai import OpenAIResponses

agent = Agent(
    model=OpenAIResponses(id="gpt-5.2"),
    db=SqliteDb(db_file="tmp/agent.db"),
)

# Use your own session ID
run = agent.run("Hello", session_id="user_123_session_456", user_id="user_123")
print(run.session_id, run.content)

# Without an id, each run is a session of its own.
print(agent.run("Hello").session_id)
