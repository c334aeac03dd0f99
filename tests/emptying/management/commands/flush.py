"""Empty the database after a test whose transactions are real: Django's command, without most of its work.

Its own empties every table and then makes permissions and kinds of content anew, as after a migration. Both cost more than
most tests. Here rows are deleted where there are any, and what belongs to the schema stays.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management.commands import flush
from django.db import connections, transaction

KEPT = {model._meta.db_table for model in (ContentType, Permission)}


@cache
def _full_tables() -> str:
    """A statement that finds the tables of the models that have rows."""
    tables = set(connections["default"].introspection.django_table_names(include_views=False)) - KEPT
    return " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {name})" for name in sorted(tables))


class Command(flush.Command):
    """Delete every row that belongs to no migration."""

    def handle(self, **options: Any) -> None:
        connection = connections[options["database"]]
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute(_full_tables())
            # References are checked when the transaction ends, so that any order will do.
            for (name,) in cursor.fetchall():
                cursor.execute(f"DELETE FROM {name}")
