"""A desk as a user writes it: one file, one agent, one queue."""

from kern.agent import Agent
from sessions_app.desk import Desk, QueueSpec

desk = Desk("Small", [QueueSpec("questions", "Questions", Agent(name="Helper", instructions="Answer briefly."))])
