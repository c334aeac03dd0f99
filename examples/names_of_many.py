"""Name every session side by side: the batch job of the documents, in its fast form."""

from kern.agent import Agent
from kern.db.sqlite import SqliteDb
from kern.models.openai import OpenAIResponses
from kern.naming import Pace, name_sessions

agent = Agent(model=OpenAIResponses(id="gpt-5.2"), db=SqliteDb(db_file="tmp/agent.db"))
for number in range(3):
    agent.run("Where is my parcel?", session_id=f"order-{number}")

# As far as you know the limits of your account; it learns from refusals where you do not.
pace = Pace(requests_per_minute=3_000, tokens_per_minute=1_000_000, at_once=32)
for outcome in name_sessions(agent, agent.iter_sessions(), concurrency=32, pace=pace):
    print(outcome.session_id, outcome.status, outcome.name or outcome.error)
