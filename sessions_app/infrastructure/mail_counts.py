"""How many mails were sent, and how many could not be: a mail server that is away undoes nothing, so nobody else would know."""

from __future__ import annotations

from prometheus_client import Counter

MAILS = Counter("kern_mails_total", "Mails, by what they are about and what became of them", ["about", "outcome"])


def sent(about: str) -> None:
    """A mail server took it."""
    MAILS.labels(about, "sent").inc()


def failed(about: str) -> None:
    """It reached no mail server."""
    MAILS.labels(about, "failed").inc()
