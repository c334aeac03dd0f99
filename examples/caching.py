"""Keep sessions in memory between turns. For development and tests only: it says so with a warning."""

from kern.agent import Agent
from kern.models.openai import OpenAIResponses
from kern.team import Team

agent = Agent(
    model=OpenAIResponses(id="gpt-5.2"),
    session_id="my_session",
    cache_session=True,  # Enable in-memory caching
)

# First run loads from database and caches
agent.run("First message")

# Subsequent runs use cached session (faster)
agent.run("Second message")

team = Team(
    model=OpenAIResponses(id="gpt-5.2"),
    session_id="team_session",
    cache_session=True,  # Enable in-memory caching
)

# First run loads from database and caches
team.run("First message")

# Subsequent runs use cached session (faster)
team.run("Second message")
print(len(agent.get_chat_history()), len(team.get_chat_history()))
