"""Counters of sent and failed mails: an unreachable mail server undoes nothing, so only these show it."""

from __future__ import annotations

from prometheus_client import Counter

MAILS = Counter("kern_mails_total", "Mails, by what they are about and what became of them", ["about", "outcome"])


def sent(about: str) -> None:
    """Count a mail that a server accepted."""
    MAILS.labels(about, "sent").inc()


def failed(about: str) -> None:
    """Count a mail that could not be sent."""
    MAILS.labels(about, "failed").inc()
