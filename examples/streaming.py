"""A turn as it happens."""

from kern.agent import Agent
from kern.db.sqlite import SqliteDb
from kern.events import RunCompleted, RunContent
from kern.models.openai import OpenAIResponses

agent = Agent(model=OpenAIResponses(id="gpt-5.2"), db=SqliteDb(db_file="tmp/agent.db"))

for event in agent.run("Tell me about Oslo", session_id="session_stream", stream=True):
    if isinstance(event, RunContent):
        print(event.delta, end="", flush=True)
    elif isinstance(event, RunCompleted) and event.run:
        print(f"\n{event.run.metrics.total_tokens} tokens")
