"""Authentication of the API: the token, the rows it may see, and the person it acts for."""

from __future__ import annotations

from datetime import timedelta
from typing import TypeVar

from django.conf import settings
from django.db.models import Model, Q, QuerySet
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _
from ninja.errors import AuthorizationError
from ninja.security import HttpBearer

from sessions_app import ratelimit
from sessions_app.accounts import tokens
from sessions_app.api.errors import Throttled, TokenRefused
from sessions_app.infrastructure import clock
from sessions_app.models import ApiToken, Person, Requirement, Run, Session
from sessions_app.models.queue import QueueSet
from sessions_app.models.session import SessionSet
from sessions_app.models.token import Scope

Found = TypeVar("Found", bound=Model)
#: (how many, in how many seconds): requests of one address with a token that is none.
REFUSALS = (60, 60)
#: Age (seconds) of `last_used_at` at which it is written again: a read should not cost a write.
LAST_USED_STEP = timedelta(minutes=1)


class ApiRequest(HttpRequest):
    """A request that came with a good token."""

    auth: ApiToken


class TokenAuth(HttpBearer):
    """`Authorization: Bearer kern_…`, of a token that has the scope."""

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self.scope = scope

    def __call__(self, request: HttpRequest) -> ApiToken | None:
        """The token; `None` without one. Never in the address: what else is sent is not looked at, and not logged."""
        scheme, _space, secret = request.headers.get("Authorization", "").partition(" ")
        return self.authenticate(request, secret.strip()) if scheme.lower() == "bearer" and secret.strip() else None

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        """The token of this secret. Raises `Throttled` when it asked too often, and `TokenRefused` when it may not do this."""
        if settings.SECURE_SSL_REDIRECT and not request.is_secure():
            raise TokenRefused(403, "insecure", _("Use https. This token was sent in clear: end it and make a new one."))
        found = ApiToken.of_secret(token)
        if found is None or found.trouble:
            where = ratelimit.address_of(request)
            if wait := ratelimit.wait_for("api-refused", where, limit=REFUSALS[0], seconds=REFUSALS[1]):
                raise Throttled(wait)
            raise _refusal(found)
        wait = ratelimit.wait_for("api", str(found.pk), limit=settings.KERN_API_REQUESTS, seconds=60)
        if wait:
            raise Throttled(wait)
        _note_use(found)
        if self.scope not in found.scope_names:
            message = _("This needs a token with the scope `%(scope)s`; this one has: %(scopes)s.")
            message %= {"scope": self.scope, "scopes": found.scopes}
            raise TokenRefused(403, "insufficient_scope", message, scope=self.scope)
        return found


READ, WRITE, DECIDE, ADMIN = (TokenAuth(scope) for scope in Scope)


def _refusal(token: ApiToken | None) -> TokenRefused:
    """Return the reason why a token is invalid, for its bearer and the audit log."""
    if token is None:
        return TokenRefused(401, "unauthorized", _("There is no token of this secret."))
    tokens.tell_refused(token, token.trouble)
    expired = _("This token expired at %(when)s UTC. Make a new one.")
    reasons = {
        "ended": ("unauthorized", _("This token was ended. Make a new one.")),
        "expired": ("token_expired", expired % {"when": f"{token.expires_at:%Y-%m-%d %H:%M}"}),
        "account closed": ("unauthorized", _("The account of this token's person is closed.")),
    }
    return TokenRefused(401, *reasons[token.trouble])


def _note_use(token: ApiToken) -> None:
    now = clock.now()
    if token.last_used_at is None or now - token.last_used_at > LAST_USED_STEP:
        unwritten = Q(last_used_at=None) | Q(last_used_at__lt=now - LAST_USED_STEP)
        ApiToken.objects.filter(unwritten, pk=token.pk).update(last_used_at=now)


def queues(request: ApiRequest) -> QueueSet:
    """Return the queues the token acts on, never more than its person sees."""
    return request.auth.sees()


def sessions(request: ApiRequest) -> SessionSet:
    """Return the sessions the token sees. A session without a queue is seen only by an admin's token for all queues."""
    there = Session.objects.there()
    return there if request.auth.sees_everything() else there.filter(queue__in=queues(request))


def session(request: ApiRequest, session_id: str) -> Session:
    """Return one session the token sees. Raises `Http404`."""
    seen = sessions(request).select_related("queue")
    # One that was merged into another leads there.
    found = None if "\x00" in session_id else seen.by_id(session_id).first()
    if found is None:
        raise Http404(_("There is no session of this id."))
    return found


def run(request: ApiRequest, run_id: str) -> Run:
    """Return one run of a session the token sees. Raises `Http404`."""
    seen = Run.objects.filter(session__in=sessions(request)).select_related("session__queue", "parent", "asked_by")
    found = _first(seen, run_id=run_id)
    if found is None:
        raise Http404(_("There is no run of this id."))
    return found


def requirement(request: ApiRequest, requirement_id: str) -> Requirement:
    """Return one requirement of a session the token sees. Raises `Http404`."""
    seen = Requirement.objects.filter(session__in=sessions(request)).select_related(
        "session__queue", "run", "root", "decided_by", "asked_for_by", "reopened_from"
    )
    found = _first(seen, requirement_id=requirement_id)
    if found is None:
        raise Http404(_("There is no requirement of this id."))
    return found


def person(request: ApiRequest) -> Person:
    """Return the token's person, for actions in a person's name. Raises `AuthorizationError` for a token without one."""
    somebody = request.auth.acts_for
    if somebody is None:
        message = _("This token acts for no person. Make one with --for EMAIL to decide, rename or link.")
        raise AuthorizationError(message=message)
    return somebody


def admin(request: ApiRequest) -> Person:
    """The admin whose token this is. Raises `AuthorizationError` for everybody else's, and for tokens of some queues alone."""
    somebody = person(request)
    if not request.auth.sees_everything():
        raise AuthorizationError(message=_("This needs a token that acts for an admin, in all queues."))
    return somebody


def _first(rows: QuerySet[Found], **ids: str) -> Found | None:
    """Return the row of these ids. PostgreSQL refuses to look for NUL, which no id has."""
    return None if any("\x00" in value for value in ids.values()) else rows.filter(**ids).first()
