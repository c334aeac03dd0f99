"""The audit log: `record` adds an entry, `blank` takes details out, `verify` checks the chain (docs/audit-log.md)."""

from sessions_app.audit.chain import Verdict, verify
from sessions_app.audit.kinds import Kind
from sessions_app.audit.request import current_request
from sessions_app.audit.writing import blank, record

__all__ = ["Kind", "Verdict", "blank", "current_request", "record", "verify"]
