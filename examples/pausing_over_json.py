"""A paused run whose question goes to another program as JSON, and comes back answered."""

import json

from kern import Requirement
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
run = agent.run('Please run cancel_reservation(reference="K7QX2M")', session_id="session_json")

# What a page gets: everything about the question, and the run's id.
page = json.dumps({"run_id": run.run_id, "requirements": [item.to_dict() for item in run.active_requirements]})

# What it sends back. The stored tool and arguments run, whatever comes.
received = json.loads(page)
answers = [Requirement.from_dict(item) for item in received["requirements"]]
for answer in answers:
    print(answer.tool_name, answer.arguments)
    answer.confirm()
if run.is_paused:
    run = agent.continue_run(run_id=received["run_id"], requirements=answers, session_id="session_json")
print(run.content)
