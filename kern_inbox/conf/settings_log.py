"""Changes of the program's settings, for the audit log: environment variables decide as much as an admin does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils.crypto import salted_hmac

from kern_inbox.conf.environment import VARIABLES, Variable, read
from sessions_app import audit
from sessions_app.models import AuditEntry

#: Variables about the start of one process, not about the program.
PERSONAL = ("HOST", "PORT", "KERN_VAR", "LOG_LEVEL")


def record_settings(environment: Mapping[str, str]) -> AuditEntry | None:
    """Append an entry when settings differ from the last start; the first start is the first entry.

    Secrets are told as a digest under SECRET_KEY, which shows that one is another and not what it is. `None`: nothing changed.
    """
    values = read(environment)
    shown = {variable.name: _shown(variable, values[variable.name]) for variable in VARIABLES if variable.name not in PERSONAL}
    last = AuditEntry.objects.filter(kind=audit.Kind.SETTINGS_CHANGED, blanked_by=None).order_by("-number").first()
    known: dict[str, Any] = last.after if last and isinstance(last.after, dict) else {}
    before = {name: known.get(name) for name, value in shown.items() if known.get(name) != value}
    if not before:
        return None
    return audit.record(audit.Kind.SETTINGS_CHANGED, subject="environment", before=before if last else None, after=shown)


def _shown(variable: Variable, value: Any) -> str | None:
    """Return a value as text for the log; a secret as the beginning of its keyed hash."""
    if value is None:
        return None
    if variable.secret:
        return salted_hmac(
            "kern_inbox.conf.settings_log", str(value), secret=settings.SECRET_KEY, algorithm="sha256"
        ).hexdigest()[:8]
    return str(value)[:200]
