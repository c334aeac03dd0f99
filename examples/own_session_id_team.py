"""Use your own session id with a team."""

from kern.agent import Agent
from kern.db.sqlite import SqliteDb
from kern.models.openai import OpenAIResponses
from kern.team import Team

team = Team(
    model=OpenAIResponses(id="gpt-5.2"),
    members=[
        Agent(name="Planner", description="Plans launches."),
        Agent(name="Writer", description="Writes announcements."),
    ],
    db=SqliteDb(db_file="tmp/team.db"),
)

# Use your own session ID
run = team.run("Hello", session_id="user_123_session_789")
print(run.session_id, run.content)
