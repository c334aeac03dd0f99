"""People over the wire."""

from __future__ import annotations

from ninja import Field, Schema

from sessions_app.api.strict import Input
from sessions_app.models import Person


class AvailabilityIn(Input):
    available: bool


class PersonOut(Schema):
    """`open` counts the open sessions that are theirs, in all queues. With `capacity` of them no more are assigned
    automatically; null: as the queue says."""

    email: str
    name: str
    available: bool
    open: int = Field(description="Counted up to 1001.")
    capacity: int | None

    @staticmethod
    def resolve_name(person: Person) -> str:
        return str(person)

    @staticmethod
    def resolve_available(person: Person) -> bool:
        return not person.is_away

    @staticmethod
    def resolve_open(person: Person) -> int:
        return int(getattr(person, "load", 0))
