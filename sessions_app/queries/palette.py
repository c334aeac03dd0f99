"""Goals of the palette: views, queues, pages, and what was opened lately; or conversations, customers and tickets found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from sessions_app.actions import tickets
from sessions_app.models import Person, Session, SessionRead, TicketLink
from sessions_app.models.session import SessionSet
from sessions_app.queries import access
from sessions_app.queries.inbox_views import Box, rail
from sessions_app.queries.operators import Operator
from sessions_app.queries.search import matching, words_of

#: Options of a group, and conversations among which customers are looked for.
MOST, LOOKED_AT = 5, 25
#: From so many letters on conversations are searched.
SHORTEST = 2


@dataclass(frozen=True)
class Option:
    """One place to go. `is_found` is one that the words were searched for; others the page narrows by their title."""

    title: str | Promise
    url: str
    icon: str
    hint: str | Promise = ""
    count: int | None = None
    caps: tuple[str, ...] = ()
    is_found: bool = False


@dataclass
class OptionGroup:
    """Options below a heading."""

    title: str
    options: list[Option] = field(default_factory=list)


def palette_groups(person: Person, typed: str) -> list[OptionGroup]:
    """Return what the palette offers for what was typed."""
    shown = rail(person, "search")
    places = [_of_box(box) for box in [*shown.views, *shown.saved, *shown.queues, *shown.labels]]
    groups = [OptionGroup(_("Go to"), [*places, *_pages(person)])]
    groups += _found(person, typed) if len(typed) >= SHORTEST else [_recent(person)]
    return [group for group in groups if group.options]


def _of_box(box: Box) -> Option:
    caps = ("G", box.key.upper()) if box.key else ()
    return Option(box.title, box.url, box.icon, count=box.count, caps=caps)


def _pages(person: Person) -> list[Option]:
    """Return the pages beside the inbox."""
    pages = [
        Option(_("Start a conversation"), reverse("session-new"), "plus"),
        Option(_("Standing approvals"), reverse("rules"), "list-checks"),
        Option(_("Names"), reverse("names"), "text-cursor-input"),
        Option(_("Tickets"), reverse("tickets"), "ticket"),
        Option(_("Jobs"), reverse("jobs"), "list-checks", caps=("G", "J")),
        Option(_("Reports"), reverse("reports"), "chart-column"),
        Option(_("Profile"), reverse("profile"), "user-round"),
    ]
    if not person.is_superuser:
        return pages
    of_admins = [("setup", _("Set-up"), "sliders-horizontal"), ("customer-data", _("Customer data"), "user-round")]
    return pages + [Option(title, reverse(name), icon) for name, title, icon in of_admins]


def _recent(person: Person) -> OptionGroup:
    """Return the conversations that the person opened last."""
    seen = access.sessions_for(person).values("pk")
    opened = SessionRead.objects.filter(person=person, read_at__isnull=False, session__in=seen)
    rows = opened.select_related("session__queue").order_by("-read_at")[:MOST]
    return OptionGroup(_("Recent"), [_of_session(row.session, "history") for row in rows])


def _found(person: Person, typed: str) -> list[OptionGroup]:
    visible = access.sessions_for(person).select_related("queue")
    sessions = matching(visible, words_of(typed), person).newest_first()[:MOST]
    return [
        OptionGroup(_("Conversations"), [_of_session(session, "inbox", is_found=True) for session in sessions]),
        OptionGroup(_("Customers"), _customers(person, typed)),
        OptionGroup(_("Tickets"), _tickets(person, typed)),
    ]


def _of_session(session: Session, icon: str, *, is_found: bool = False) -> Option:
    url = reverse("conversation", args=["open", session.session_id])
    return Option(session.name or session.session_id, url, icon, hint=session.customer, is_found=is_found)


def _customers(person: Person, typed: str) -> list[Option]:
    return customer_options(customers_asked(person, typed))


def _tickets(person: Person, typed: str) -> list[Option]:
    return ticket_options(tickets_asked(person, typed))


def customers_asked(person: Person, typed: str) -> SessionSet:
    """Return the newest conversations of customers whose name, address or id has the words."""
    theirs = Operator("from", typed).condition(person)
    return access.sessions_for(person).select_related("queue").filter(theirs).newest_first()[:LOOKED_AT]


def customer_options(sessions: Iterable[Session]) -> list[Option]:
    """Return the customers of these conversations, each once."""
    options: dict[str, Option] = {}
    for session in sessions:
        known = session.user_id or session.customer_email or session.customer_name
        if known and '"' not in known:
            url = f"{reverse('inbox', args=['search'])}?{urlencode({'q': _from(known)})}"
            hint = session.customer_email or session.user_id
            options.setdefault(known, Option(session.customer, url, "user-round", hint=hint, is_found=True))
    return list(options.values())[:MOST]


def _from(known: str) -> str:
    """Return the search for a customer; a name of one word needs no quotes."""
    return f'from:"{known}"' if " " in known else f"from:{known}"


def tickets_asked(person: Person, typed: str) -> QuerySet[TicketLink]:
    """Return links to tickets of this id or address."""
    links = TicketLink.objects.filter(ticket_id__in=tickets.searched(typed), session__in=access.sessions_for(person))
    return links.select_related("system", "record")[:LOOKED_AT]


def ticket_options(links: Iterable[TicketLink]) -> list[Option]:
    """Return the tickets of these links, each once."""
    found = {(link.system.slug, link.ticket_id): link for link in links}
    return [
        Option(link.label, reverse("ticket-by-id", args=key), "ticket", hint=link.told or link.system.name, is_found=True)
        for key, link in list(found.items())[:MOST]
    ]
