"""`python -m tests.kern.models.elsewhere`: another process that approves and continues paused runs, one JSON line each."""

from __future__ import annotations

import json
import sys

from kern.agent import Agent
from kern.db.sqlite import SqliteDb
from kern.models.openai import OpenAIResponses
from kern.tools import tool


@tool(requires_confirmation=True)
def pay(reference: str, cents: int = 0) -> str:
    """Pay a booking."""
    return f"paid {cents} for {reference}"


def main() -> None:
    """Continue one run a line, until there are no more."""
    for line in sys.stdin:
        task = json.loads(line)
        model = OpenAIResponses(api_key="key", base_url=task["base_url"])
        agent = Agent(model, db=SqliteDb(db_file=task["db_file"]), tools=[pay])
        session = agent.get_session(session_id=task["session_id"])
        assert session is not None
        run = session.runs[-1]
        for requirement in run.active_requirements:
            requirement.confirm()
        done = agent.continue_run(run_id=run.run_id, requirements=run.requirements)
        print(json.dumps([done.status, done.content]), flush=True)


if __name__ == "__main__":
    main()
