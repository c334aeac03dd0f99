"""Name every session that has no name: a batch job over all of them, however many there are."""

from kern.agent import Agent
from kern.db.sqlite import SqliteDb
from kern.errors import NamingError
from kern.models.openai import OpenAIResponses

agent = Agent(model=OpenAIResponses(id="gpt-5.2"), db=SqliteDb(db_file="tmp/agent.db"))
for number in range(3):
    agent.run("Where is my parcel?", session_id=f"order-{number}", user_id=42)

# One page, last used first, as a list shows it.
page = agent.list_sessions(user_id=42, limit=2)
print(len(page), "sessions,", "and more" if page.has_more else "all of them")
if page.has_more:
    print([session.session_id for session in agent.list_sessions(user_id=42, limit=2, before=page.next)])

# All of them, each once, also while customers go on talking.
for session in agent.iter_sessions():
    if session.name is None:
        try:
            agent.set_session_name(session_id=session.session_id, autogenerate=True)
        except NamingError as error:
            print(session.session_id, "has no name:", error)
