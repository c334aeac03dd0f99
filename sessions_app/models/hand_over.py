"""Hand-overs of conversations from the AI to people, each with a reason and a brief."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sessions_app.infrastructure import clock
from sessions_app.models import shapes
from sessions_app.models.fields import MomentField, NameField, OrderedJSONField
from sessions_app.models.person_wanted import Reason
from sessions_app.models.row import Row
from sessions_app.models.session import Session

LONGEST_NOTE = 1_000


@dataclass(frozen=True)
class BriefLine:
    """One sentence of a brief; `anchor` is the place of its message on the conversation's page."""

    part: str
    text: str
    anchor: str
    at: datetime | None

    @classmethod
    def of(cls, stored: dict[str, Any]) -> BriefLine:
        run, at = str(stored.get("run") or ""), str(stored.get("at") or "")
        anchor = f"run_{run}" if run else f"message_{stored.get('message', '')}"
        return cls(str(stored.get("part", "")), str(stored.get("text", "")), anchor, parse_datetime(at) if at else None)


class HandOver(Row):
    """One hand-over. Rows are appended; whether people are still wanted says the session (`person_wanted_at`).

    `brief` has sentences for the team, each with the message that it is from: `part` (wants, done, open), `text`, `message`
    (its key), `run` (the turn that it stands in, or empty) and `at`.
    """

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="hand_overs", db_index=False)
    reason = models.CharField(max_length=11, choices=Reason)
    by = NameField(max_length=120, blank=True, help_text=_("Who handed it over: a customer, an agent, a person or a rule."))
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    note = models.TextField(blank=True, max_length=LONGEST_NOTE, help_text=_("Why, in the words of the one who did it."))
    brief: models.JSONField[Any, Any] = OrderedJSONField(default=list, blank=True, fits=shapes.objects)
    created_at = MomentField(default=clock.now)

    class Meta:
        verbose_name = _("hand-over")
        verbose_name_plural = _("hand-overs")
        indexes = [models.Index(fields=["session", "id"], name="hand_over_by_session")]

    @property
    def lines(self) -> list[BriefLine]:
        """The sentences of the brief."""
        return [BriefLine.of(line) for line in self.brief]

    @property
    def parts(self) -> list[tuple[str, list[BriefLine]]]:
        """The brief by its parts, those alone that have sentences, in the order of reading."""
        titles = {"wants": gettext("Wants"), "done": gettext("Done"), "open": gettext("Open")}
        found = [(title, [line for line in self.lines if line.part == part]) for part, title in titles.items()]
        return [(title, some) for title, some in found if some]

    def __str__(self) -> str:
        return f"{self.get_reason_display()}: {self.note}"[:80]
