"""Fill a database with sessions that want a name. Django must be set up."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from bench.pages.fill import EMAIL, PASSWORD

if TYPE_CHECKING:
    from sessions_app.models import Session

BATCH = 2_000
SAID = (
    "Hi! I need to change my flight from Oslo to Rome, booking K{number:05d}.",
    "Please cancel booking K{number:05d}, my son is ill.",
    "My suitcase did not arrive in Lisbon, the booking is K{number:05d}.",
    "I was charged twice for order #{number:05d}.",
)
#: So many names are a person's, which no job may touch.
PERSONS_EVERY = 20
PERSONS = "Named by hand"


def people() -> Any:
    """Make the tables, the desk's queues, and Ben, who works all of them."""
    from django.core.management import call_command

    from sessions_app import desk
    from sessions_app.models import Person, Queue

    call_command("migrate", interactive=False, verbosity=0)
    desk.sync()
    ben = Person.objects.create_superuser(EMAIL, PASSWORD, display_name="Ben")
    ben.queues.set(Queue.objects.all())
    return ben


def conversations(count: int) -> None:
    """Make conversations of a question and an answer each."""
    from sessions_app.models import Message, Queue

    queues = list(Queue.objects.all())
    numbers = iter(range(count))
    while batch := list(islice(numbers, BATCH)):
        rows = _sessions(batch, queues)
        said = [SAID[number % len(SAID)].format(number=number) for number in batch]
        Message.objects.bulk_create(
            message
            for row, words in zip(rows, said, strict=True)
            for message in (
                Message(session=row, role="user", content=words, author=row.customer_name),
                Message(session=row, role="assistant", content="I will look into it.", author_kind="agent", author="Clerk"),
            )
        )


def _sessions(numbers: list[int], queues: list[Any]) -> list[Session]:
    from django.utils import timezone

    from sessions_app.models import Session

    now = timezone.now()
    return Session.objects.bulk_create(
        Session(
            queue=queues[number % len(queues)],
            user_id=f"customer-{number}",
            customer_name=f"Customer {number}",
            name=PERSONS if number % PERSONS_EVERY == 0 else f"Question {number}",
            name_source="human" if number % PERSONS_EVERY == 0 else "provisional",
            name_locked=number % PERSONS_EVERY == 0,
            last_text="I will look into it.",
            activity_at=now,
            created_at=now,
            updated_at=now,
        )
        for number in numbers
    )
