"""A small desk for tests: a shop with one agent and one team, whose model says what the running test told it.

`desk` is for tests in this process; `served_desk` asks the program's own model, for workers in processes of their own.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Literal

from typing_extensions import TypedDict

from kern.agent import Agent
from kern.models.base import Model, ModelEvent, ModelRequest
from kern.models.offline import Article
from kern.team import Team
from kern.testing import Reply, ScriptedModel
from kern.tools import ask_user, tool
from sessions_app.desk import Desk, QueueSpec, TicketSystemSpec


class Actor:
    """A model that follows the script of the test that runs now."""

    id = "scripted"

    def __init__(self) -> None:
        self.script = ScriptedModel([])

    def says(self, *replies: Reply) -> ScriptedModel:
        """From now on these replies, one a request; the returned script knows what it was asked."""
        self.script = ScriptedModel(replies)
        return self.script

    def stream(self, request: ModelRequest) -> Iterator[ModelEvent]:
        yield from self.script.stream(request)


class Ledger:
    """What tools did to the world: lines that the test reads. A file named by KERN_TEST_LEDGER, else a list.

    `meanwhile` happens once, while the next tool runs.
    """

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.meanwhile: Callable[[], object] | None = None

    def write(self, line: str) -> None:
        self.lines.append(line)
        happens, self.meanwhile = self.meanwhile, None
        if happens is not None:
            happens()
        if path := os.environ.get("KERN_TEST_LEDGER"):
            with Path(path).open("a") as file:
                file.write(line + "\n")


actor = Actor()
ledger = Ledger()


@tool(requires_confirmation=True)
def refund(order: str, cents: int) -> str:
    """Pay an order back.

    Args:
        order: the order's number
        cents: how much, in cents
    """
    ledger.write(f"refund {order} {cents}")
    return f"{cents} cents are on their way."


@tool(requires_confirmation=True)
def buy(article: str, cents: int = 1000) -> str:
    """Buy an article.

    Args:
        article: what to buy
        cents: for how much at most
    """
    ledger.write(f"buy {article} {cents}")
    return "Bought."


@tool(requires_user_input=True, user_input_fields=["street"])
def change_address(order: str, street: str) -> str:
    """Send an order to another address.

    Args:
        order: the order's number
        street: street and number
    """
    ledger.write(f"address {order} {street}")
    return f"Goes to {street}."


@tool(external_execution=True)
def count_stock(article: str) -> str:
    """Have the warehouse count an article.

    Args:
        article: what to count
    """
    return article


@tool
def note_order(order: str, seconds: float = 0.0) -> str:
    """Write an order down.

    Args:
        order: the order's number
        seconds: how long it takes
    """
    ledger.write(f"order {order}")
    time.sleep(seconds)
    return f"Order {order} is written down."


class Place(TypedDict):
    """Where something goes."""

    street: str
    floor: int | None


@tool(requires_confirmation=True)
def send_parcel(
    text: str,
    number: int,
    share: float,
    flag: bool,
    size: Literal["small", "large"],
    day: date,
    items: list[int],
    place: Place,
    maybe: str | None = None,
) -> str:
    """Send a parcel; an argument of every type that JSON has."""
    ledger.write(repr([text, number, share, flag, size, day, items, dict(place), maybe]))
    return "Sent."


def _desk(model: Model | None) -> Desk:
    tools = [refund, buy, change_address, count_stock, note_order, ask_user, send_parcel]
    clerk = Agent(model, name="Clerk", description="You work in a shop.", tools=tools)
    packer = Agent(model, name="Packer", description="You pack parcels.", tools=[refund, note_order])
    team = Team(model, name="Shop Team", members=[packer], description="You lead a shop.")
    return Desk(
        name="Test shop",
        queues=[QueueSpec("orders", "Orders", clerk), QueueSpec("parcels", "Parcels", team, icon="package")],
        knowledge=[Article(title="Opening hours", text="The shop is open from nine to five.")],
        ticket_systems=[
            TicketSystemSpec("helpdesk", "Help desk", "https://help.example/t/{id}", pattern=r"HD-\d+"),
            TicketSystemSpec("bugs", "Bugs", "https://bugs.example/browse/{id}/view", pattern=r"[A-Z]{3,}-\d+"),
        ],
    )


desk = _desk(actor)
served_desk = _desk(None)
