"""Time zones: valid names, and the zone of a page's reader."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from importlib.resources import files
from typing import Protocol
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.db import DataError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from sessions_app.infrastructure import clock

LONGEST_NAME = 64
#: Files beside those of zones: this server's own zone, and that of a computer that was never told one.
NO_ZONES = {"localtime", "Factory"}


class Reader(Protocol):
    """A person with a time zone of their own; empty means the installation's."""

    time_zone: str


@lru_cache(maxsize=1)
def names() -> frozenset[str]:
    """Return all names, older spellings (Europe/Kiev) too: browsers send either."""
    return frozenset(available_timezones() - NO_ZONES)


@lru_cache(maxsize=1)
def choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return zones to choose from, by region: name and label. Of several spellings only the current one."""
    table = (files("tzdata") / "zoneinfo" / "zone.tab").read_text()
    regions: dict[str, list[tuple[str, str]]] = {}
    for name in sorted(line.split("\t")[2] for line in table.splitlines() if not line.startswith("#")):
        region, _slash, place = name.partition("/")
        regions.setdefault(region, []).append((name, place.replace("_", " ").replace("/", ", ")))
    return [*regions.items(), ("UTC", [("UTC", "UTC")])]


def is_known(name: str) -> bool:
    """Return whether Python and the database know a zone of this name. Days are cut by the database, too."""
    return name in names() and _in_database(name)


def check_zone(name: str) -> None:
    """Raise `ValidationError` unless the text is a zone's name."""
    if not is_known(name):
        raise ValidationError(_("“%(name)s” is no time zone that is known here."), params={"name": name[:LONGEST_NAME]})


def zone_of(reader: Reader) -> ZoneInfo | None:
    """Return the reader's zone; `None` for the installation's."""
    return zone_named(reader.time_zone)


def zone_named(name: str) -> ZoneInfo | None:
    """Return the zone of this name; `None` for an unknown one."""
    return ZoneInfo(name) if name in names() else None


@contextmanager
def read_by(reader: Reader) -> Iterator[None]:
    """Activate the reader's time zone."""
    with timezone.override(zone_of(reader)):
        yield


def from_wall_clock(local: datetime, zone: ZoneInfo | None = None) -> datetime:
    """Return the moment when a clock of the zone (else of the zone in force) shows this.

    What clocks skip in spring is as much later; of an hour that they show twice in autumn, the first that is still to come.
    """
    first, second = (
        local.replace(tzinfo=zone or timezone.get_current_timezone(), fold=fold).astimezone(UTC) for fold in (0, 1)
    )
    return second if first <= clock.now() < second else first


def offset(when: datetime | None = None) -> str:
    """Return the offset of the zone in force at a time: `UTC+05:45`."""
    text = f"{timezone.localtime(when):%z}"
    return f"UTC{text[:3]}:{text[3:5]}"


def _in_database(name: str) -> bool:
    if connection.vendor != "postgresql":
        return True
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT now() AT TIME ZONE %s", [name])
    except DataError:
        return False
    return True
