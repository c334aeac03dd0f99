"""Privacy and errors of customers' pages, in a customer's words."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from sessions_app import desk
from sessions_app.actions.customer_links import LinkEnded
from sessions_app.errors import AWAY_FOR, DATABASE_AWAY
from sessions_app.models import Queue
from sessions_app.validation.text import LONGEST_TEXT

log = logging.getLogger(__name__)
View = Callable[..., HttpResponse]


def private(view: View) -> View:
    """For pages behind a secret: no search engine keeps them, no other site learns their address, nothing caches them."""

    @never_cache
    @csrf_exempt
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = _answer(view, request, *args, **kwargs)
        response["X-Robots-Tag"] = "noindex, nofollow"
        response["Referrer-Policy"] = "no-referrer"
        return response

    return guarded


def about(queue: Queue | None) -> dict[str, Any]:
    """Return the context of every page's head."""
    return {"company": desk.current().name, "queue": queue}


def too_often(request: HttpRequest, queue: Queue, wait: int) -> HttpResponse:
    """Return the page for an exceeded limit: nothing was sent; in `wait` seconds it can be."""
    context = {**about(queue), "minutes": -(-wait // 60), "message": _words(request)}
    return later(render(request, "customer/too_often.html", context, status=429), wait)


def _answer(view: View, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    try:
        return view(request, *args, **kwargs)
    except LinkEnded as ended:
        return _ended(request, ended)
    except Http404:
        gone = render(request, "customer/gone.html", about(None), status=404)
        # An open page fetches parts of itself: all of it is out of date.
        gone["HX-Refresh"] = "true"
        return gone
    except (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent):
        # Nothing of it was read, so there are no words to give back.
        return render(request, "customer/too_large.html", {**about(None), "most": LONGEST_TEXT}, status=413)
    except DATABASE_AWAY as error:
        log.error("The database is away, a customer was asked to come back: %s", error)
        return _away(request)


def _ended(request: HttpRequest, ended: LinkEnded) -> HttpResponse:
    """Return the page of a former link: the reason, other pages to write to, and the unsent text.

    Nothing of the conversation.
    """
    pages = Queue.objects.filter(customer_page=True)
    context = {**about(None), "ended": ended, "pages": pages, "message": _words(request)}
    is_fragment = bool(request.headers.get("HX-Request"))
    return render(request, f"customer/{'_ended' if is_fragment else 'ended'}.html", context, status=ended.status)


def _away(request: HttpRequest) -> HttpResponse:
    """A form that sends the same again, key and all, so that it arrives once if it arrived after all."""
    others = [(name, value) for name, value in request.POST.items() if name != "message"]
    context = {**about(None), "minutes": AWAY_FOR // 60, "others": others, "message": _words(request)}
    return later(render(request, "customer/away.html", context, status=503), AWAY_FOR)


def _words(request: HttpRequest) -> str:
    return request.POST.get("message", "")


def later(response: HttpResponse, wait: int) -> HttpResponse:
    """The response, which says that in so many seconds it can be tried again."""
    response["Retry-After"] = str(wait)
    return response
