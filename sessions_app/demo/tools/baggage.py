"""Tools about bags."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from kern.tools import RunContext, tool
from sessions_app.demo import airline
from sessions_app.demo.tools.types import Airport, BagTag


@tool(idempotent=True, risk="low")
def trace_bag(tag: BagTag) -> str:
    """Trace a missing, lost or delayed bag or suitcase by the tag on its sticker: where it is and what happens next."""
    found = airline.bag(tag)
    return f"Bag {found['tag']} of booking {found['reference']}: last seen at {found['place']}, {found['state']}."


@tool(requires_user_input=True, user_input_fields=["description", "deliver_to"], idempotent=True, risk="low")
def file_bag_report(
    tag: BagTag,
    description: Annotated[str, Field(description="Colour, size and make of the bag", min_length=3, max_length=300)],
    deliver_to: Annotated[str, Field(description="Address or hotel where the bag goes", min_length=3, max_length=300)],
    context: RunContext,
) -> str:
    """File a report for a bag that did not arrive, so that it is searched and delivered."""
    return airline.report_bag(tag, description, deliver_to, context.idempotency_key)


@tool(external_execution=True)
def call_airport_desk(
    airport: Airport,
    question: Annotated[str, Field(description="What to ask them", max_length=500)] = "Please look for the customer's item.",
) -> str:
    """Ask a person to telephone the lost and found or assistance desk at an airport and write down what they say."""
    raise NotImplementedError("a person makes this call")
