"""Texts that are too long for a page, whole: plain text, which browsers show and save without working on it."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods

from sessions_app.models import Message, ToolCall
from sessions_app.queries import access
from sessions_app.text.unseen import shown
from sessions_app.views.respond import PersonRequest, for_people


def as_text(text: str) -> HttpResponse:
    """The text as a page of nothing else. It can't act: browsers take it for nothing but text."""
    response = HttpResponse(shown(text), content_type="text/plain; charset=utf-8")
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
    return response


@require_http_methods(["GET", "HEAD"])
@for_people
def message_text(request: PersonRequest, pk: int) -> HttpResponse:
    """Return a message's whole text."""
    return as_text(_message(request, pk).content)


@require_http_methods(["GET", "HEAD"])
@for_people
def message_thought(request: PersonRequest, pk: int) -> HttpResponse:
    """Return a model's whole thinking before a message."""
    return as_text(_message(request, pk).reasoning)


@require_http_methods(["GET", "HEAD"])
@for_people
def call_text(request: PersonRequest, pk: int) -> HttpResponse:
    """All arguments of a tool call, and all that came of it."""
    visible = ToolCall.objects.filter(run__session__in=access.sessions_for(request.user))
    call = get_object_or_404(visible, pk=pk)
    return as_text(f"{call.tool_name}\n\n{_json(call.arguments)}\n\n{call.result}")


def _message(request: PersonRequest, pk: int) -> Message:
    return get_object_or_404(Message.objects.filter(session__in=access.sessions_for(request.user)), pk=pk)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, default=str)
