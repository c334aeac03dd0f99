"""Translate errors of the SDK, the network and the server to `ModelError`, and judge whether a retry can help."""

from __future__ import annotations

import email.utils
import math
import re
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from kern.errors import ModelError
from kern.models.openai.reason import reason_in
from kern.models.openai.too_long import is_too_long

if TYPE_CHECKING:
    import openai

#: Client errors that pass: timeout, conflict, too early, too many requests. Every other 4xx is permanent, every 5xx passes.
PASSING_STATUS = frozenset({408, 409, 425, 429})
#: Permanent ones that say nothing about what was sent: the key, the account, the rights, the model's name or the address.
SETUP_STATUS = frozenset({401, 402, 403, 404, 405, 407, 410})
#: With these words a 403 is about what was sent all the same (moderation at OpenRouter and others).
MODERATION = re.compile(r"moderat|flagged|content.?(?:filter|polic)|safety|harm", re.IGNORECASE)
#: Error codes of content filters. Gateways give them any status; a retry would end alike.
FILTERED = re.compile(
    r"content.?management policy|content.?policy.?violat|responsible.?ai.?policy"
    r"|(?:triggered|blocked by|flagged by)[^.]{0,40}(?:safety|content.?filter|moderation)",
    re.IGNORECASE,
)
#: Codes of an exhausted quota: a 429 with one of these is no rate limit, and a retry fails until the account is paid.
UNPAID = frozenset({"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"})
#: Words in the code of a failed response that say it is the server's trouble, not the request's.
PASSING_WORDS = ("server_error", "internal", "rate_limit", "overload", "timeout", "unavailable")
#: Words in a code that say what is wrong is the key, the rights or the model's name.
SETUP_WORDS = ("api_key", "authentication", "permission", "not_found", "unsupported_model")
LONGEST_TEXT = 500
#: Only so much of a server's page is searched (characters).
_EXCERPT = 4_000


def while_asking(error: Exception) -> ModelError:
    """Translate an error before the first event: a status, no connection, or a request that cannot be sent at all."""
    return _known(error) or ModelError(f"the request to the model could not be sent: {error}", permanent=True, refused=False)


def while_reading(error: Exception) -> ModelError:
    """Translate an error within the stream: cut, timed out, or not valid Responses events."""
    return _known(error) or ModelError(f"the model's stream could not be read: {error}")


def reported(failure: Any) -> ModelError:
    """Translate a `response.failed` or `error` event, or the SDK's exception for it; each of its fields may be missing."""
    if isinstance(failure, dict) and isinstance(failure.get("error"), dict | str):
        failure = failure["error"]
    said = {name: _field_of(failure, name) for name in ("code", "type", "message")}
    # The event's own type says nothing about the reason.
    code = said["code"] or (said["type"] if said["type"] != "error" else "")
    body = failure if isinstance(failure, dict | str) else getattr(failure, "body", None)
    text = reason_in(body) or said["message"] or code or "no reason given"
    if is_too_long(text, code, said["type"]):
        return ModelError(f"the model failed: {_short(text)}", too_long=True)
    filtered = FILTERED.search(f"{code} {text}") is not None
    permanent = filtered or _is_permanent_code(code)
    refused = filtered or (permanent and not _is_setup_code(code))
    return ModelError(f"the model failed: {_short(text)}", permanent=permanent, refused=refused)


def incomplete(response: dict[str, Any]) -> ModelError:
    """Return the error for an answer that the server ended on purpose.

    Half an answer is none (rule L16), and a retry would end alike.
    """
    details = response.get("incomplete_details")
    reason = _field_of(details, "reason") or (details if isinstance(details, str) else "")
    if reason.lower() in ("max_output_tokens", "max_tokens", "length"):
        limit = response.get("max_output_tokens")
        room = f"{limit} output tokens" if isinstance(limit, int) and limit else "the allowed output tokens"
        text = f"the answer did not fit into {room}, reasoning included: raise max_output_tokens"
        return ModelError(text, permanent=True, refused=False)
    if MODERATION.search(reason):
        return ModelError("the provider's content filter stopped the answer", permanent=True)
    if is_too_long(reason, reason):
        return ModelError(f"the provider ended the answer early: {_short(reason)}", too_long=True)
    text = f"the provider ended the answer early: {_short(reason) or 'no reason given'}"
    return ModelError(text, permanent=True, refused=False)


def _field_of(failure: Any, name: str) -> str:
    """Read a field of an event's error, or of the SDK's exception."""
    value = failure.get(name) if isinstance(failure, dict) else getattr(failure, name, None)
    return "" if value is None or isinstance(value, bool | dict | list) else str(value).strip()


def _known(error: Exception) -> ModelError | None:
    import httpx2
    import openai

    if isinstance(error, ModelError):
        return error
    if isinstance(error, openai.APIStatusError):
        return _status(error)
    if isinstance(error, openai.APITimeoutError | httpx2.TimeoutException):
        return ModelError("the model server did not answer in time")
    if isinstance(error, openai.APIConnectionError | httpx2.RequestError):
        return _connection(error)
    if isinstance(error, openai.APIError):
        return reported(error)
    if isinstance(error, openai.OpenAIError | httpx2.InvalidURL):
        return ModelError(f"the model client is not set up: {error}", permanent=True, refused=False)
    return None


def _connection(error: Exception) -> ModelError:
    import httpx2

    cause = error.__cause__ or error
    # Both are raised before anything is sent: a URL without http://, a key with characters no header may have.
    unsendable = isinstance(cause, httpx2.UnsupportedProtocol | httpx2.LocalProtocolError)
    hint = "; check OPENAI_BASE_URL and OPENAI_API_KEY" if unsendable else ""
    return ModelError(f"the connection to the model server failed: {cause}{hint}", permanent=unsendable, refused=False)


def _status(error: openai.APIStatusError) -> ModelError:
    status, said = error.status_code, _said(error)
    unpaid = error.code in UNPAID or error.type in UNPAID
    if not unpaid and is_too_long(said, error.code, error.type, status=status):
        return ModelError(_status_text(error), status=status, too_long=True)
    filtered = status >= 500 and FILTERED.search(f"{error.code} {said[:_EXCERPT]}") is not None
    permanent = unpaid or filtered or not (status >= 500 or status in PASSING_STATUS)
    about_setup = (
        unpaid or status < 400 or (status in SETUP_STATUS and not (status == HTTPStatus.FORBIDDEN and MODERATION.search(said)))
    )
    return ModelError(
        _status_text(error),
        permanent=permanent,
        status=status,
        retry_after=_retry_after(error.response.headers),
        refused=filtered or (permanent and not about_setup),
    )


def _said(error: openai.APIStatusError) -> str:
    """Return the server's error message, in any of the forms that servers use."""
    return reason_in(error.body) or str(error.body or error.message or "")


def _status_text(error: openai.APIStatusError) -> str:
    if error.status_code == HTTPStatus.UNAUTHORIZED:
        # Without the server's words: some quote the key, and this text is stored and shown.
        return "the model server refused the API key (401): check OPENAI_API_KEY"
    if 300 <= error.status_code < 400:
        return f"the model server has moved ({error.status_code}{_target_of(error)}): set OPENAI_BASE_URL to its address"
    said = reason_in(error.body)
    try:
        phrase = HTTPStatus(error.status_code).phrase
    except ValueError:
        phrase = "unknown status"
    return f"the model server answered {error.status_code}: {_short(said or phrase)}"


def _target_of(error: openai.APIStatusError) -> str:
    """Describe the target of a redirect without its password and its query, which may hold a key."""
    parts = urlsplit(error.response.headers.get("location", ""))
    host = parts.netloc.rpartition("@")[2]
    return f" to {parts.scheme}://{host}{parts.path}"[:LONGEST_TEXT] if parts.scheme and host else ""


def _is_permanent_code(code: str) -> bool:
    if code.isdigit():
        return not (int(code) >= 500 or int(code) in PASSING_STATUS)
    return bool(code) and not any(word in code for word in PASSING_WORDS)


def _is_setup_code(code: str) -> bool:
    if code.isdigit():
        return int(code) in SETUP_STATUS
    return code in UNPAID or any(word in code for word in SETUP_WORDS)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Read the seconds that the server asks to wait: OpenAI's milliseconds, else the standard header as a number or a date."""
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    asked = headers.get("retry-after")
    seconds = _number(asked)
    if seconds is None and asked:
        parsed = email.utils.parsedate_tz(asked)
        seconds = email.utils.mktime_tz(parsed) - time.time() if parsed else None
    return None if seconds is None else max(0.0, seconds)


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _short(text: object) -> str:
    return str(text).strip()[:LONGEST_TEXT]
