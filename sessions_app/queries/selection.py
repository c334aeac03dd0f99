"""The selection of a person in a list: ticked rows, or all that match the list's filters."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import QueryDict
from django.utils.translation import gettext as _

from sessions_app.errors import InvalidAction
from sessions_app.models import Person, Requirement
from sessions_app.models.session import SessionSet
from sessions_app.queries.filters import Filters
from sessions_app.queries.inbox_views import rail_title, saved_filters, sessions_in
from sessions_app.queries.narrowing import narrowed
from sessions_app.queries.places import Places, places_of
from sessions_app.validation.numbers import row_number


def ticked(among: SessionSet, values: Iterable[str]) -> list[int]:
    """Return the keys of ticked rows `among` these, newest first. Raises `InvalidAction` where there is none."""
    keys = [number for value in values if (number := row_number(value)) is not None]
    found = among.filter(pk__in=keys).order_by("-activity_at", "-pk")
    chosen = list(found.values_list("pk", flat=True))
    if not chosen:
        raise InvalidAction(_("Select conversations first: tick their boxes, or press X on a row."))
    return chosen


def asking(values: Iterable[str]) -> list[str]:
    """Return the keys of the sessions in which ticked calls wait, or waited; a value is a call's key before a colon."""
    keys = [number for value in values if (number := row_number(value.partition(":")[0])) is not None]
    return [str(key) for key in Requirement.objects.filter(pk__in=keys).values_list("session", flat=True)]


def matching(person: Person, where: str, query: str, most: int) -> list[int]:
    """Return the keys of all sessions of a view that match a list's filters, newest first: at most one over `most`."""
    places = places_of(person)
    filters = _filters(where, query, places)
    found = narrowed(sessions_in(where, person, places.queues), filters, person).order_by("-activity_at", "-pk")
    return list(found.values_list("pk", flat=True)[: most + 1])


def source_of(person: Person, where: str, query: str) -> str:
    """Return the list's name for readers; words that were searched for are not in it, as they may be a customer's."""
    places = places_of(person)
    filters, title = _filters(where, query, places), rail_title(where, places)
    is_narrowed = filters.narrows and not filters.is_saved
    return _("%(list)s, filtered") % {"list": title} if is_narrowed else title


def _filters(where: str, query: str, places: Places) -> Filters:
    """Return the filters of a list, which may be those of a saved view."""
    view = places.view(where)
    return Filters.of(QueryDict(query.removeprefix("?")), saved_filters(view) if view else None)
