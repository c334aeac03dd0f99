"""`python -m bench.pages.fill SESSIONS DECISIONS MESSAGES`: tables and rows in the database that the environment names.

SESSIONS sessions as `manage.py make_load` makes them, in three queues of the demo desk; DECISIONS more wait for a person;
one more, `long`, has MESSAGES messages. Prints the seconds it took.
"""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING

import django

if TYPE_CHECKING:
    from sessions_app.models import Message, Run

EMAIL, PASSWORD = "ben@bench.example", "four-green-trams-sing"
BATCH = 5_000


def main() -> None:
    """Fill it; the same numbers give the same rows."""
    django.setup()
    sessions, decisions, messages = map(int, sys.argv[1:4])
    began = time.monotonic()
    _people()
    _fill(sessions)
    _ask(decisions)
    if messages:
        _talk(messages)
    _analyze()
    print(json.dumps(round(time.monotonic() - began, 1)))


def _people() -> None:
    """Make the tables, the demo desk's queues, and Ben, who works all of them and is no admin."""
    from django.core.management import call_command

    from sessions_app import desk
    from sessions_app.models import Person, Queue

    call_command("migrate", interactive=False, verbosity=0)
    desk.sync()
    ben = Person.objects.create_user(EMAIL, PASSWORD, display_name="Ben")
    ben.queues.set(Queue.objects.all())


def _fill(count: int) -> None:
    from sessions_app.management.loading.plan import Wanted
    from sessions_app.management.loading.tables import load

    load(Wanted(sessions=count, seed=1, epoch=int(time.time())), lambda _made: None)


def _ask(count: int) -> None:
    """Turns that wait for a person, made by the real loop."""
    from django.db import transaction

    from kern.testing import call
    from sessions_app.demo.scenario import Scenario

    for number in range(count):
        with transaction.atomic():
            story = Scenario(f"asks-{number}", "bookings", f"Customer of decision {number}")
            story.customer(f"Please cancel my booking K7QX2M, it is the {number}th time that I ask.")
            story.agent(
                call("find_booking", reference="K7QX2M"),
                call("cancel_reservation", reference="K7QX2M", reason=f"asked {number} times"),
            )


def _talk(count: int) -> None:
    """One conversation of turns with a question, a tool call, its output and an answer each."""
    from sessions_app.changes.kinds import Kind
    from sessions_app.models import Change, Message, Queue, Run, Session

    queue = Queue.objects.get(slug="bookings")
    session = Session.objects.create(session_id="long", queue=queue, customer_name="Customer of many words", name="Long talk")
    turn = {"session": session, "agent_id": queue.agent_id, "agent_name": "Booking agent", "status": "completed"}
    runs = Run.objects.bulk_create([Run(**turn) for _ in range(count // 4)])
    messages = [message for number, run in enumerate(runs) for message in _turn(number, run)]
    Message.objects.bulk_create(messages, batch_size=BATCH)
    _journal(runs)
    kind = Kind.RUN_COMPLETED.value
    changes = [Change(session=session, kind=kind, actor="Booking agent", data={"run": run.run_id}) for run in runs]
    Change.objects.bulk_create(changes, batch_size=BATCH)
    session.last_change = Change.objects.filter(session=session).latest("pk").pk
    session.save(update_fields=["last_change"])


def _turn(number: int, run: Run) -> list[Message]:
    from django.utils import timezone

    from sessions_app.models import Message

    session = run.session
    call = {"id": f"call_{number}", "name": "find_booking", "arguments": '{"reference": "K7QX2M"}'}
    agent = {
        "session": session,
        "run": run,
        "author_kind": "agent",
        "author": "Booking agent",
        "created_at": timezone.now(),
    }
    return [
        Message(session=session, run=run, content=f"Question {number}: where is my bag?", author="Customer of many words"),
        Message(role="assistant", tool_calls=[call], **agent),
        Message(role="tool", tool_call_id=call["id"], tool_name=call["name"], content="On the belt.", **agent),
        Message(role="assistant", content=f"Answer {number}: it is **on the belt** by now.", **agent),
    ]


def _journal(runs: list[Run]) -> None:
    from django.utils import timezone

    from sessions_app.models import ToolCall

    done = {
        "tool_name": "find_booking",
        "arguments": {"reference": "K7QX2M"},
        "status": "finished",
        "result": "On the belt.",
        "started_at": timezone.now(),
        "finished_at": timezone.now(),
    }
    ToolCall.objects.bulk_create([ToolCall(run=run, call_id=f"call_{number}", **done) for number, run in enumerate(runs)])


def _analyze() -> None:
    """What the database does by itself after a while: look at its rows once, to plan by them."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


if __name__ == "__main__":
    main()
