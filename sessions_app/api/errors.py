"""Errors, in one shape: `{"error": {"code", "message", "fields"}}`."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.core.exceptions import ValidationError as DjangoValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from ninja import NinjaAPI, Schema
from ninja.errors import HttpError, ValidationError
from ninja.errors import Throttled as NinjaThrottled

from kern.errors import InvalidAnswerError, InvalidSessionNameError
from sessions_app.errors import (
    AWAY_FOR,
    DATABASE_AWAY,
    AlreadyDecided,
    AppError,
    DuplicateId,
    Forbidden,
    IdempotencyConflict,
    InvalidAction,
    LimitReached,
    StaleError,
    Unreadable,
)

log = logging.getLogger(__name__)
#: Errors before an operation runs, besides those with a handler of their own.
CODES = {400: "bad_request", 401: "unauthorized", 403: "forbidden"}
#: The values of `code`, for the description.
MEANINGS = {
    "bad_request": "the body can not be read as JSON",
    "unauthorized": "no token, or one that is not valid",
    "token_expired": "the token's time is up: make a new one",
    "insufficient_scope": "the token has not the scope in `fields`",
    "insecure": "the request came without TLS: use https, and make a new token, since this one was sent in clear",
    "forbidden": "the token or its person may not do that",
    "not_found": "there is no such thing, or the token does not see it",
    "method_not_allowed": "the address is there and does not know this method",
    "too_large": "the body, the address or the headers are too large to be read; `message` says how much is allowed",
    "too_slow": "the body came too slowly",
    "unsupported": "the body is compressed",
    "invalid": "values are missing or wrong, see `fields`",
    "invalid_name": "this can not be a session's name",
    "invalid_answer": "the decision does not fit the requirement, see `fields`",
    "refused": "not possible now, `message` says why",
    "id_taken": "the `session_id` is another session's",
    "key_taken": "the `Idempotency-Key` came before with other words",
    "unreadable": "the stored record is broken and must be repaired",
    "already_decided": "another person was faster, `fields` has the `status`",
    "newer": "something happened after `seen`, see `changes`",
    "too_many_requests": "wait as long as `Retry-After` says; also where a customer has sent all messages of a day",
    "server_error": "a fault of ours",
    "unavailable": "the database is away, nothing was done",
}
#: Statuses that every endpoint may answer with, for the description.
FAILURES = frozenset({400, 401, 403, 404, 405, 408, 409, 413, 414, 415, 422, 429, 431, 500, 503})
Handler = Callable[[HttpRequest, Any], HttpResponse]


class ErrorDetail(Schema):
    """`code` is for programs, `message` for people, `fields` says what is wrong with which part of the request.

    `rule` and `proposal` come with the code `invalid_name`: the naming rule that refuses the name, and a name that passes.
    """

    code: str
    message: str
    fields: dict[str, str] = {}
    rule: str = ""
    proposal: str = ""


class ChangeOut(Schema):
    """One thing that happened in the session."""

    id: int
    kind: str
    actor: str
    created_at: datetime


class ErrorOut(Schema):
    """`changes` comes with the code `newer`: what happened since, oldest first."""

    error: ErrorDetail
    changes: list[ChangeOut] = []


class Throttled(NinjaThrottled):
    """Too many requests; `wait` is in seconds."""

    wait: int


class TokenRefused(Exception):
    """The token does not count (401), or has not the scope (403). The answer's header says it as RFC 6750 has it."""

    def __init__(self, status: int, code: str, message: str, scope: str = "") -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.scope = status, code, message, scope


def answer(status: int, code: str, message: str, fields: dict[str, str] | None = None, **more: str) -> JsonResponse:
    """An error as a response."""
    return JsonResponse({"error": {"code": code, "message": message, "fields": fields or {}, **more}}, status=status)


def handle_errors(api: NinjaAPI) -> None:
    """Teach the API what each error means."""
    handlers: dict[type[Exception], Handler] = {
        Exception: _unexpected,
        HttpError: _http,
        Http404: lambda _request, error: answer(404, "not_found", str(error) or _("There is nothing here.")),
        Throttled: _throttled,
        TokenRefused: _token_refused,
        ValidationError: _invalid_request,
        DjangoValidationError: lambda _request, error: answer(422, "invalid", " ".join(error.messages)),
        RequestDataTooBig: lambda _request, _error: answer(413, "too_large", _("The request is too large.")),
        InvalidSessionNameError: _invalid_name,
        InvalidAnswerError: lambda _request, error: answer(422, "invalid_answer", str(error), error.errors),
        **dict.fromkeys(DATABASE_AWAY, _away),
        StaleError: _newer,
        AlreadyDecided: _already_decided,
        IdempotencyConflict: lambda _request, error: answer(409, "key_taken", error.message),
        DuplicateId: lambda _request, error: answer(409, "id_taken", error.message, {"session_id": error.message}),
        Unreadable: lambda _request, error: answer(409, "unreadable", error.message),
        Forbidden: lambda _request, error: answer(403, "forbidden", error.message),
        LimitReached: _limit_reached,
        InvalidAction: lambda _request, error: answer(422, "refused", error.message),
        AppError: lambda _request, error: answer(422, "refused", error.message),
    }
    for kind, handler in handlers.items():
        api.add_exception_handler(kind, handler)


def _http(_request: HttpRequest, error: HttpError) -> HttpResponse:
    code = CODES.get(error.status_code, "bad_request")
    message = _("Send a valid token as `Authorization: Bearer <token>`.") if error.status_code == 401 else error.message
    if isinstance(error.__cause__, ValueError):
        # What the parser said of the body, which ninja keeps to itself.
        message = _("The body can not be read: %(why)s.") % {"why": error.__cause__}
    response = answer(error.status_code, code, message)
    if error.status_code == 401:
        response["WWW-Authenticate"] = 'Bearer realm="api"'
    return response


def _invalid_name(_request: HttpRequest, error: InvalidSessionNameError) -> HttpResponse:
    why = str(error)
    return answer(422, "invalid_name", why, {"name": why}, rule=error.rule, proposal=error.proposal)


def _token_refused(_request: HttpRequest, error: TokenRefused) -> HttpResponse:
    response = answer(error.status, error.code, error.message, {"scope": error.scope} if error.scope else None)
    said = f'error="insufficient_scope", scope="{error.scope}"' if error.scope else 'error="invalid_token"'
    response["WWW-Authenticate"] = f'Bearer realm="api", {said}'
    return response


def _throttled(_request: HttpRequest, error: Throttled) -> HttpResponse:
    message = ngettext(
        "Too many requests. Try again in %(count)d second.", "Too many requests. Try again in %(count)d seconds.", error.wait
    )
    response = answer(429, "too_many_requests", message % {"count": error.wait})
    response["Retry-After"] = str(error.wait)
    return response


def _limit_reached(_request: HttpRequest, error: LimitReached) -> HttpResponse:
    response = answer(429, "too_many_requests", error.message)
    response["Retry-After"] = str(error.wait)
    return response


def _invalid_request(_request: HttpRequest, error: ValidationError) -> HttpResponse:
    fields = {_path(item["loc"]): _reason(item) for item in error.errors}
    return answer(422, "invalid", _("Some values are missing or wrong."), fields)


def _reason(item: dict[str, Any]) -> str:
    """Return the fault of one value, without the library's own wording."""
    if item.get("type") == "no_body":
        return _("This address takes no body. Leave it out.")
    if _is_body(item["loc"]) and item.get("type") != "value_error":
        return _("Send a JSON object. What goes into it stands at /api/docs.")
    if item.get("type") == "extra_forbidden":
        return _("There is no such field. Those there are stand at /api/docs.")
    if item.get("type") == "too_long" and item["ctx"].get("field_type") == "Value":
        return _("must have at most %(most)d characters") % {"most": item["ctx"]["max_length"]}
    return str(item["msg"]).removeprefix("Value error, ")


def _path(place: tuple[str | int, ...]) -> str:
    """`("body", "message", "content")` as `content`: without where it was and the parameter's own name."""
    if _is_body(place):
        return "body"
    inside = place[2:] if place[0] == "body" else place[1:]
    return ".".join(str(part) for part in inside)


def _is_body(place: tuple[str | int, ...]) -> bool:
    """Return whether this is about the body as a whole: none, or no object."""
    return place[0] == "body" and len(place) <= 2


def _newer(_request: HttpRequest, error: StaleError) -> HttpResponse:
    newest = max((change.pk for change in error.changes), default=None)
    detail = ErrorDetail(
        code="newer",
        message=error.message,
        fields={"seen": _("the newest change is %(number)d") % {"number": newest}} if newest else {},
    )
    changes = [
        ChangeOut(id=change.pk, kind=change.kind, actor=change.actor, created_at=change.created_at) for change in error.changes
    ]
    said = ErrorOut(error=detail, changes=changes).model_dump(mode="json", exclude={"error": {"rule", "proposal"}})
    return JsonResponse(said, status=409)


def _already_decided(_request: HttpRequest, error: AlreadyDecided) -> HttpResponse:
    return answer(409, "already_decided", error.message, {"status": error.requirement.status})


def _away(request: HttpRequest, error: Exception) -> HttpResponse:
    log.error("%s %s failed, the database is away: %s", request.method, request.path, error)
    message = _("The database is away, nothing was done. Try again in %(count)d seconds.") % {"count": AWAY_FOR}
    response = answer(503, "unavailable", message)
    response["Retry-After"] = str(AWAY_FOR)
    return response


def _unexpected(request: HttpRequest, error: Exception) -> HttpResponse:
    log.error("%s %s failed", request.method, request.path, exc_info=error)
    return answer(500, "server_error", _("Something went wrong on our side. It was logged."))
