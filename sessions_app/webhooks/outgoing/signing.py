"""Secrets of endpoints, and signatures by them (Standard Webhooks, https://www.standardwebhooks.com)."""

from __future__ import annotations

import base64
import secrets
from datetime import datetime, timedelta

from standardwebhooks.webhooks import Webhook

from sessions_app.infrastructure import clock
from sessions_app.infrastructure.sealing import WEBHOOKS, unseal
from sessions_app.models import WebhookEndpoint

PREFIX = "whsec_"
#: After a new secret was made, the former one signs too for so long.
BOTH_SIGN = timedelta(hours=24)
USER_AGENT = "Kern-Inbox-Webhooks/1"


def new_secret() -> str:
    """Make a secret of 256 random bits, in the form that libraries for receivers take."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def headers_for(endpoint: WebhookEndpoint, webhook_id: str, body: str, at: datetime) -> dict[str, str]:
    """Return the headers of a request with this body. Raises `UnreadableSecretError`."""
    keys = [endpoint.secret]
    if endpoint.former_secret and endpoint.former_until and endpoint.former_until > clock.now():
        keys.append(endpoint.former_secret)
    signatures = [Webhook(unseal(key, WEBHOOKS)).sign(webhook_id, at, body) for key in keys]
    return {
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
