"""The second navigation of the set-up, and its first page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from sessions_app.views.inbox.sidebar import page_context
from sessions_app.views.respond import PersonRequest, for_people


@dataclass(frozen=True)
class Section:
    """One entry of the set-up's navigation; `address` is the name of its route."""

    key: str
    title: str | Promise
    words: str | Promise
    icon: str
    address: str

    @property
    def url(self) -> str:
        return reverse(self.address)


SECTIONS = (
    Section(
        "people",
        _("People"),
        _("Who works here, in which queues, and with which rights."),
        "users-round",
        "admin:sessions_app_person_changelist",
    ),
    Section(
        "queues",
        _("Queues"),
        _("Where conversations wait, who is given them, and when people take over."),
        "inbox",
        "setup-queues",
    ),
    Section(
        "tickets",
        _("Ticket systems"),
        _("Where tickets live, how an id is recognised, and what a change there does here."),
        "ticket",
        "setup-tickets",
    ),
    Section(
        "policies",
        _("Tool policies"),
        _("What agents may do by themselves, and what a person must decide."),
        "shield-check",
        "setup-policies",
    ),
    Section(
        "naming",
        _("Naming"),
        _("When conversations get their names, and what a name may be."),
        "text-cursor-input",
        "setup-naming",
    ),
    Section(
        "labels",
        _("Labels"),
        _("What people mark conversations with, and who may make new ones."),
        "tag",
        "setup-labels",
    ),
    Section(
        "tokens",
        _("Tokens"),
        _("Which programs may read and write over the API."),
        "key-round",
        "admin:sessions_app_apitoken_changelist",
    ),
    Section(
        "webhooks",
        _("Webhooks"),
        _("Which other systems are told what happens here, and what became of it."),
        "webhook",
        "setup-webhooks",
    ),
)


@require_safe
@for_people
def overview(request: PersonRequest) -> HttpResponse:
    """Overview of the settings, each with a sentence."""
    return render(request, "setup/overview.html", setup_context(request, ""))


def setup_context(request: PersonRequest, section: str) -> dict[str, Any]:
    """Return the context of a page of the set-up whose `section` is marked. Raises `Http404` for people who are no admins."""
    must_be_admin(request)
    return {**page_context(request, "setup"), "sections": SECTIONS, "section": section}


def must_be_admin(request: PersonRequest) -> None:
    """Raise `Http404` for people who are no admins: before a form changes anything."""
    if not request.user.is_superuser:
        raise Http404
