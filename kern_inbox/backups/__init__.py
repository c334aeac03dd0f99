"""Backups of the database into one file, and back (see docs/backup.md)."""

from __future__ import annotations

from kern_inbox.backups.files import BackupError
from kern_inbox.backups.making import make
from kern_inbox.backups.restoring import restore

__all__ = ["BackupError", "make", "restore"]
