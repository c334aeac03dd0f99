"""Webhooks of ticket systems, signed and shaped as these systems send them, for what tests have happen to one ticket.

Texts are ours; names of fields and headers are theirs. Odd on purpose: a byte order mark, `\\u` escapes, escaped slashes, a
form around the JSON, numbers as ids, a state inside an object, a method in capitals.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from standardwebhooks.webhooks import Webhook

SECRET = "a secret that only the two of them know"
SIGNING_SECRET = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes! ok").decode()


@dataclass(frozen=True)
class Told:
    """What happened to the ticket, as any of the systems would say it."""

    id: str
    title: str
    state: str
    at: datetime
    delivery: str = "delivery-1"


@dataclass(frozen=True)
class Maker:
    """A system: its pattern and address, its kind of signature, where its bodies have what, and how it sends."""

    signature: str
    pattern: str
    url_template: str
    paths: Mapping[str, str]
    send: Callable[[Told], tuple[bytes, dict[str, str]]]
    ticket: str
    secret: str = SECRET


def _hmac(body: bytes, method: str = "sha256") -> str:
    return hmac.new(SECRET.encode(), body, method).hexdigest()


def _json(value: Any, **options: Any) -> bytes:
    return json.dumps(value, **options).encode()


def _github(told: Told) -> tuple[bytes, dict[str, str]]:
    issue = {
        "html_url": f"https://github.com/acme/shop/issues/{told.id.rpartition('#')[2]}",
        "number": int(told.id.rpartition("#")[2]),
        "title": told.title,
        "state": told.state,
        "updated_at": told.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    inner = json.dumps({"action": "edited", "issue": issue})
    body = urlencode({"payload": inner}).encode()
    return body, {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-GitHub-Event": "issues",
        "X-GitHub-Delivery": told.delivery,
        "X-Hub-Signature-256": f"sha256={_hmac(body)}",
    }


def _gitlab(told: Told) -> tuple[bytes, dict[str, str]]:
    attributes = {"iid": told.id, "title": told.title, "state": told.state, "updated_at": str(told.at)}
    body = _json({"object_kind": "issue", "object_attributes": attributes}, ensure_ascii=False)
    return body, {"X-Gitlab-Token": SECRET, "X-Gitlab-Event-UUID": "the same for all", "Idempotency-Key": told.delivery}


def _jira(told: Told) -> tuple[bytes, dict[str, str]]:
    fields = {"summary": told.title, "status": {"name": told.state, "id": "3"}}
    body = _json({"timestamp": int(told.at.timestamp() * 1000), "issue": {"key": told.id, "fields": fields}})
    return body, {"X-Hub-Signature": f"SHA256={_hmac(body)}", "X-Atlassian-Webhook-Identifier": told.delivery}


def _linear(told: Told) -> tuple[bytes, dict[str, str]]:
    data = {"identifier": told.id, "title": told.title, "state": {"name": told.state}, "updatedAt": told.at.isoformat()}
    body = _json({"action": "update", "data": data, "webhookTimestamp": int(told.at.timestamp() * 1000)})
    return body, {"Linear-Signature": _hmac(body), "Linear-Delivery": told.delivery}


def _zendesk(told: Told) -> tuple[bytes, dict[str, str]]:
    at = told.at.strftime("%Y-%m-%dT%H:%M:%SZ")
    body = b"\xef\xbb\xbf" + _json(
        {"detail": {"id": told.id, "subject": told.title, "status": told.state}, "time": at}, indent=2
    )
    made = base64.b64encode(hmac.new(SECRET.encode(), at.encode() + body, hashlib.sha256).digest()).decode()
    return body, {
        "X-Zendesk-Webhook-Signature": made,
        "X-Zendesk-Webhook-Signature-Timestamp": at,
        "X-Zendesk-Webhook-Invocation-Id": told.delivery,
    }


def _zammad(told: Told) -> tuple[bytes, dict[str, str]]:
    ticket = {"id": 81, "number": int(told.id), "title": told.title, "state": told.state, "updated_at": told.at.isoformat()}
    body = _json({"ticket": ticket}).replace(b"/", b"\\/")
    return body, {"X-Hub-Signature": f"sha1={_hmac(body, 'sha1')}", "X-Zammad-Delivery": told.delivery}


def _standard(told: Told) -> tuple[bytes, dict[str, str]]:
    body = _json({"type": "ticket.updated", "data": [{"id": told.id, "title": told.title, "state": told.state}]})
    return body, {
        "webhook-id": told.delivery,
        "webhook-timestamp": str(int(told.at.timestamp())),
        "webhook-signature": f"v1a,other {Webhook(SIGNING_SECRET).sign(told.delivery, told.at, body.decode())}",
    }


def _freshdesk(told: Told) -> tuple[bytes, dict[str, str]]:
    body = _json({"freshdesk_webhook": {"ticket_id": int(told.id), "ticket_subject": told.title, "ticket_status": told.state}})
    return body, {"Authorization": f"Bearer {SECRET}", "X-Delivery-Id": told.delivery}


def _paths(prefix: str, *names: str) -> dict[str, str]:
    return dict(zip(("id", "title", "state", "at"), (f"{prefix}{name}" for name in names), strict=False))


MAKERS = {
    "github": Maker(
        "github",
        r"[\w.-]+/[\w.-]+#\d+|\d+",
        "https://github.com/acme/shop/issues/{id}",
        _paths("issue.", "html_url", "title", "state", "updated_at"),
        _github,
        "31",
    ),
    "gitlab": Maker(
        "gitlab",
        r"\d+",
        "https://gitlab.example/shop/-/issues/{id}",
        _paths("object_attributes.", "iid", "title", "state", "updated_at"),
        _gitlab,
        "31",
    ),
    "jira": Maker(
        "github",
        r"SHOP-\d+",
        "https://acme.atlassian.net/browse/{id}",
        _paths("", "issue.key", "issue.fields.summary", "issue.fields.status.name", "timestamp"),
        _jira,
        "SHOP-31",
    ),
    "linear": Maker(
        "linear",
        r"SHO-\d+",
        "https://linear.app/acme/issue/{id}",
        _paths("data.", "identifier", "title", "state.name", "updatedAt"),
        _linear,
        "SHO-31",
    ),
    "zendesk": Maker(
        "zendesk",
        r"\d+",
        "https://acme.zendesk.com/agent/tickets/{id}",
        _paths("", "detail.id", "detail.subject", "detail.status", "time"),
        _zendesk,
        "31",
    ),
    "zammad": Maker(
        "zammad",
        r"\d+",
        "https://zammad.example/#ticket/number/{id}",
        _paths("ticket.", "number", "title", "state", "updated_at"),
        _zammad,
        "81031",
    ),
    "standard": Maker(
        "standard",
        r"T-\d+",
        "https://tickets.example/{id}",
        _paths("data[0].", "id", "title", "state"),
        _standard,
        "T-31",
        SIGNING_SECRET,
    ),
    "freshdesk": Maker(
        "token",
        r"\d+",
        "https://acme.freshdesk.com/a/tickets/{id}",
        _paths("freshdesk_webhook.", "ticket_id", "ticket_subject", "ticket_status"),
        _freshdesk,
        "31",
    ),
}
