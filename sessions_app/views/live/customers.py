"""The stream of a customer's page: changes of their conversation, and the answer while it is written."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from asgiref.sync import sync_to_async
from django.db import connections
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.views.decorators.http import require_GET

from sessions_app import ratelimit
from sessions_app.actions.customer_links import LinkEnded, session_of
from sessions_app.changes.kinds import Audience, Kind, kinds_seen_by
from sessions_app.changes.publish import Told
from sessions_app.errors import AWAY_FOR, DATABASE_AWAY
from sessions_app.models import Change, Requirement, Run, Session
from sessions_app.models.queue import AiMode
from sessions_app.views.live.hub import Hub
from sessions_app.views.live.page import Page
from sessions_app.views.live.reading import in_thread
from sessions_app.views.live.stream import newest_seen, stream_of

#: Streams that one conversation may open in so many seconds.
STREAMS = (60, 60)
KNOWN_RUNS = 1_000
#: Changes that show nothing new on a customer's page. One of a later version may, so it is told.
NOT_FOR_CUSTOMERS = frozenset(Kind) - kinds_seen_by(Audience.CUSTOMER)
#: So long (seconds) a run is believed to be the customer's to read; a queue's mode may change and no session's log tells.
PUBLIC_FOR = 2.0

_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, CustomerHub] = WeakKeyDictionary()


@dataclass(frozen=True)
class Known:
    """A cached fact about a run, and its expiry (monotonic seconds)."""

    session_pk: int
    is_public: bool
    until: float


@dataclass(eq=False)
class CustomerPage(Page):
    """An open page of one conversation: hears of that one only, and of no list."""

    access_hash: str = ""

    def tell(self, session_pk: int, change_pk: int) -> None:
        if session_pk == self.session_pk:
            self.last = max(self.last, change_pk)
            self.session_due = True
            self.woken.set()


class CustomerHub(Hub):
    """All customers' open pages of this process.

    They hear of changes that customers may learn of, and of the text of turns that answer the customer by themselves.
    """

    def __init__(self) -> None:
        super().__init__(_words)
        self._public: dict[str, Known] = {}

    async def welcome(self, session: Session, after: int) -> CustomerPage:
        """A page's mailbox, with what happened since change `after` in it already."""
        page = CustomerPage(0, session.pk, frozenset(), time.monotonic(), access_hash=session.access_hash)
        await self.add(page)
        # Read after the page subscribed: changes since the session was loaded were not delivered.
        newest = await in_thread(newest_change, session.pk)
        if newest > after:
            page.tell(session.pk, newest)
        return page

    async def tell(self, session_pk: int, change_pk: int, kind: str, pages: set[Page]) -> None:
        self.after = max(self.after, change_pk)
        # After a takeover or a change of mode the cached facts about its runs are outdated.
        self._public = {run_id: known for run_id, known in self._public.items() if known.session_pk != session_pk}
        for page in list(pages) if kind not in NOT_FOR_CUSTOMERS else []:
            page.tell(session_pk, change_pk)

    async def tell_many(self, told: list[Told]) -> None:
        open_ones = {page.session_pk for page in self.pages}
        for one in told:
            if one.session in open_ones:
                await self.receive({"t": "change", "s": one.session, "c": one.change, "k": one.kind})

    async def receive(self, payload: dict[str, Any]) -> None:
        is_text = payload["t"] == "text"
        if is_text and not any(page.session_pk == payload["s"] for page in self.pages):
            return
        if not is_text or await self._is_public(payload["s"], payload["r"]):
            await super().receive(payload)

    async def _is_public(self, session_pk: int, run_id: str) -> bool:
        now = time.monotonic()
        known = self._public.get(run_id)
        if known is None or known.until < now:
            if len(self._public) >= KNOWN_RUNS:
                self._public.clear()
            known = self._public[run_id] = Known(session_pk, await in_thread(is_public, run_id), now + PUBLIC_FOR)
        return known.is_public

    async def look(self, pages: set[Page]) -> None:
        """End the pages whose secret link no longer leads to their conversation."""
        valid = await in_thread(links_of, {page.session_pk or 0 for page in pages})
        for page in pages:
            page.checked_at = time.monotonic()
            if not isinstance(page, CustomerPage) or valid.get(page.session_pk or 0) != page.access_hash:
                page.end()


def links_of(pks: set[int]) -> dict[int, str]:
    """The hash of the secret link of each of these sessions."""
    return dict(Session.objects.there().filter(pk__in=pks).values_list("pk", "access_hash"))


def newest_change(session_pk: int) -> int:
    """The number of the session's newest change that its customer may learn of; 0 when there is none."""
    for_them = Change.objects.filter(session=session_pk).exclude(kind__in=NOT_FOR_CUSTOMERS)
    return for_them.order_by("-pk").values_list("pk", flat=True).first() or 0


def is_public(run_id: str) -> bool:
    """Return whether the text of this run goes to the customer as it comes.

    Only of a turn that answers by itself: of no member's run, no draft, no private turn, and no turn that was cancelled or
    whose text people reviewed before.
    """
    answers = Run.objects.roots().answering().exclude(status=Run.Status.CANCELLED)
    run = answers.select_related("session__queue").filter(run_id=run_id).first()
    if run is None or run.session.effective_ai_mode != AiMode.AUTOPILOT:
        return False
    return not run.own_requirements.filter(reason=Requirement.Reason.DRAFT).exists()


@require_GET
async def live(request: HttpRequest, secret: str) -> HttpResponseBase:
    """Events of one conversation; `after` is the newest change the page was made with."""
    try:
        session = await sync_to_async(_session)(secret)
    except LinkEnded as ended:
        return HttpResponse(status=ended.status)
    except DATABASE_AWAY:
        return HttpResponse(status=503, headers={"Retry-After": str(AWAY_FOR)})
    if session is None:
        return HttpResponse(status=404)
    wait = await sync_to_async(ratelimit.wait_for)("customer-live", str(session.pk), limit=STREAMS[0], seconds=STREAMS[1])
    if wait:
        return HttpResponse(status=429, headers={"Retry-After": str(wait)})
    loop = asyncio.get_running_loop()
    hub = _hubs.setdefault(loop, CustomerHub())
    page = await hub.welcome(session, newest_seen(request, otherwise=0))
    response = stream_of(hub, page)
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"
    return response


def _session(secret: str) -> Session | None:
    try:
        return session_of(secret)
    except Http404:
        return None
    finally:
        # This thread lives as long as the stream; its connection must not.
        connections.close_all()


def _words(run_id: str, text: str) -> str:
    return render_to_string("customer/_words.html", {"text": text})
