"""Signatures of ticket systems, compared in constant time and over the bytes that came.

What public trackers report of such receivers stands at each kind. Common to many: a signature made over JSON that was read and
written again fails (adcontextprotocol/adcp-client 313, grnhse/greenhouse-api-docs 485), and a request without a signature
must not pass as one that needs none (superplanehq/superplane 2981).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.utils.dateparse import parse_datetime
from standardwebhooks.webhooks import Webhook

from sessions_app.models.ticket_presets import Signature

#: A signed time differs from ours by at most so much, in both directions: clocks of servers are not exact.
TOLERANCE = timedelta(minutes=5)


class SignatureError(Exception):
    """The signature is missing or wrong; the text says which header, for the admin who sets it up."""


class TooOldError(SignatureError):
    """The signed time is too far from now."""


@dataclass(frozen=True)
class Request:
    """A request as it came: headers by their lower-case names, the raw body, the token of the address where it has one."""

    headers: Mapping[str, str]
    body: bytes
    query_token: str = ""


@dataclass(frozen=True)
class Verified:
    """A verified request. `signature` is what was verified: the same again is the same request, also under another id."""

    delivery_id: str
    signature: str = ""
    signed_at: datetime | None = None


def verified(kind: str, request: Request, secret: str, now: datetime) -> Verified:
    """Verify a request. Raises `SignatureError` and, for a time too far from now, `TooOldError`."""
    check = _CHECKS.get(kind)
    if check is None or not secret:
        raise SignatureError("this system has no webhook set up")
    found = check(request, secret)
    if found.signed_at is not None and abs(now - found.signed_at) > TOLERANCE:
        raise TooOldError(f"it was signed at {found.signed_at:%Y-%m-%d %H:%M:%S} UTC, more than 5 minutes from now")
    return found


def _github(request: Request, secret: str) -> Verified:
    # Jira's header has no number, and the method may be in capitals (ManoManoTech/firefighter-incident 300, NangoHQ/nango
    # 6243). Jira Data Center signs nothing: there the kind is `token`, in the address (matrix-org/matrix-hookshot 1044).
    header = "x-hub-signature-256" if "x-hub-signature-256" in request.headers else "x-hub-signature"
    id_header = "x-github-delivery" if "x-github-delivery" in request.headers else "x-atlassian-webhook-identifier"
    return _hub(request, secret, header, "sha256", id_header)


def _zammad(request: Request, secret: str) -> Verified:
    # SHA-1 is what Zammad has (basher83/Zammad-MCP 338). As a keyed hash it is not broken.
    return _hub(request, secret, "x-hub-signature", "sha1", "x-zammad-delivery")


def _hub(request: Request, secret: str, header: str, method: str, id_header: str) -> Verified:
    told, _equals, signature = _required(request, header).partition("=")
    if told.strip().lower() != method:
        raise SignatureError(f"{header} is not made with {method}")
    _compare(signature.strip().lower(), hmac.new(secret.encode(), request.body, method).hexdigest(), header)
    return Verified(request.headers.get(id_header, ""), signature)


def _linear(request: Request, secret: str) -> Verified:
    header = "linear-signature"
    signature = _required(request, header)
    _compare(signature.lower(), hmac.new(secret.encode(), request.body, hashlib.sha256).hexdigest(), header)
    return Verified(request.headers.get("linear-delivery", ""), signature, _linear_time(request.body))


def _linear_time(body: bytes) -> datetime | None:
    try:
        return datetime.fromtimestamp(json.loads(body)["webhookTimestamp"] / 1000, UTC)
    except (ValueError, TypeError, KeyError, OverflowError, OSError, RecursionError):
        return None


def _zendesk(request: Request, secret: str) -> Verified:
    header, time_header = "x-zendesk-webhook-signature", "x-zendesk-webhook-signature-timestamp"
    signature, told = _required(request, header), _required(request, time_header)
    made = base64.b64encode(hmac.new(secret.encode(), told.encode() + request.body, hashlib.sha256).digest()).decode()
    _compare(signature, made, header)
    try:
        at = parse_datetime(told)
    except ValueError:
        at = None
    if at is None:
        raise SignatureError(f"{time_header} is no time")
    signed_at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return Verified(request.headers.get("x-zendesk-webhook-invocation-id", ""), signature, signed_at)


def _standard(request: Request, secret: str) -> Verified:
    signatures, webhook_id = _required(request, "webhook-signature"), _required(request, "webhook-id")
    signed_at = _unix_time(_required(request, "webhook-timestamp"))
    try:
        made = Webhook(secret).sign(webhook_id, signed_at, request.body.decode())
    except (ValueError, binascii.Error, RuntimeError):
        raise SignatureError("the body is no UTF-8, or the secret does not have the form whsec_…") from None
    if not any(hmac.compare_digest(made.encode(), one.encode()) for one in signatures.split(" ")):
        raise SignatureError("webhook-signature does not fit")
    return Verified(webhook_id, made, signed_at)


def _gitlab(request: Request, secret: str) -> Verified:
    if secret.startswith("whsec_"):
        return _standard(request, secret)
    header = "x-gitlab-token"
    _compare(_required(request, header), secret, header)
    return Verified(request.headers.get("idempotency-key") or request.headers.get("x-gitlab-event-uuid", ""))


def _token(request: Request, secret: str) -> Verified:
    headers = request.headers
    scheme, _space, bearer = headers.get("authorization", "").partition(" ")
    given = (bearer if scheme.lower() == "bearer" else "") or headers.get("x-webhook-token", "") or request.query_token
    if not given:
        raise SignatureError("neither Authorization: Bearer nor X-Webhook-Token nor ?token= is there")
    _compare(given.strip(), secret, "the token")
    return Verified(headers.get("x-delivery-id", ""))


def _unix_time(text: str) -> datetime:
    try:
        return datetime.fromtimestamp(int(text[:20]), UTC)
    except (ValueError, OverflowError, OSError):
        raise SignatureError("webhook-timestamp is no time") from None


def _required(request: Request, header: str) -> str:
    value = request.headers.get(header, "").strip()
    if not value:
        raise SignatureError(f"{header} is missing")
    return value


def _compare(given: str, made: str, header: str) -> None:
    if not hmac.compare_digest(given.encode(), made.encode()):
        raise SignatureError(f"{header} does not fit")


_CHECKS: dict[str, Callable[[Request, str], Verified]] = {
    Signature.GITHUB: _github,
    Signature.GITLAB: _gitlab,
    Signature.LINEAR: _linear,
    Signature.ZENDESK: _zendesk,
    Signature.ZAMMAD: _zammad,
    Signature.STANDARD: _standard,
    Signature.TOKEN: _token,
}
