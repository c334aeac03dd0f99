"""Who is asking: a token, what it may see, and the person it acts for."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.http import Http404, HttpRequest
from ninja.errors import AuthorizationError
from ninja.security import HttpBearer

from sessions_app import clock, ratelimit
from sessions_app.api.errors import Throttled
from sessions_app.models import ApiToken, Person, Queue, Requirement, Run, Session
from sessions_app.models.queue import QueueSet
from sessions_app.models.session import SessionSet

#: Requests of one token in a minute, unless the settings say otherwise.
REQUESTS = 600
#: (how many, in how many seconds): requests of one address with a token that is none.
REFUSALS = (60, 60)
#: How old (seconds) `last_used_at` may be before it is written again: a read should not cost a write.
LAST_USED_STEP = timedelta(minutes=1)


class ApiRequest(HttpRequest):
    """A request that came with a good token."""

    auth: ApiToken


class TokenAuth(HttpBearer):
    """`Authorization: Bearer kern_…`"""

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        """The token of this secret. Raises `Throttled` when it asked too often."""
        found = ApiToken.of_secret(token.strip())
        if found is None or (found.acts_for and not found.acts_for.is_active):
            where = ratelimit.address_of(request)
            if wait := ratelimit.wait_for("api-refused", where, limit=REFUSALS[0], seconds=REFUSALS[1]):
                raise Throttled(wait)
            return None
        limit = int(getattr(settings, "KERN_API_REQUESTS", REQUESTS))
        wait = ratelimit.wait_for("api", str(found.pk), limit=limit, seconds=60)
        if wait:
            raise Throttled(wait)
        now = clock.now()
        if found.last_used_at is None or now - found.last_used_at > LAST_USED_STEP:
            ApiToken.objects.filter(pk=found.pk).update(last_used_at=now)
        return found


def queues(request: ApiRequest) -> QueueSet:
    """The queues the token acts on: those it names (all when it names none), and never more than its person sees."""
    token = request.auth
    allowed = Queue.objects.filter(tokens=token) if token.queues.exists() else Queue.objects.all()
    return allowed.visible_to(token.acts_for) if token.acts_for else allowed


def sessions(request: ApiRequest) -> SessionSet:
    """The sessions the token sees. A session without a queue is seen only by a token without limits."""
    token = request.auth
    unlimited = not token.queues.exists() and (token.acts_for is None or token.acts_for.is_superuser)
    return Session.objects.there() if unlimited else Session.objects.there().filter(queue__in=queues(request))


def session(request: ApiRequest, session_id: str) -> Session:
    """One session the token sees. Raises `Http404`."""
    found = None if "\x00" in session_id else sessions(request).select_related("queue").filter(session_id=session_id).first()
    if found is None:
        raise Http404("There is no session of this id.")
    return found


def run(request: ApiRequest, run_id: str) -> Run:
    """One run of a session the token sees. Raises `Http404`."""
    seen = Run.objects.filter(session__in=sessions(request)).select_related("session__queue", "parent", "asked_by")
    found = None if "\x00" in run_id else seen.filter(run_id=run_id).first()
    if found is None:
        raise Http404("There is no run of this id.")
    return found


def requirement(request: ApiRequest, requirement_id: str) -> Requirement:
    """One requirement of a session the token sees. Raises `Http404`."""
    seen = Requirement.objects.filter(session__in=sessions(request)).select_related(
        "session__queue", "run", "root", "decided_by", "asked_for_by", "reopened_from"
    )
    found = None if "\x00" in requirement_id else seen.filter(requirement_id=requirement_id).first()
    if found is None:
        raise Http404("There is no requirement of this id.")
    return found


def person(request: ApiRequest) -> Person:
    """The person whose decision or rename this is. Raises `AuthorizationError` when the token acts for nobody."""
    somebody = request.auth.acts_for
    if somebody is None:
        raise AuthorizationError(message="This token acts for nobody. Make one with --for EMAIL to decide, rename or link.")
    return somebody


def admin(request: ApiRequest) -> Person:
    """The admin whose token this is. Raises `AuthorizationError` for everybody else's, and for tokens of some queues alone."""
    somebody = person(request)
    if not somebody.is_superuser or request.auth.queues.exists():
        raise AuthorizationError(message="This needs a token that acts for an admin, in all queues.")
    return somebody
