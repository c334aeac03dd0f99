"""Saved views: a list of conversations with its filters and its order, under a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from sessions_app.infrastructure import clock
from sessions_app.models.fields import MomentField, NameField
from sessions_app.models.folded import FoldedField, FoldedModel
from sessions_app.models.queue import Queue

if TYPE_CHECKING:
    from sessions_app.models.person import Person

LONGEST_VIEW_NAME, LONGEST_VIEW_QUERY = 60, 2_000
#: Views that one person keeps, and that one queue shares.
MOST_VIEWS = 30


class SavedViewSet(models.QuerySet["SavedView"]):
    """Queries of saved views."""

    def visible_to(self, person: Person) -> SavedViewSet:
        """Return the person's own views and those of their queues; for an admin those of all queues."""
        shared = Q(queue__isnull=False) if person.is_superuser else Q(queue__in=Queue.objects.visible_to(person).values("pk"))
        return self.filter(Q(person=person) | shared)

    def beside(self, view: SavedView) -> SavedViewSet:
        """Return the other views in whose list this one stands."""
        return self.filter(person=view.person_id, queue=view.queue_id).exclude(pk=view.pk)


class SavedView(FoldedModel):
    """A view of one `person`, or shared with the members of a `queue`."""

    name = NameField(max_length=LONGEST_VIEW_NAME)
    where = models.CharField(max_length=80, help_text=_("The view of the inbox that it narrows, as in addresses."))
    query = models.CharField(max_length=LONGEST_VIEW_QUERY, blank=True, help_text=_("Filters and order, as in addresses."))
    search_text = FoldedField("name")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="saved_views"
    )
    queue = models.ForeignKey(Queue, null=True, blank=True, on_delete=models.CASCADE, related_name="saved_views")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = MomentField(default=clock.now)
    updated_at = MomentField(default=clock.now)

    objects = SavedViewSet.as_manager()

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        constraints = [
            models.CheckConstraint(
                condition=Q(person__isnull=False, queue__isnull=True) | Q(person__isnull=True, queue__isnull=False),
                name="a_view_is_a_persons_or_a_queues",
            ),
            models.UniqueConstraint(fields=["person", "search_text"], name="one_view_a_name_of_a_person"),
            models.UniqueConstraint(fields=["queue", "search_text"], name="one_view_a_name_of_a_queue"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def url(self) -> str:
        """The address of its list."""
        return reverse("inbox", args=[f"views/{self.pk}"])

    @property
    def is_shared(self) -> bool:
        """True if the members of a queue see it."""
        return self.queue_id is not None

    def is_changed_by(self, person: Person) -> bool:
        """Return whether the person may change it: their own, one that they shared, any shared one as an admin."""
        return self.person_id == person.pk or (self.is_shared and (person.is_superuser or self.made_by_id == person.pk))
