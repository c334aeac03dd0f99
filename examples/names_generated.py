"""Let a model name sessions, one after the other, with a cheaper model than the agent's."""

from kern.agent import Agent
from kern.db.sqlite import SqliteDb
from kern.models.openai import OpenAIResponses
from kern.session import SessionSummaryManager

agent = Agent(
    model=OpenAIResponses(id="gpt-5.2"),
    db=SqliteDb(db_file="tmp/agent.db"),
    session_summary_manager=SessionSummaryManager(model=OpenAIResponses(id="gpt-5.2-mini")),
)
for session_id in ("session_123", "session_456"):
    agent.run("How do I design the API of a web shop?", session_id=session_id)

for session_id in ("session_123", "session_456"):
    session = agent.set_session_name(
        session_id=session_id,
        autogenerate=True,
    )
    # Access the generated name
    name = agent.get_session_name(session_id=session_id)
    print(name)  # e.g. "E-commerce API Planning"
    assert session.name_source == "auto"
