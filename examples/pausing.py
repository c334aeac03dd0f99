"""A tool that needs a person's yes: the run pauses, and continues from any process."""

from kern.agent import Agent
from kern.db.sqlite import SqliteDb
from kern.models.openai import OpenAIResponses
from kern.tools import tool


@tool(requires_confirmation=True)
def cancel_reservation(reference: str) -> str:
    """Cancel a reservation and refund the fare.

    Args:
        reference: The reservation's reference, e.g. K7QX2M.
    """
    return f"{reference} is cancelled, the fare goes back to the card"


agent = Agent(
    model=OpenAIResponses(id="gpt-5.2"),
    db=SqliteDb(db_file="tmp/agent.db"),
    tools=[cancel_reservation],
)
run = agent.run('Please run cancel_reservation(reference="K7QX2M")', session_id="session_789")

while run.is_paused:
    for requirement in run.active_requirements:
        print(requirement.tool_name, requirement.arguments)
        if requirement.needs_confirmation:
            requirement.confirm()  # or requirement.reject(note="…"), or requirement.edit({…}) first
    run = agent.continue_run(run_id=run.run_id, requirements=run.requirements)

print(run.content)
