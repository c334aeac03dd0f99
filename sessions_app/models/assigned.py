"""The assignee of a conversation, and whether automatic assignment found none."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from sessions_app.models.fields import MomentField
from sessions_app.models.waiting import Waiting, WaitingFor


class Assigned(Waiting):
    """The session's columns that say whose work it is."""

    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="assigned_sessions",
        db_index=False,
    )
    #: Stands until the session has an assignee; one from before the present wait says nothing.
    nobody_free_at = MomentField(
        null=True, blank=True, editable=False, help_text=_("When nobody was available to whom it could be assigned.")
    )

    class Meta:
        abstract = True

    @property
    def lacks_free_person(self) -> bool:
        """True while it waits for people without an assignee, and no member of its queue was available."""
        since, marked = self.waiting_since, self.nobody_free_at
        waits = self.waiting_for == WaitingFor.PERSON and self.assignee_id is None
        return waits and marked is not None and (since is None or marked >= since)
