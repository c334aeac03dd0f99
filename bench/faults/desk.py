"""A desk whose tools leave their traces outside the program; KERN_DESK names it in the installation that is killed."""

from __future__ import annotations

import time
import zlib

from bench.faults.journal import Journal
from kern.agent import Agent
from kern.tools import RunContext, tool
from sessions_app.desk import Desk, QueueSpec

#: Before and after its effect a tool takes so long (seconds), so that workers die on both sides of it.
MOMENT = 0.3
#: A tool that hangs does so for that many seconds: longer than anything waits.
HANGS = 600.0


@tool
def note(reference: str, context: RunContext) -> str:
    """Write something down.

    Args:
        reference: what is written down
    """
    _act("note", reference, context)
    return f"{reference} is written down."


@tool(requires_confirmation=True)
def pay(reference: str, cents: int, context: RunContext) -> str:
    """Pay something back.

    Args:
        reference: what is paid back
        cents: how much, in cents
    """
    _act("pay", reference, context)
    return f"{cents} cents are on their way."


@tool(idempotent=True)
def post(reference: str, context: RunContext) -> str:
    """Send a letter, through a house that recognises an order it had before.

    Args:
        reference: what the letter is about
    """
    time.sleep(MOMENT)
    Journal.named_by_environment().write_once(reference, context.idempotency_key)
    time.sleep(MOMENT)
    return f"The letter about {reference} is posted."


@tool(timeout=2.0)
def fax(reference: str, context: RunContext) -> str:
    """Send a fax. The first one of each reference hangs: of half of them before it is sent, of the others after.

    Args:
        reference: what is faxed
    """
    hangs = Journal.named_by_environment().is_first(reference)
    if hangs and zlib.crc32(reference.encode()) % 2:
        context.cancellation.wait(HANGS)
        return "Nobody waited, so nothing was sent."
    _act("fax", reference, context)
    if hangs:
        time.sleep(HANGS)
    return f"The fax about {reference} is sent."


def _act(name: str, reference: str, context: RunContext) -> None:
    time.sleep(MOMENT)
    Journal.named_by_environment().write(name, reference, context.idempotency_key)
    time.sleep(MOMENT)


clerk = Agent(name="Clerk", description="You work in an office.", tools=[note, pay, post, fax])
desk = Desk(name="Office", queues=[QueueSpec("office", "Office", clerk, naming_delay=2)])
