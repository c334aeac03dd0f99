"""Presenter of webhook deliveries: the outcome of an attempt as a badge."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sessions_app.models import WebhookAttempt, WebhookDelivery
from sessions_app.queries.presenters.badge import Badge

#: Why an attempt had no answer, by the word that the attempt keeps.
PROBLEMS: dict[str, str | Promise] = {
    "timeout": gettext_lazy("Timed out"),
    "no_connection": gettext_lazy("No connection"),
    "no_tls": gettext_lazy("Certificate refused"),
    "cut_off": gettext_lazy("Connection cut"),
    "no_http": gettext_lazy("No HTTP answer"),
    "unknown_host": gettext_lazy("Name not found"),
    "forbidden_address": gettext_lazy("Inside our network"),
    "unreadable_secret": gettext_lazy("Secret unreadable"),
}


def badge_of(delivery: WebhookDelivery) -> Badge:
    """The badge of a delivery: its last answer, or why there is none."""
    if delivery.state == WebhookDelivery.State.SKIPPED:
        return Badge(_("Not sent"), is_quiet=True)
    if delivery.status is None and not delivery.problem:
        return Badge(_("Waiting"), is_quiet=True)
    return outcome_badge(delivery)


def outcome_badge(tried: WebhookDelivery | WebhookAttempt) -> Badge:
    """The badge of an attempt."""
    if tried.status is None:
        return Badge(str(PROBLEMS.get(tried.problem, tried.problem)), tone="bad")
    return Badge(str(tried.status), tone="good" if 200 <= tried.status < 300 else "bad")
