"""The action that names conversations through the provider's Batch API: at half the price, within a day.

What was sent is remembered in `Job.memo` (see `BatchOffice`); `prepared` sends, or takes what has come.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from kern.errors import ModelError
from kern.models.openai import OpenAIResponses
from kern.naming.counting import Answered
from sessions_app import desk
from sessions_app.errors import InvalidAction
from sessions_app.jobs.action import Estimate, Parameters, Ready
from sessions_app.jobs.batch_office import BatchOffice, has_sent
from sessions_app.jobs.naming import Asked, NameWithAI, asked_aside, asked_of
from sessions_app.jobs.rows import Rows
from sessions_app.models import Job, Person

HALF = Decimal("0.5")
#: Requests of one batch.
MOST = 10_000


class NameInBatch(NameWithAI):
    """Name conversations as `NameWithAI` does, with answers that come within a day."""

    name, label, icon = "name-batch", gettext_lazy("Name with AI within a day, at half price"), "hourglass"

    def title(self, job: Job) -> str:
        return ngettext(
            "Name %(count)d conversation with AI within a day", "Name %(count)d conversations with AI within a day", job.total
        ) % {"count": job.total}

    def is_offered(self) -> bool:
        return isinstance(desk.naming_model(), OpenAIResponses)

    def checked(self, parameters: Parameters, person: Person | None) -> dict[str, Any]:
        if not self.is_offered():
            raise _no_batches()
        return super().checked(parameters, person)

    def estimate(self, job: Job, rows: int) -> Estimate:
        usual = super().estimate(job, rows)
        return replace(usual, cost=None if usual.cost is None else usual.cost * HALF, seconds=None)

    def has_sent(self, job: Job) -> bool:
        return has_sent(job.memo)

    def prepared(self, job: Job, rows: Rows) -> Iterator[Ready]:
        """Send what was not sent yet; yield the rows of the batches that are over. The others rest until the next look.

        A job that is being cancelled sends nothing, and has its batches cancelled: what was answered is taken, the rest stays
        to do.
        """
        if not self.is_offered():
            yield from self._without_model(job, rows)
            return
        office, is_ending = BatchOffice(job), job.state == Job.State.CANCELLING
        if not office.recover():
            return
        if is_ending:
            office.call_off()
        new: list[Asked] = []
        over: list[Asked] = []
        unanswered: list[str] = []
        for asked in asked_of(rows):
            if not office.has(asked.row):
                new.append(asked)
            elif outcome := office.outcome(asked.row):
                if is_ending and isinstance(outcome, ModelError):
                    unanswered.append(str(asked.row.pk))
                else:
                    over.append(replace(asked, model=Answered(asked.model, outcome)))
        if not is_ending:
            for first in range(0, len(new), MOST):
                yield from office.send(new[first : first + MOST])
        yield from asked_aside(over, rows, HALF)
        office.rest(unanswered)

    def _without_model(self, job: Job, rows: Rows) -> Iterator[Ready]:
        """The desk has another model now: what was sent is lost."""
        job.memo = {}
        job.save(update_fields=["memo"])
        if job.state != Job.State.CANCELLING:
            yield from (Ready(row, error=_no_batches()) for row in rows)


def _no_batches() -> InvalidAction:
    return InvalidAction(_("There is no language model whose server takes batches: use “Name with AI”."))
