"""Ticket systems that many desks have, as data: what the set-up's form begins with.

Patterns and addresses are those of the systems' own pages. What a webhook tells stands at `paths` in its JSON, with dots
between the steps; `header:…` names a header of the request. States are spelled as the systems send them, in any case.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db import models
from django.utils.translation import gettext_lazy as _


class Signature(models.TextChoices):
    """Ways in which ticket systems sign their webhooks."""

    NONE = "", _("No webhook")
    GITHUB = "github", _("HMAC SHA-256, hex (GitHub, Jira)")
    GITLAB = "gitlab", _("Signing token or secret token (GitLab)")
    LINEAR = "linear", _("HMAC SHA-256, hex, with a time (Linear)")
    ZENDESK = "zendesk", _("HMAC SHA-256, base64, with a time (Zendesk)")
    ZAMMAD = "zammad", _("HMAC SHA-1, hex (Zammad)")
    STANDARD = "standard", _("Standard Webhooks")
    TOKEN = "token", _("Secret in a header or in the address (ServiceNow, Freshdesk, others)")


@dataclass(frozen=True)
class Preset:
    """The values with which the form of a new system begins."""

    key: str
    name: str
    tile: str
    pattern: str
    url_template: str
    hue: int
    signature: str
    #: Where a webhook has the ticket's id, title and state, the delivery's id, and when the ticket changed.
    paths: dict[str, str]
    #: State there, shown as, effect here.
    states: tuple[tuple[str, str, str], ...]
    examples: tuple[str, ...] = field(default=())

    @property
    def state_map(self) -> list[dict[str, str]]:
        """The states as rows of `TicketSystem.state_map`."""
        return [{"there": there, "shown": shown, "here": here} for there, shown, here in self.states]


def _paths(ticket_id: str, title: str, state: str, delivery: str, at: str = "") -> dict[str, str]:
    return {"id": ticket_id, "title": title, "state": state, "delivery": delivery, "at": at}


PRESETS = (
    Preset(
        "jira",
        "Jira",
        "JR",
        r"[A-Z][A-Z0-9_]+-\d+",
        "https://YOURS.atlassian.net/browse/{id}",
        5,
        Signature.GITHUB,
        _paths(
            "issue.key",
            "issue.fields.summary",
            "issue.fields.status.name",
            "header:X-Atlassian-Webhook-Identifier",
            "timestamp",
        ),
        (
            ("Open", "open", "leave"),
            ("To Do", "new", "leave"),
            ("Waiting for support", "open", "reopen"),
            ("In Progress", "open", "leave"),
            ("Waiting for customer", "pending", "snooze"),
            ("Done", "solved", "close"),
            ("Resolved", "solved", "close"),
            ("Closed", "closed", "close"),
        ),
        ("Any news on SUP-1042?", "https://YOURS.atlassian.net/browse/SUP-1042?focusedId=7", "My booking is K7QX2M"),
    ),
    Preset(
        "zendesk",
        "Zendesk",
        "ZD",
        r"\d{1,12}",
        "https://YOURS.zendesk.com/agent/tickets/{id}",
        4,
        Signature.ZENDESK,
        _paths("detail.id", "detail.subject", "detail.status", "header:X-Zendesk-Webhook-Invocation-Id", "time"),
        (
            ("new", "new", "leave"),
            ("open", "open", "leave"),
            ("pending", "pending", "snooze"),
            ("hold", "on_hold", "leave"),
            ("solved", "solved", "close"),
            ("closed", "closed", "close"),
        ),
        ("Any news on ZD-48213?", "Re: your request [#48176]", "https://YOURS.zendesk.com/agent/tickets/48188", "I paid 48213"),
    ),
    Preset(
        "github",
        "GitHub",
        "GH",
        r"\d{1,9}",
        "https://github.com/OWNER/REPOSITORY/issues/{id}",
        1,
        Signature.GITHUB,
        _paths("issue.number", "issue.title", "issue.state", "header:X-GitHub-Delivery", "issue.updated_at"),
        (("open", "open", "reopen"), ("closed", "closed", "close")),
        ("It is issue #77", "https://github.com/OWNER/REPOSITORY/issues/77#issuecomment-1", "Since version 77"),
    ),
    Preset(
        "gitlab",
        "GitLab",
        "GL",
        r"\d{1,9}",
        "https://gitlab.com/GROUP/PROJECT/-/issues/{id}",
        2,
        Signature.GITLAB,
        # The event's own id is the same for all webhooks that it sets off, this one for its repetitions alone.
        _paths(
            "object_attributes.iid",
            "object_attributes.title",
            "object_attributes.state",
            "header:Idempotency-Key",
            "object_attributes.updated_at",
        ),
        (("opened", "open", "reopen"), ("closed", "closed", "close")),
        ("See issue #301", "https://gitlab.com/GROUP/PROJECT/-/issues/301", "In 301 days"),
    ),
    Preset(
        "linear",
        "Linear",
        "LI",
        r"[A-Z][A-Z0-9]{0,9}-\d+",
        "https://linear.app/YOURS/issue/{id}",
        5,
        Signature.LINEAR,
        _paths("data.identifier", "data.title", "data.state.name", "header:Linear-Delivery", "data.updatedAt"),
        (
            ("Triage", "new", "leave"),
            ("Backlog", "new", "leave"),
            ("Todo", "new", "leave"),
            ("In Progress", "open", "leave"),
            ("In Review", "open", "leave"),
            ("Done", "solved", "close"),
            ("Canceled", "closed", "close"),
        ),
        ("Filed as ENG-204", "https://linear.app/YOURS/issue/ENG-204/refund-twice", "Flight LH204"),
    ),
    Preset(
        "servicenow",
        "ServiceNow",
        "SN",
        r"(?:INC|CS|REQ|RITM|SCTASK|CHG|PRB|TASK)\d{7,10}",
        "https://YOURS.service-now.com/task.do?sysparm_query=number={id}",
        3,
        Signature.TOKEN,
        _paths("number", "short_description", "state", "delivery_id"),
        (
            ("New", "new", "leave"),
            ("In Progress", "open", "leave"),
            ("On Hold", "on_hold", "leave"),
            ("Awaiting Info", "pending", "snooze"),
            ("Resolved", "solved", "close"),
            ("Closed", "closed", "close"),
        ),
        ("Your incident is INC0012345", "inc0012345 again", "Seat 12A"),
    ),
    Preset(
        "freshdesk",
        "Freshdesk",
        "FD",
        r"\d{1,12}",
        "https://YOURS.freshdesk.com/a/tickets/{id}",
        3,
        Signature.TOKEN,
        _paths(
            "freshdesk_webhook.ticket_id",
            "freshdesk_webhook.ticket_subject",
            "freshdesk_webhook.ticket_status",
            "freshdesk_webhook.delivery_id",
        ),
        (
            ("Open", "open", "reopen"),
            ("Pending", "pending", "snooze"),
            ("Resolved", "solved", "close"),
            ("Closed", "closed", "close"),
        ),
        ("Ticket 5521 is still open", "https://YOURS.freshdesk.com/a/tickets/5521", "Gate 5521"),
    ),
    Preset(
        "zammad",
        "Zammad",
        "ZM",
        r"\d{4,20}",
        "https://YOURS.example/#ticket/number/{id}",
        2,
        Signature.ZAMMAD,
        _paths("ticket.number", "ticket.title", "ticket.state", "header:X-Zammad-Delivery", "ticket.updated_at"),
        (
            ("new", "new", "leave"),
            ("open", "open", "leave"),
            ("pending reminder", "pending", "snooze"),
            ("pending close", "pending", "leave"),
            ("closed", "closed", "close"),
        ),
        ("[Ticket#31001] Kettle", "https://YOURS.example/#ticket/number/31001", "In the year 2031"),
    ),
)
BY_KEY = {preset.key: preset for preset in PRESETS}
