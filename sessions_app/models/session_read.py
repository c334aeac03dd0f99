"""Read state of conversations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from sessions_app.models.fields import MomentField
from sessions_app.models.row import Row
from sessions_app.models.session import Session

if TYPE_CHECKING:
    from sessions_app.models.person import Person


class SessionRead(Row):
    """A person's read state of a session: the newest change they saw."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="reads", db_index=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    last_change = models.PositiveBigIntegerField(default=0)
    marked_unread = models.BooleanField(default=False, help_text=_("The person wants to see it again as new."))
    read_at = MomentField(null=True, blank=True, help_text=_("When the person opened it last."))

    class Meta:
        verbose_name = _("read mark")
        verbose_name_plural = _("read marks")
        constraints = [models.UniqueConstraint(fields=["session", "person"], name="one_read_mark_a_person")]
        indexes = [
            models.Index(fields=["person", "-read_at"], name="lately_read_by", condition=Q(read_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.person} read {self.session} up to {self.last_change}"


def unread_by(person: Person) -> Q:
    """Return a condition on sessions: a change that the person has not seen, or the person's own mark."""
    reads = SessionRead.objects.filter(person=person, session=OuterRef("pk"))
    seen = reads.filter(last_change__gte=OuterRef("last_change"), marked_unread=False)
    # Nothing has happened yet in a session that was imported.
    return ~Q(Exists(seen)) & (Q(last_change__gt=0) | Q(Exists(reads.filter(marked_unread=True))))
