"""Places that a person's sidebar lists beside the fixed views: queues, saved views and labels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from sessions_app.infrastructure.one_statement import read_together
from sessions_app.models import Label, Person, Queue, SavedView, SessionLabel
from sessions_app.queries.access import in_order, queues_for

QUEUE, VIEW, LABEL = "queues/", "views/", "labels/"
#: Labels that the sidebar shows; the others are found by filter and search.
MOST_LABELS = 20


@dataclass(frozen=True)
class Places:
    """The queues that a person works, and the views and labels of their sidebar."""

    queues: list[Queue] = field(default_factory=list)
    views: list[SavedView] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)

    def view(self, where: str) -> SavedView | None:
        """Return the saved view of an address."""
        return next((view for view in self.views if where == f"{VIEW}{view.pk}"), None)


def asked(person: Person) -> list[QuerySet[Any, Any]]:
    """Return the querysets of a person's places, for `found`."""
    used = Exists(SessionLabel.objects.filter(label=OuterRef("pk")))
    return [
        queues_for(person),
        SavedView.objects.visible_to(person).select_related("queue"),
        Label.objects.filter(used).by_name()[:MOST_LABELS],
    ]


def found(queues: Iterable[Queue], views: Iterable[SavedView], labels: Iterable[Label]) -> Places:
    """Return the places that these rows are, in the order of the sidebar: a person's own views first."""
    return Places(
        in_order(queues),
        sorted(views, key=lambda view: (view.is_shared, view.search_text, view.pk)),
        sorted(labels, key=lambda label: label.search_text),
    )


def places_of(person: Person) -> Places:
    """Return a person's places, in one statement."""
    return found(*read_together(*asked(person)))


__all__ = ["LABEL", "QUEUE", "VIEW", "Places", "asked", "found", "places_of"]
