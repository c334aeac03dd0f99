"""Back up the database of the settings."""

from __future__ import annotations

from pathlib import Path

from django.db import connection

from kern_inbox.backups import postgresql, sqlite
from kern_inbox.backups.files import new_file, size_of
from kern_inbox.backups.operator import operator_name
from sessions_app import audit


def make(target: Path) -> str:
    """Write the backup, readable by its owner alone; returns its size for people. Raises `BackupError`."""
    settings = connection.settings_dict
    with new_file(target) as partial:
        if connection.vendor == "postgresql":
            postgresql.copy(settings, partial)
        else:
            sqlite.copy(Path(settings["NAME"]), partial)
    size = size_of(target)
    audit.record(audit.Kind.BACKUP_MADE, subject=str(target.absolute()), name=operator_name(), after={"size": size})
    return size
