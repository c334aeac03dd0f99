"""The door for webhooks of ticket systems: `POST /hooks/tickets/SYSTEM/`."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import override
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from sessions_app import ratelimit
from sessions_app.actions import ticket_webhooks
from sessions_app.infrastructure import clock
from sessions_app.models import IncomingWebhook, TicketSystem
from sessions_app.webhooks.incoming.bodies import UnreadableBodyError
from sessions_app.webhooks.incoming.reading import Heard, heard
from sessions_app.webhooks.incoming.signatures import Request, SignatureError, TooOldError

Outcome = IncomingWebhook.Outcome
#: Requests of one sender to one system in a minute, and refusals of a system in an hour that are recorded.
REQUESTS, REFUSALS = 1_200, 60


@csrf_exempt
@never_cache
@require_POST
def ticket_webhook(request: HttpRequest, system: str) -> HttpResponse:
    """Take what a ticket system tells. It answers 2xx to everything that need not be sent again."""
    with override("en"):
        if settings.SECURE_SSL_REDIRECT and not request.is_secure():
            return _answer(403, "https_required", "Use https: over http everybody on the way can read and change this.")
        if wait := ratelimit.wait_for("hook", f"{system} {ratelimit.address_of(request)}", limit=REQUESTS, seconds=60):
            response = _answer(429, "too_often", "Too many requests: send it again later.")
            response["Retry-After"] = str(wait)
            return response
        found = TicketSystem.objects.filter(slug=system).exclude(signature="").first()
        if found is None:
            return _answer(404, "unknown", "There is no webhook for such a ticket system.")
        return _taken(found, request)


def _taken(system: TicketSystem, request: HttpRequest) -> HttpResponse:
    try:
        told = heard(system, _request(request), clock.now())
    except TooOldError as problem:
        return _refused(system, 401, Outcome.TOO_OLD, problem)
    except SignatureError as problem:
        return _refused(system, 401, Outcome.REFUSED, problem)
    except UnreadableBodyError as problem:
        return _refused(system, 400, Outcome.UNREADABLE, problem)
    return _told(system, told)


def _told(system: TicketSystem, told: Heard) -> HttpResponse:
    taken = ticket_webhooks.take(system, told)
    return _answer(200, taken.outcome, taken.note)


def _refused(system: TicketSystem, status: int, outcome: str, problem: Exception) -> HttpResponse:
    """Answer without saying what would fit, and record why for the admin, as long as it does not fill the record."""
    if not ratelimit.wait_for("hook-refused", system.slug, limit=REFUSALS, seconds=3600):
        ticket_webhooks.note(system, outcome, str(problem))
    return _answer(status, outcome, str(problem) if status == 400 else "The signature does not fit, or is too old.")


def _request(request: HttpRequest) -> Request:
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Request(headers, request.body, request.GET.get("token", ""))


def _answer(status: int, outcome: str, message: str) -> HttpResponse:
    return JsonResponse({"outcome": outcome, "message": message}, status=status)
