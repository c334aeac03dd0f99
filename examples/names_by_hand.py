"""Name sessions by hand, wrapped in a helper with a policy of your own."""

from kern.agent import Agent
from kern.db.sqlite import SqliteDb
from kern.errors import NamingError
from kern.models.openai import OpenAIResponses

agent = Agent(model=OpenAIResponses(id="gpt-5.2"), db=SqliteDb(db_file="tmp/agent.db"))
agent.run("We launch in May. What comes first?", session_id="session_001")

agent.set_session_name(session_id="session_001", session_name="Product Launch Planning")
name = agent.get_session_name(session_id="session_001")
print(name)


def name_with_fallback(session_id: str, ticket_id: str) -> str | None:
    """A generated name; the ticket's id where none comes out."""
    try:
        agent.set_session_name(session_id=session_id, autogenerate=True)
    except NamingError:
        agent.set_session_name(session_id=session_id, session_name=ticket_id)
    return agent.get_session_name(session_id=session_id)


print(name_with_fallback("session_001", "ZD-48213"))
