"""PostgreSQL: read dates and numbers out of Python's range, and JSON that its parser refuses."""

from __future__ import annotations

from datetime import tzinfo
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db.backends.postgresql import base
from django.db.backends.postgresql.psycopg_any import BaseTzLoader, get_adapters_template
from psycopg import DataError
from psycopg.adapt import AdaptersMap
from psycopg.types.string import TextLoader

from sessions_app.infrastructure.broken_rows import CorruptMoment


@lru_cache
def adapters_of(use_tz: bool, zone: tzinfo | None) -> AdaptersMap:
    """Return Django's adapters, with loaders that give a stand-in where theirs would raise for a whole page of rows."""

    class PatientTzLoader(BaseTzLoader):  # type: ignore[misc]  # untyped in the stubs
        timezone = zone

        def load(self, data: Any) -> Any:
            try:
                found = super().load(data)
            except (DataError, OverflowError, ValueError):
                return CorruptMoment.make()
            return found if 1 < found.year < 9999 else CorruptMoment.make()

    adapters = AdaptersMap(get_adapters_template(use_tz, zone))
    adapters.register_loader("timestamptz", PatientTzLoader)
    # Read by the field, which knows what to do with a number of 5,000 digits.
    adapters.register_loader("json", TextLoader)
    return adapters


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's PostgreSQL with our loaders."""

    #: `json` comes to fields as its text.
    gives_json_as_text = True

    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        params["context"] = adapters_of(settings.USE_TZ, self.timezone)
        return params
